from cloud.console.view_models.chart import ChartHistory
from cloud.console.view_models.site_chart import Annotations, ChartTrouble, ChartView, chart_view
from cloud.readings.buckets import fold
from cloud.readings.contract import Point
from i18n.catalog import catalog_of
from rules.marks import Mark
from tests.unit.cloud.console.alarms_made import NOON_MS, WIT
from wire import QUANTITIES
from wire.durations import HOUR_MS, MINUTE_MS

EN = catalog_of("en")
POINTS = [Point(NOON_MS - 3 * MINUTE_MS, 5.0), Point(NOON_MS - MINUTE_MS, 900.0, int(Mark.SPIKE))]
HISTORY = ChartHistory(NOON_MS - HOUR_MS, NOON_MS, MINUTE_MS, tuple(fold(POINTS, MINUTE_MS)))


def view(
    history: ChartHistory | None, beside: Annotations | None = None, trouble: ChartTrouble | None = None
) -> ChartView:  # fmt: skip
    row = QUANTITIES["water_level"]
    return chart_view(EN, row, history, beside or Annotations(), sensor="River gauge", trouble=trouble, zone=WIT)


def test_a_chart_says_what_it_is_of_and_how_much_of_it_is_doubted():
    shown = view(HISTORY)
    assert (shown.title, shown.sensor, shown.unit, shown.zone, shown.step) == (
        "Water level", "River gauge", "cm", "WIT", "1 min"
    )  # fmt: skip
    assert (shown.is_empty, shown.trouble, shown.notes) == (False, "", ())
    assert shown.doubted == "1 doubted reading, in none of the figures"


def test_where_nothing_is_known_there_is_no_chart_and_a_sentence_why():
    shown = view(None, trouble=ChartTrouble.UNAVAILABLE)
    assert (shown.plot, shown.table, shown.is_empty) == (None, None, False)
    assert shown.trouble.startswith("The store of readings does not answer")


def test_what_is_old_or_not_whole_is_said():
    shown = view(HISTORY, Annotations(bands_known=False, bands_cut=True), ChartTrouble.WAITING)
    assert shown.plot is not None
    assert shown.notes == (
        "What is drawn is what was known at 24 Nov 12:10:05 WIT.",
        "The alarms of this time cannot be asked for now: none are drawn.",
        "Only the newest alarms are drawn; there are older ones.",
    )


def test_a_time_without_readings_is_empty():
    assert view(ChartHistory(NOON_MS - HOUR_MS, NOON_MS, MINUTE_MS, ())).is_empty
