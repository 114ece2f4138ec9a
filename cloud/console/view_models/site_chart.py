"""The chart of one series on the page of its site: the plot, what it comes to, and the same as a table.

ChartView(title="Water level", plot=Plot(…), summary=(("Lowest", "98.1 cm"), …), table=ChartTable(…), notes=(…,))
"""

from collections.abc import Sequence
from enum import StrEnum
from zoneinfo import ZoneInfo

import msgspec

from cloud.console.view_models.chart import AlarmBand, ChartHistory, LevelLine, step_name, summary
from cloud.console.view_models.chart_table import ChartTable, chart_table
from cloud.console.view_models.plot import Plot, plot_of
from cloud.readings.contract import Point
from i18n import figures
from i18n.catalog import N_, Catalog
from wire import Quantity


class ChartTrouble(StrEnum):
    """Why there is no chart of now."""

    WAITING = N_("The chart is being worked out. It comes by itself; without a script, load the page again.")
    UNAVAILABLE = N_("The store of readings does not answer: nobody knows what was measured. It is asked again soon.")
    TOO_MANY = N_("These are too many readings to be looked through at once: choose a shorter time, or look later.")


class Annotations(msgspec.Struct, frozen=True):
    """What stands in a chart beside what was measured: levels, alarms, and what `people` read.

    `bands_known`: the alarms could be asked for; `bands_cut`: there are older ones that are not drawn.
    """

    levels: tuple[LevelLine, ...] = ()
    bands: tuple[AlarmBand, ...] = ()
    people: tuple[Point, ...] = ()
    bands_known: bool = True
    bands_cut: bool = False


class ChartView(msgspec.Struct, frozen=True):
    """One chart; `plot` and `table` are None where there is none, and `trouble` says why, or that it is an old one."""

    sensor: str
    title: str
    unit: str
    zone: str
    trouble: str = ""
    plot: Plot | None = None
    table: ChartTable | None = None
    summary: tuple[tuple[str, str], ...] = ()
    step: str = ""
    doubted: str = ""
    is_empty: bool = False
    notes: tuple[str, ...] = ()


def chart_view(
    _: Catalog,
    row: Quantity,
    history: ChartHistory | None,
    beside: Annotations,
    *,
    sensor: str,
    trouble: ChartTrouble | None,
    zone: ZoneInfo,
) -> ChartView:
    """A history as it is shown; `sensor` is the name of who measured it."""
    title, unit, said = figures.name_of(_, row), figures.unit_of(_, row), "" if trouble is None else _(trouble.value)
    if history is None:
        return ChartView(sensor, title, unit, "", said)
    return ChartView(
        sensor, title, unit, figures.zone_name(history.end_ms, zone), said,
        plot=plot_of(_, history, beside.levels, beside.bands, zone, people=beside.people),
        table=chart_table(_, row, history, beside.people, zone),
        summary=tuple(summary(_, row, history)),
        step=step_name(_, history.step_ms),
        doubted=_doubted(_, sum(bucket.doubted for bucket in history.buckets)),
        is_empty=not history.buckets,
        notes=tuple(_notes(_, history, beside, trouble, zone)),
    )  # fmt: skip


def _doubted(_: Catalog, count: int) -> str:
    if not count:
        return ""
    return _.plural(
        "{n} doubted reading, in none of the figures", "{n} doubted readings, in none of the figures", count
    )


def _notes(
    _: Catalog, history: ChartHistory, beside: Annotations, trouble: ChartTrouble | None, zone: ZoneInfo
) -> Sequence[str]:
    """What must be known of a chart to believe it."""
    notes = []
    if trouble is not None:
        notes.append(_("What is drawn is what was known at {time}.", time=figures.moment(_, history.end_ms, zone)))
    if not beside.bands_known:
        notes.append(_("The alarms of this time cannot be asked for now: none are drawn."))
    if beside.bands_cut:
        notes.append(_("Only the newest alarms are drawn; there are older ones."))
    return notes
