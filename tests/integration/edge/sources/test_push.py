"""Devices that push: a real socket, a real spool, and the status that says who was refused."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from edge.check import check_file
from edge.clock import GatewayClock, Tick
from edge.http import listener
from edge.sources import push
from edge.sources.push import PushListener
from edge.sources.tally import SourceTally
from edge.spool.file import SpoolFile
from edge.spool.limits import Limits
from edge.spool.spool import Spool
from edge.spool.spooler import Spooler
from edge.spool.write_batch import Origin
from edge.stamping import NoFreeTime, Stamper
from firmware_bridge import Frame, Sample
from firmware_bridge.dialects import chirpstack, sensor_community
from tests.servers import free_port
from wire import SourceStatus

NOW_MS = 1_764_000_000_000
PATIENCE_S = 20.0
GOOD = sensor_community.build({"SDS_P1": 15.23, "SDS_P2": 10.17}, device="1")
STRANGE = sensor_community.build({"SDS_P1": 15.23}, device="2")


class Listening:
    """A listener on a free port of this machine, with a spool in `folder`."""

    def __init__(self, folder: Path, naming: str, family: str) -> None:
        self.port = free_port()
        (folder / "edge.toml").write_text(
            f'[gateway]\nid = "gw-1"\n[[sources]]\nname = "air"\nfamily = "{family}"\n'
            f'listen = "127.0.0.1:{self.port}"\n{naming}\n'
        )
        [source] = check_file(folder / "edge.toml").push_sources
        loop = asyncio.get_running_loop()
        self.tally = SourceTally("air", silent_s=60.0, now_s=loop.time(), on_change=lambda: None)
        spool = Spool(Origin("now", "boot", 0), Limits(max_bytes=2**30, min_free_bytes=0, fsync_s=0.3))
        self.spooler = Spooler(spool, SpoolFile(folder / "spool.db"), on_change=lambda: None)
        stamper = Stamper(GatewayClock(Tick(NOW_MS, 100, synced=True)))
        self.listener = PushListener(source, self.tally, boot="boot", stamper=stamper, spooler=self.spooler)

    async def post(self, body: bytes, *, method: str = "POST") -> tuple[int, str]:
        head = f"{method} /push-sensor-data/ HTTP/1.1\r\nHost: gw\r\nContent-Length: {len(body)}\r\n\r\n"
        return await self.send(head.encode() + body)

    async def send(self, data: bytes) -> tuple[int, str]:
        """The status and the text that some bytes are answered with; 0 where the connection just ends."""
        async with asyncio.timeout(PATIENCE_S):
            reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
            try:
                writer.write(data)
                answer = await reader.read()
            finally:
                writer.close()
        head, _, text = answer.decode().partition("\r\n\r\n")
        return int(head.split(" ")[1]) if head else 0, text.strip()


@contextlib.asynccontextmanager
async def listening(
    folder: Path,
    naming: str = 'channels = { "esp8266-1" = "air-1" }',
    *,
    disk: bool = True,
    family: str = "airrohr",
) -> AsyncIterator[Listening]:
    made = Listening(folder, naming, family)
    if disk:
        await made.spooler.start()
    run = asyncio.create_task(made.listener.run())
    try:
        async with asyncio.timeout(PATIENCE_S):
            while made.tally.detail == "not open yet":
                await asyncio.sleep(0.01)
        yield made
    finally:
        run.cancel()
        await asyncio.gather(run, return_exceptions=True)
        if disk:
            await made.spooler.stop()


async def test_what_was_answered_with_201_is_on_disk(tmp_path: Path):
    async with listening(tmp_path) as air:
        assert await air.post(GOOD) == (201, "2 readings")
        assert air.spooler.spool.committed_last == 2
        assert (air.tally.status, air.tally.readings, air.tally.sensors) == (SourceStatus.OK, 2, {"air-1"})
        assert await air.post(GOOD, method="PUT") == (201, "2 readings")


async def test_a_device_of_the_servers_shape_is_known_by_its_header(tmp_path: Path):
    body = sensor_community.build({"P1": 15.23})
    head = f"POST /v1/push-sensor-data/ HTTP/1.1\r\nHost: g\r\nX-Sensor: esp8266-1\r\nContent-Length: {len(body)}"
    async with listening(tmp_path) as air:
        assert await air.send(head.encode() + b"\r\n\r\n" + body) == (201, "1 readings")


async def test_a_device_without_a_sensor_is_refused_and_named_in_the_status(tmp_path: Path):
    async with listening(tmp_path) as air:
        assert await air.post(STRANGE) == (403, "'esp8266-2' has no sensor at this gateway")
        assert air.tally.status is SourceStatus.SILENT
        assert air.tally.detail == (
            "frames come, and no reading is made of them: "
            "device 'esp8266-2' was refused: it has no sensor; name it in channels"
        )
        await air.post(GOOD)
        await air.post(STRANGE)
        await air.post(GOOD)
        assert air.tally.detail == "device 'esp8266-2' was refused: it has no sensor; name it in channels"


@pytest.mark.parametrize(
    ("sent", "status", "said"),
    [
        (b"GET / HTTP/1.1\r\nHost: g\r\n\r\n", 405, "GET is not taken here; post readings (from 127.0.0.1)"),
        (b"POST / HTTP/1.1\r\nHost: g\r\nContent-Length: 2\r\n\r\n{}", 400, "message has no sensordatavalues"),
        (b"\x16\x03\x01\x02\x00\r\n\r\n", 400, "no HTTP request: illegal request line (from 127.0.0.1)"),
        (b"POST / HTTP/1.1\r\nHost: g\r\nContent-Length: 70000\r\n\r\n", 413,
         "message of more than 65536 bytes (from 127.0.0.1)"),
    ],
)  # fmt: skip
async def test_what_is_no_push_is_answered_and_said(tmp_path: Path, sent: bytes, status: int, said: str):
    async with listening(tmp_path) as air:
        assert await air.send(sent) == (status, said)
        assert air.tally.readings == 0
        assert air.tally._noise_reason == said
        await air.post(GOOD)
        await air.send(sent)
        await air.post(GOOD)
        assert air.tally.detail == said


async def test_a_message_without_a_reading_is_understood(tmp_path: Path):
    async with listening(tmp_path, 'sensor = "air-1"') as air:
        assert await air.post(sensor_community.build({"samples": 7.0})) == (
            200,
            "no reading: no quantity in this message",
        )
        assert await air.post(STRANGE) == (201, "1 readings")  # `sensor` names whatever comes


async def test_of_several_alike_sensors_in_one_message_none_is_taken_by_guess(tmp_path: Path):
    async with listening(tmp_path, 'sensor = "air-1"') as air:
        two = (Sample("temperature", 20.0, own_id="a"), Sample("humidity", 70.0))
        frame = Frame(two, "", (Sample("temperature", 25.0, own_id="b"),))
        air.listener._source = replace(air.listener._source, parse=lambda _topic, _body: frame)
        assert await air.post(b"{}") == (201, "1 readings")
        assert air.tally.detail == "several sensors give temperature: choose one of them"


async def test_a_total_that_is_pushed_adds_what_it_grew_by_over_a_restart_too(tmp_path: Path):
    def uplink(counter: int, total: float) -> bytes:
        return chirpstack.build(
            "24e124713b492056", decoded={"rainfall_total": total}, time="2026-03-07T03:54:34Z", counter=counter
        )

    async with listening(tmp_path, 'sensor = "rain-1"', family="chirpstack") as air:
        assert await air.post(uplink(1, 1.0)) == (200, "no reading: rainfall_total: first count")
    async with listening(tmp_path, 'sensor = "rain-1"', family="chirpstack") as air:
        assert await air.post(uplink(1, 1.0)) == (
            200,
            "no reading: uplink 1 of 24e124713b492056 came a second time",
        )
        assert await air.post(uplink(9, 1.75)) == (201, "1 readings")
        assert air.spooler.spool.kept["devices.air.0000"].count("1750") == 1


async def test_a_device_that_is_too_slow_gets_no_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(listener, "REQUEST_S", 0.2)
    async with listening(tmp_path) as air:
        assert await air.send(b"POST / HTTP/1.1\r\nHost: g\r\n") == (
            408, "request was not whole after 0.2 s (from 127.0.0.1)",
        )  # fmt: skip
        assert await air.post(GOOD) == (201, "2 readings")


async def test_connections_are_bounded_and_free_again_when_they_end(tmp_path: Path):
    async with listening(tmp_path) as air:
        held = [await asyncio.open_connection("127.0.0.1", air.port) for _ in range(listener.MOST_CONNECTIONS)]
        async with asyncio.timeout(PATIENCE_S):
            while len(air.listener._listener._connections) < listener.MOST_CONNECTIONS:
                await asyncio.sleep(0.01)
        with contextlib.suppress(ConnectionError):
            assert await air.post(GOOD) == (0, "")
        assert air.tally._noise_reason == "more than 16 connections at once; one was closed"
        for _, writer in held:
            writer.close()
        async with asyncio.timeout(PATIENCE_S):
            while air.listener._listener._connections:
                await asyncio.sleep(0.01)
        assert await air.post(GOOD) == (201, "2 readings")


async def test_what_the_disk_does_not_take_is_not_called_safe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(push, "SAFE_S", 0.2)
    async with listening(tmp_path) as air:
        monkeypatch.setattr(air.spooler, "append", lambda *_, **__: None)
        assert await air.post(GOOD) == (503, "the readings are taken, and not yet safe on disk")


async def test_without_a_free_time_the_device_is_asked_to_come_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def full(*_: object, **__: object) -> None:
        raise NoFreeTime

    async with listening(tmp_path) as air:
        monkeypatch.setattr(Stamper, "stamp", full)
        assert await air.post(GOOD) == (503, "too many readings at once")


async def test_a_port_that_is_taken_is_said_and_the_listener_returns(tmp_path: Path):
    async with listening(tmp_path) as air:
        again = PushListener(
            air.listener._source, air.tally, boot="b", stamper=air.listener._stamper, spooler=air.spooler
        )
        await again.run()
        assert air.tally.status is SourceStatus.FAILED
        assert air.tally.detail.startswith(f"127.0.0.1:{air.port} cannot be listened on: ")


async def test_a_stopped_listener_leaves_no_connection(tmp_path: Path):
    async with listening(tmp_path) as air:
        reader, writer = await asyncio.open_connection("127.0.0.1", air.port)
    async with asyncio.timeout(PATIENCE_S):
        with contextlib.suppress(ConnectionError):
            assert await reader.read() == b""
    writer.close()
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", air.port)
