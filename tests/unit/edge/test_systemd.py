"""The watchdog is fed while sources are served and the disk answers; a silent sensor is no reason to start again."""

import asyncio
import os
import threading
import tty
from pathlib import Path
from typing import Any

import pytest

from edge.check import check_file
from edge.clock import GatewayClock, Tick
from edge.source_manager import UNPOLLED_S, SourceManager
from edge.sources.serial import UNREAD_POLLS, SerialLine
from edge.sources.tally import SourceTally
from edge.spool.file import SpoolFile
from edge.spool.limits import Limits
from edge.spool.spool import Spool
from edge.spool.spooler import Spooler
from edge.spool.write_batch import DiskProblem, Origin
from edge.stamping import Stamper
from edge.systemd import DISK_HANGS_S, SystemdReport, hanging
from runtime import sd_notify
from tests.virtual_time import run
from wire import Reading


class Sources:
    """Sources that are served, or hang."""

    tallies: tuple[SourceTally, ...] = ()

    def __init__(self, hangs: str = "") -> None:
        self.hangs = hangs

    def hanging(self) -> str:
        return self.hangs


def spooler(path: Path) -> Spooler:
    spool = Spool(Origin("now", "boot", 0), Limits(max_bytes=2**30, min_free_bytes=0, fsync_s=0.3))
    return Spooler(spool, SpoolFile(path / "spool.db"), on_change=lambda: None)


async def manager(folder: Path, sources: str) -> SourceManager:
    (folder / "edge.toml").write_text(f'[gateway]\nid = "gw-1"\n{sources}')
    stamper = Stamper(GatewayClock(Tick(1_764_000_000_000, 100, synced=True)))
    found = SourceManager(gateway="gw-1", boot="boot", stamper=stamper, spooler=spooler(folder), on_change=lambda: None)
    await found.use(check_file(folder / "edge.toml"))
    return found


AIR = '[[sources]]\nname = "air"\nfamily = "sds011"\nport = "{port}"\nsensor = "air-1"\n'


def said_by(sources: Any, spool: Any, monkeypatch: pytest.MonkeyPatch, *, seconds: float) -> list[str]:
    """What a report says to systemd in so many seconds of made-up time, and at its end."""
    words: list[str] = []
    monkeypatch.setenv("WATCHDOG_USEC", "60000000")
    monkeypatch.setattr("faulthandler.enable", lambda **_: None)
    monkeypatch.setattr(sd_notify, "_notify", lambda *lines: words.append(lines[0]))

    async def report() -> None:
        stopping = asyncio.Event()
        asyncio.get_running_loop().call_later(seconds, stopping.set)
        made = SystemdReport("gw-1", sources, spool, Session())  # type: ignore[arg-type]
        await made.run(stopping)

    run(report())
    return words


class Session:
    """A session with the cloud that is up."""

    connected, problem = True, ""


class Disk:
    """A spool of which only this is asked."""

    class spool:  # noqa: N801
        problem = ""

        class ledger:  # noqa: N801
            depth = 1_204

    def __init__(self, behind_s: float = 0.0) -> None:
        self.behind_s = behind_s


def test_a_report_begins_with_ready_feeds_the_watchdog_and_ends_with_stopping(monkeypatch: pytest.MonkeyPatch):
    words = said_by(Sources(), Disk(), monkeypatch, seconds=65)
    assert (words[0], words[-1]) == ("READY=1", "STOPPING=1")
    assert words.count("WATCHDOG=1") == 7
    assert "STATUS=gw-1: 0 of 0 sources ok, 1204 readings wait, connected to the cloud" in words


@pytest.mark.parametrize(
    ("sources", "disk", "why"),
    [
        (Sources("source air is read by nobody"), Disk(), "STATUS=hangs: source air is read by nobody"),
        (Sources(), Disk(DISK_HANGS_S + 1), "STATUS=hangs: the disk of the spool has answered nothing for 301 s"),
    ],
)
def test_what_hangs_is_not_fed_and_said(sources: Sources, disk: Disk, why: str, monkeypatch: pytest.MonkeyPatch):
    words = said_by(sources, disk, monkeypatch, seconds=65)
    assert "WATCHDOG=1" not in words
    assert why in words


async def test_a_sensor_that_is_silent_or_unplugged_is_served(tmp_path: Path):
    ours, theirs = os.openpty()
    tty.setraw(theirs)
    silent = AIR.format(port=os.ttyname(theirs))
    unplugged = AIR.format(port=tmp_path / "ttyUSB7").replace('"air', '"other')
    sources = await manager(tmp_path, silent + unplugged)
    await asyncio.sleep(0.05)
    for _ in range(UNREAD_POLLS + 1):
        await sources.poll()
    assert [tally.status for tally in sources.tallies] == ["starting", "failed"]
    assert sources.hanging() == ""
    await sources.close_lines()
    os.close(ours)
    os.close(theirs)


async def test_a_source_whose_task_has_ended_hangs(tmp_path: Path):
    sources = await manager(tmp_path, AIR.format(port=tmp_path / "ttyUSB7"))
    _, task = sources._lines["air"]
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert sources.hanging() == "source air is read by nobody"


async def test_bytes_that_nobody_reads_are_a_line_that_hangs(tmp_path: Path):
    ours, theirs = os.openpty()
    tty.setraw(theirs)
    sources = await manager(tmp_path, AIR.format(port=os.ttyname(theirs)))
    await asyncio.sleep(0.05)
    line, _ = sources._lines["air"]
    assert isinstance(line, SerialLine)
    for fd in list(asyncio.get_running_loop()._selector.get_map()):  # type: ignore[attr-defined]
        if os.isatty(fd):
            asyncio.get_running_loop().remove_reader(fd)
    os.write(ours, b"\xaa\xc0")
    for _ in range(UNREAD_POLLS):
        await sources.poll()
    assert "air has bytes that nobody reads" in sources.hanging()
    await sources.close_lines()
    os.close(ours)
    os.close(theirs)


async def test_sources_that_are_not_polled_hang(tmp_path: Path):
    sources = await manager(tmp_path, "")
    sources._polled_s -= UNPOLLED_S + 1
    assert sources.hanging() == "sources were not looked after for 61 s"


async def test_a_disk_that_hangs_is_behind_and_one_that_refuses_is_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    kept = spooler(tmp_path)
    await kept.start()
    loop = asyncio.get_running_loop()
    assert kept.behind_s == 0.0

    hung = threading.Event()
    real = kept._file.commit
    monkeypatch.setattr(kept._file, "commit", lambda _: hung.wait(20))
    kept.append([Reading("air-1", "co2", 1, 1.0)])
    await asyncio.sleep(0.3)
    now_s = loop.time()
    monkeypatch.setattr(loop, "time", lambda: now_s + DISK_HANGS_S + 1)
    assert "the disk of the spool has answered nothing" in hanging(Sources(), kept)  # type: ignore[arg-type]
    monkeypatch.undo()

    def full(_: object) -> None:
        raise DiskProblem("no room")

    monkeypatch.setattr(kept._file, "commit", full)
    hung.set()
    kept.append([Reading("air-1", "co2", 2, 2.0)])
    async with asyncio.timeout(20):
        while not kept.spool.problem:
            await asyncio.sleep(0.01)
    assert kept.behind_s < 5
    monkeypatch.setattr(kept._file, "commit", real)
    await kept.stop()


async def test_an_overdue_commit_and_a_force_without_an_answer_are_behind(tmp_path: Path):
    kept = spooler(tmp_path)
    now_s = asyncio.get_running_loop().time()
    kept.spool.commit_due_s = now_s - 400
    assert kept.behind_s == pytest.approx(400, abs=5)
    kept.spool.commit_due_s = None
    kept._force_asked_s = now_s - 500
    assert kept.behind_s == pytest.approx(500, abs=5)
