"""One serial line: a port that does not open, and a line without a free time."""

import asyncio
import contextlib
import os
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from edge.check import check_file
from edge.clock import GatewayClock, Tick
from edge.receiver_time import ReceiverTime
from edge.sources import serial
from edge.sources.line import LineGone, open_line
from edge.sources.serial import SerialLine, _Asker
from edge.sources.tally import SourceTally
from edge.stamping import NoFreeTime, Stamper
from firmware_bridge import Frame, Noise, Sample
from firmware_bridge.families import nmea, sds011
from firmware_bridge.family import Poll
from wire import Reading

NOW_MS = 1_764_000_000_000


def tally(**how: Any) -> SourceTally:
    chosen = {"silent_s": 60.0, "now_s": 0.0, "on_change": lambda: None, **how}
    return SourceTally("river", **chosen)


@pytest.mark.parametrize(("port", "why"), [("/dev/ttyUSB77", "does not exist"), ("/dev/null", "cannot be opened")])
def test_a_port_that_does_not_open_is_one_sentence(port: str, why: str):
    with pytest.raises(LineGone, match=why) as caught, open_line(port, 9_600):
        pass
    assert "\n" not in str(caught.value)


async def test_a_channel_without_a_sensor_is_said_and_the_others_are_read(tmp_path: Path):
    (tmp_path / "edge.toml").write_text(
        '[gateway]\nid = "gw-1"\n[[sources]]\nname = "bus"\nfamily = "board"\nport = "/dev/ttyX"\n'
        'channels = { "1" = "people-1" }\n'
    )
    (source,) = check_file(tmp_path / "edge.toml").serial_sources
    spooler = type("Spooler", (), {"spool": type("Spool", (), {"kept": {}})()})()
    counts = tally()
    stamper = Stamper(GatewayClock(Tick(NOW_MS, 100, synced=True)))
    line = SerialLine(source, counts, boot="boot", stamper=stamper, spooler=spooler)
    readings = line._stamp(Frame((Sample("occupancy", 4.0, "1"), Sample("occupancy", 5.0, "a"))), None)
    assert [(reading.sensor, reading.value) for reading in readings] == [("people-1", 4.0)]
    assert counts.detail == "channel a has no sensor: name it in channels"


async def test_a_receivers_time_is_used_unless_it_lay_in_a_buffer_and_its_detail_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    (tmp_path / "edge.toml").write_text(
        '[gateway]\nid = "gw-1"\n[[sources]]\nname = "mast"\nfamily = "nmea"\nport = "/dev/ttyX"\nsensor = "wind-1"\n'
    )
    (source,) = check_file(tmp_path / "edge.toml").serial_sources
    spooler = type("Spooler", (), {"spool": type("Spool", (), {"kept": {}})()})()
    counts, receiver, uptime_ms = tally(), ReceiverTime("mast"), 50_000
    monkeypatch.setattr(serial, "boot_ms", lambda: uptime_ms)
    stamper = Stamper(GatewayClock(Tick(1_000, uptime_ms, synced=False)))
    line = SerialLine(source, counts, boot="boot", stamper=stamper, spooler=spooler, receiver=receiver)
    decoder = source.family.decoder(source.options, {})
    place = "0202.0736,N,12817.4062,E"
    line._decode(decoder, nmea.build(f"GPGGA,123500,{place},1,9,1.0,3.0,M,,M,,"))
    assert counts.detail.endswith("no sentence with a date was heard (RMC or ZDA), so the gateway has no time from it")
    uptime_ms += 60_000  # the process slept: what comes lay in the kernel's buffer
    line._decode(decoder, nmea.build(f"GPRMC,123501,A,{place},0.0,,291126,,,A"))
    assert "no sentence with a date" in counts.detail
    for second in range(5):
        uptime_ms += 1_000
        line.poll()
        text = f"GPRMC,12360{second},A,{place},0.0,,291126,,,A"
        line._decode(decoder, nmea.build(text) + nmea.build(text) + nmea.build(f"GPZDA,12360{second},29,11,2026,,"))
    assert receiver.offset_ms == 1_795_955_764_000 - uptime_ms
    line._decode(decoder, nmea.build(f"GPGGA,123604,{place},1,9,1.0,3.0,M,,M,,"))
    assert counts.detail == "position 2.03456, 128.29010, 3 m; the gateway's time comes from here"
    stamper.clock.poll(Tick(1_795_955_764_000, uptime_ms, synced=True))
    line._decode(decoder, nmea.build("GPZDA,123605,29,11,2026,,"))
    assert counts.detail == "time 2026-11-29T12:36:05Z; the gateway's time is the system's, which counts more"


async def test_readings_of_a_line_for_which_no_time_is_free_are_declared_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    (tmp_path / "edge.toml").write_text(
        '[gateway]\nid = "gw-1"\n[[sources]]\nname = "air"\nfamily = "sds011"\nport = "/dev/ttyX"\nsensor = "air-1"\n'
    )
    (source,) = check_file(tmp_path / "edge.toml").serial_sources
    lost: list[tuple[int, str]] = []

    def full(*_: Any, **__: Any) -> list[Reading]:
        raise NoFreeTime

    monkeypatch.setattr(Stamper, "stamp", full)

    spooler = type("Spooler", (), {"spool": type("Spool", (), {"kept": {}})()})()
    spooler.refuse = lambda readings, reason: lost.append((len(readings), reason))
    stamper = Stamper(GatewayClock(Tick(NOW_MS, 100, synced=True)))
    line = SerialLine(source, tally(), boot="boot", stamper=stamper, spooler=spooler)
    line._decode(source.family.decoder(source.options, {}), sds011.build(pm2_5=1.0, pm10=2.0))
    assert lost == [(2, "more readings of one series than milliseconds")]


async def test_a_port_in_the_network_is_opened_and_closed_beside_the_event_loop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    (tmp_path / "edge.toml").write_text(
        '[gateway]\nid = "gw-1"\n[[sources]]\nname = "air"\nfamily = "sds011"\nport = "rfc2217://127.0.0.1:2217"\n'
        'sensor = "air-1"\n'
    )
    (source,) = check_file(tmp_path / "edge.toml").serial_sources
    threads: list[int] = []
    closed = asyncio.Event()
    loop = asyncio.get_running_loop()

    @contextlib.contextmanager
    def opened(*_: object) -> Iterator[int]:
        threads.append(threading.get_ident())
        yield 7
        threads.append(threading.get_ident())
        loop.call_soon_threadsafe(closed.set)

    monkeypatch.setattr(serial, "open_line", opened)
    spooler = type("Spooler", (), {"spool": type("Spool", (), {"kept": {}})()})()
    stamper = Stamper(GatewayClock(Tick(NOW_MS, 100, synced=True)))
    line = SerialLine(source, tally(), boot="boot", stamper=stamper, spooler=spooler)
    async with line._line() as descriptor:
        assert descriptor == 7
    await asyncio.wait_for(closed.wait(), 10)
    assert len(threads) == 2
    assert threading.get_ident() not in threads


class Questions:
    """A decoder that asks, as often and as much as it is told to."""

    held = 0

    def __init__(self, *polls: Poll | Exception) -> None:
        self._polls = list(polls)

    def feed(self, data: bytes) -> list[Frame | Noise]:
        return []

    def memory(self) -> dict[str, int]:
        return {}

    def poll(self, now_s: float) -> Poll:
        poll = self._polls.pop(0)
        if isinstance(poll, Exception):
            raise poll
        return poll


def asker(decoder: Questions, descriptor: int, counts: SourceTally, broken: list[Exception]) -> _Asker:
    return _Asker(decoder, descriptor, counts, "/dev/ttyX", broken.append)


async def test_a_device_that_takes_nothing_is_said_with_the_writes_that_failed_until_it_takes_one():
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    with ours, theirs:
        with contextlib.suppress(BlockingIOError):
            while True:
                ours.send(bytes(65_536))
        counts = tally()
        made = asker(Questions(Poll(b"?"), Poll(), Poll(b"?"), Poll(b"?")), ours.fileno(), counts, [])
        for _ in range(3):
            made.ask()
        stands = "/dev/ttyX stands still: the device, or its adapter, takes no more bytes (2 writes failed)"
        counts.poll(now_s=100.0)
        assert counts.detail == f"nothing heard for 60 s: {stands}"
        theirs.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            while theirs.recv(1_048_576):
                pass
        made.ask()
        made.stop()
        counts.opened(now_s=100.0)
        counts.poll(now_s=200.0)
        assert counts.detail == "nothing heard for 60 s"


async def test_a_decoder_that_breaks_while_it_is_asked_ends_the_line_and_not_the_loop():
    broken: list[Exception] = []
    fault = ValueError("a bug")
    asker(Questions(fault), 0, tally(), broken).ask()
    assert broken == [fault]


async def test_how_often_a_device_was_asked_in_vain_is_no_news():
    news = 0

    def count() -> None:
        nonlocal news
        news += 1

    counts = tally(on_change=count)
    for times in range(3, 9):
        counts.trouble(f"the sensor does not answer: asked {times} times")
    assert news == 1
    counts.trouble("")
    assert news == 2


def test_a_device_server_that_loses_its_power_is_noticed_by_the_kernel():
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"socket://127.0.0.1:{server.getsockname()[1]}"
        with open_line(url, 9_600) as descriptor, socket.socket(fileno=os.dup(descriptor)) as line:
            assert line.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
            assert line.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == 30
