"""A preview as people see it: the chart with the levels and the alarms there would have been, and one sentence.

"4 alarms, 1.2 hours a week; as it is now: 9 alarms, 6 hours a week"
"""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

import msgspec

from cloud.alarms.preview import Preview
from cloud.alarms.preview_outcome import PreviewOutcome
from cloud.console.view_models.chart import AlarmBand, ChartHistory, LevelLine
from cloud.console.view_models.colours import Chip, chip
from cloud.readings.buckets import fold
from cloud.readings.contract import Point
from cloud.rulebook.rule_words import about, level_name
from cloud.situation import level_of
from i18n import figures
from i18n.catalog import Catalog
from rules.colours import colour_of
from rules.rule import NOT_OF_THE_READING, Rule

MOST_POINTS = 480
ALARMS_LISTED = 12
_NO_LIMIT_ON_AXIS = NOT_OF_THE_READING
"""Their limits are not values of the quantity: there is no line to draw."""


class RaisedView(msgspec.Struct, frozen=True):
    """One alarm that there would have been."""

    level: Chip
    since: str
    lasting: str


class PreviewView(msgspec.Struct, frozen=True):
    """What a preview shows besides the chart."""

    sentence: str
    alarms: tuple[RaisedView, ...]
    more: str


def preview_view(_: Catalog, rule: Rule, preview: Preview, zone: ZoneInfo, now_ms: int) -> PreviewView:
    """The sentence and the newest alarms."""
    alarms = sorted(preview.edited.alarms, key=lambda alarm: alarm.opened_ms, reverse=True)
    shown = tuple(
        RaisedView(
            chip(level_name(_, level_of(rule, alarm.worst)), colour_of(level_of(rule, alarm.worst))),
            figures.moment(_, alarm.opened_ms, zone),
            about(_, ((alarm.closed_ms or now_ms) - alarm.opened_ms) / 1_000),
        )
        for alarm in alarms[:ALARMS_LISTED]
    )
    rest = len(alarms) - len(shown)
    more = _("and {n} earlier ones", n=rest) if rest > 0 else ""
    return PreviewView(_sentence(_, preview), shown, more)


def _sentence(_: Catalog, preview: Preview) -> str:
    edited = _outcome(_, preview.edited)
    saved = _outcome(_, preview.saved)
    if edited == saved:
        return _("{outcome}, the same as it is now", outcome=edited)
    return _("{outcome}; as it is now: {saved}", outcome=edited, saved=saved)


def _outcome(_: Catalog, outcome: PreviewOutcome) -> str:
    if not outcome.alarms:
        return _("no alarm")
    alarms = _.plural("{n} alarm", "{n} alarms", len(outcome.alarms))
    decimals = 1 if outcome.hours_a_week < 10 else 0
    return _("{alarms}, {hours} hours a week", alarms=alarms, hours=_.number(outcome.hours_a_week, decimals))


def level_lines(_: Catalog, rule: Rule) -> tuple[LevelLine, ...]:
    """The limits of a rule's levels as lines across a chart of its quantity; none where they are no values of it."""
    if rule.kind in _NO_LIMIT_ON_AXIS or not rule.enabled:
        return ()
    limits = [(level, limit) for level in rule.levels for limit in (level.limit, level.high) if limit is not None]
    return tuple(LevelLine(level_name(_, level), limit, colour_of(level)) for level, limit in limits)


def bands_of(rule: Rule, outcome: PreviewOutcome) -> tuple[AlarmBand, ...]:
    """The times in which an alarm would have been open."""
    return tuple(
        AlarmBand(alarm.opened_ms, alarm.closed_ms, colour_of(level_of(rule, alarm.worst))) for alarm in outcome.alarms
    )


def thinned(points: Sequence[Point], *, start_ms: int, end_ms: int, most: int = MOST_POINTS) -> ChartHistory:
    """The points as a history of about `most` steps, each with its mean, lowest and highest."""
    step_ms = max(1, (end_ms - start_ms) // most)
    return ChartHistory(start_ms, end_ms, step_ms, tuple(fold(points, step_ms)))
