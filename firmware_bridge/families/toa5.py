"""Campbell Scientific TOA5: tables of a data logger as lines of text, from a serial port or out of a file.  115200 8N1

"TOA5","daruba","CR1000","1031","CR1000.Std.32","CPU:river.CR1","4062","Hourly"     which station, which table
"TIMESTAMP","RECORD","Lvl_m_Avg","AirTC_Avg"                                        names of the columns
"TS","RN","m","Deg C"                                                               their units
"","","Avg","Avg"                                                                   how the logger made them
"2026-11-29 10:05:00",17,1.82,"NAN"           ──►  02:05:00 UTC: water_level 182 cm (zone = "+08:00"); no temperature

LoggerNet manual, "TOA5". Times are local and name no zone, so without `zone` nothing is read: a logger sends old
records too. Columns are told by the names of Campbell's Short Cut (AirTC, RH, Rain_mm_Tot …), or by `columns`; by
number they need no header, which a logger may have sent long ago. Units are those of the header, or of `units`. A line
that noise or a torn one precedes is read from where it begins (toa5_lines.py), which the number of its columns tells.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from firmware_bridge.device_time import ZONE, ReadTime, time_reader
from firmware_bridge.distance import MOUNTING_HEIGHT, reading
from firmware_bridge.families.toa5_lines import RECORD, readings_of
from firmware_bridge.family import (
    Guide,
    Option,
    OptionError,
    SerialDecoder,
    SerialFamily,
    check_quantity,
    settle,
    table_among,
)
from firmware_bridge.sample import Frame, Noise, Sample
from firmware_bridge.shaping import SHAPING, Shape, shapes_of
from firmware_bridge.text_lines import LineSplitter
from i18n.message import LocalizedMessage
from wire import MEASURED, QuantityTable
from wire.units import conversion

_LONGEST = 4_096
_NO_READING = ("NAN", "INF", "-INF", "", "-6999", "-7999", "-99999")
"""What loggers write for what they could not measure; the numbers are those of older ones."""
_SHORT_CUT = {
    "airt": "temperature", "airtc": "temperature", "airtf": "temperature", "rh": "humidity", "bp": "pressure",
    "rain": "rainfall", "ws": "wind_speed", "winddir": "wind_direction", "slrw": "solar_radiation",
    "slrkw": "solar_radiation", "lvl": "water_level", "dt": "distance", "tcdt": "distance",
}  # fmt: skip
"""What the names of columns begin with that Campbell's Short Cut writes."""
_NOT_THE_VALUE = frozenset(("max", "min", "std", "sd1", "tmx", "tmn", "med"))

OPTIONS = (
    Option(
        "columns",
        dict,
        LocalizedMessage(
            'the column of each quantity, by name or by number from 1: {{ water_level = "Lvl_m_Avg", temperature = 4 }}'
        ),
        default={},
    ),
    ZONE,
    *SHAPING,
    MOUNTING_HEIGHT,
)


class Toa5Decoder:
    """Reads the lines of one logger, by the header that came last."""

    def __init__(
        self, columns: Mapping[str, str | int], shapes: Mapping[str, Shape], read_time: ReadTime,
        *, with_units: frozenset[str], height_cm: float | None, quantities: QuantityTable,
    ) -> None:  # fmt: skip
        self._columns = columns
        self._shapes = shapes
        self._read_time = read_time
        self._with_units = with_units
        self._height_cm = height_cm
        self._quantities = quantities
        self._lines = LineSplitter(_LONGEST)
        self._names: list[str] = []
        self._units: list[str] | None = None
        self._record: int | None = None
        self._count: int | None = None

    @property
    def held(self) -> int:
        """Bytes of a line that has not ended."""
        return self._lines.held

    def feed(self, data: bytes) -> list[Frame | Noise]:
        """Take the next bytes."""
        return [line if isinstance(line, Noise) else self._read(line) for line in self._lines.feed(data)]

    def memory(self) -> dict[str, int]:
        """Nothing: a header comes again, or columns are configured by number."""
        return {}

    def _read(self, line: bytes) -> Frame | Noise:
        readings = list(readings_of(line.decode("utf-8", "replace")))
        for kind, cells in readings:
            if kind in ("names", "table") or len(cells) == self._count:
                return self._accept(kind, cells)
        if self._count is None and readings and (readings[0][0] != "record" or len(readings) == 1):
            return self._accept(*readings[0])
        return Noise(len(line) + 1, self._why_none(readings))

    def _why_none(self, readings: Sequence[tuple[str, list[str]]]) -> str:
        if not readings:
            return "line is none of a TOA5 table"
        if self._count is None:
            return "line begins more than once, and no header has told how many columns it has"
        return f"line has {len(readings[0][1])} columns, and the table {self._count}"

    def _accept(self, kind: str, cells: list[str]) -> Frame:
        if kind == "record":
            self._count = len(cells)
            return self._measured(cells)
        if kind == "table":
            self._names, self._units, self._record, self._count = [], None, None, None
            return Frame((), f"header of table {cells[-1][:40]}")
        if kind == "names":
            self._names, self._units, self._record, self._count = cells, None, None, len(cells)
        elif kind == "units" and self._names and self._units is None:
            self._units = cells
        return Frame((), f"{kind} of the header")

    def _measured(self, cells: list[str]) -> Frame:
        if not self._names and not any(isinstance(column, int) for column in self._columns.values()):
            return Frame((), "no header has come, so columns are known by number only: name them so in columns")
        time_ms = self._read_time(cells[0])
        if not isinstance(time_ms, int):
            return Frame((), f"time {time_ms}")
        notes = [*self._missing(cells)]
        values = dict(self._values(cells, notes))
        if "distance" in values and "water_level" not in values:
            values |= {sample.quantity: sample.value for sample in reading(values["distance"], self._height_cm).samples}
        samples = tuple(Sample(quantity, value, time_ms=time_ms) for quantity, value in values.items())
        return Frame(samples, "; ".join(notes)[:300] or ("" if samples else "record has none of the columns"))

    def _missing(self, cells: list[str]) -> Iterator[str]:
        """Says so where the logger's count of records jumps."""
        if RECORD not in self._names[:2]:
            return
        written = cells[self._names.index(RECORD)]
        before, self._record = self._record, int(written) if written.isdecimal() and len(written) < 20 else None
        if before is not None and self._record is not None and self._record > before + 1:
            yield f"{self._record - before - 1} records missing before record {self._record}"

    def _values(self, cells: list[str], notes: list[str]) -> Iterator[tuple[str, float]]:
        for key, column in (self._columns or _short_cut(self._names)).items():
            at = column - 1 if isinstance(column, int) else _place(column, self._names)
            if not 0 <= at < len(cells):
                notes.append(f"column {column} of {key} is not in the table")
                continue
            value = self._value(key, cells[at].strip(), at)
            if isinstance(value, str):
                notes.append(f"{key} {value}")
            else:
                yield key, value

    def _value(self, key: str, written: str, at: int) -> float | str:
        shape = self._shapes.get(key) or Shape(key)
        if written.upper() in _NO_READING:
            return "has no reading"
        if key in self._with_units or (not self._names and isinstance(self._columns.get(key), int)):
            return shape.read(written)
        unit = self._units[at].strip() if self._units else ""
        convert = conversion(unit, self._quantities[key]) if unit else None
        if convert is None:
            told = f"is in {unit[:20]!r}" if unit else "has no unit in the header"
            return f"{told}: name its unit in units"
        return msgspec.structs.replace(shape, convert=convert).read(written)


def _place(name: str, names: Sequence[str]) -> int:
    """Where a column stands, however its capitals are; -1 where it does not."""
    return next((at for at, other in enumerate(names) if other.casefold() == name.casefold()), -1)


def _short_cut(names: Sequence[str]) -> dict[str, str | int]:
    """The columns whose names say what they are; of several for a quantity the first."""
    found: dict[str, str | int] = {}
    for at, name in enumerate(names, start=1):
        first, *rest = name.casefold().split("_")
        quantity = _SHORT_CUT.get(first)
        if quantity == "wind_speed" and "max" in rest:
            quantity, rest = "wind_gust", []
        if quantity is not None and not _NOT_THE_VALUE & set(rest):
            found.setdefault(quantity, at)
    return found


def _columns(given: Mapping[str, Any], quantities: QuantityTable) -> dict[str, str | int]:
    for key, column in given.items():
        check_quantity("columns", key, quantities)
        is_number = isinstance(column, int) and not isinstance(column, bool) and 1 <= column <= _LONGEST
        if not is_number and not (isinstance(column, str) and column):
            raise OptionError(
                LocalizedMessage(
                    "columns.{key}: {column}: write the name of a column, or its number from 1",
                    key=key, column=repr(column)[:40],
                )
            )  # fmt: skip
    return dict(given)


def _decoder(options: Mapping[str, Any], _memory: Mapping[str, int]) -> SerialDecoder:
    chosen, quantities = settle(OPTIONS, options), table_among(options)
    columns = _columns(chosen["columns"], quantities)
    keys = columns or dict.fromkeys(name for name in (*_SHORT_CUT.values(), "wind_gust"))
    shapes = shapes_of("columns", keys, chosen, quantities)
    return Toa5Decoder(
        columns, shapes, time_reader({**chosen, "time_format": "iso"}),
        with_units=frozenset(chosen["units"]), height_cm=chosen["mounting_height_cm"], quantities=quantities,
    )  # fmt: skip


FAMILY = SerialFamily(
    name="toa5",
    title=LocalizedMessage("Campbell data logger, tables as TOA5"),
    baud=115_200,
    quantities=tuple(MEASURED),
    options=OPTIONS,
    decoder=_decoder,
    models={name: {} for name in ("campbell", "cr1000", "cr1000x", "cr300", "cr6")},
    guide=Guide(
        wiring="the logger's RS-232 or USB port, at the rate of its program; a file with siaga-edge decode",
        quirks="times name no zone, so zone is needed, and stays as it is in summer; columns are told by Short Cut's "
        "names, others are named in columns; a value whose unit the header does not say needs units; NAN is no reading",
        example='zone = "+09:00"\ncolumns = { water_level = "Lvl_m_Avg" }',
    ),
)
