"""Where messages of people's channels may go: to the internet, and into networks of ours only where the file says so.

address_of("hooks.example.org", 443) -> "203.0.113.7"      DestinationRefused("intra.example.org is at 10.4.0.7, …")
The name is looked up at each connection, and the connection goes to the address that was checked: whoever answers for a
name cannot say one thing to the check and another to the request. cloud.toml's own channels go wherever it says.
"""

import asyncio
import socket
from collections.abc import Callable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

import httpx

from i18n.message import LocalizedMessage
from runtime.reasons import reason_of

IPAddress = IPv4Address | IPv6Address
IPNetwork = IPv4Network | IPv6Network
_NAT64 = IPv6Network("64:ff9b::/96")
"""Addresses of IPv4 behind a translator [RFC 6052]."""


class DestinationRefused(Exception):
    """A host that no message of people's channels goes to; `sentence` says why."""

    def __init__(self, sentence: LocalizedMessage) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class CheckedDestinations:
    """Looks names up and refuses addresses of our own networks, but for those in `allowed`."""

    def __init__(self, allowed: Callable[[], Sequence[IPNetwork]]) -> None:
        self._allowed = allowed

    async def address_of(self, host: str, port: int) -> str:
        """Return the address to connect to; OSError for a name of nobody, DestinationRefused for one of ours."""
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        addresses = [str(sockaddr[0]) for *_, sockaddr in found]
        for address in addresses:  # one of ours among them is reason enough: the next lookup may give it first
            self.must_be_allowed(host, address)
        return addresses[0]

    def must_be_allowed(self, host: str, address: str) -> None:
        """Raise DestinationRefused where `address` of `host` is in a network of ours that is not allowed."""
        parsed = ip_address(address.partition("%")[0])
        if not is_public(parsed) and not any(_holds(network, parsed) for network in self._allowed()):
            raise DestinationRefused(
                LocalizedMessage(
                    "{host} is at {address}, within our own networks; write that network into notify.allow_private of "
                    "cloud.toml if messages may go there",
                    host=host,
                    address=address,
                )
            )

    async def connect(self, host: str, port: int) -> socket.socket:
        """Return a connection to what was checked; OSError and DestinationRefused as `address_of`."""
        address = await self.address_of(host, port)
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        opened = socket.socket(family, socket.SOCK_STREAM)
        opened.setblocking(False)
        try:
            await asyncio.get_running_loop().sock_connect(opened, (address, port))
        except BaseException:
            opened.close()
            raise
        return opened

    def client(self) -> httpx.AsyncClient:
        """Return a client that connects to checked addresses alone: past every proxy, and after no redirect."""
        # a connection is for one host: kept open, it would serve another one that has the same address
        inner = httpx.AsyncHTTPTransport(limits=httpx.Limits(max_keepalive_connections=0), trust_env=False)
        return httpx.AsyncClient(transport=_CheckedTransport(self, inner), trust_env=False, follow_redirects=False)


class _CheckedTransport(httpx.AsyncBaseTransport):
    """Sends a request to the checked address of its host, under the host's own name."""

    def __init__(self, destinations: CheckedDestinations, inner: httpx.AsyncBaseTransport) -> None:
        self._destinations = destinations
        self._inner = inner

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        host = request.url.host
        port = request.url.port or (443 if request.url.scheme == "https" else 80)
        try:
            address = await self._destinations.address_of(host, port)
        except (DestinationRefused, OSError) as error:
            raise httpx.ConnectError(reason_of(error)) from None
        request.extensions = {**request.extensions, "sni_hostname": host}  # whose certificate it must be
        request.url = request.url.copy_with(host=address)
        return await self._inner.handle_async_request(request)

    async def aclose(self) -> None:
        await self._inner.aclose()


def literal_address(host: str) -> str:
    """Return `host` where it is an address itself; empty where it is a name."""
    try:
        return str(ip_address(host.strip("[]").partition("%")[0]))
    except ValueError:
        return ""


def is_public(address: IPAddress) -> bool:
    """Whether an address is one of the internet, and so is the one of IPv4 that it may stand for."""
    if isinstance(address, IPv6Address):
        for inner in (address.ipv4_mapped, address.sixtofour, *(address.teredo or ())):
            if inner is not None and not is_public(inner):
                return False
        if address in _NAT64:
            return is_public(IPv4Address(int(address) & 0xFFFF_FFFF))
        if address.ipv4_mapped is not None:
            return True
    return address.is_global and not address.is_multicast and not address.is_reserved


def _holds(network: IPNetwork, address: IPAddress) -> bool:
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return any(each.version == network.version and each in network for each in (address, mapped) if each is not None)
