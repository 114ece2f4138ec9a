"""An export as Parquet, with types: times in ms of UTC and of the site's clock, names from dictionaries, float64.

page, page, … ─► row groups of about 100,000 rows ─► bytes, as they come; without its end no file of it can be read

Which unit each quantity has stands in the metadata of the column `value` (or `mean`), too. Needs pyarrow, which comes
with `siaga[parquet]` alone.
"""

import io
import json
from collections.abc import Sequence
from datetime import datetime
from importlib.util import find_spec
from typing import Any
from zoneinfo import ZoneInfo

from cloud.exports.csv_file import marks_text
from cloud.exports.order import ExportOrder, ExportRefused
from cloud.exports.row_pages import RowPage
from cloud.readings.buckets import TimeBucket
from i18n.message import LocalizedMessage
from wire.durations import HOUR_MS

ROWS_A_GROUP = 100_000
STEP_FIELDS = ("min", "max", "doubted_min", "doubted_max")
STEP_COUNTS = ("count", "doubted")
_QUARTER_MS = HOUR_MS // 4
"""No zone sets its clock within a quarter of an hour."""


def has_parquet() -> bool:
    """Whether files of Parquet can be written here."""
    return find_spec("pyarrow") is not None


def must_have_parquet() -> None:
    """Refuse Parquet where it cannot be written: ExportRefused."""
    if not has_parquet():
        raise ExportRefused(
            "no-parquet",
            LocalizedMessage(
                "Parquet needs pyarrow, which is not installed at this server: pip install 'siaga[parquet]'; or take"
                " CSV."
            ),
        )


class ParquetFile:
    """Writes the file of `order`, part by part; in a thread, since pyarrow alone takes long to import."""

    media_type = "application/vnd.apache.parquet"

    def __init__(self, order: ExportOrder) -> None:
        self._order = order
        self._sink = _Sink()
        self._held: list[Any] = []
        self._rows_held = 0
        self._schema: Any = None
        self._writer: Any = None

    def begin(self) -> bytes:
        """The first bytes."""
        import pyarrow
        from pyarrow.parquet import ParquetWriter

        self._schema = _schema_of(self._order)
        sink = pyarrow.PythonFile(self._sink, mode="w")
        self._writer = ParquetWriter(sink, self._schema, compression="zstd")
        return self._sink.taken()

    def part(self, page: RowPage) -> bytes:
        """Take rows in; what is written of them, and of those before, is given as soon as a group is whole."""
        self._held.append(_batch_of(page, self._schema))
        self._rows_held += page.count
        if self._rows_held >= ROWS_A_GROUP:
            self._write_group()
        return self._sink.taken()

    def end(self) -> bytes:
        """The last group, and where all of them are."""
        if self._held:
            self._write_group()
        self._writer.close()
        return self._sink.taken()

    def _write_group(self) -> None:
        import pyarrow

        table = pyarrow.Table.from_batches(self._held, self._schema).unify_dictionaries()
        self._writer.write_table(table, row_group_size=self._rows_held)
        self._held, self._rows_held = [], 0


class _Sink(io.RawIOBase):
    """A file that is read while it is written."""

    def __init__(self) -> None:
        super().__init__()
        self._pieces: list[bytes] = []
        self._length = 0

    def writable(self) -> bool:
        """Whether it can be written: yes."""
        return True

    def write(self, piece: Any) -> int:
        """Add bytes."""
        self._pieces.append(bytes(piece))
        self._length += len(piece)
        return len(piece)

    def tell(self) -> int:
        """How many bytes were written."""
        return self._length

    def taken(self) -> bytes:
        """What was written since it was last taken."""
        pieces, self._pieces = self._pieces, []
        return b"".join(pieces)


def _schema_of(order: ExportOrder) -> Any:
    import pyarrow as pa

    name = pa.dictionary(pa.int32(), pa.string())
    units = {series.quantity: series.unit for series in order.series}
    of_value = {"units": json.dumps(units, sort_keys=True)}
    value = pa.field("value" if order.step is None else "mean", pa.float64(), metadata=of_value)
    steps = () if order.step is None else (*STEP_FIELDS, *STEP_COUNTS)
    return pa.schema([
        ("sensor", name), ("quantity", name), ("time", pa.timestamp("ms", "UTC")), value, ("unit", name),
        *((each, pa.float64() if each in STEP_FIELDS else pa.int64()) for each in steps),
        ("marks", name), ("site", name), ("local_time", pa.timestamp("ms")), ("zone", name),
    ], metadata={"step": order.step or "", "start_ms": str(order.start_ms), "end_ms": str(order.end_ms)})  # fmt: skip


def _batch_of(page: RowPage, schema: Any) -> Any:
    import pyarrow as pa

    series, rows = page.series, page.points or page.buckets
    times_ms = [row.time_ms for row in rows]
    names = {"sensor": series.sensor, "quantity": series.quantity, "unit": series.unit, "site": series.site,
             "zone": series.zone}  # fmt: skip
    columns = {
        "time": pa.array(times_ms, pa.timestamp("ms", "UTC")),
        "local_time": pa.array(local_ms(times_ms, ZoneInfo(series.zone)), pa.timestamp("ms")),
        "marks": _dictionary([marks_text(row.marks) for row in rows]),
        **{name: _repeated(text, len(rows)) for name, text in names.items()},
        **(
            {"value": pa.array([one.value for one in page.points], pa.float64())}
            if page.points
            else _steps(page.buckets)
        ),
    }
    return pa.RecordBatch.from_arrays([columns[name] for name in schema.names], schema=schema)


def _steps(buckets: Sequence[TimeBucket]) -> dict[str, Any]:
    import pyarrow as pa

    numbers = {name: pa.array([getattr(one, name) for one in buckets], pa.float64()) for name in ("mean", *STEP_FIELDS)}
    counts = {name: pa.array([getattr(one, name) for one in buckets], pa.int64()) for name in STEP_COUNTS}
    return {**numbers, **counts}


def _repeated(text: str, count: int) -> Any:
    import pyarrow as pa

    return pa.DictionaryArray.from_arrays(pa.repeat(pa.scalar(0, pa.int32()), count), pa.array([text], pa.string()))


def _dictionary(texts: Sequence[str]) -> Any:
    import pyarrow as pa

    return pa.array(texts, pa.string()).dictionary_encode()


def local_ms(times_ms: Sequence[int], zone: ZoneInfo) -> list[int]:
    """What a clock in `zone` shows at times of UTC, as ms since 1970 by that clock."""
    offsets: dict[int, int] = {}
    found = []
    for time_ms in times_ms:
        quarter = time_ms // _QUARTER_MS
        offset_ms = offsets.get(quarter)
        if offset_ms is None:
            away = datetime.fromtimestamp(quarter * _QUARTER_MS / 1_000, zone).utcoffset()
            offset_ms = offsets[quarter] = round((away.total_seconds() if away else 0) * 1_000)
        found.append(time_ms + offset_ms)
    return found
