"""Historical readings as lines of CSV: which column is which, and what a line says or why it says nothing.

sensor,quantity,time,value,unit                            comma, or semicolon with decimal commas; columns in any order
river-daruba-1,water_level,2026-01-01T00:10:00+09:00,1.32,m ─► ImportRow(line=2, …, time_ms=…, value=132.0)

A file with a column `marks` was exported (`cloud/exports/`): its values are calibrated already, and its marks say of
which times the gateway's clock was in doubt. What else an export says is passed over.
"""

import csv
import difflib
import math
from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

import msgspec

from cloud.core.csv_cells import unguarded
from rules.marks import MARK_NAMES, Mark
from wire import Clock, QuantityTable, printable
from wire.units import Conversion, conversion

COLUMNS = ("sensor", "quantity", "time", "value", "unit")
NEEDED = COLUMNS[:-1]
ONLY_EXPORTED = ("marks", "site", "local_time", "zone")
"""What an export has besides."""
CLOCK_OF_MARK = {MARK_NAMES[Mark.CLOCK_UNKNOWN]: Clock.UNKNOWN, MARK_NAMES[Mark.CLOCK_ESTIMATED]: Clock.ESTIMATED}
"""The marks that are taken over: all others follow from the readings, which are judged again."""
LONGEST_LINE = 1_000
"""Characters of one line: five fields are far shorter."""
UNITS_KEPT = 256
_SHOWN = 60


class FormRefused(Exception):
    """A file that is none of historical readings; the text is one sentence."""


class ImportRow(msgspec.Struct, frozen=True, gc=False):
    """What a line says: a value in the unit of its quantity, at `time_ms` (UTC) by a `clock` of that state.

    `calibrated`: the value was exported, and has its calibration.
    """

    line: int
    sensor: str
    quantity: str
    time_ms: int
    value: float
    clock: Clock = Clock.SYNCED
    calibrated: bool = False


class RefusedRow(msgspec.Struct, frozen=True, gc=False):
    """A line that is not stored, and why, in a sentence."""

    line: int
    why: str


class CsvForm:
    """How the lines of one file are read: by its `header`, in the units of `table`.

    `zone` is that of times without an offset; None: each needs one. FormRefused where the header says nothing.
    """

    def __init__(self, header: str, table: QuantityTable, *, zone: ZoneInfo | None) -> None:
        self._delimiter = ";" if ";" in header else ","
        try:
            names = [name.strip().lower() for name in self._fields(header.lstrip("\ufeff").strip()[:LONGEST_LINE])]
        except ValueError as error:
            raise FormRefused(f"line 1: {error}") from None
        for problem in _problems_of(names):
            raise FormRefused(problem)
        self._places = [names.index(name) if name in names else -1 for name in (*COLUMNS, ONLY_EXPORTED[0])]
        self._is_exported = ONLY_EXPORTED[0] in names
        self._width = len(names)
        self._table = table
        self._zone = zone
        self._conversion = lru_cache(UNITS_KEPT)(self._find_conversion)

    def rows(self, lines: Iterable[tuple[int, str]]) -> Iterator[ImportRow | RefusedRow]:
        """Read lines, each with its number; empty ones are passed over."""
        for number, line in lines:
            if not line.strip():
                continue
            try:
                yield self._row(number, line)
            except ValueError as error:
                yield RefusedRow(number, str(error))

    def _row(self, number: int, line: str) -> ImportRow:
        if len(line) > LONGEST_LINE:
            raise ValueError(f"has {len(line)} characters; write one reading in at most {LONGEST_LINE}")
        fields = self._fields(line)
        if len(fields) != self._width:
            raise ValueError(f"has {len(fields)} fields where the header has {self._width}; write as many")
        cells = (unguarded(fields[at].strip()) if at >= 0 else "" for at in self._places)
        sensor, quantity, time, value, unit, marks = cells
        converted = self._conversion(quantity, unit)
        if not isinstance(converted, Conversion):
            raise ValueError(converted)  # noqa: TRY004 - a mistake of the file's, as all others
        time_ms, measured = self._time_ms(time), converted(self._value(value))
        return ImportRow(number, sensor, quantity, time_ms, measured, _clock_of(marks), self._is_exported)

    def _fields(self, line: str) -> list[str]:
        try:
            return next(csv.reader([line], delimiter=self._delimiter), [])
        except csv.Error as error:
            raise ValueError(f"is no line of CSV: {error}") from None

    def _value(self, text: str) -> float:
        spelled = text.replace(",", ".") if self._delimiter == ";" else text
        try:
            value = float(spelled) if "_" not in spelled else math.nan
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            raise ValueError(f"value {_short(text)}: is no number")
        return value

    def _time_ms(self, text: str) -> int:
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            raise ValueError(f"time {_short(text)}: write ISO 8601, as 2026-01-01T00:10:00+09:00") from None
        try:
            here = self._in_zone(moment, text) if moment.tzinfo is None else moment
            return round(here.timestamp() * 1_000)
        except OverflowError:
            raise ValueError(f"time {_short(text)}: is no time that exists") from None

    def _in_zone(self, moment: datetime, text: str) -> datetime:
        if self._zone is None:
            raise ValueError(f"time {_short(text)}: has no offset; write one, as +09:00, or say the file's zone")
        here = moment.replace(tzinfo=self._zone)
        if here.utcoffset() != here.replace(fold=1).utcoffset():
            raise ValueError(
                f"time {_short(text)}: stands twice or never on the clocks of {self._zone}; write its offset"
            )
        return here

    def _find_conversion(self, quantity: str, unit: str) -> Conversion | str:
        """How a value in `unit` becomes one of `quantity`, or why it does not."""
        row = self._table.measured.get(quantity)
        if row is None:
            close = difflib.get_close_matches(quantity, self._table.measured, n=1)
            advice = f"did you mean {close[0]}?" if close else "/api/v1/quantities lists them"
            return f"quantity {_short(quantity)}: is not measured here; {advice}"
        found = conversion(unit or row.unit, row)
        if found is None:
            return f"unit {_short(unit)}: is no unit of {quantity}; write {row.unit}, or leave it out"
        return found


def _problems_of(names: list[str]) -> Iterator[str]:
    for name in NEEDED:
        if name not in names:
            yield f"line 1: has no column {name}; begin the file with {','.join(COLUMNS)} (unit may be left out)"
    for name in names:
        if name not in (*COLUMNS, *ONLY_EXPORTED):
            yield f"line 1: column {_short(name)} is none of {', '.join(COLUMNS)}; take it out"
        if names.count(name) > 1:
            yield f"line 1: column {name} stands there twice; take one out"


def _clock_of(marks: str) -> Clock:
    """The state of the gateway's clock by the marks of a reading, the worst where there are several."""
    return next((clock for name, clock in CLOCK_OF_MARK.items() if name in marks.split()), Clock.SYNCED)


def _short(text: str) -> str:
    return repr(printable(text[:_SHOWN]))
