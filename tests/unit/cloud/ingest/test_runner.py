"""From waiting messages to acknowledged ones, on real databases."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

import cloud.ingest.gathering
import cloud.ingest.runner
from cloud.core.health import Condition
from cloud.ingest.gathering import BURST, MANY_MESSAGES
from cloud.ingest.ingest_queue import MESSAGE_BYTES
from cloud.ingest.runner import IngestRunner
from cloud.readings.contract import EncodedWrite, RejectedPoint, StoreUnavailable, WriteResult
from cloud.readings.sqlite import SqliteStore
from runtime.clock import boot_ms
from runtime.mqtt_connection import Message
from tests.unit.cloud.examples import (
    GATEWAY,
    STREAM,
    UNAVAILABLE,
    ScriptedStore,
    Workshop,
    message,
    payload,
    reading,
)
from wire import Ack, Channel, RefusedReadings, RefusedSensor, decode_ack, topic_of


class Bench:
    """A runner on real databases; what it sends to the broker is recorded, and lost while `connected` is False."""

    def __init__(self, workshop: Workshop, *, queue_bytes: int = 2**20) -> None:
        self.workshop = workshop
        self.connected = True
        self.acks: list[tuple[str, Ack]] = []
        self.pubacks: list[int] = []
        self.is_done = asyncio.Event()
        self.is_paused = False
        self.runner = IngestRunner(
            decoder=workshop.decoder, writer=workshop.writer, metrics=workshop.metrics, publish=self._publish,
            acknowledge=self._acknowledge, queue_bytes=queue_bytes, pause=self._pause, resume=self._resume,
        )  # fmt: skip

    def offer(self, content: bytes, packet: int, *, gateway: str = GATEWAY) -> None:
        self.runner.offer(message(content, packet=packet, gateway=gateway), gateway)

    async def until_pubacks(self, count: int) -> None:
        async with asyncio.timeout(20):
            while len(self.pubacks) < count:
                self.is_done.clear()
                await self.is_done.wait()

    def _publish(self, topic: str, content: bytes) -> bool:
        if self.connected:
            self.acks.append((topic, decode_ack(content)))
        return self.connected

    def _pause(self) -> None:
        self.is_paused = True

    def _resume(self) -> None:
        self.is_paused = False

    def _acknowledge(self, received: Message) -> None:
        self.pubacks.append(received.packet)
        self.is_done.set()


@asynccontextmanager
async def at_work(folder: Path, *, queue_bytes: int = 2**20) -> AsyncIterator[Bench]:
    """A runner that runs."""
    async with Workshop(folder) as workshop:
        bench = Bench(workshop, queue_bytes=queue_bytes)
        running = asyncio.create_task(bench.runner.run())
        yield bench
        running.cancel()
        await bench.runner.drain(timeout_s=5)


async def test_an_ingest_that_hangs_is_told_from_one_that_waits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    async with Workshop(tmp_path) as workshop:
        bench = Bench(workshop)  # nobody runs it: what it has taken becomes safe never
        await workshop.writer.store.open()
        bench.offer(payload(reading()), packet=5)
        assert bench.runner.hanging == ""
        later_ms = boot_ms() + cloud.ingest.runner.HANGS_MS + 1_000
        monkeypatch.setattr(cloud.ingest.runner, "boot_ms", lambda: later_ms)
        assert bench.runner.hanging.startswith("ingest: nothing has become safe for 60")
        assert bench.runner.component().status is Condition.DOWN
        workshop.writer.store.problem = "InfluxDB does not answer"
        assert bench.runner.hanging == "", "it waits, and a new start mends nothing"
        assert bench.runner.component().status is Condition.OK


async def test_a_batch_is_stored_then_acknowledged_to_its_gateway_then_given_its_puback(tmp_path: Path):
    async with at_work(tmp_path) as bench:
        bench.offer(payload(reading(), reading(at=1)), packet=5)
        await bench.until_pubacks(1)
        assert bench.acks == [(topic_of(GATEWAY, Channel.ACK), Ack(STREAM, 1, 2))]
        assert bench.pubacks == [5]
        assert await bench.workshop.store.count("air-market", "pm2_5") == 2


async def test_nothing_is_acknowledged_while_the_store_is_unavailable(tmp_path: Path):
    async with at_work(tmp_path) as bench:
        bench.workshop.store.script = [UNAVAILABLE] * 5
        bench.offer(payload(reading()), packet=5)
        while len(bench.workshop.waits) < 5:
            assert bench.acks == []
            assert bench.pubacks == []
            await asyncio.sleep(0)
        await bench.until_pubacks(1)
        assert len(bench.acks) == 1


async def test_messages_that_wait_are_written_together(tmp_path: Path):
    async with at_work(tmp_path) as bench:
        for number in range(10):
            bench.offer(payload(reading(at=number), first=number + 1), packet=number)
        await bench.until_pubacks(10)
        assert bench.workshop.store.writes == [10]


async def test_messages_that_follow_a_write_closely_go_together_in_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(cloud.ingest.gathering, "GATHER_S", 30.0)
    monkeypatch.setattr(cloud.ingest.gathering, "BURST", 0)
    async with at_work(tmp_path) as bench:
        bench.offer(payload(reading()), packet=1)
        await bench.until_pubacks(1)
        for number in range(2, 2 + MANY_MESSAGES):
            bench.offer(payload(reading(at=number), first=number), packet=number)
            await asyncio.sleep(0)
        await bench.until_pubacks(1 + MANY_MESSAGES)
        assert bench.workshop.store.writes == [1, MANY_MESSAGES]


async def test_what_follows_a_write_closely_waits_in_the_socket_and_what_comes_alone_does_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(cloud.ingest.gathering, "GATHER_S", 0.01)
    async with at_work(tmp_path) as bench:
        for packet in range(1, 1 + BURST):
            bench.offer(payload(reading(at=packet), first=packet), packet=packet)
            await bench.until_pubacks(packet)
            assert not bench.is_paused
        monkeypatch.setattr(cloud.ingest.gathering, "GATHER_S", 30.0)
        bench.offer(payload(reading(at=BURST + 1), first=BURST + 1), packet=BURST + 1)
        await bench.until_pubacks(BURST + 1)
        assert bench.is_paused
    assert not bench.is_paused


async def test_a_write_takes_no_more_readings_than_the_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(cloud.ingest.runner, "READINGS_A_WRITE", 4)
    async with at_work(tmp_path) as bench:
        for number in range(0, 10, 2):
            bench.offer(payload(reading(at=number), reading(at=number + 1), first=number + 1), packet=number)
        await bench.until_pubacks(5)
        assert bench.workshop.store.writes == [2, 2, 1]


async def test_bytes_without_a_range_are_kept_and_given_their_puback_and_no_ack(tmp_path: Path):
    async with at_work(tmp_path) as bench:
        bench.offer(b"garbage", packet=1)
        bench.offer(payload(reading()), packet=2)
        await bench.until_pubacks(2)
        assert [ack.first for _, ack in bench.acks] == [1]
        assert await bench.workshop.letters() == [(GATEWAY, "not_a_batch", 1)]


async def test_an_ack_that_finds_no_connection_is_said_when_there_is_one(tmp_path: Path):
    async with at_work(tmp_path) as bench:
        bench.connected = False
        bench.offer(payload(reading()), packet=1)
        await bench.until_pubacks(1)
        assert bench.acks == []
        bench.connected = True
        bench.runner.on_connect()
        bench.runner.on_connect()
        assert len(bench.acks) == 1


async def test_beyond_the_queue_batches_are_shed_counted_and_never_acknowledged(tmp_path: Path):
    async with at_work(tmp_path, queue_bytes=2 * (MESSAGE_BYTES + 150)) as bench:
        bench.workshop.store.script = [UNAVAILABLE] * 3
        for number in range(4):
            bench.offer(payload(reading(at=number), first=number + 1), packet=number)
        assert bench.runner.component().status is Condition.DEGRADED
        await bench.until_pubacks(4)
        assert [(ack.first, ack.last) for _, ack in bench.acks] == [(1, 2)]
        assert bench.workshop.counted("siaga_batches_shed_total") == 2
        assert bench.runner.component().status is Condition.OK


async def test_a_failure_that_nobody_foresaw_acknowledges_nothing_and_ingest_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    async with at_work(tmp_path) as bench:

        def fail(*_: object) -> None:
            raise ZeroDivisionError("of all things")

        monkeypatch.setattr(bench.workshop.accounts, "plan", fail)
        bench.offer(payload(reading()), packet=1)
        await bench.until_pubacks(1)
        assert bench.acks == []
        monkeypatch.undo()
        bench.offer(payload(reading()), packet=2)
        await bench.until_pubacks(2)
        assert len(bench.acks) == 1
        assert "ZeroDivisionError: of all things" in caplog.text


async def test_after_draining_nothing_more_is_taken(tmp_path: Path):
    async with at_work(tmp_path) as bench:
        bench.offer(payload(reading()), packet=1)
        await bench.until_pubacks(1)
        await bench.runner.drain(timeout_s=5)
        bench.offer(payload(reading(), first=2), packet=2)
        assert bench.pubacks == [1]
        assert "0 batches wait" in bench.runner.component().detail


class Choosy(ScriptedStore):
    """A store that never takes the reading of value `POISON`, and says no word about it."""

    POISON = 66.0

    async def write(self, writes: Sequence[EncodedWrite]) -> WriteResult:
        self.writes.append(len(writes))
        if any(self.POISON in values for write in writes for block in write.form for _, values in block.fields):
            raise StoreUnavailable("500: engine: index out of range")
        return await SqliteStore.write(self, writes)

    async def probe(self) -> None:
        """It takes others."""

    async def write_isolated(self, writes: Sequence[EncodedWrite]) -> WriteResult:
        """As the contract says, on blocks of one point."""
        points = [write for write in writes for _ in write.form[0].times_ms]
        bad = []
        for number, point in enumerate(points):
            try:
                await self.write([point])
            except StoreUnavailable as error:
                bad.append(RejectedPoint(number, 0, str(error)))
        return WriteResult(tuple(bad))


def choosy(bench: Bench) -> Choosy:
    store = bench.workshop.store
    store.__class__ = Choosy
    assert isinstance(store, Choosy)
    return store


async def test_readings_that_are_never_taken_fill_no_place_for_writes(tmp_path: Path):
    """Ten ranges of one gateway, each with such a reading, sent again and again, beside a gateway that is well."""
    async with at_work(tmp_path) as bench:
        choosy(bench)
        poison = [payload(reading(value=Choosy.POISON, at=number), first=number + 1) for number in range(10)]
        packet = 0
        for _ in range(3):
            for content in poison:
                packet += 1
                bench.offer(content, packet)
            await asyncio.sleep(0)
        packet += 1
        bench.offer(payload(reading("people-pier", "people_in", 4)), packet, gateway="gw-pier")
        await bench.until_pubacks(packet)
        told = [(topic, ack.first, ack.last) for topic, ack in bench.acks]
        assert (topic_of("gw-pier", Channel.ACK), 1, 1) in told
        assert {seq for topic, first, last in told if "daruba" in topic for seq in range(first, last + 1)} == set(
            range(1, 11)
        )
        assert await bench.workshop.store.count("people-pier", "people_in") == 1
        letters = await bench.workshop.dead_letters.page()
        assert {letter.reason for letter in letters} == {"store_rejected"}
        assert len(letters) == 10


async def test_of_a_group_that_fails_the_other_gateways_are_stored_and_acknowledged(tmp_path: Path):
    async with at_work(tmp_path) as bench:
        choosy(bench)
        bench.offer(payload(reading(value=Choosy.POISON)), packet=1)
        bench.offer(payload(reading("people-pier", "people_in", 4)), packet=2, gateway="gw-pier")
        await bench.until_pubacks(2)
        assert {topic: ack.refused is None for topic, ack in bench.acks} == {
            topic_of(GATEWAY, Channel.ACK): False, topic_of("gw-pier", Channel.ACK): True
        }  # fmt: skip
        assert GATEWAY in bench.workshop.writer.suspects
        assert "gw-pier" not in bench.workshop.writer.suspects


async def test_a_range_is_written_by_one_task_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    async with at_work(tmp_path) as bench:
        store, is_back = bench.workshop.store, asyncio.Event()
        write = store.write

        async def write_when_back(writes: Sequence[EncodedWrite]) -> WriteResult:
            await is_back.wait()
            return await write(writes)

        monkeypatch.setattr(store, "write", write_when_back)
        content = payload(reading(), reading(at=1))
        for packet in range(1, 9):
            bench.offer(content, packet)
        await bench.until_pubacks(7)
        assert sorted(bench.pubacks) == list(range(2, 9))
        assert bench.acks == []
        is_back.set()
        await bench.until_pubacks(8)
        assert [ack for _, ack in bench.acks] == [Ack(STREAM, 1, 2)]
        bench.offer(content, packet=9)
        await bench.until_pubacks(9)
        assert len(bench.acks) == 2


async def test_a_gateway_is_told_what_was_refused_each_time_that_it_sends_it(tmp_path: Path):
    async with at_work(tmp_path) as bench:
        for packet in (1, 2):
            bench.offer(payload(reading(), reading("air-pier"), reading("river", "water_level", 9e5)), packet=packet)
            await bench.until_pubacks(packet)
        refused = RefusedReadings(
            {"out_of_bounds": 1, "unknown_sensor": 1},
            (RefusedSensor("air-pier", "unknown_sensor", 1), RefusedSensor("river", "out_of_bounds", 1)),
        )
        assert [ack for _, ack in bench.acks] == [Ack(STREAM, 1, 3, refused)] * 2


async def test_a_gateway_that_the_registry_does_not_know_is_told_so_sensor_by_sensor(tmp_path: Path):
    async with at_work(tmp_path) as bench:
        bench.offer(payload(reading(), reading(at=1), reading("river", "water_level")), packet=1, gateway="gw-new")
        await bench.until_pubacks(1)
        ((_, ack),) = bench.acks
        assert ack.refused is not None
        assert ack.refused.reasons == {"unknown_gateway": 3}
        assert {row.sensor: row.readings for row in ack.refused.sensors} == {"air-market": 2, "river": 1}
