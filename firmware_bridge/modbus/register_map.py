"""A register map: which registers of a device mean what, as TOML has it, and in how few requests they are read.

first_register = 0                 what the document calls the very first register: 0, 1, 40001 …
[[registers]]
address = 4                        as the document numbers it; on the wire it is 4 - first_register
quantity = "water_level"
type = "int16"                     uint16, int32, uint32, float32, int64, bit …
unit = "mm"
scale = 0.1                        value = raw x scale + offset, in `unit`
sentinels = [-32768]               raw values that are none

A map that is shipped (maps/) and one that stands in edge.toml are read by the same code.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from firmware_bridge.family import Option, OptionError, nearest, problems
from firmware_bridge.modbus.map_keys import OF_A_FIELD, OF_A_MAP
from firmware_bridge.modbus.pdu import MOST_REGISTERS, OF_BITS, Span
from firmware_bridge.modbus.values import WORDS_OF
from firmware_bridge.unit_option import check_unit
from i18n.message import LocalizedMessage, located
from wire import QuantityTable
from wire.units import Conversion

_MOST_FIELDS = 200


class RegisterField(msgspec.Struct, frozen=True):
    """One value of a device; register numbers are those of the wire.

    `conversion` makes the unit of the quantity of it, by `unit` (of which `units` has one for each value of `unit_at`).
    """

    register: int
    function: int
    quantity: str
    type: str
    conversion: Conversion
    scale: float
    offset: float
    sentinels: tuple[float, ...]
    word_order: str
    byte_order: str
    bit: int
    total: bool
    unit_at: int | None
    units: Mapping[int, tuple[str, Conversion | None]]
    decimals_at: int | None
    valid_if: tuple[int, ...]

    @property
    def count(self) -> int:
        """How many registers, or bits, it takes."""
        return 1 if self.function in OF_BITS else WORDS_OF[self.type]

    @property
    def needs(self) -> tuple[int, ...]:
        """Registers beside its own that say how it is to be taken."""
        others = (self.unit_at, self.decimals_at, *self.valid_if)
        return tuple(register for register in others if register is not None)


class RegisterMap(msgspec.Struct, frozen=True):
    """What stands in the registers of a kind of device. `unknown` are sentences on quantities that a city may add."""

    name: str
    title: str
    baud: int | None
    address: int
    fields: tuple[RegisterField, ...]
    spans: tuple[Span, ...]
    unknown: tuple[str, ...] = ()


def parse_map(key: str, table: Mapping[str, Any], known: QuantityTable, *, is_shipped: bool = False) -> RegisterMap:
    """The map in a table of TOML; OptionError, naming `key` and the place in it, for what cannot be meant.

    A quantity that the city does not have is a mistake in its own file, and no reading of a map that is shipped.
    """
    chosen = _settled(key, OF_A_MAP, table)
    rows = chosen["registers"]
    if not rows or len(rows) > _MOST_FIELDS:
        raise OptionError(located(f"{key}.registers", LocalizedMessage("write 1 to {most} tables", most=_MOST_FIELDS)))
    fields, unknown = [], []
    for at, row in enumerate(rows):
        where = f"{key}.registers[{at}]"
        if not isinstance(row, dict):
            raise OptionError(located(where, LocalizedMessage("write a table")))
        of_row = _settled(where, OF_A_FIELD, row)
        name = of_row["quantity"]
        if name in known.measured:
            fields.append(_field(where, of_row, chosen, known))
        elif is_shipped:
            unknown.append(f"{name} is left out: add a quantity {name} to the city's ([[quantities]] in edge.toml)")
        else:
            advice = nearest(name, known.measured)
            raise OptionError(
                LocalizedMessage(
                    "{option}: {name} is no quantity; {advice}",
                    option=f"{where}.quantity", name=repr(name)[:80], advice=advice,
                )
            )  # fmt: skip
    also = {(chosen["function"], _on_the_wire(key, "also", register, chosen)) for register in chosen["also"]}
    return RegisterMap(
        name=key, title=chosen["title"] or key, baud=chosen["baud"], address=chosen["address"],
        fields=tuple(fields), spans=spans_of(fields, chosen["gap"], also), unknown=tuple(unknown),
    )  # fmt: skip


def _settled(where: str, options: tuple[Option, ...], table: Mapping[str, Any]) -> dict[str, Any]:
    names = [option.name for option in options]
    for name in table:
        if name not in names:
            advice = nearest(name, names)
            raise OptionError(
                LocalizedMessage(
                    "{key}: unknown key of {family}; {advice}", key=str(name)[:80], family=where, advice=advice
                )
            )
    wrong = problems(options, table)
    if wrong:
        raise OptionError(LocalizedMessage("{where}.{sentence}", where=where, sentence=wrong[0]))
    return {option.name: table.get(option.name, option.default) for option in options}


def _field(where: str, row: Mapping[str, Any], of_map: Mapping[str, Any], known: QuantityTable) -> RegisterField:
    quantity = known[row["quantity"]]

    def on_the_wire(name: str, written: Any) -> int:
        return _on_the_wire(where, name, written, of_map)

    def beside(name: str) -> int | None:
        return None if row[name] is None else on_the_wire(name, row[name])

    unit = quantity.unit if row["unit"] is None else row["unit"]
    return RegisterField(
        register=on_the_wire("address", row["address"]),
        function=row["function"] or of_map["function"],
        quantity=quantity.name,
        type="bit" if (row["function"] or of_map["function"]) in OF_BITS else row["type"],
        conversion=check_unit(f"{where}.unit", unit, quantity),
        scale=float(row["scale"]),
        offset=float(row["offset"]),
        sentinels=_numbers(f"{where}.sentinels", row["sentinels"]),
        word_order=row["word_order"],
        byte_order=row["byte_order"],
        bit=row["bit"],
        total=row["total"],
        unit_at=beside("unit_at"),
        units={_code(where, code): (str(unit), _convertible(unit, quantity)) for code, unit in row["units"].items()},
        decimals_at=beside("decimals_at"),
        valid_if=tuple(on_the_wire("valid_if", register) for register in row["valid_if"]),
    )


def _on_the_wire(where: str, name: str, written: Any, of_map: Mapping[str, Any]) -> int:
    """The number on the wire of a register as its document has it."""
    first: int = of_map["first_register"]
    if not isinstance(written, int) or isinstance(written, bool) or not 0 <= written - first <= 0xFFFF:
        raise OptionError(
            LocalizedMessage(
                "{where}.{name}: {written} is no register of a document whose first one is {first}; write a number "
                "from {first}",
                where=where, name=name, written=repr(written)[:40], first=first,
            )
        )  # fmt: skip
    return written - first


def _numbers(where: str, written: Iterable[Any]) -> tuple[float, ...]:
    for each in written:
        if not isinstance(each, int | float) or isinstance(each, bool):
            raise OptionError(located(where, located(repr(each)[:40], LocalizedMessage("write a number"))))
    return tuple(written)


def _code(where: str, code: Any) -> int:
    if not str(code).isdecimal():
        raise OptionError(located(f"{where}.units", located(repr(code)[:40], LocalizedMessage("write a whole number"))))
    return int(code)


def _convertible(unit: Any, quantity: Any) -> Conversion | None:
    """How a unit that a device may say becomes that of the quantity; None where it does not, which is told then."""
    try:
        return check_unit("", unit, quantity)
    except OptionError:
        return None


def spans_of(fields: Iterable[RegisterField], gap: int, also: Iterable[tuple[int, int]] = ()) -> tuple[Span, ...]:
    """As few requests as read all fields, and what they need: registers that are up to `gap` apart go together.

    Those that others need to be taken rightly come first.
    """
    wanted: dict[int, set[tuple[int, int]]] = {}
    needed: set[tuple[int, int]] = set()
    for function, register in also:
        wanted.setdefault(function, set()).add((register, 1))
    for field in fields:
        of_function = wanted.setdefault(field.function, set())
        of_function.add((field.register, field.count))
        of_function.update((register, 1) for register in field.needs)
        needed.update((field.function, register) for register in field.needs)
    found = [span for function, parts in sorted(wanted.items()) for span in _merged(function, sorted(parts), gap)]
    return tuple(sorted(found, key=lambda span: not any(span.holds(*each) for each in needed)))


def _merged(function: int, parts: Iterable[tuple[int, int]], gap: int) -> Iterable[Span]:
    start = end = -1
    for register, count in parts:
        if start >= 0 and register - end <= gap and register + count - start <= MOST_REGISTERS:
            end = max(end, register + count)
            continue
        if start >= 0:
            yield Span(function, start, end - start)
        start, end = register, register + count
    if start >= 0:
        yield Span(function, start, end - start)
