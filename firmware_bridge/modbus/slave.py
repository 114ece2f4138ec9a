"""One slave: what its registers say becomes samples, by its map.

registers 2, 3, 4 of slave 1 are 17, 1, 1500     (unit cm, one decimal)     ─► water_level 150.0 cm
registers 1 … 5 of slave 2 are 1350, 0, 0, 0, 0  (height not set)           ─► distance 135.0 cm, and why no level

Registers that say how others are to be taken are remembered, since they need not come in the same reply. What is not to
be believed is a sentence and no sample, and costs nothing beside it.
"""

from collections.abc import Mapping, Sequence
from math import isfinite

import msgspec

from firmware_bridge.counters import Counted, step
from firmware_bridge.distance import reading
from firmware_bridge.modbus.pdu import OF_BITS, Span
from firmware_bridge.modbus.register_map import RegisterField, RegisterMap
from firmware_bridge.modbus.values import WORDS_OF, value_of
from firmware_bridge.sample import Sample
from wire.units import Conversion

_MOST_DECIMALS = 9
_LEAST, _MOST = 1e-20, 1e20
"""A float beyond these is two registers that do not belong together."""
_STEPS = 1_000
"""Of a total that is a float, in one of its unit: as a count it wraps and falls like any other."""


class Placing(msgspec.Struct, frozen=True):
    """What the place of one slave adds to its map; see the options of the family."""

    mounting_height_cm: float | None = None
    offset_cm: float = 0.0
    conversion: Conversion | None = None
    decimals: int | None = None
    only: frozenset[str] = frozenset()


class ModbusSlave:
    """Reads the registers of the slave at `address`; `channel` is what its samples carry."""

    def __init__(
        self, address: int, map_: RegisterMap, placing: Placing, *, channel: str, memory: Mapping[str, int]
    ) -> None:
        self.address = address
        self.map = map_
        self._placing = placing
        self._channel = channel
        self._fields = tuple(field for field in map_.fields if self._is_wanted(field))
        self._needed = {(field.function, register) for field in map_.fields for register in field.needs}
        self._remembered: dict[tuple[int, int], int] = {}
        keys = [self._key(field) for field in self._fields if field.total]
        self._counted = {key: Counted(memory[key]) for key in keys if key in memory}
        self._span: Span | None = None
        self._whole: list[tuple[RegisterField, int, int]] = []

    @property
    def name(self) -> str:
        """What a sentence calls it."""
        return f"slave {self.address} ({self.map.name})"

    def _is_wanted(self, field: RegisterField) -> bool:
        if field.quantity == "water_level" and self._placing.mounting_height_cm is not None:
            return False  # it is made of the distance
        return not self._placing.only or field.quantity in self._placing.only

    def memory(self) -> dict[str, int]:
        """The last total of each counter."""
        return {key: counted.total for key, counted in self._counted.items()}

    def is_certain(self, function: int, size: int) -> bool:
        """Whether a reply of so many bytes, whose request nobody heard, can only answer one request of this map."""
        return sum((span.function, span.reply_bytes) == (function, size) for span in self.map.spans) == 1

    def span_of(self, function: int, size: int) -> Span:
        """The request of this map that such a reply answers."""
        return next(span for span in self.map.spans if (span.function, span.reply_bytes) == (function, size))

    def read(self, span: Span, values: Sequence[int]) -> tuple[list[Sample], list[str]]:
        """The samples in the reply to a request for `span`, and sentences on what is none."""
        for function, register in self._needed:
            if span.holds(function, register):
                self._remembered[function, register] = values[register - span.first]
        samples: list[Sample] = []
        notes: list[str] = []
        for field, start, end in self._whole_in(span):
            value = self._value(field, values[start:end])
            if isinstance(value, str):
                notes.append(value)
            elif field.total:
                self._count(field, value, samples, notes)
            else:
                samples.append(Sample(field.quantity, self._in_its_unit(field, value), self._channel))
        return self._with_level(samples), [f"{self.name}: {note}" for note in (*notes, *self.map.unknown)]

    def _whole_in(self, span: Span) -> list[tuple[RegisterField, int, int]]:
        """The values that such a reply has all registers of, and from where to where."""
        if span != self._span:
            self._span = span
            at = [(field, field.register - span.first) for field in self._fields if field.function == span.function]
            self._whole = [
                (field, start, start + field.count)
                for field, start in at
                if start >= 0 and start + field.count <= span.count
            ]
        return self._whole

    def _value(self, field: RegisterField, words: Sequence[int]) -> float | str:
        """The raw value with its decimals, or why there is none."""
        for register in field.valid_if:
            if self._remembered.get((field.function, register)) == 0:
                return f"{field.quantity} means nothing while register 0x{register:04X} is 0"
        raw: float = words[0]
        if field.type != "uint16" or field.byte_order != "big":
            raw = value_of(words, field.type, word_order=field.word_order, byte_order=field.byte_order, bit=field.bit)
        if not isfinite(raw) or raw in field.sentinels or (raw < 0 and _unsigned(words, field) in field.sentinels):
            return f"{field.quantity} has no value ({_shown(raw)})"
        if field.type.startswith("float") and raw and not _LEAST < abs(raw) < _MOST:
            return f"{field.quantity} is {_shown(raw)}, which nothing measures; look at its address and at word_order"
        unit = None if field.unit_at is None else self._unit(field, field.unit_at)
        if isinstance(unit, str):
            return unit
        if field.decimals_at is None:
            return raw
        decimals = self._decimals(field, field.decimals_at)
        return decimals if isinstance(decimals, str) else raw / 10**decimals

    def _in_its_unit(self, field: RegisterField, value: float) -> float:
        """A value in the unit of its quantity."""
        factor, offset = self._conversion(field)
        made = (value * field.scale + field.offset) * factor + offset
        return _plain(made + self._placing.offset_cm if field.quantity == "water_level" else made)

    def _count(self, field: RegisterField, value: float, samples: list[Sample], notes: list[str]) -> None:
        """What a total that only grows has added; one that is a float counts in thousandths."""
        key = self._key(field)
        steps = _STEPS if field.type.startswith("float") else 1
        bits = 64 if steps > 1 else 16 * WORDS_OF[field.type]
        self._counted[key], (added, note) = step(self._counted.get(key), round(value * steps), bits=bits)
        if note:
            notes.append(f"{field.quantity}: {note}")
        if added is not None:
            made = _plain(added / steps * field.scale * self._conversion(field).factor)
            samples.append(Sample(field.quantity, made, self._channel))

    def _conversion(self, field: RegisterField) -> Conversion:
        found = field.conversion if field.unit_at is None else self._unit(field, field.unit_at)
        return field.conversion if isinstance(found, str) else found  # `_value` has told it

    def _unit(self, field: RegisterField, unit_at: int) -> Conversion | str:
        if self._placing.conversion is not None:
            return self._placing.conversion
        code = self._remembered.get((field.function, unit_at))
        if code is None:
            return f"{field.quantity} comes without its unit (register 0x{unit_at:04X}); write unit and decimals"
        written, conversion = field.units.get(code, ("", None))
        if conversion is None:
            said = f"the unit {written}" if written else f"a unit with the code {code}, which documents disagree on"
            return f"{field.quantity} is in {said}; look at its label, and write unit"
        return conversion

    def _decimals(self, field: RegisterField, decimals_at: int) -> int | str:
        if self._placing.decimals is not None:
            return self._placing.decimals
        decimals = self._remembered.get((field.function, decimals_at))
        if decimals is None:
            return f"{field.quantity} comes without its decimals (register 0x{decimals_at:04X}); write decimals"
        if decimals > _MOST_DECIMALS:
            return f"{field.quantity} has {decimals} decimals, which cannot be; is the model right?"
        return decimals

    def _with_level(self, samples: list[Sample]) -> list[Sample]:
        """With the level that the mounting height makes of a distance."""
        height_cm = self._placing.mounting_height_cm
        if height_cm is None:
            return samples
        levels = [reading(each.value, height_cm).samples[1].value for each in samples if each.quantity == "distance"]
        return samples + [Sample("water_level", level, self._channel) for level in levels]

    def _key(self, field: RegisterField) -> str:
        return f"{self.address}/{field.function}/{field.register}"


def _plain(value: float) -> float:
    """Without the digits that only arithmetic has put there."""
    return float(f"{value:.10g}")


def _unsigned(words: Sequence[int], field: RegisterField) -> float | None:
    """The raw value of a signed type as documents write it: 0xFFFF, say."""
    if field.function in OF_BITS or not field.type.startswith("int"):
        return None
    return value_of(words, f"u{field.type}", word_order=field.word_order, byte_order=field.byte_order)


def _shown(raw: float) -> str:
    return f"{raw:g}"
