import re

from hypothesis import given
from hypothesis import strategies as st

from cloud.console.view_models.chart import AlarmBand, ChartHistory, LevelLine
from cloud.console.view_models.plot import plot_of
from cloud.readings.buckets import fold
from cloud.readings.contract import Point
from i18n.catalog import catalog_of
from rules.marks import Mark
from tests.unit.cloud.console.alarms_made import WIT
from wire.durations import DAY_MS, HOUR_MS, MINUTE_MS

EN = catalog_of("en")
START_MS = 1_790_000_000_000
LEVELS = (LevelLine("Siaga 3", 150.0, "#f2c500"), LevelLine("Siaga 1", 3_000.0, "#d7261e"))


def history(values: dict[int, float], *, doubted: dict[int, float] | None = None, sums: bool = False) -> ChartHistory:
    points = [Point(START_MS + after_ms, value) for after_ms, value in values.items()]
    points += [Point(START_MS + after_ms, value, int(Mark.SPIKE)) for after_ms, value in (doubted or {}).items()]
    buckets = tuple(fold(sorted(points, key=lambda point: point.time_ms), MINUTE_MS))
    return ChartHistory(START_MS, START_MS + DAY_MS, MINUTE_MS, buckets, sums)


def test_a_line_goes_through_its_values_and_the_near_limit_is_drawn_in():
    rising = {hour * HOUR_MS: 100.0 + hour for hour in range(25)}
    plot = plot_of(EN, history(rising), LEVELS, [], WIT)
    (line,) = plot.lines
    assert re.match(r"M0,\d", line)
    assert line.count("L") == 24
    assert [level.name for level in plot.levels] == ["Siaga 3"], "one far away would flatten the line"
    assert [tick.words for tick in plot.values] == ["100", "120", "140"]
    assert len(plot.times) == 6


def test_a_gap_breaks_the_line():
    minutes = [*range(10), *range(200, 210)]
    plot = plot_of(EN, history({minute * MINUTE_MS: 1.0 for minute in [*minutes, 600]}), (), [], WIT)
    assert len(plot.lines) == 2
    assert re.fullmatch(r"M41.67,[\d.]+h0", plot.lone), "a reading alone is a point"


def test_an_alarm_that_goes_on_reaches_the_end_and_one_outside_is_not_drawn():
    open_one = AlarmBand(START_MS + DAY_MS // 2, None, "#f2c500")
    before = AlarmBand(START_MS - HOUR_MS, START_MS - MINUTE_MS, "#f2c500")
    plot = plot_of(EN, history({0: 1.0}), (), [open_one, before], WIT)
    assert [(band.left, band.width) for band in plot.bands] == [(50.0, 50.0)]


def test_doubted_values_are_beside_the_line_and_never_in_it():
    plot = plot_of(EN, history({0: 10.0, 30_000: 20.0}, doubted={40_000: 15.0, DAY_MS // 2: 900.0}), (), [], WIT)
    assert len(re.findall("V", plot.ranges[0])) == 1
    assert re.findall(r"M([\d.]+),([\d.]+)h0", plot.doubts) == [("0.05", "50"), ("50", "1.5")], "the spike at the edge"
    assert "900" not in [tick.words for tick in plot.values]


def test_where_all_is_doubted_the_plot_reaches_there():
    plot = plot_of(EN, history({}, doubted={0: 890.0, 1_000: 900.0}), (), [], WIT)
    assert plot.lines == ()
    assert [tick.words for tick in plot.values] == ["890", "895", "900"]
    assert re.fullmatch(r"M0,[\d.]+h0M0,[\d.]+h0", plot.doubts)


def test_doubted_amounts_are_marked_at_the_foot_since_they_are_no_sums():
    plot = plot_of(EN, history({0: 10.0, 1_000: 20.0}, doubted={2_000: 15.0}, sums=True), (), [], WIT)
    assert plot.doubts == "M0,98.5h0"
    assert plot.ranges == ("",)
    assert "30" in "".join(tick.words for tick in plot.values)


def test_what_people_read_is_a_point_of_its_own_that_is_always_seen():
    people = [Point(START_MS + DAY_MS // 4, 500.0)]
    plot = plot_of(EN, history({0: 10.0}), (), [], WIT, people=people)
    assert re.fullmatch(r"M25,[\d.]+h0", plot.people)
    assert plot.values[-1].words == "400"


@given(
    st.dictionaries(st.integers(0, DAY_MS), st.floats(-1e6, 1e6), max_size=40),
    st.lists(st.floats(-1e6, 1e6), max_size=3),
)
def test_everything_is_drawn_within_the_plot(values: dict[int, float], limits: list[float]):
    levels = [LevelLine("a", limit, "#000000") for limit in limits]
    plot = plot_of(EN, history(values), levels, [], WIT)
    points = [
        tuple(map(float, pair.split(","))) for line in plot.lines for pair in re.findall(r"[-\d.e+]+,[-\d.e+]+", line)
    ]
    assert all(0 <= x <= 100.2 and -0.01 <= y <= 100.01 for x, y in points)
    assert all(0 <= tick.at <= 100 for tick in plot.values)
