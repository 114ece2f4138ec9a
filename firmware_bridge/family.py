"""What each family and dialect offers the catalog: a name, its options, and a way to make a decoder.

FAMILY = SerialFamily("sds011", "Nova SDS011", baud=9600, quantities=("pm2_5", "pm10"), options=(), decoder=…)
"""

from collections.abc import Callable, Collection, Mapping
from enum import Enum
from sys import float_info
from typing import Any, Protocol, runtime_checkable

import msgspec

from firmware_bridge.sample import Frame, Noise
from i18n.message import LocalizedMessage, located
from wire import BUILT_IN, QuantityTable, is_name


class OptionError(ValueError):
    """An option that cannot be used: `problem` names the option, the value and the next step."""

    def __init__(self, problem: LocalizedMessage) -> None:
        super().__init__(problem)
        self.problem = problem


class Required(Enum):
    """The default of an option that has none."""

    REQUIRED = "required"


REQUIRED = Required.REQUIRED


class Option(msgspec.Struct, frozen=True):
    """A setting of a source: `kind` is str, int, float, bool, dict or list; numbers may have bounds, texts choices.

    A `default` of None marks an option that may be left out; REQUIRED marks one that may not. `doubt` says why a value
    within the bounds cannot be meant.
    """

    name: str
    kind: type
    meaning: LocalizedMessage
    default: Any = REQUIRED
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()
    doubt: Callable[[Any], LocalizedMessage | None] | None = None


QUANTITIES_KNOWN = "quantities known"
"""Stands among the options of every source, put there by the gateway and by no file: its `QuantityTable`."""


def table_among(options: Mapping[str, Any]) -> QuantityTable:
    """The quantities that the gateway knows, from the options of a source; where it is silent, those of every city."""
    table: QuantityTable = options.get(QUANTITIES_KNOWN, BUILT_IN)
    return table


class SerialDecoder(Protocol):
    """Turns the bytes of one line into outcomes."""

    @property
    def held(self) -> int:
        """How many bytes of those that came may yet become part of a frame."""

    def feed(self, data: bytes) -> list[Frame | Noise]:
        """Take the next bytes: however a stream is cut into calls, the outcomes are the same."""

    def memory(self) -> dict[str, int]:
        """What must survive a restart of the gateway (the last counter totals); empty for most families."""


class Poll(msgspec.Struct, frozen=True):
    """What a decoder that asks its device wants: `send` these bytes now, and to be polled again in `again_s` seconds.

    `trouble` says in a sentence who does not answer, or what was refused; "" while all is well.
    """

    send: bytes = b""
    again_s: float = 60.0
    trouble: str = ""


@runtime_checkable
class Asking(SerialDecoder, Protocol):
    """A decoder whose device answers only when asked, or takes commands: a bus master."""

    def poll(self, now_s: float) -> Poll:
        """To be called when the line is open, in `again_s` seconds, and after each `feed`; `now_s` is monotonic."""


CHARACTERS = ("8N1", "8E1", "8O1", "8N2", "7E1", "7O1", "7N1", "7N2")
"""Bits, parity and stop bits of a character."""


class Guide(msgspec.Struct, frozen=True):
    """What docs/sensors.md says of a family or dialect besides what its code says; plain English.

    `wiring`: which pins at which voltage, or which setting of the device. `quirks`: what surprises. `example`: the
    lines of TOML that a minimal configuration needs besides name, family, port or topic, and sensor (which is left out
    where `example` has channels). `topic`: that of a dialect's messages.
    """

    wiring: str
    quirks: str
    example: str = ""
    topic: str = ""


class SerialFamily(msgspec.Struct, frozen=True):
    """A sensor on a serial line, at `baud`. `channels` says that its samples carry the channel of a board.

    `decoder` takes the options and the `memory()` of the decoder before it, and raises OptionError; it is `Asking`
    where the device wants to be asked. `models` are names of devices of this family, with the options that each stands
    for; `baud_of` says where those have another rate; `tells_time` says that its frames may carry a receiver's fix.
    """

    name: str
    title: LocalizedMessage
    baud: int
    quantities: tuple[str, ...]
    options: tuple[Option, ...]
    decoder: Callable[[Mapping[str, Any], Mapping[str, int]], SerialDecoder]
    channels: bool = False
    character: str = "8N1"
    models: Mapping[str, Mapping[str, Any]] = {}
    guide: Guide = Guide("", "")
    baud_of: Callable[[Mapping[str, Any]], int | None] | None = None
    tells_time: bool = False

    def baud_with(self, options: Mapping[str, Any]) -> int:
        """The baud rate of the devices that settled options describe."""
        return (self.baud_of(options) if self.baud_of is not None else None) or self.baud


def _no_topics(_options: Mapping[str, Any]) -> tuple[str, ...]:
    return ()


@runtime_checkable
class Remembering(Protocol):
    """A parser that must remember something of its devices (the last counter totals) over a restart of the gateway.

    A message changes what is remembered of one device, so that is asked for by itself, and kept with its readings.
    """

    def __call__(self, topic: str, payload: bytes) -> Frame | Noise:
        """What a message means."""

    def news(self) -> dict[str, dict[str, int]]:
        """By device, all that is remembered of those of which that may have changed since this was last asked."""

    def recall(self, memory: Mapping[str, Mapping[str, int]]) -> None:
        """Of these devices this is remembered, whatever came since; an empty one was never heard."""


class MqttDialect(msgspec.Struct, frozen=True):
    """A way to write readings as MQTT messages: `parser` takes the options, raises OptionError, gives a function.

    That function turns a topic and a payload into a Frame or Noise and never raises; there is one for each source, and
    what it keeps between messages (names that were announced) is bounded and may be lost at any time. What must not be
    lost makes it an object that is `Remembering`. `channels` says
    that samples may carry a channel, the device's name or a part of it: a source then may name the sensor of each.
    `more_topics` gives, from the options, the filters that a source listens to besides its own topic.
    """

    name: str
    title: LocalizedMessage
    options: tuple[Option, ...]
    parser: Callable[[Mapping[str, Any]], Callable[[str, bytes], Frame | Noise]]
    channels: bool = False
    models: Mapping[str, Mapping[str, Any]] = {}
    guide: Guide = Guide("", "")
    more_topics: Callable[[Mapping[str, Any]], tuple[str, ...]] = _no_topics


def settle(options: tuple[Option, ...], given: Mapping[str, Any]) -> dict[str, Any]:
    """The value of each option, from `given` or its default; OptionError for the first that cannot be used."""
    wrong = problems(options, given)
    if wrong:
        raise OptionError(wrong[0])
    return {option.name: _chosen(option, given.get(option.name, option.default)) for option in options}


def plain(name: str) -> str:
    """A name without its capitals, hyphens and spaces: JSN-SR04T is jsnsr04t."""
    return "".join(letter for letter in name.casefold() if letter.isalnum())


def _chosen(option: Option, value: Any) -> Any:
    """The choice that a text means however it is written ("JSN-SR04T", "Query"); any other value as it is."""
    if not option.choices or not isinstance(value, str) or value in option.choices:
        return value
    return next((choice for choice in option.choices if plain(choice) == plain(value)), value)


def problems(options: tuple[Option, ...], given: Mapping[str, Any]) -> list[LocalizedMessage]:
    """One sentence for each option that is missing or cannot be used; keys that are no option are not looked at."""
    found = ((option, _problem(option, given.get(option.name, option.default))) for option in options)
    return [located(option.name, sentence) for option, sentence in found if sentence is not None]


_KINDS: dict[type, tuple[tuple[type, ...], LocalizedMessage]] = {
    str: ((str,), LocalizedMessage("write text in quotes")),
    int: ((int,), LocalizedMessage("write a whole number")),
    float: ((int, float), LocalizedMessage("write a number")),
    bool: ((bool,), LocalizedMessage("write true or false")),
    dict: ((dict,), LocalizedMessage("write a table")),
    list: ((list,), LocalizedMessage("write a list in brackets")),
}


def _problem(option: Option, value: Any) -> LocalizedMessage | None:
    if value is REQUIRED:
        return LocalizedMessage("is missing; add it: {meaning}", meaning=option.meaning)
    if value is None and option.default is None:
        return None
    allowed, advice = _KINDS[option.kind]
    if not isinstance(value, allowed) or (isinstance(value, bool) and option.kind is not bool):
        return located(_shown(value), located(advice, option.meaning))
    wrong = _wrong(option, value)
    return None if wrong is None else located(_shown(value), wrong)


def _wrong(option: Option, value: Any) -> LocalizedMessage | None:
    """What is wrong with a value of the right kind."""
    if option.choices and _chosen(option, value) not in option.choices:
        return LocalizedMessage("write one of: {known}", known=", ".join(option.choices))
    if option.kind in (int, float) and not _within(option, value):
        return _range(option)
    return option.doubt(value) if option.doubt is not None else None


def _within(option: Option, value: Any) -> bool:
    low = -float_info.max if option.low is None else option.low
    high = float_info.max if option.high is None else option.high
    return bool(low <= value <= high)


def _range(option: Option) -> LocalizedMessage:
    low, high = (None if bound is None else f"{bound:g}" for bound in (option.low, option.high))
    if low is not None and high is not None:
        return LocalizedMessage("write a number from {low} to {high}", low=low, high=high)
    if low is not None:
        return LocalizedMessage("write a number from {low}", low=low)
    if high is not None:
        return LocalizedMessage("write a number to {high}", high=high)
    return LocalizedMessage("write a finite number")


def check_quantity(option: str, name: str, table: QuantityTable) -> str:
    """Give `name` back if it can be measured by `table`; else OptionError naming `option` and the nearest quantity."""
    if name not in table.measured:
        raise OptionError(
            LocalizedMessage(
                "{option}: {name} is no quantity; {advice}",
                option=option, name=_shown(name), advice=nearest(name, table.measured),
            )
        )  # fmt: skip
    return name


def check_channels(
    named: Mapping[Any, Any], is_channel: Callable[[str], bool], advice: LocalizedMessage
) -> dict[str, str]:
    """The sensor of each channel; OptionError for what is no channel (`advice` says what is) or no sensor's name."""
    for channel, sensor in named.items():
        if not is_channel(str(channel)):
            raise OptionError(
                LocalizedMessage(
                    "channels: {channel} is no channel; {advice}", channel=repr(str(channel)[:40]), advice=advice
                )
            )
        if not (isinstance(sensor, str) and is_name(sensor)):
            raise OptionError(
                LocalizedMessage(
                    "channels: {sensor} is no sensor's name: use 1 to 64 of a-z, 0-9, '-' and '_', starting with a "
                    "letter or digit",
                    sensor=repr(str(sensor)[:80]),
                )
            )
    return {str(channel): sensor for channel, sensor in named.items()}


def nearest(name: object, known: Collection[str]) -> LocalizedMessage:
    """The end of a sentence on an unknown name: the likeliest of the `known` ones, or all of them."""
    import difflib  # only for a mistake: 0.15 MB are much to a running gateway

    close = difflib.get_close_matches(str(name), known, n=1)
    if close:
        return LocalizedMessage("did you mean {name}?", name=close[0])
    return LocalizedMessage("known: {known}", known=", ".join(known))


def _shown(value: object) -> str:
    return repr(value)[:80]
