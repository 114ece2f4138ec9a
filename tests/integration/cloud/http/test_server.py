"""The web server within bounds, on a real socket."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import httpx
import pytest

from cloud.http import server as web
from cloud.http.server import MOST_HEAD_BYTES, BoundedHttp, server_of


async def app(scope, receive, send) -> None:
    """Answers with how long the body was."""
    if scope["type"] != "http":
        return
    size, more = 0, True
    while more:
        message = await receive()
        size, more = size + len(message.get("body", b"")), message.get("more_body", False)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": str(size).encode()})


@contextlib.asynccontextmanager
async def served() -> AsyncIterator[int]:
    server = server_of(app, proxies=())
    listener = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    port = listener.sockets[0].getsockname()[1]
    listener.close()
    await listener.wait_closed()
    server.config.host, server.config.port = "127.0.0.1", port
    work = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    try:
        yield port
    finally:
        server.should_exit = True
        await work


async def half_a_head(port: int, sent: bytes = b"GET / HTTP/1.1\r\nX-Half") -> asyncio.StreamReader:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(sent)
    await writer.drain()
    return reader


async def ended(reader: asyncio.StreamReader) -> bytes:
    """What still came of a connection until the server closed it."""
    with contextlib.suppress(ConnectionResetError):
        return await asyncio.wait_for(reader.read(), 30)
    return b""


@pytest.mark.parametrize(
    "sent",
    [
        b"", b"GET / HT", b"GET / HTTP/1.1\r\nHost: a\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf",
        b"GET / HTTP/1.1\r\nHost: a\r\n\r\nGET / HT",
    ],
    ids=["nothing", "half a line", "half a head", "half a body", "half of a second"],
)  # fmt: skip
async def test_a_request_that_never_becomes_whole_is_given_up(sent: bytes, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(web, "REQUEST_S", 0.3)
    async with served() as port:
        await ended(await half_a_head(port, sent))
        async with asyncio.timeout(10):
            while BoundedHttp.waiting:
                await asyncio.sleep(0.01)


async def test_among_too_many_connections_the_one_that_asked_for_nothing_longest_goes_first(
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(BoundedHttp, "most", 5)
    async with served() as port:
        halves = [await half_a_head(port) for _ in range(20)]
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
            assert (await client.post("/", content=b"x" * 100)).text == "100"
        for reader in halves[:15]:
            assert await ended(reader) == b""
        assert len(BoundedHttp.waiting) <= 5


async def test_a_head_longer_than_any_browser_s_is_refused():
    async with served() as port:
        reader = await half_a_head(port, b"GET / HTTP/1.1\r\nX-Long: " + b"x" * (2 * MOST_HEAD_BYTES))
        assert (await ended(reader))[:12] in (b"HTTP/1.1 400", b"")


async def test_a_connection_serves_one_whole_request_after_another(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(web, "REQUEST_S", 5.0)
    async with served() as port, httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
        for size in (0, 10, 200_000, 1):
            assert (await client.post("/", content=b"x" * size)).text == str(size)
        assert not BoundedHttp.waiting
