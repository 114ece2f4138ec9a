"""An address and a port of this gateway to listen on, as settings have it:  "192.168.4.1:8090"   "[fd00::1]:8090" """

import ipaddress
from collections.abc import Iterator
from typing import NamedTuple

from i18n.message import LocalizedMessage


class ListenAddress(NamedTuple):
    """A numeric address and a TCP port."""

    host: str
    port: int


def address_of(listen: str) -> ListenAddress | None:
    """What a text names; None where it is no address and port."""
    host, _, port = listen.rpartition(":")
    if not (port.isascii() and port.isdecimal() and len(port) < 6 and 0 < int(port) < 65_536):
        return None
    host = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return None
    return ListenAddress(host, int(port))


def mistakes_of_listening(listen: object) -> Iterator[LocalizedMessage]:
    """Why nobody can or should listen there: nothing that comes so is encrypted."""
    found = address_of(listen) if isinstance(listen, str) else None
    if found is None:
        yield LocalizedMessage(
            "listen: {listen} is no address and port; write one of this gateway in the sensors' network, such as "
            '"192.168.4.1:8090"',
            listen=repr(listen)[:80],
        )
    elif ipaddress.ip_address(found.host).is_global:
        yield LocalizedMessage(
            "listen: {listen} is an address of the internet, and there is no login; write one of the sensors' network",
            listen=repr(listen)[:80],
        )
