"""A gateway's uplink on a simulated link, in made-up time; the spool is a real file, the cloud acknowledges all.

gateway ─► a queue that lets `bytes_s` through ─► `delay_s` ─► the cloud, which takes `cloud_s` ─► `delay_s` ─► ack
"""

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, NamedTuple

from edge.link.meter import bytes_on_the_link
from edge.settings import UplinkSettings
from edge.spool.file import SpoolFile
from edge.spool.limits import Limits
from edge.spool.spool import Spool
from edge.spool.spooler import Spooler
from edge.spool.write_batch import Origin
from edge.uplink import Uplink
from runtime.mqtt_connection import Message
from tests.still_thread import StillThread
from tests.virtual_time import run
from wire import Ack, Reading, decode_batch, encode_ack

WORK_S = 0.002


class Came(NamedTuple):
    """A batch that came to the cloud at `at_s`."""

    at_s: float
    backfill: bool
    size: int
    readings: list[Reading]


class SimulatedLink:
    """A session with the cloud's broker over a link that takes its time."""

    connected = True

    def __init__(self, *, bytes_s: float = 1e9, delay_s: float = 0.0, cloud_s: float = 0.01) -> None:
        self.bytes_s, self.delay_s, self.cloud_s = bytes_s, delay_s, cloud_s
        self.came: list[Came] = []
        self.published_messages = self.published_bytes = 0
        self.on_ack: Callable[[Message], None] = lambda _: None
        self._loop = asyncio.get_running_loop()
        self._free_s = 0.0

    def publish(self, topic: str, payload: bytes) -> bool:
        self.published_messages += 1
        self.published_bytes += len(topic) + len(payload)
        size = bytes_on_the_link(1, len(topic) + len(payload), tls=False)
        self._free_s = max(self._free_s, self._loop.time()) + size / self.bytes_s
        self._loop.call_at(self._free_s + self.delay_s, self._arrive, payload)
        return True

    def acknowledge(self, _message: Message) -> None: ...

    def wake_for(self, _size: int) -> None: ...

    def read_waiting(self) -> None: ...

    def _arrive(self, payload: bytes) -> None:
        batch = decode_batch(payload)
        self.came.append(Came(self._loop.time(), batch.backfill, len(payload), list(batch.readings())))
        ack = Message("ack", encode_ack(Ack(batch.stream, batch.first, batch.last)), False, False, 0, 1, 1)
        self._loop.call_later(self.cloud_s + self.delay_s, lambda: self.on_ack(ack))


class Gateway:
    """A spool and its uplink; a reading's value is its number, its time when it came, in ms of the loop."""

    def __init__(self, folder: Path, settings: UplinkSettings, link: SimulatedLink, *, max_bytes: int = 2**30) -> None:
        self.link = link
        self._loop = asyncio.get_running_loop()
        spool = Spool(Origin("now", "boot", 0), Limits(max_bytes, min_free_bytes=0, fsync_s=60.0))
        thread = StillThread("spool", work_s=WORK_S)
        self.spooler = Spooler(
            spool, SpoolFile(folder / "spool.db"), on_change=lambda: self.uplink.nudge(), thread=thread
        )
        self.knows_the_time = True
        self.uplink = Uplink(
            self.spooler, settings, gateway="gw-1", now_ms=lambda: self.now_ms() if self.knows_the_time else None
        )
        self.uplink.connect(link)  # type: ignore[arg-type]
        link.on_ack = self.uplink.on_ack_message
        self.day_ms = 0
        self.number = 0

    def now_ms(self) -> int:
        return self.day_ms + int(self._loop.time() * 1_000)

    def read(self, count: int, *, backlog: bool = False) -> None:
        """So many new readings come from the sensors."""
        numbers = range(self.number, self.number + count)
        self.number += count
        self.spooler.append(
            [Reading(f"air-{n % 20}", "co2", self.now_ms(), float(n)) for n in numbers], backlog=backlog
        )

    async def outage(self, count: int) -> None:
        """So many readings were made while nothing could be sent."""
        self.uplink.held = True
        for _ in range(0, count, 5_000):
            self.read(min(5_000, count), backlog=True)
            while self.spooler.spool.committed_last < self.number:
                await asyncio.sleep(0.01)
        self.uplink.held = False
        self.uplink.nudge()

    async def read_every(self, every_s: float, count: int, *, for_s: float) -> None:
        for _ in range(round(for_s / every_s)):
            self.read(count)
            await asyncio.sleep(every_s)

    def live_delays_s(self) -> list[float]:
        """How long each live reading was under way."""
        return [
            batch.at_s - (reading.time_ms - self.day_ms) / 1_000
            for batch in self.link.came if not batch.backfill for reading in batch.readings
        ]  # fmt: skip

    def numbers(self) -> list[float]:
        """All that came, sorted."""
        return sorted(reading.value for batch in self.link.came for reading in batch.readings)


def try_link(
    folder: Path,
    scenario: Callable[[Gateway], Coroutine[Any, Any, None]],
    settings: UplinkSettings = UplinkSettings(),  # noqa: B008 - it never changes
    *,
    max_bytes: int = 2**30,
    **link: float,
) -> Gateway:
    """Run a scenario; the gateway, to be asked what came."""

    async def trial() -> Gateway:
        gateway = Gateway(folder, settings, SimulatedLink(**link), max_bytes=max_bytes)
        await gateway.spooler.start()
        await scenario(gateway)
        await gateway.uplink.stop()
        return gateway

    return run(trial())
