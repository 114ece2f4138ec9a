"""Where a broker listens: "broker-1.example.org:8883", "192.0.2.7", "[2001:db8::7]:1883".

A cluster has several; `in_turn` gives them in an order of this process's own, so that a thousand clients of a node that
died spread over the others.
"""

import random
import re
from collections.abc import Sequence
from typing import Annotated, NamedTuple

from pydantic import AfterValidator

from i18n.message import LocalizedMessage

_FORM = re.compile(r"(?:\[(?P<v6>[0-9A-Fa-f:.]+)\]|(?P<host>[^\s:/\[\]]+))(?::(?P<port>\d{1,5}))?")
_HIGHEST_PORT = 65_535
_OF_TLS = ("mqtts", "ssl", "tls", "https", "smtps", "wss")


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
        raise ValueError(
            LocalizedMessage(
                '{text} is no address; write a host, or host and port as in "broker-1.example.org:8883"',
                text=repr(text),
            )
        )
    return Address(found["v6"] or found["host"], named)


def _host(text: str) -> str:
    """A host alone: neither a scheme nor a port nor a path, each of which has a key of its own or none."""
    bare = text.strip().removeprefix("[").removesuffix("]")
    scheme, has_scheme, rest = text.partition("://")
    if has_scheme:
        raise ValueError(_without_scheme(scheme, _alone(rest)))
    if bare.count(":") == 1 or "/" in bare or " " in bare or not bare:
        host = _alone(text) or "broker.example.org"
        raise ValueError(LocalizedMessage('write the host alone, such as "{host}", and the port as port', host=host))
    return bare


def _without_scheme(scheme: str, host: str) -> LocalizedMessage:
    if scheme in _OF_TLS:
        return LocalizedMessage(
            'write the host alone, without "{scheme}://" and add tls; such as "{host}"', scheme=scheme, host=host
        )
    return LocalizedMessage('write the host alone, without "{scheme}://"; such as "{host}"', scheme=scheme, host=host)


def _alone(text: str) -> str:
    return text.strip().partition("/")[0].rpartition("@")[2].partition(":")[0]


Host = Annotated[str, AfterValidator(_host)]
"""A name or an address, as settings have it."""


def in_turn(addresses: Sequence[Address]) -> list[Address]:
    """The same addresses in a random order."""
    return random.sample(addresses, len(addresses))
