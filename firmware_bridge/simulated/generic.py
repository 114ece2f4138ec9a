"""A simulated sensor that writes lines as a configuration of the family generic wants them, each two seconds.

columns = { water_level = 2 }               ─►  0,181.02⏎
pattern = "^L=(?P<water_level>[0-9]+) mm"   ─►  L=181 mm⏎        with `ask`, only where it is asked
"""

import re
from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any

from firmware_bridge.families import generic
from firmware_bridge.shaping import Shape, shapes_of
from firmware_bridge.simulated.device import DuePace, Values
from firmware_bridge.text_columns import SEPARATORS, columns_of
from wire import BUILT_IN

EVERY_S = 2.0
_parser: Any = import_module("re._parser")
_OTHERS = ("time", "date", "channel")


class SimulatedLines:
    """A sensor whose `values` stand where the options say."""

    def __init__(self, options: Mapping[str, Any], values: Values) -> None:
        self._options = options
        self._values = values
        self._pace = DuePace(EVERY_S)
        self._heard = b""
        keys = list(re.compile(options["pattern"]).groupindex or options["columns"])
        self._shapes = shapes_of("columns", [key for key in keys if key not in _OTHERS], options, BUILT_IN)

    def feed(self, data: bytes, now_s: float) -> bytes:
        """Answer a question."""
        question: bytes = self._options["ask"].encode()
        self._heard = (self._heard + data)[-500:]
        if not question or question not in self._heard:
            return b""
        self._heard = b""
        return self._line(now_s)

    def due(self, now_s: float) -> bytes:
        """A line, when it is time for one, and it is not one that waits to be asked."""
        return b"" if self._options["ask"] or not self._pace.is_due(now_s) else self._line(now_s)

    def _line(self, now_s: float) -> bytes:
        now = self._values(now_s)
        written = {key: _raw(shape, now.get(shape.quantity, 0.0)) for key, shape in self._shapes.items()}
        written["channel"] = next(iter(self._options["channels"]), "1")
        pattern = self._options["pattern"]
        text = _of_pattern(pattern, written) if pattern else self._of_columns(written)
        return generic.build(
            text.encode(self._options["encoding"]),
            checksum=self._options["checksum"],
            end=self._options["end"].encode(),
        )

    def _of_columns(self, written: Mapping[str, str]) -> str:
        columns = columns_of(self._options["columns"], self._options["separator"], decimal=self._options["decimal"])
        keys = {at: key for key, at in columns.at.items()}
        cells = [
            written.get(keys.get(at, ""), "0").replace(".", self._options["decimal"]) for at in range(columns.last + 1)
        ]
        sign = SEPARATORS.get(self._options["separator"], self._options["separator"]) or " "
        return f"{self._options['start']}{sign.join(cells)}"


def _raw(shape: Shape, value: float) -> str:
    """The value as the sensor writes it, before all that the options do to it."""
    factor, added = shape.convert
    return f"{((value - added) / factor - shape.offset) / shape.scale:.2f}"


def _of_pattern(pattern: str, written: Mapping[str, str]) -> str:
    """A text that fits the pattern, with these values in its groups; whole numbers where it has no decimals."""
    names = {number: name for name, number in re.compile(pattern).groupindex.items()}
    for short in (written, {key: text.partition(".")[0] for key, text in written.items()}):
        text = "".join(_text(list(_parser.parse(pattern)), names, short))
        if re.search(pattern, text):
            break
    return text


def _text(items: list[Any], names: Mapping[int, str], written: Mapping[str, str]) -> Iterator[str]:
    for op, given in items:
        match str(op):
            case "LITERAL":
                yield chr(given)
            case "ANY":
                yield "-"
            case "IN":
                yield _one_of(given)
            case "MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT":
                for _ in range(given[0]):
                    yield from _text(list(given[2]), names, written)
            case "SUBPATTERN":
                yield written[names[given[0]]] if given[0] in names else "".join(_text(list(given[-1]), names, written))
            case "BRANCH":
                yield from _text(list(given[1][0]), names, written)


def _one_of(parts: list[tuple[Any, Any]]) -> str:
    """A character of a set in brackets."""
    for op, part in parts:
        if str(op) in ("LITERAL", "RANGE"):
            return chr(part if str(op) == "LITERAL" else part[0])
    return "0"


def make(options: Mapping[str, Any], values: Values) -> SimulatedLines:
    """The sensor that the options describe."""
    return SimulatedLines(options, values)
