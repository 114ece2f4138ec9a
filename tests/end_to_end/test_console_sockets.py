"""Pages and sockets of the console in a real server: each socket acts for its own session's pages, within bounds."""

import asyncio
import re
import socket
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
import socketio

from cloud.console.open_pages import MOST_IDLE
from tests.end_to_end.test_console import console_in
from tests.servers import Program, free_port
from tests.unit.cloud.console.served import PASSWORD

PATH = "/console/_nicegui_ws/socket.io"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    with console_in(tmp_path_factory.mktemp("sockets"), free_port()) as program:
        yield program


@pytest.fixture
async def client(served: Program) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=address(served), timeout=60) as asking:
        yield asking
    served.must_live()


def address(served: Program) -> str:
    return f"http://127.0.0.1:{served.port}"


async def cookie_of(client: httpx.AsyncClient, name: str) -> str:
    client.cookies.clear()  # a login ends the session whose cookie it carries
    answer = await client.post("/api/v1/session", json={"name": name, "password": PASSWORD})
    assert answer.status_code == 200
    return answer.headers["set-cookie"].partition(";")[0]


async def page_of(client: httpx.AsyncClient, cookie: str, path: str = "/console/en") -> str:
    """The client id of a page that was loaded with `cookie`."""
    client.cookies.clear()
    answer = await client.get(path, headers={"Cookie": cookie, "Accept": "text/html"})
    assert answer.status_code == 200, answer.text[:300]
    found = re.search(r"client_id['\"]*:\s*['\"]([0-9a-f-]{36})", answer.text)
    assert found is not None
    return found[1]


@asynccontextmanager
async def socket_of(served: Program, cookie: str, transport: str = "websocket") -> AsyncIterator[socketio.AsyncClient]:
    sio = socketio.AsyncClient(reconnection=False)
    await sio.connect(address(served), headers={"Cookie": cookie}, transports=[transport], socketio_path=PATH)
    try:
        yield sio
    finally:
        await sio.disconnect()


def hand(client_id: str) -> dict[str, object]:
    return {"client_id": client_id, "tab_id": "t", "document_id": f"d-{client_id}", "next_message_id": None}


async def test_a_socket_acts_for_pages_of_its_own_session_and_for_no_other(served: Program, client: httpx.AsyncClient):
    theirs, ours = await cookie_of(client, "technician"), await cookie_of(client, "viewer")
    leaked, own = await page_of(client, theirs), await page_of(client, ours)
    async with socket_of(served, ours) as sio:
        assert await sio.call("handshake", hand(leaked)) is False
        assert await sio.call("handshake", hand(own)) is True
        for event in ("event", "javascript_response", "ack"):
            told = {"client_id": leaked, "id": 1, "args": [], "next_message_id": 0, "request_id": "x"}
            assert await sio.call(event, told) is None
    async with socket_of(served, theirs) as sio:
        assert await sio.call("handshake", hand(leaked)) is True


async def test_a_polling_socket_is_no_other_session_s_either(client: httpx.AsyncClient):
    theirs, ours = await cookie_of(client, "technician"), await cookie_of(client, "viewer")
    client.cookies.clear()
    begun = await client.get(f"{PATH}/?EIO=4&transport=polling", headers={"Cookie": theirs})
    (sid,) = re.findall(r'"sid":"([^"]+)"', begun.text)
    poll = f"{PATH}/?EIO=4&transport=polling&sid={sid}"
    assert (await client.post(poll, content="40", headers={"Cookie": ours})).status_code == 403
    assert (await client.post(poll, content="40", headers={"Cookie": theirs})).status_code == 200


async def test_a_socket_writes_no_line_into_the_log_and_is_closed_when_it_says_what_no_page_says(
    served: Program, client: httpx.AsyncClient
):
    ours = await cookie_of(client, "viewer")
    own = await page_of(client, ours)
    before = len(served.log.read_text())
    async with socket_of(served, ours) as sio:
        assert await sio.call("handshake", hand(own)) is True
        for _ in range(200):
            await sio.emit("log", {"client_id": own, "level": "error", "message": "forged\n" + "x" * 10_000})
        await sio.emit("event", {"client_id": own, "id": "no number", "args": ["{"]})
        await sio.emit("event", {"client_id": own, "id": 4, "args": ["{"]})
        for _ in range(100):
            await asyncio.sleep(0.05)
            if not sio.connected:
                break
    assert "forged" not in served.log.read_text()
    assert len(served.log.read_text()) - before < 2_000


async def test_pages_that_nobody_looks_at_make_room_for_the_next(served: Program, client: httpx.AsyncClient):
    ours = await cookie_of(client, "viewer")
    pages = [await page_of(client, ours) for _ in range(3 * MOST_IDLE)]
    async with socket_of(served, ours) as sio:
        assert await sio.call("handshake", hand(pages[0])) is False
        assert await sio.call("handshake", hand(pages[-1])) is True


async def test_a_form_larger_than_any_of_ours_is_refused_before_it_is_read(client: httpx.AsyncClient):
    ours = await cookie_of(client, "viewer")
    client.cookies.clear()
    for path in ("/password", f"{PATH}/?EIO=4&transport=polling", "/api/v1/rules/preview"):
        answer = await client.post(path, content=b"x" * 400_000, headers={"Cookie": ours})
        assert answer.status_code in (403, 413), path


def test_half_a_head_does_not_stay(served: Program, tmp_path: Path):
    begun, opened = time.monotonic(), []
    for _ in range(20):
        connection = socket.create_connection(("127.0.0.1", served.port), timeout=60)
        connection.sendall(b"GET /api/v1/health HTTP/1.1\r\nHost: siaga\r\nX-Half")
        opened.append(connection)
    for connection in opened:
        assert connection.recv(100) == b""
        connection.close()
    assert time.monotonic() - begun < 60
