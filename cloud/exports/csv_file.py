"""An export as CSV: RFC 4180 and UTF-8; the columns of an import first, so that what is exported can be imported.

sensor,quantity,time,value,unit,marks,site,local_time,zone
river,water_level,2026-11-24T03:10:00.123Z,132.4,cm,backfill spike,daruba,2026-11-24 12:10:00.123,Asia/Jayapura

Steps have no `value`, so that nobody imports them for readings:
sensor,quantity,time,mean,unit,min,max,count,doubted,doubted_min,doubted_max,marks,site,local_time,zone

With semicolons between cells (`csv-semicolon`) numbers have decimal commas, as spreadsheets of Indonesia read them.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from cloud.core.csv_cells import guarded
from cloud.exports.order import ExportFormat, ExportOrder, ExportSeries
from cloud.exports.row_pages import RowPage
from cloud.ingest.historical.csv_rows import COLUMNS, ONLY_EXPORTED
from cloud.readings.buckets import TimeBucket
from cloud.readings.contract import Point
from rules.marks import names_of

STEP_COLUMNS = (
    "sensor", "quantity", "time", "mean", "unit", "min", "max", "count", "doubted", "doubted_min", "doubted_max",
)  # fmt: skip
_BYTE_ORDER_MARK = "\ufeff"
"""Without it spreadsheets do not take a file for UTF-8."""


class CsvFile:
    """Writes the file of `order`, part by part."""

    media_type = "text/csv; charset=utf-8"

    def __init__(self, order: ExportOrder) -> None:
        self._has_steps = order.step is not None
        self._has_semicolons = order.form is ExportFormat.CSV_SEMICOLON
        self._between = ";" if self._has_semicolons else ","

    def begin(self) -> bytes:
        """The header."""
        own = STEP_COLUMNS if self._has_steps else COLUMNS
        line = self._between.join((*own, *ONLY_EXPORTED)) + "\r\n"
        return (_BYTE_ORDER_MARK + line if self._has_semicolons else line).encode()

    def part(self, page: RowPage) -> bytes:
        """Rows of one series."""
        return "".join(self._lines(page)).encode()

    def end(self) -> bytes:
        """Nothing: a file of CSV ends with its last row."""
        return b""

    def _lines(self, page: RowPage) -> Iterator[str]:
        between, ends = self._between, _Ends(page.series, self._between)
        begin = between.join((guarded(page.series.sensor), guarded(page.series.quantity), ""))
        unit = guarded(page.series.unit)
        for point in page.points:
            value = self._numbers((point.value,))
            yield f"{begin}{utc_text(point.time_ms)}{between}{value}{between}{unit}{ends.of(point)}"
        for one in page.buckets:
            mean = self._numbers((one.mean,))
            rest = self._numbers((one.min, one.max, one.count, one.doubted, one.doubted_min, one.doubted_max))
            yield f"{begin}{utc_text(one.time_ms)}{between}{mean}{between}{unit}{between}{rest}{ends.of(one)}"

    def _numbers(self, values: Iterable[float | None]) -> str:
        """Numbers to the last bit, and nothing where there is none."""
        if self._has_semicolons:
            return ";".join("" if value is None else repr(value).replace(".", ",") for value in values)
        return ",".join("" if value is None else repr(value) for value in values)


class _Ends:
    """The ends of lines of one series: marks in words, site, local time, zone; each text is made once."""

    def __init__(self, series: ExportSeries, between: str) -> None:
        self._site = f"{between}{guarded(series.site)}{between}"
        self._zone = f"{between}{guarded(series.zone)}\r\n"
        self._local_text = local_text_in(ZoneInfo(series.zone))
        self._between = between
        self._marks: dict[int, str] = {}

    def of(self, row: Point | TimeBucket) -> str:
        """The end of the line of one row."""
        marks = self._marks.get(row.marks)
        if marks is None:
            marks = self._marks[row.marks] = f"{self._between}{marks_text(row.marks)}{self._site}"
        return f"{marks}{self._local_text(row.time_ms)}{self._zone}"


def marks_text(marks: int) -> str:
    """The names of marks, as the API has them, with blanks between."""
    return " ".join(names_of(marks))


def utc_text(time_ms: int) -> str:
    """2026-11-24T03:10:00.123Z."""
    return datetime.fromtimestamp(time_ms / 1_000, UTC).isoformat(timespec="milliseconds")[:23] + "Z"


def local_text_in(zone: ZoneInfo) -> Callable[[int], str]:
    """How a time is written in `zone`, as a spreadsheet reads it: 2026-11-24 12:10:00.123."""

    def text(time_ms: int) -> str:
        return datetime.fromtimestamp(time_ms / 1_000, zone).isoformat(" ", "milliseconds")[:23]

    return text
