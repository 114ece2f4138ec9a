"""What lines of text may mean that no family writes:  T=23.4 H=55 ─► a pattern for generic, where the names tell.

17;182.5;ok ─► nothing that a program should guess: the columns are shown, and a person says which is which
"""

import re
from typing import Any

from firmware_bridge.catalog import SERIAL_FAMILIES
from firmware_bridge.family import OptionError, settle
from firmware_bridge.quantity_names import quantity_called
from firmware_bridge.sample import Frame
from wire import MEASURED

_PAIR = re.compile(r"([A-Za-z][A-Za-z0-9_.]{0,30})\s*[=:]\s*(-?[0-9]+(?:\.[0-9]+)?)")
_LONGEST = 200
_MOST_PAIRS = 8
_SEPARATORS = (";", ",", "\t", " ")


def newest_line(heard: bytes) -> str:
    """The last whole line, shortened; the only one where it has no end."""
    text = heard[-20 * _LONGEST :].decode("ascii", "replace")
    whole = [line for line in re.split(r"[\r\n]+", text)[1:-1] if line.strip()]
    return (whole[-1] if whole else text.strip())[:_LONGEST]


def options_of_text(heard: bytes) -> dict[str, Any] | None:
    """Options of `generic` by which the names in the lines are quantities; None where they are not."""
    line = newest_line(heard)
    pairs = list(_PAIR.finditer(line))[:_MOST_PAIRS]
    named = [quantity_called(pair[1]) for pair in pairs]
    if not pairs or not all(name in MEASURED for name in named) or len(set(named)) < len(named):
        return None
    pattern, at = "^", 0
    for pair, name in zip(pairs, named, strict=True):
        pattern += re.escape(line[at : pair.start(2)]) + f"(?P<{name}>-?[0-9.]+)"
        at = pair.end(2)
    options = {"pattern": pattern}
    return options if _reads(options, heard) else None


def columns_in(line: str) -> list[str]:
    """The columns of a line, by the separator that makes most of them."""
    return max((line.split(separator) for separator in _SEPARATORS), key=len)[:20]


def _reads(options: dict[str, Any], heard: bytes) -> bool:
    family = SERIAL_FAMILIES["generic"]
    try:
        outcomes = family.decoder(settle(family.options, options), {}).feed(heard)
    except OptionError:
        return False
    return any(isinstance(outcome, Frame) and outcome.samples for outcome in outcomes)
