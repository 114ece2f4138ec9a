"""What an SMS says: of each alarm place, what, value and time, the worst first, as many as one SMS has room for. Pure.

"Siaga 1 daruba: River level (river-1) 412 cm, 14:02; +2 more. gw-daruba, no link to the city"
"Over: River level (river-1), 15:40. gw-daruba"
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from edge.alarms.sms.gsm7 import ONE_SMS, cut, folded
from edge.alarms.watch import LocalEvent, OpenAlarm
from i18n.catalog import Catalog
from i18n.units import amount_of
from rules.watched import Watched

LONGEST_LINE = 120
"""Of one alarm, so that the rest of an SMS has room for who says it."""


def line_of(alarm: OpenAlarm, _: Catalog, *, is_time_known: bool) -> str:
    """The line of an alarm that is open."""
    bound, level, watched = alarm.bound, alarm.level, alarm.bound.watched
    place = f" {bound.site}" if bound.site else ""
    figure = _.short_number(alarm.value, 1)
    value = figure if watched.quantity is None else amount_of(figure, watched.quantity, _.language.code)
    begun = f", {_clock(alarm.opened_ms, watched)}" if is_time_known else ""
    name = level.name_id or level.name if _.language.code == "id" else level.name
    head, tail = f"{name}{place}: ", f" ({watched.sensor}) {value}{begun}"
    return _fitted(head, _title(watched, _), tail)


def over_line_of(event: LocalEvent, _: Catalog, *, is_time_known: bool) -> str:
    """The line of an alarm that is over."""
    watched = event.bound.watched
    ended = f", {_clock(event.event.time_ms, watched)}" if is_time_known else ""
    return _fitted(_("Over") + ": ", _title(watched, _), f" ({watched.sensor}){ended}")


def sms_of(lines: Sequence[str], gateway: str, _: Catalog, *, is_link_down: bool) -> str:
    """One SMS of `lines`, the worst first; those without room are counted."""
    sender = folded(_("{gateway}, no link to the city", gateway=gateway) if is_link_down else gateway)
    for shown in range(len(lines), 0, -1):
        rest = folded("; " + _("+{count} more", count=len(lines) - shown)) if shown < len(lines) else ""
        text = f"{'; '.join(lines[:shown])}{rest}. {sender}"
        if len(text) <= ONE_SMS:
            return text
    return cut(lines[0], ONE_SMS)


def _title(watched: Watched, _: Catalog) -> str:
    rule = watched.rule
    return rule.title_id or rule.title if _.language.code == "id" else rule.title


def _fitted(head: str, title: str, tail: str) -> str:
    """The line with what is least needed cut: of the title, since sensor, value and time say it too."""
    head, title, tail = folded(head), folded(title), folded(tail)
    return cut(head + cut(title, max(8, LONGEST_LINE - len(head) - len(tail))) + tail, LONGEST_LINE)


def _clock(time_ms: int, watched: Watched) -> str:
    time = datetime.fromtimestamp(time_ms / 1_000, UTC)
    try:
        return f"{time.astimezone(ZoneInfo(watched.zone)):%H:%M}"
    except (ZoneInfoNotFoundError, ValueError):
        return f"{time:%H:%M} UTC"
