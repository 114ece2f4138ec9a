"""Where a broker listens: "broker-1.example.org:8883", "192.0.2.7", "[2001:db8::7]:1883".

A cluster has several; `in_turn` gives them in an order of this process's own, so that a thousand clients of a node that
died spread over the others.
"""

import random
import re
from collections.abc import Sequence
from typing import NamedTuple

_FORM = re.compile(r"(?:\[(?P<v6>[0-9A-Fa-f:.]+)\]|(?P<host>[^\s:/\[\]]+))(?::(?P<port>\d{1,5}))?")
_HIGHEST_PORT = 65_535


class Address(NamedTuple):
    """A host and a TCP port."""

    host: str
    port: int

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


def parse_address(text: str, *, port: int) -> Address:
    """The address that `text` names, on `port` where it names none; ValueError says how one is written."""
    found = _FORM.fullmatch(text.strip())
    named = port if found is None or found["port"] is None else int(found["port"])
    if found is None or not 1 <= named <= _HIGHEST_PORT:
        raise ValueError(f'{text!r} is no address; write a host, or host and port as in "broker-1.example.org:8883"')
    return Address(found["v6"] or found["host"], named)


def in_turn(addresses: Sequence[Address]) -> list[Address]:
    """The same addresses in a random order."""
    return random.sample(addresses, len(addresses))
