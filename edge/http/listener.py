"""A port that takes one request a connection, so many at once; whoever is slow costs a connection for so long.

accept ─► of the internet? 403 ─► whole within REQUEST_S? else 408 ─► respond ─► read within REQUEST_S? else cut

What a service does wrong is logged, and answered by 500: nothing that happens here reaches the agent.
"""

import asyncio
import ipaddress
import logging
from typing import Protocol

from edge.http.exchange import HttpExchange, HttpRefusal, HttpRequest, HttpResponse, HttpTaken, text_answer

_log = logging.getLogger(__name__)

MOST_CONNECTIONS = 16
REQUEST_S = 10.0
"""How long whoever is connected may take to send a request, and as long again to read the answer."""
_CHUNK = 4_096


class HttpService(Protocol):
    """What answers the requests of a port."""

    name: str
    """For the log."""
    taken: HttpTaken

    async def respond(self, request: HttpRequest) -> HttpResponse:
        """The answer to a whole request."""

    def heard(self, size: int) -> None:
        """So many bytes came, of a request or of none."""

    def refused(self, size: int, reason: str) -> None:
        """What came is no request, or one that is not taken: one sentence."""


class HttpListener:
    """Listens on `host` and `port` for `service`."""

    def __init__(self, host: str, port: int, service: HttpService) -> None:
        self._host = host
        self._port = port
        self._service = service
        self._loop = asyncio.get_running_loop()
        self._connections: set[asyncio.Task[None]] = set()

    async def open(self) -> asyncio.Server:
        """Listen from now on; OSError where the port cannot be opened."""
        return await asyncio.start_server(self._begin, self._host, self._port, backlog=MOST_CONNECTIONS)

    async def serve(self, server: asyncio.Server) -> None:
        """Go on until cancelled, then close all."""
        try:
            await self._loop.create_future()
        finally:
            server.close()
            for connection in list(self._connections):
                connection.cancel()

    def _begin(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if len(self._connections) >= MOST_CONNECTIONS:
            self._service.refused(0, f"more than {MOST_CONNECTIONS} connections at once; one was closed")
            writer.close()
            return
        connection = self._loop.create_task(self._serve(reader, writer))
        self._connections.add(connection)
        connection.add_done_callback(self._connections.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        exchange = HttpExchange(self._service.taken)
        writer.transport.set_write_buffer_limits(0)  # drained is sent: nothing waits behind a closed connection
        try:
            writer.write(exchange.answer(await self._respond(exchange, reader, writer)))
            async with asyncio.timeout(REQUEST_S):
                await writer.drain()
        except (OSError, TimeoutError):
            writer.transport.abort()  # gone, or it does not read: nothing is kept for it
        finally:
            writer.close()

    async def _respond(
        self, exchange: HttpExchange, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> HttpResponse:
        try:
            peer = str((writer.get_extra_info("peername") or ("",))[0])
            request = await self._request(exchange, reader, writer, peer)
            if isinstance(request, HttpRequest):
                return await self._service.respond(request)
            return text_answer(request.status, request.reason)
        except OSError:
            raise
        except Exception:
            _log.exception("%s: a request", self._service.name)
            self._service.refused(0, "this agent could not read a request; its log has more")
            return text_answer(500, "this agent could not answer the request; its log has more")

    async def _request(
        self, exchange: HttpExchange, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, peer: str
    ) -> HttpRequest | HttpRefusal:
        if is_of_the_internet(peer):
            reason = f"{peer} is no address of this network; it was refused"
            self._service.refused(0, reason)
            return HttpRefusal(403, reason)
        heard = 0
        request: HttpRequest | HttpRefusal | None = None
        try:
            async with asyncio.timeout(REQUEST_S):
                while request is None:
                    data = await reader.read(_CHUNK)
                    heard += len(data)
                    request = exchange.feed(data)
                    writer.write(exchange.wanted())
        except TimeoutError:
            request = HttpRefusal(408, f"request was not whole after {REQUEST_S:g} s")
        self._service.heard(heard)
        if isinstance(request, HttpRefusal):
            request = HttpRefusal(request.status, f"{request.reason} (from {peer})")
            self._service.refused(heard, request.reason)
        return request


def is_of_the_internet(peer: str) -> bool:
    """Whether an address is one of the internet, and not of this machine or a network of one's own."""
    try:
        address = ipaddress.ip_address(peer.partition("%")[0])
    except ValueError:
        return False  # no address at all: a socket of this machine
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return (mapped or address).is_global
