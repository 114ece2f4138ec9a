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
from i18n.message import LocalizedMessage
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
    """A file that is none of historical readings; `sentence` says why."""

    def __init__(self, sentence: LocalizedMessage) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class _LineRefused(Exception):
    """A line that says nothing, and why."""

    def __init__(self, sentence: LocalizedMessage) -> None:
        super().__init__(sentence)
        self.sentence = sentence


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
    why: LocalizedMessage


class CsvForm:
    """How the lines of one file are read: by its `header`, in the units of `table`.

    `zone` is that of times without an offset; None: each needs one. FormRefused where the header says nothing.
    """

    def __init__(self, header: str, table: QuantityTable, *, zone: ZoneInfo | None) -> None:
        self._delimiter = ";" if ";" in header else ","
        try:
            names = [name.strip().lower() for name in self._fields(header.lstrip("\ufeff").strip()[:LONGEST_LINE])]
        except _LineRefused as refused:
            raise FormRefused(LocalizedMessage("line 1: {problem}", problem=refused.sentence)) from None
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
            except _LineRefused as refused:
                yield RefusedRow(number, refused.sentence)

    def _row(self, number: int, line: str) -> ImportRow:
        if len(line) > LONGEST_LINE:
            raise _LineRefused(
                LocalizedMessage(
                    "has {n} characters; write one reading in at most {longest}", n=len(line), longest=LONGEST_LINE
                )
            )
        fields = self._fields(line)
        if len(fields) != self._width:
            raise _LineRefused(
                LocalizedMessage(
                    "has {n} fields where the header has {width}; write as many", n=len(fields), width=self._width
                )
            )
        cells = (unguarded(fields[at].strip()) if at >= 0 else "" for at in self._places)
        sensor, quantity, time, value, unit, marks = cells
        converted = self._conversion(quantity, unit)
        if not isinstance(converted, Conversion):
            raise _LineRefused(converted)
        time_ms, measured = self._time_ms(time), converted(self._value(value))
        return ImportRow(number, sensor, quantity, time_ms, measured, _clock_of(marks), self._is_exported)

    def _fields(self, line: str) -> list[str]:
        try:
            return next(csv.reader([line], delimiter=self._delimiter), [])
        except csv.Error as error:
            raise _LineRefused(LocalizedMessage("is no line of CSV: {error}", error=str(error))) from None

    def _value(self, text: str) -> float:
        spelled = text.replace(",", ".") if self._delimiter == ";" else text
        try:
            value = float(spelled) if "_" not in spelled else math.nan
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            raise _LineRefused(LocalizedMessage("value {text}: is no number", text=_short(text)))
        return value

    def _time_ms(self, text: str) -> int:
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            raise _LineRefused(
                LocalizedMessage("time {text}: write ISO 8601, as 2026-01-01T00:10:00+09:00", text=_short(text))
            ) from None
        try:
            here = self._in_zone(moment, text) if moment.tzinfo is None else moment
            return round(here.timestamp() * 1_000)
        except OverflowError:
            raise _LineRefused(LocalizedMessage("time {text}: is no time that exists", text=_short(text))) from None

    def _in_zone(self, moment: datetime, text: str) -> datetime:
        if self._zone is None:
            raise _LineRefused(
                LocalizedMessage(
                    "time {text}: has no offset; write one, as +09:00, or say the file's zone", text=_short(text)
                )
            )
        here = moment.replace(tzinfo=self._zone)
        if here.utcoffset() != here.replace(fold=1).utcoffset():
            raise _LineRefused(
                LocalizedMessage(
                    "time {text}: stands twice or never on the clocks of {zone}; write its offset",
                    text=_short(text),
                    zone=str(self._zone),
                )
            )
        return here

    def _find_conversion(self, quantity: str, unit: str) -> Conversion | LocalizedMessage:
        """How a value in `unit` becomes one of `quantity`, or why it does not."""
        row = self._table.measured.get(quantity)
        if row is None:
            close = difflib.get_close_matches(quantity, self._table.measured, n=1)
            if close:
                return LocalizedMessage(
                    "quantity {quantity}: is not measured here; did you mean {close}?",
                    quantity=_short(quantity), close=close[0],
                )  # fmt: skip
            return LocalizedMessage(
                "quantity {quantity}: is not measured here; /api/v1/quantities lists them", quantity=_short(quantity)
            )
        found = conversion(unit or row.unit, row)
        if found is None:
            return LocalizedMessage(
                "unit {unit}: is no unit of {quantity}; write {right}, or leave it out",
                unit=_short(unit), quantity=quantity, right=row.unit,
            )  # fmt: skip
        return found


def _problems_of(names: list[str]) -> Iterator[LocalizedMessage]:
    for name in NEEDED:
        if name not in names:
            yield LocalizedMessage(
                "line 1: has no column {name}; begin the file with {columns} (unit may be left out)",
                name=name, columns=",".join(COLUMNS),
            )  # fmt: skip
    for name in names:
        if name not in (*COLUMNS, *ONLY_EXPORTED):
            yield LocalizedMessage(
                "line 1: column {name} is none of {columns}; take it out", name=_short(name), columns=", ".join(COLUMNS)
            )
        if names.count(name) > 1:
            yield LocalizedMessage("line 1: column {name} stands there twice; take one out", name=name)


def _clock_of(marks: str) -> Clock:
    """The state of the gateway's clock by the marks of a reading, the worst where there are several."""
    return next((clock for name, clock in CLOCK_OF_MARK.items() if name in marks.split()), Clock.SYNCED)


def _short(text: str) -> str:
    return repr(printable(text[:_SHOWN]))
