"""One slave: what its registers say becomes samples, by its map.

registers 2, 3, 4 of slave 1 are 17, 1, 1500     (unit cm, one decimal)     ─► water_level 150.0 cm
registers 1 … 5 of slave 2 are 1350, 0, 0, 0, 0  (height not set)           ─► distance 135.0 cm, and why no level

Registers that say how others are to be taken are remembered, since they need not come in the same reply. What is not to
be believed is a sentence and no sample, and costs nothing beside it.
"""

from collections.abc import Iterator, Mapping, Sequence
from math import isfinite

import msgspec

from firmware_bridge.counters import Counted, step
from firmware_bridge.distance import reading
from firmware_bridge.modbus.pdu import OF_BITS, Span
from firmware_bridge.modbus.register_map import RegisterField, RegisterMap
from firmware_bridge.modbus.values import WORDS_OF, value_of
from firmware_bridge.sample import Sample
from firmware_bridge.units import Conversion

_MOST_DECIMALS = 9
_LEAST, _MOST = 1e-20, 1e20
"""A float beyond these is two registers that do not belong together."""


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
        self.name = f"slave {address} ({map_.name})"
        self._placing = placing
        self._channel = channel
        self._fields = tuple(field for field in map_.fields if self._is_wanted(field))
        self._needed = {(field.function, register) for field in map_.fields for register in field.needs}
        self._remembered: dict[tuple[int, int], int] = {}
        self._counted = {
            field.register: Counted(memory[key])
            for field in self._fields
            if field.total and (key := self._key(field)) in memory
        }

    def _is_wanted(self, field: RegisterField) -> bool:
        if field.quantity == "water_level" and self._placing.mounting_height_cm is not None:
            return False  # it is made of the distance
        return not self._placing.only or field.quantity in self._placing.only

    def memory(self) -> dict[str, int]:
        """The last total of each counter."""
        fields = {field.register: field for field in self._fields if field.total}
        return {self._key(fields[register]): counted.total for register, counted in self._counted.items()}

    def is_certain(self, function: int, size: int) -> bool:
        """Whether a reply of so many bytes, whose request nobody heard, can only answer one request of this map."""
        return sum((span.function, span.reply_bytes) == (function, size) for span in self.map.spans) == 1

    def span_of(self, function: int, size: int) -> Span:
        """The request of this map that such a reply answers."""
        return next(span for span in self.map.spans if (span.function, span.reply_bytes) == (function, size))

    def read(self, span: Span, values: Sequence[int]) -> tuple[list[Sample], list[str]]:
        """The samples in the reply to a request for `span`, and sentences on what is none."""
        words = {span.first + at: value for at, value in enumerate(values[: span.count])}
        for register in words:
            if (span.function, register) in self._needed:
                self._remembered[span.function, register] = words[register]
        samples: list[Sample] = []
        notes: list[str] = []
        for field in self._fields:
            own = [words.get(field.register + at) for at in range(field.count)]
            if field.function == span.function and None not in own:
                found = list(self._of_field(field, [word for word in own if word is not None]))
                samples += [one for one in found if isinstance(one, Sample)]
                notes += [one for one in found if isinstance(one, str)]
        return self._with_level(samples), [f"{self.name}: {note}" for note in (*notes, *self.map.unknown)]

    def _of_field(self, field: RegisterField, words: list[int]) -> Iterator[Sample | str]:
        doubtful = [register for register in field.valid_if if self._known(field, register) == 0]
        if doubtful:
            yield f"{field.quantity} means nothing while register 0x{doubtful[0]:04X} is 0"
            return
        raw = value_of(words, field.type, word_order=field.word_order, byte_order=field.byte_order, bit=field.bit)
        if not isfinite(raw) or raw in field.sentinels or _unsigned(words, field) in field.sentinels:
            yield f"{field.quantity} has no value ({_shown(raw)})"
            return
        if field.type.startswith("float") and raw and not _LEAST < abs(raw) < _MOST:
            yield f"{field.quantity} is {_shown(raw)}, which nothing measures; look at its address and at word_order"
            return
        conversion, decimals = self._unit(field), self._decimals(field)
        if isinstance(conversion, str):
            yield conversion
        elif isinstance(decimals, str):
            yield decimals
        elif field.total:
            yield from self._grown(field, round(raw), conversion)
        else:
            yield self._sample(field, conversion(_plain((raw * field.scale + field.offset) / 10**decimals)))

    def _sample(self, field: RegisterField, value: float) -> Sample:
        if field.quantity == "water_level":
            value += self._placing.offset_cm
        return Sample(field.quantity, _plain(value), self._channel)

    def _grown(self, field: RegisterField, total: int, conversion: Conversion) -> Iterator[Sample | str]:
        known, (added, note) = step(self._counted.get(field.register), total, bits=16 * WORDS_OF[field.type])
        self._counted[field.register] = known
        if note:
            yield f"{field.quantity}: {note}"
        if added is not None:
            yield Sample(field.quantity, _plain(conversion(_plain(added * field.scale))), self._channel)

    def _unit(self, field: RegisterField) -> Conversion | str:
        if self._placing.conversion is not None and field.unit_at is not None:
            return self._placing.conversion
        if field.unit_at is None:
            return field.conversion
        code = self._known(field, field.unit_at)
        if code is None:
            return f"{field.quantity} comes without its unit (register 0x{field.unit_at:04X}); write unit and decimals"
        written, conversion = field.units.get(code, ("", None))
        if conversion is None:
            said = f"the unit {written}" if written else f"a unit with the code {code}, which documents disagree on"
            return f"{field.quantity} is in {said}; look at its label, and write unit"
        return conversion

    def _decimals(self, field: RegisterField) -> int | str:
        if self._placing.decimals is not None and field.decimals_at is not None:
            return self._placing.decimals
        if field.decimals_at is None:
            return 0
        decimals = self._known(field, field.decimals_at)
        if decimals is None:
            return f"{field.quantity} comes without its decimals (register 0x{field.decimals_at:04X}); write decimals"
        if decimals > _MOST_DECIMALS:
            return f"{field.quantity} has {decimals} decimals, which cannot be; is the model right?"
        return decimals

    def _known(self, field: RegisterField, register: int) -> int | None:
        return self._remembered.get((field.function, register))

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
