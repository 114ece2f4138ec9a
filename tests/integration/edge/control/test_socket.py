"""The control socket: who may ask, what is bounded, and that a client who misbehaves costs itself alone."""

import asyncio
import contextlib
import os
import socket
import stat
from collections.abc import AsyncGenerator, AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from edge.control import server
from edge.control.client import AgentAbsent, AgentUnreachable, ask, ask_once
from edge.control.lines import LONGEST_REQUEST, BadLine
from edge.control.paths import control_path
from edge.control.requests import responder_of
from edge.control.server import MOST_CLIENTS, ControlServer, listening_at
from runtime.unix_socket import address_of

pytestmark = pytest.mark.integration


class _Count(msgspec.Struct):
    n: int
    text: str = ""


async def _respond(request: dict[str, Any]) -> AsyncGenerator[msgspec.Struct, None]:
    if request["request"] == "bug":
        raise ZeroDivisionError
    if request["request"] == "for ever":
        while True:
            yield _Count(0)
            await asyncio.sleep(0.01)
    if request["request"] not in ("count", "flood"):
        responder_of(request)
    text = "x" * 100_000 if request["request"] == "flood" else ""
    for n in range(request.get("to", 1)):
        yield _Count(n, text)


@contextlib.asynccontextmanager
async def serving(path: Path) -> AsyncIterator[Path]:
    running = asyncio.create_task(ControlServer(path, _respond).run())
    while not path.exists():
        await asyncio.sleep(0.001)
    try:
        yield path
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def asked(path: Path, request: str, **fields: object) -> list[int]:
    def all_of_it() -> list[int]:
        return [msgspec.json.decode(line)["n"] for line in ask(path, request, **fields)]

    return await asyncio.to_thread(all_of_it)


async def test_a_request_gets_its_answers_and_a_strange_one_a_sentence(tmp_path: Path):
    async with serving(tmp_path / "control.sock") as path:
        assert await asked(path, "count", to=3) == [0, 1, 2]
        with pytest.raises(AgentUnreachable, match="there is no request 'stauts'; there are: "):
            await asked(path, "stauts")
        with pytest.raises(AgentUnreachable, match="error of the agent; its log has more"):
            await asked(path, "bug")
        assert await asked(path, "count") == [0]
    assert not path.exists()


async def test_the_socket_is_for_the_agents_user_and_group(tmp_path: Path):
    before = os.umask(0o077)
    try:
        async with serving(tmp_path / "control.sock") as path:
            assert stat.S_IMODE(path.stat().st_mode) == 0o660
    finally:
        os.umask(before)


async def test_what_a_killed_agent_left_is_replaced_and_what_another_serves_is_not(tmp_path: Path):
    path = tmp_path / "control.sock"
    listening_at(path).close()
    with pytest.raises(AgentAbsent, match="siaga-edge does not run with this spool"):
        ask_once(path, "count")
    async with serving(path):
        await asyncio.sleep(0.01)
        with pytest.raises(OSError, match="another agent serves it"):
            await asyncio.to_thread(listening_at, path)
        assert await asked(path, "count") == [0]


async def test_a_file_in_its_place_is_not_removed(tmp_path: Path):
    path = tmp_path / "control.sock"
    path.write_text("notes")
    with pytest.raises(OSError, match="a file is in its place"):
        listening_at(path)
    assert path.read_text() == "notes"


async def test_a_folder_deeper_than_an_address_is_served_all_the_same(tmp_path: Path):
    folder = tmp_path / ("d" * 90) / ("e" * 90)
    folder.mkdir(parents=True)
    async with serving(control_path(folder / "spool.db")) as path:
        assert await asked(path, "count", to=2) == [0, 1]


async def _raw(path: Path, data: bytes) -> bytes:
    with address_of(path) as address:
        reader, writer = await asyncio.open_unix_connection(address)
    writer.write(data)
    answer = await reader.read()
    writer.close()
    return answer


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"x" * (LONGEST_REQUEST + 1), b"at most 4096 bytes"),
        (b"{}\n", b"the request has no name"),
        (b"[" * 4_000 + b"\n", b"does not parse"),
        (b"\xff\xfe\n", b"does not parse"),
        (b'{"request":7}\n', b"the request has no name"),
    ],
)
async def test_what_is_no_request_gets_one_sentence(tmp_path: Path, data: bytes, said: bytes):
    async with serving(tmp_path / "control.sock") as path:
        assert said in await _raw(path, data)


async def test_who_asks_nothing_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(server, "REQUEST_S", 0.02)
    async with serving(tmp_path / "control.sock") as path:
        assert b"no request came within" in await _raw(path, b"")


async def test_one_more_than_may_ask_at_once_is_told_so(tmp_path: Path):
    async with serving(tmp_path / "control.sock") as path:
        others = [await asyncio.open_unix_connection(str(path)) for _ in range(MOST_CLIENTS)]
        await asyncio.sleep(0.01)
        assert b"ask at once" in await _raw(path, b'{"request":"count"}\n')
        for _, writer in others:
            writer.close()


async def test_who_does_not_read_is_left_and_the_others_are_answered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(server, "READ_WITHIN_S", 0.05)
    async with serving(tmp_path / "control.sock") as path:
        with socket.socket(socket.AF_UNIX) as slow:
            slow.connect(str(path))
            slow.sendall(b'{"request":"flood","to":1000}\n')
            assert await asked(path, "count") == [0]
            await asyncio.sleep(0.2)
            slow.settimeout(1.0)
            heard = 0
            with contextlib.suppress(ConnectionError):
                while got := await asyncio.to_thread(slow.recv, 2**20):
                    heard += len(got)
            assert heard < 2**20


async def test_a_client_that_leaves_ends_its_answers(tmp_path: Path):
    async with serving(tmp_path / "control.sock") as path:
        reader, writer = await asyncio.open_unix_connection(str(path))
        writer.write(b'{"request":"for ever"}\n')
        await reader.readline()
        running = len(asyncio.all_tasks())
        writer.close()
        await writer.wait_closed()
        async with asyncio.timeout(2):
            while len(asyncio.all_tasks()) >= running:
                await asyncio.sleep(0.01)


def test_a_request_has_a_row_in_the_table():
    assert responder_of({"request": "status"}).__module__ == "edge.control.status"
    with pytest.raises(BadLine):
        responder_of({"request": "../status"})
