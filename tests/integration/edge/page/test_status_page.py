"""The page over a real socket: who gets it, what is bounded, and that whatever is asked ends no agent."""

import asyncio
import base64
import contextlib
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import msgspec
import pytest

from edge.control.snapshot import AgentSnapshot, SourceNow, ValueNow
from edge.http import listener
from edge.page import status_page
from edge.page.status_page import StatusPage
from edge.page_settings import PageSettings
from tests.servers import free_port
from tests.unit.edge.control.snapshots import snapshot
from wire import SourceStatus

pytestmark = pytest.mark.integration
PATIENCE_S = 20.0


class Served:
    """A page on a free port of this machine, and how often the gateway was asked."""

    def __init__(self, folder: Path, shown: AgentSnapshot, *, password: str = "", port: int = 0) -> None:
        self.port = port or free_port()
        self.asked = 0
        self.shown: AgentSnapshot | Exception = shown
        self.file = folder / "page.password"
        if password:
            self.file.write_text(f"{password}\n")
        settings = PageSettings(listen=f"127.0.0.1:{self.port}", password_file=self.file if password else None)
        self.page = StatusPage(settings, self._snapshot, gateway=shown.gateway)

    async def _snapshot(self) -> AgentSnapshot:
        self.asked += 1
        if isinstance(self.shown, Exception):
            raise self.shown
        return self.shown

    async def get(self, path: str = "/", *headers: str, method: str = "GET", host: str = "") -> tuple[int, str, str]:
        """The status, head and body that a request is answered with."""
        lines = [f"{method} {path} HTTP/1.1", f"Host: {host or f'127.0.0.1:{self.port}'}", *headers]
        async with asyncio.timeout(PATIENCE_S):
            reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
            writer.write("\r\n".join([*lines, "", ""]).encode())
            answer = await reader.read()
            writer.close()
        head, _, body = answer.decode().partition("\r\n\r\n")
        return int(head.split(" ")[1]), head, body


@contextlib.asynccontextmanager
async def serving(folder: Path, *, password: str = "", shown: AgentSnapshot | None = None) -> AsyncIterator[Served]:
    made = Served(folder, shown or snapshot(), password=password)
    run = asyncio.create_task(made.page.run())
    await until(lambda: is_open(made.port))
    try:
        yield made
    finally:
        run.cancel()
        await asyncio.gather(run, return_exceptions=True)


def is_open(port: int) -> bool:
    with socket.socket() as tried:
        return tried.connect_ex(("127.0.0.1", port)) == 0


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not true():
            await asyncio.sleep(0.01)


async def test_a_browser_gets_the_page_in_its_language_and_a_program_gets_json(tmp_path: Path):
    async with serving(tmp_path) as served:
        status, head, body = await served.get("/", "Accept-Language: en")
        assert status == 200
        for line in ("text/html; charset=utf-8", "Content-Security-Policy: default-src 'none'", "no-store", "nosniff"):
            assert line in head
        assert '<html lang="en-US">' in body
        assert '<html lang="id">' in (await served.get("/?language=id", "Accept-Language: en"))[2]
        status, head, body = await served.get("/status.json")
        assert (status, "application/json" in head) == (200, True)
        assert msgspec.json.decode(body)["condition"] == "refused"
        assert (await served.get("/", method="HEAD"))[2] == ""


async def test_however_many_look_the_gateway_is_asked_once_a_second(tmp_path: Path):
    async with serving(tmp_path) as served:
        looks: list[Awaitable[tuple[int, str, str]]] = [served.get() for _ in range(10)]
        assert {status for status, _, _ in await asyncio.gather(*looks)} == {200}
        assert served.asked == 1


async def test_all_else_is_refused_in_a_sentence(tmp_path: Path):
    async with serving(tmp_path) as served:
        assert (await served.get("/../etc/passwd"))[0] == 404
        assert (await served.get(method="POST"))[0] == 405
        status, _, said = await served.get(host="rebound.example.com")
        assert (status, said) == (
            421, "ask by the address of the gateway, or add this name to names in [page] of edge.toml\n",
        )  # fmt: skip
        assert served.asked == 0


async def test_with_a_password_only_who_knows_it_reads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(status_page, "WRONG_PASSWORD_S", 0.01)

    def login(password: str) -> str:
        return "Authorization: Basic " + base64.b64encode(f"siaga:{password}".encode()).decode()

    async with serving(tmp_path, password="kuat") as served:
        for path in ("/", "/status.json", "/other"):
            status, head, body = await served.get(path)
            assert (status, 'Basic realm="gw-daruba"' in head, "river" in body) == (401, True, False)
        assert (await served.get("/", login("lemah")))[0] == 401
        assert (await served.get("/", login("kuat")))[0] == 200
        served.file.write_text("")
        assert (await served.get("/", login("")))[0] == 503
        assert served.page.note.endswith("page.password cannot be read: it is empty")
        served.file.unlink()
        assert (await served.get("/", login("kuat")))[0] == 503
        assert "cannot be read: No such file" in served.page.note
        served.file.write_text("lain")
        assert (await served.get("/", login("lain")))[0] == 200
        assert served.page.note == ""


async def test_a_gateway_that_cannot_say_how_it_is_is_asked_again(tmp_path: Path):
    async with serving(tmp_path) as served:
        served.shown = RuntimeError("a bug")
        status, head, said = await served.get()
        assert (status, "Refresh: 5" in head) == (503, True)
        assert "its log has more" in said
        served.shown = snapshot()
        assert (await served.get())[0] == 200


async def test_who_does_not_read_is_left_and_nothing_is_kept_for_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(listener, "REQUEST_S", 0.3)
    value = ValueNow("sensor-of-some-place", "water_level", 1.0, "cm", 1.0)
    many = tuple(SourceNow(f"s{n}", SourceStatus.OK, "x" * 400, values=(value,) * 30) for n in range(2_000))
    async with serving(tmp_path, shown=snapshot(sources=many)) as served:
        slow = socket.socket()
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        slow.connect(("127.0.0.1", served.port))
        slow.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        await until(lambda: served.asked == 1)
        await asyncio.sleep(0)
        open_here = [each for each in asyncio.all_tasks() if "_serve" in repr(each)]
        await until(lambda: all(each.done() for each in open_here))
        received = 0
        with contextlib.suppress(ConnectionError):
            while data := await asyncio.to_thread(slow.recv, 65_536):
                received += len(data)
        slow.close()
        assert received < 12_000_000, "the whole page waited for a reader that does not read"


async def test_a_port_that_is_taken_is_said_and_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(status_page, "RETRY_S", 0.02)
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        served = Served(tmp_path, snapshot(), port=other.getsockname()[1])
        run = asyncio.create_task(served.page.run())
        await until(lambda: "cannot be served at 127.0.0.1" in served.page.note)
    await until(lambda: served.page.note == "")
    assert (await served.get())[0] == 200
    run.cancel()
    await asyncio.gather(run, return_exceptions=True)
