"""How many notifications a rule would have made over a history: those sent at once, as the router would have it.

raised, worsened ─► the steps without delay that fit        others that are sent ─► whoever was notified of the alarm
Steps with a delay are not counted, since nobody knows who would have acknowledged in time.
"""

from collections.abc import Iterable

from cloud.alarms.preview_outcome import Crossing
from cloud.notify.notifications import URGENT_KINDS
from cloud.notify.router import fits, severity_of
from cloud.notify.settings import NotifySettings
from rules.rule import Rule


def notifications_of(settings: NotifySettings, rule: Rule, crossings: Iterable[Crossing], *, site: str) -> int:
    """Count them: one for each step that is notified of an event. A rule has one alarm at a time on a sensor."""
    count, notified = 0, set[int]()
    for crossing in crossings:
        if crossing.kind == "raised":
            notified = set()
        if crossing.late or crossing.kind not in settings.send:
            continue
        if crossing.kind in URGENT_KINDS:
            severity = severity_of(rule, crossing.level)
            steps = enumerate(settings.steps)
            notified |= {number for number, step in steps if not step.after_s and fits(step, severity, site)}
        count += len(notified)
    return count
