"""What a [[sources]] table with family = "gpio" says: a line of a chip, and what its contact means.

name = "door"  family = "gpio"  line = 23  bias = "pull_up"     sensor = "daruba-box"   quantity = "door_open"
name = "rain"  family = "gpio"  line = 24  per_pulse = 0.2      sensor = "rain-daruba"  quantity = "rainfall"
"""

import os
import re
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from edge.output_settings import GpioOutput
from edge.settings import EdgeSettings, SourceTable
from firmware_bridge.family import Option, nearest, plain, problems, settle
from i18n.message import LocalizedMessage
from wire import BUILT_IN, QuantityTable
from wire.quantities import HourOf

GPIO = "gpio"
BUCKET_APART_S = 0.5
"""A bucket takes half a second to tip (0.524 s: J. Atmos. Oceanic Technol., D-13-00169)."""


def _chip(text: Any) -> LocalizedMessage | None:
    if re.fullmatch(r"/dev/gpiochip[0-9]{1,3}", text):
        return None
    return LocalizedMessage("is no chip; write one such as '/dev/gpiochip0'")


OPTIONS = (
    Option("line", int, LocalizedMessage("the number of the line on its chip: 23 is GPIO 23 of a Raspberry Pi"),
           low=0, high=1_023),
    Option("chip", str, LocalizedMessage("the chip, as siaga-edge detect --gpio names it"), default="/dev/gpiochip0",
           doubt=_chip),
    Option("quantity", str, LocalizedMessage("what the contact tells: door_open, power_failed, rainfall")),
    Option("per_pulse", float, LocalizedMessage("how much one pulse is, in the unit of quantity; left out: a state"),
           default=None, low=1e-6, high=1e6),
    Option("active_low", bool, LocalizedMessage("true: it is 1 while the pin is low"), default=False),
    Option("bias", str, LocalizedMessage("a resistor of the chip at the line"), default="as_is",
           choices=("as_is", "pull_up", "pull_down", "off")),
    Option("debounce_ms", int, LocalizedMessage("how long the line must stand still before a change counts"),
           default=20, low=0, high=1_000),
    Option("apart_s", float, LocalizedMessage("seconds after a pulse in which another one is its bounce"),
           default=None, low=0, high=60),
    Option("every_s", float, LocalizedMessage("how often it is said, changes apart"), default=30.0, low=1, high=3_600),
)  # fmt: skip


class GpioSource(msgspec.Struct, frozen=True):
    """A contact at a line of a chip; `per_pulse` of 0: it has a state and no pulses."""

    name: str
    chip: str
    line: int
    sensor: str
    quantity: str
    per_pulse: float
    active_low: bool
    bias: str
    debounce_ms: int
    apart_s: float
    every_s: float
    silent_s: float
    table: SourceTable
    quantities: QuantityTable = BUILT_IN
    channels: Mapping[str, str] = {}


def is_gpio(family: str) -> bool:
    """Whether a source of this family is a line of a chip."""
    return plain(family) == GPIO


def configure_gpio(table: SourceTable, quantities: QuantityTable) -> GpioSource:
    """The source that a table without mistakes describes."""
    chosen = settle(OPTIONS, table.options)
    by_default = BUCKET_APART_S if chosen["quantity"] == "rainfall" else 0.0
    apart_s = by_default if chosen["apart_s"] is None else chosen["apart_s"]
    return GpioSource(
        table.name, chosen["chip"], chosen["line"], table.sensor or "", chosen["quantity"], chosen["per_pulse"] or 0.0,
        chosen["active_low"], chosen["bias"], chosen["debounce_ms"], apart_s, chosen["every_s"], table.silent_s, table,
        quantities,
    )  # fmt: skip


_SHARED = {"name", "family", "sensor", "silent_s"}


def mistakes_of_gpio(table: Mapping[str, Any], quantities: QuantityTable) -> Iterator[LocalizedMessage]:
    """What is wrong with a raw table, its shared keys apart."""
    if "sensor" not in table:
        yield LocalizedMessage('sensor: is missing; add sensor = "…", the name of its readings')
    options = {key: value for key, value in table.items() if key not in _SHARED}
    known = [option.name for option in OPTIONS]
    for key in sorted(options.keys() - set(known)):
        advice = nearest(key, [*known, *sorted(_SHARED)])
        yield LocalizedMessage("{key}: unknown key of {family}; {advice}", key=key, family=GPIO, advice=advice)
    found = problems(OPTIONS, options)
    yield from found
    if not found:
        yield from _of_meaning(settle(OPTIONS, options), table.get("silent_s", 60.0), quantities)


def mistakes_of_lines(settings: EdgeSettings) -> Iterator[LocalizedMessage]:
    """Lines that two want, sources and outputs taken together: the kernel gives each to one."""
    taken: dict[tuple[str, int], str] = {}
    for key, chip, line in _lines_of(settings):
        other = taken.setdefault((chip, line), key)
        if other != key:
            yield LocalizedMessage(
                "{key}: {line} of {chip} is that of {other}; write another", key=key, line=line, chip=chip, other=other
            )


def warnings_of_chips(settings: EdgeSettings) -> Iterator[LocalizedMessage]:
    """Chips that are not there now, or may not be opened by whoever checks: the source tries again and again."""
    for at, table in enumerate(settings.sources):
        if not is_gpio(table.family):
            continue
        key, chip = f"sources[{at}].chip", str(settle(OPTIONS, table.options)["chip"])
        if not os.path.exists(chip):  # noqa: PTH110 - as for the ports
            yield LocalizedMessage("{key}: {chip} does not exist", key=key, chip=repr(chip))
        elif not os.access(chip, os.R_OK | os.W_OK):
            yield LocalizedMessage(
                "{key}: {chip} may not be opened by this user; add the user to the group gpio", key=key, chip=repr(chip)
            )


def _lines_of(settings: EdgeSettings) -> Iterator[tuple[str, str, int]]:
    for at, table in enumerate(settings.sources):
        if is_gpio(table.family):
            chosen = settle(OPTIONS, table.options)
            yield f"sources[{at}].line", chosen["chip"], chosen["line"]
    for at, output in enumerate(settings.outputs):
        if isinstance(output, GpioOutput):
            yield f"outputs[{at}].line", output.chip, output.line


def _of_meaning(chosen: Mapping[str, Any], silent_s: object, quantities: QuantityTable) -> Iterator[LocalizedMessage]:
    name, counts = chosen["quantity"], chosen["per_pulse"] is not None
    row = quantities.measured.get(name)
    if row is None:
        yield LocalizedMessage(
            "quantity: {name} is no quantity; {advice}",
            name=repr(name)[:80], advice=nearest(name, quantities.measured),
        )  # fmt: skip
    elif row.hour is HourOf.SUM and not counts:
        yield LocalizedMessage(
            "per_pulse: is missing; {name} is an amount, so say how much of it one pulse is, such as 0.2", name=name
        )
    elif counts and row.unit == "{state}":
        yield LocalizedMessage("per_pulse: {name} is a state and has no pulses; take per_pulse out", name=name)
    if isinstance(silent_s, int | float) and silent_s <= chosen["every_s"]:
        yield LocalizedMessage(
            "silent_s: {silent_s:g} s is not longer than every_s, {every_s:g} s; write a longer one",
            silent_s=silent_s, every_s=chosen["every_s"],
        )  # fmt: skip
