"""Golden bytes of each family and messages of each dialect: a new one is covered by its file here, and nothing else.

families/NAME.py   EXAMPLES = {"pms5003t": Family(…), …}     one at least, by any label that tells them apart
dialects/NAME.py   EXAMPLE = Dialect(…)

The files are named as those of firmware_bridge. What they have is run through the laws (laws.py), the golden checks,
the mutants, the fuzz and the figures of the bench.
"""

from collections.abc import Iterator
from importlib import import_module
from typing import Any, NamedTuple

from firmware_bridge import MQTT_DIALECTS, SERIAL_FAMILIES, Frame, MqttDialect, Sample, SerialFamily


class Family(NamedTuple):
    """What a family reads, and what it must not.

    The options; frames, in an order in which a device may send them; the samples of each; bytes that look like frames
    and must give none; and a mutant: a text of the family's file, and what spoils it so that this holds no more. At
    most `longest` bytes are kept of what may yet be a frame.
    """

    options: dict[str, Any]
    frames: tuple[bytes, ...]
    means: tuple[tuple[Sample, ...], ...]
    refused: tuple[bytes, ...]
    mutant: tuple[str, str]
    longest: int = 256


class Message(NamedTuple):
    """Options, a payload, what it means, and the topic that it came on."""

    options: dict[str, Any]
    payload: bytes
    means: Frame
    topic: str = "tele/device/SENSOR"


class Dialect(NamedTuple):
    """Messages, each read by a parser of its own; and a mutant, as a family has one."""

    messages: tuple[Message, ...]
    mutant: tuple[str, str]


def of_hex(*texts: str) -> tuple[bytes, ...]:
    """Frames as data sheets and captures print them."""
    return tuple(bytes.fromhex(text) for text in texts)


def file_of(entry: SerialFamily | MqttDialect) -> str:
    """The name of the file that an entry of the catalog stands in."""
    maker = entry.decoder if isinstance(entry, SerialFamily) else entry.parser
    return maker.__module__.rpartition(".")[2]


def family_of(label: str) -> SerialFamily:
    """The family that the example of this label is of."""
    return SERIAL_FAMILIES[label.partition("/")[0]]


def _serial() -> Iterator[tuple[str, Family]]:
    for name, family in SERIAL_FAMILIES.items():
        for label, example in import_module(f"{__name__}.families.{file_of(family)}").EXAMPLES.items():
            yield label if label == name else f"{name}/{label}", example


SERIAL: dict[str, Family] = dict(_serial())
"""Every example of every family, by a label: that of the family, or family/label."""
MQTT: dict[str, Dialect] = {
    name: import_module(f"{__name__}.dialects.{file_of(dialect)}").EXAMPLE for name, dialect in MQTT_DIALECTS.items()
}
