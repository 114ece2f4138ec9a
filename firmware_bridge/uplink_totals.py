"""Totals of a LoRaWAN device become what they grew by, whatever was lost on the way between two uplinks.

rainfall_total 1.23, 1.39                 ─► unknown, rainfall 0.16 mm      the first total adds nothing
rainfall_total 0.16, rainfall_counter 2   ─► rainfall 0.16 mm               the device says that it began again
line_1_total_in 72, 75                    ─► people_in 3 with counts = "total", else nothing, beside a count of its own
"""

from collections.abc import Mapping
from typing import NamedTuple

from firmware_bridge.counters import Counted, recalled, remembered, step
from firmware_bridge.payloads.field import PayloadField
from firmware_bridge.payloads.meanings import Meaning

ADDED_UP = ("people_in", "people_out")
_MOST_TOTALS = 60
_LONGEST_NAME = 120
_TOTAL, _CLEARED = "total/", "cleared"
_STEPS_OF_RAIN = 1_000
"""Of one mm, as totals of rain are counted."""


class FieldValue(NamedTuple):
    """A field that has a meaning, with its value in the unit of its quantity."""

    meaning: Meaning
    field: PayloadField
    value: float


class UplinkTotals:
    """The totals of one device, and how often it says that they were cleared; `memory` is that of an earlier start."""

    def __init__(self, memory: Mapping[str, int]) -> None:
        totals = {key: recalled(key, memory) for key in memory if key.startswith(_TOTAL) and key.count("/") == 1}
        self._known = {key.removeprefix(_TOTAL): known for key, known in totals.items() if known is not None}
        self._cleared = memory.get(_CLEARED)

    def memory(self) -> dict[str, int]:
        """What must survive a restart of the gateway."""
        cleared = {} if self._cleared is None else {_CLEARED: self._cleared}
        return cleared | {
            key: value for name, known in self._known.items() for key, value in remembered(_TOTAL + name, known).items()
        }

    def replaced(
        self, values: list[FieldValue], fields: tuple[PayloadField, ...], notes: list[str], *, counts_people: bool
    ) -> list[FieldValue]:
        """The values, with what totals have added in place of the totals; those of the past add nothing again.

        People are counted by their totals, or else by the counts since the report before: never by both.
        """
        has_periods = any(_is_of_people(value) and not value.meaning.total_bits for value in values)
        begun_again = self._was_cleared(fields)
        chosen: list[FieldValue] = []
        for value in values:
            if not value.meaning.total_bits:
                if not (_is_of_people(value) and counts_people):
                    chosen.append(value)
            elif value.field.kept:
                continue
            elif _is_of_people(value) and not counts_people:
                self._known.pop(value.field.name.replace("/", "|"), None)  # what it grows by is counted otherwise
                if not has_periods:
                    total = f"{value.field.name} is {value.field.value:g} in all"
                    notes.append(f'{total}: counts = "total" reads what it grows by')
            else:
                added = self._added(value, notes, begun_again=begun_again)
                if added is not None:
                    chosen.append(value._replace(value=added))
        return chosen

    def _was_cleared(self, fields: tuple[PayloadField, ...]) -> bool:
        """Whether the device says that its total of rain began again since its last report."""
        said = next((field.value for field in fields if field.name == "rainfall_counter" and not field.kept), None)
        cleared = None if said is None else round(said)
        before, self._cleared = self._cleared, self._cleared if cleared is None else cleared
        return None not in (before, cleared) and before != cleared

    def _added(self, value: FieldValue, notes: list[str], *, begun_again: bool) -> float | None:
        """What a total has added; None, with a note, where that is unknown."""
        name = value.field.name.replace("/", "|")  # which stands between a counter and what is remembered of it
        steps = 1 if _is_of_people(value) else _STEPS_OF_RAIN
        total = round(value.value * steps)
        known = self._known.get(name)
        if known is not None and begun_again and value.meaning.quantity == "rainfall":
            self._known[name] = Counted(total)
            notes.append(f"{name} began again at 0")
            return value.value
        if known is None and (len(self._known) >= _MOST_TOTALS or len(name) > _LONGEST_NAME):
            notes.append(f"{name[:_LONGEST_NAME]} left out: the device has more totals than are kept, or longer names")
            return None
        self._known[name], (added, note) = step(known, total, bits=value.meaning.total_bits)
        if note:
            notes.append(f"{name}: {note}")
        return None if added is None else added / steps


def _is_of_people(value: FieldValue) -> bool:
    return value.meaning.quantity in ADDED_UP
