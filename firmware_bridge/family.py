"""What each family and dialect offers the catalog: a name, its options, and a way to make a decoder.

FAMILY = SerialFamily("sds011", "Nova SDS011", baud=9600, quantities=("pm2_5", "pm10"), options=(), decoder=…)
"""

from collections.abc import Callable, Collection, Mapping
from enum import Enum
from sys import float_info
from typing import Any, Protocol

import msgspec

from firmware_bridge.sample import Frame, Noise
from wire import MEASURED


class OptionError(ValueError):
    """An option that cannot be used; its text is one sentence that names the option, the value and the next step."""


class Required(Enum):
    """The default of an option that has none."""

    REQUIRED = "required"


REQUIRED = Required.REQUIRED


class Option(msgspec.Struct, frozen=True):
    """A setting of a source: `kind` is str, int, float, bool or dict; numbers may have bounds, texts choices.

    A `default` of None marks an option that may be left out; REQUIRED marks one that may not. `doubt` says why a value
    within the bounds cannot be meant.
    """

    name: str
    kind: type
    meaning: str
    default: Any = REQUIRED
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()
    doubt: Callable[[Any], str | None] | None = None


class SerialDecoder(Protocol):
    """Turns the bytes of one line into outcomes."""

    def feed(self, data: bytes) -> list[Frame | Noise]:
        """Take the next bytes: however a stream is cut into calls, the outcomes are the same."""

    def memory(self) -> dict[str, int]:
        """What must survive a restart of the gateway (the last counter totals); empty for most families."""


class SerialFamily(msgspec.Struct, frozen=True):
    """A sensor on a serial line (8N1 at `baud`). `channels` says that its samples carry the channel of a board.

    `decoder` takes the options and the `memory()` of the decoder before it, and raises OptionError.
    """

    name: str
    title: str
    baud: int
    quantities: tuple[str, ...]
    options: tuple[Option, ...]
    decoder: Callable[[Mapping[str, Any], Mapping[str, int]], SerialDecoder]
    channels: bool = False


class MqttDialect(msgspec.Struct, frozen=True):
    """A way to write readings as MQTT messages: `parser` takes the options, raises OptionError, gives a function.

    That function turns a topic and a payload into a Frame or Noise, keeps no state and never raises.
    """

    name: str
    title: str
    options: tuple[Option, ...]
    parser: Callable[[Mapping[str, Any]], Callable[[str, bytes], Frame | Noise]]


def settle(options: tuple[Option, ...], given: Mapping[str, Any]) -> dict[str, Any]:
    """The value of each option, from `given` or its default; OptionError for the first that cannot be used."""
    wrong = problems(options, given)
    if wrong:
        raise OptionError(wrong[0])
    return {option.name: given.get(option.name, option.default) for option in options}


def problems(options: tuple[Option, ...], given: Mapping[str, Any]) -> list[str]:
    """One sentence for each option that is missing or cannot be used; keys that are no option are not looked at."""
    found = (_problem(option, given.get(option.name, option.default)) for option in options)
    return [sentence for sentence in found if sentence]


_KINDS: dict[type, tuple[tuple[type, ...], str]] = {
    str: ((str,), "text in quotes"),
    int: ((int,), "a whole number"),
    float: ((int, float), "a number"),
    bool: ((bool,), "true or false"),
    dict: ((dict,), "a table"),
}


def _problem(option: Option, value: Any) -> str:
    if value is REQUIRED:
        return f"{option.name}: is missing; add it: {option.meaning}"
    if value is None and option.default is None:
        return ""
    allowed, words = _KINDS[option.kind]
    if not isinstance(value, allowed) or (isinstance(value, bool) and option.kind is not bool):
        return f"{option.name}: {_shown(value)}: write {words}: {option.meaning}"
    if option.choices and value not in option.choices:
        return f"{option.name}: {_shown(value)}: write one of: {', '.join(option.choices)}"
    if option.kind in (int, float) and not _within(option, value):
        return f"{option.name}: {_shown(value)}: write a number {_range(option)}"
    doubt = option.doubt(value) if option.doubt is not None else None
    return f"{option.name}: {_shown(value)}: {doubt}" if doubt else ""


def _within(option: Option, value: Any) -> bool:
    low = -float_info.max if option.low is None else option.low
    high = float_info.max if option.high is None else option.high
    return bool(low <= value <= high)


def _range(option: Option) -> str:
    bounds = [("from", option.low), ("to", option.high)]
    return " ".join(f"{word} {bound:g}" for word, bound in bounds if bound is not None) or "that is finite"


def check_quantity(option: str, name: str) -> str:
    """Give `name` back if it can be measured; else OptionError naming `option` and the nearest quantity."""
    if name not in MEASURED:
        raise OptionError(f"{option}: {_shown(name)} is no quantity; {nearest(name, MEASURED)}")
    return name


def nearest(name: object, known: Collection[str]) -> str:
    """The end of a sentence on an unknown name: the likeliest of the `known` ones, or all of them."""
    import difflib  # only for a mistake: 0.15 MB are much to a running gateway

    close = difflib.get_close_matches(str(name), known, n=1)
    return f"did you mean {close[0]}?" if close else f"known: {', '.join(known)}"


def _shown(value: object) -> str:
    return repr(value)[:80]
