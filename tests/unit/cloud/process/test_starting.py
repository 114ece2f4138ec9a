"""Passing troubles of a start are waited out and told; SIGTERM ends the waiting."""

import asyncio
import logging
import socket

import pytest

from cloud.process.starting import Start, Stopped
from tests import loopback


class Trouble(Exception):
    pass


def works_after(*troubles: str):
    left = list(troubles)

    async def work() -> str:
        if left:
            raise Trouble(left.pop(0))
        return "done"

    return work


async def test_what_passes_is_waited_out_and_told_once_for_each_sentence(caplog: pytest.LogCaptureFixture):
    start = Start(asyncio.Event(), pause_s=(0.001, 0.002))
    with caplog.at_level(logging.WARNING):
        outcome = await start.step(works_after("locked", "locked", "disk full"), passing=(Trouble,))
    assert (outcome, start.waits_for) == ("done", "")
    assert [record.getMessage() for record in caplog.records] == [
        "the start waits: locked", "the start waits: disk full",
    ]  # fmt: skip


async def test_a_mistake_is_not_waited_out():
    with pytest.raises(Trouble):
        await Start(asyncio.Event()).step(works_after("x"), passing=(OSError,))


async def test_who_is_to_end_waits_no_longer():
    stop = asyncio.Event()
    stop.set()
    with pytest.raises(Stopped):
        await Start(stop, pause_s=(60.0, 60.0)).step(works_after("locked"), passing=(Trouble,))


async def test_health_says_down_while_the_start_waits_and_the_port_is_free_for_the_api_afterwards():
    def ask(port: int) -> tuple[int, str]:
        answer = loopback.get(f"http://127.0.0.1:{port}/api/v1/health", timeout=5)
        return answer.status_code, answer.json()["status"]

    with socket.create_server(("127.0.0.1", 0)) as listener:
        start = Start(asyncio.Event(), pause_s=(0.001, 0.05))
        start.listener = listener
        asked: list[tuple[int, str]] = []

        async def work() -> None:
            if start.waits_for and not asked:
                asked.append(await asyncio.to_thread(ask, listener.getsockname()[1]))
            if not asked:
                raise Trouble("not yet")

        await start.step(work, passing=(Trouble,))
        assert asked == [(503, "down")]
        server = await asyncio.start_server(lambda _reader, writer: writer.close(), sock=listener)
        server.close()


async def test_systemd_is_told_where_it_listens(monkeypatch: pytest.MonkeyPatch, tmp_path):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        systemd.settimeout(5)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))

        start = Start(asyncio.Event(), pause_s=(0.001, 0.001))
        await start.step(works_after("the database\nis locked"), passing=(Trouble,))
        assert systemd.recv(1_000) == b"STATUS=waits: the database; is locked"
