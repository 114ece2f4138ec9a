"""What a search finds on a line: a device and the rate that it speaks at, or the reason why there is none.

DeviceFound(sds011, 9600, certain, …)          LineFound((DeviceFound,), …)        LineFound((), GARBAGE, …)
"""

from collections.abc import Mapping
from enum import Enum
from typing import Any

import msgspec

from edge.detect.score import Sureness
from firmware_bridge.sample import Sample


class Nothing(Enum):
    """Why no device was found."""

    SILENT = "silent"
    """Nothing came, and no question was answered."""
    ECHO = "echo"
    """Only what was sent came back."""
    GARBAGE = "garbage"
    """Bytes came that are no text, and no frames of any family at any rate."""
    INVERTED = "inverted"
    """Turned round, the bits are lines of text: the polarity is the other one."""
    UNKNOWN_TEXT = "unknown text"
    """Lines of text came that no family writes."""


class DeviceFound(msgspec.Struct, frozen=True):
    """A device: `baud` is None where the line takes any. `alike` names what its frames do not tell it from."""

    family: str
    options: Mapping[str, Any]
    baud: int | None
    sureness: Sureness
    frames: int
    noise_bytes: int
    samples: tuple[Sample, ...] = ()
    note: str = ""
    is_asked: bool = False
    labels: bool = False
    alike: tuple[str, ...] = ()


class LineFound(msgspec.Struct, frozen=True):
    """What came of a search: devices, or why there are none with the bytes that were `heard` most of."""

    devices: tuple[DeviceFound, ...]
    nothing: Nothing | None = None
    heard: bytes = b""
    heard_baud: int | None = None
    framing_errors: int = 0
    searched_s: float = 0.0
