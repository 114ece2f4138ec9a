import msgspec

from cloud.alarms.preview import Preview
from cloud.alarms.preview_outcome import Difference, PreviewAlarm, PreviewOutcome
from cloud.console.view_models.chart import LevelLine
from cloud.console.view_models.preview import ALARMS_LISTED, bands_of, level_lines, preview_view, thinned
from cloud.readings.contract import Point
from i18n.catalog import catalog_of
from rules.rule import Level, RuleKind, Severity
from tests.unit.cloud.console.alarms_made import NOON_MS, RIVER, WIT

EN = catalog_of("en")
HOUR_MS = 3_600_000


def outcome(*hours: float) -> PreviewOutcome:
    """Alarms of so many hours, one a day, the last of them until noon; all within a week."""
    alarms = tuple(
        PreviewAlarm(
            NOON_MS - back * 24 * HOUR_MS - round(long * HOUR_MS), NOON_MS - back * 24 * HOUR_MS, 1, 262.0, False
        )
        for back, long in enumerate(hours)
    )
    return PreviewOutcome(RIVER, alarms, (), sum(hours), sum(hours))


def preview(saved: PreviewOutcome, edited: PreviewOutcome) -> Preview:
    return Preview("river", "water_level", 0, NOON_MS, 0, saved, edited, Difference((), (), 0.0), ())


def test_a_preview_is_told_in_one_sentence_beside_what_there_is_now():
    view = preview_view(EN, RIVER, preview(outcome(3.0, 9.5), outcome(1.25)), WIT, NOON_MS)
    assert view.sentence == "1 alarm, 1.2 hours a week; as it is now: 2 alarms, 12 hours a week"
    assert view.alarms[0].level.word == "Siaga 2"
    assert (view.alarms[0].since, view.alarms[0].lasting) == ("24 Nov 10:55:05 WIT", "1.2 h")
    same = preview_view(EN, RIVER, preview(outcome(), outcome()), WIT, NOON_MS)
    assert same.sentence == "no alarm, the same as it is now"


def test_only_the_newest_alarms_are_listed():
    many = outcome(*[0.5] * (ALARMS_LISTED + 3))
    view = preview_view(EN, RIVER, preview(many, many), WIT, NOON_MS)
    assert (len(view.alarms), view.more) == (ALARMS_LISTED, "and 3 earlier ones")
    assert view.alarms[0].since == "24 Nov 11:40:05 WIT"


def test_levels_are_lines_where_their_limits_are_values():
    assert level_lines(EN, RIVER)[0] == LevelLine("Siaga 3", 150.0, "#f2c500")
    inside = msgspec.structs.replace(RIVER, kind=RuleKind.INSIDE, levels=(Level("Band", Severity.MINOR, 10.0, 20.0),))
    assert [line.limit for line in level_lines(EN, inside)] == [10.0, 20.0]
    for kind in (RuleKind.RISE, RuleKind.TREND, RuleKind.SILENCE):
        assert level_lines(EN, msgspec.structs.replace(RIVER, kind=kind)) == ()
    assert level_lines(EN, msgspec.structs.replace(RIVER, enabled=False)) == ()


def test_a_long_history_is_thinned_without_losing_its_peaks():
    points = [Point(second * 1_000, 10.0 + (90.0 if second == 7_777 else 0.0)) for second in range(10_000)]
    history = thinned(points, start_ms=0, end_ms=10_000_000, most=100)
    assert len(history.buckets) == 100
    assert max(bucket.max or 0.0 for bucket in history.buckets) == 100.0
    assert min(bucket.min or 0.0 for bucket in history.buckets) == 10.0


def test_bands_have_the_colour_of_the_worst_level():
    assert [band.colour for band in bands_of(RIVER, outcome(1.0))] == ["#f4661b"]
