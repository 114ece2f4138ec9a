"""Batches within the wire's limits, acks that are none, and what happens to a batch on its way."""

import asyncio
import logging
import random
import string
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from edge.link.fitting import encode_within_limits
from edge.settings import UplinkSettings
from edge.spool.file import SpoolFile
from edge.spool.limits import Limits
from edge.spool.losses import SPOOL_FULL
from edge.spool.spans import SeqRange
from edge.spool.spool import Spool
from edge.spool.spooler import Spooler
from edge.spool.write_batch import Origin
from edge.uplink import Uplink
from runtime.mqtt_connection import MORE_THAN_A_PUBACK, Message
from wire import Ack, Batch, Lost, Reading, decode_batch, encode_ack
from wire.ack import MAX_ACK_BYTES
from wire.batch import MAX_BATCH_BYTES


class Link:
    """A session that writes down what it is given; with a real spool behind the uplink."""

    def __init__(self, folder: Path) -> None:
        self.connected = True
        self.sent: list[Batch] = []
        self.acknowledged = 0
        self.wakes_for = 1
        self.waiting: list[bytes] = []
        spool = Spool(Origin("now", "boot", 0), Limits(max_bytes=2**30, min_free_bytes=0, fsync_s=60.0))
        self.spooler = Spooler(spool, SpoolFile(folder / "spool.db"), on_change=lambda: self.uplink.nudge())
        self.uplink = Uplink(self.spooler, UplinkSettings(ack_timeout_s=60.0, batch_readings=5), gateway="gw-1")
        self.uplink.connect(self)  # type: ignore[arg-type]

    def publish(self, topic: str, payload: bytes) -> bool:
        if self.connected:
            self.sent.append(decode_batch(payload))
        return self.connected

    def acknowledge(self, _message: Message) -> None:
        self.acknowledged += 1

    def wake_for(self, size: int) -> None:
        self.wakes_for = size

    def read_waiting(self) -> None:
        waiting, self.waiting = self.waiting, []
        for payload in waiting:
            self.receive(payload)

    def receive(self, payload: bytes) -> None:
        self.uplink.on_ack_message(Message("siaga/v1/00/gw-1/ack", payload, False, False, 1, 1, 1))

    def append(self, count: int) -> None:
        self.spooler.append([Reading("air-1", "co2", seq, float(seq)) for seq in range(count)])

    def ranges(self) -> list[tuple[int, int, bool]]:
        return [(batch.first, batch.last, batch.backfill) for batch in self.sent]


@pytest.fixture
async def link(tmp_path: Path) -> AsyncIterator[Link]:
    link = Link(tmp_path)
    await link.spooler.start()
    yield link
    await link.uplink.stop()
    await link.spooler.stop()


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0.005)


async def test_readings_are_sent_at_once_and_forgotten_when_they_are_acknowledged(link: Link):
    link.append(7)
    await until(lambda: len(link.sent) == 2)
    assert link.ranges() == [(1, 5, False), (6, 7, False)]
    link.receive(encode_ack(Ack("now", 1, 7)))
    assert link.spooler.spool.ledger.depth == 0
    assert link.acknowledged == 1


async def test_what_was_in_flight_is_sent_again_as_the_same_batches_on_a_new_connection(link: Link):
    link.append(7)
    await until(lambda: len(link.sent) == 2)
    link.receive(encode_ack(Ack("now", 6, 7)))
    link.uplink.reconnected()
    await until(lambda: len(link.sent) == 3)
    assert link.ranges()[2] == (1, 5, True)


async def test_an_ack_after_an_outage_sends_at_once_what_was_sent_into_it(link: Link):
    link.append(12)
    await until(lambda: len(link.sent) == 3)
    for span in link.uplink._window.overdue(now_s=float("inf")):
        link.spooler.spool.ledger.requeue(span.span, tries=9, due_s=1e9)
    link.receive(encode_ack(Ack("now", 11, 12)))
    await until(lambda: link.ranges()[3:] == [(1, 5, True), (6, 10, True)])


async def test_nothing_is_sent_without_a_connection_and_nothing_is_lost_by_it(link: Link):
    link.connected = False
    link.append(3)
    await until(lambda: link.spooler.spool.committed_last == 3)
    assert link.sent == []
    link.connected = True
    link.uplink.reconnected()
    await until(lambda: link.ranges() == [(1, 3, False)])


async def test_losses_ride_on_a_batch_of_their_own_until_its_ack(link: Link):
    link.spooler.spool.losses.declare(SeqRange("former", 1, 9), SPOOL_FULL)
    link.uplink.nudge()
    await until(lambda: len(link.sent) == 1)
    assert (link.ranges(), link.sent[0].lost) == ([(1, 0, True)], (Lost("former", 1, 9, SPOOL_FULL),))
    link.receive(encode_ack(Ack("now", 1, 0)))
    assert not link.spooler.spool.losses


async def test_the_time_in_an_ack_counts_for_what_was_sent_once(link: Link):
    heard: list[tuple[int, float]] = []
    link.uplink._on_time = lambda time_ms, took_s: heard.append((time_ms, took_s))
    link.append(12)
    await until(lambda: len(link.sent) == 3)
    link.receive(encode_ack(Ack("now", 1, 5)))
    link.receive(encode_ack(Ack("now", 6, 10, time_ms=7)))
    assert [(time_ms, 0 <= took_s < 20) for time_ms, took_s in heard] == [(7, True)]
    link.uplink.reconnected()
    await until(lambda: len(link.sent) == 4)
    link.receive(encode_ack(Ack("now", 11, 12, time_ms=8)))  # an answer to the first sending, perhaps
    assert link.spooler.spool.ledger.depth == 0
    assert len(heard) == 1


@pytest.mark.parametrize("payload", [b"", b"{}", b'{"stream":"now","first":5,"last":1}', b"\xff" * 2_000])
async def test_an_ack_that_is_none_is_ignored_in_one_line(link: Link, payload: bytes, caplog: pytest.LogCaptureFixture):
    link.append(3)
    link.receive(payload)
    assert link.spooler.spool.ledger.depth == 3
    assert link.acknowledged == 1
    assert [record.levelname for record in caplog.records if record.name == "edge.uplink"] == ["WARNING"]


async def test_an_ack_of_an_unknown_stream_is_ignored_and_said_once(link: Link, caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.INFO)
    link.append(3)
    await until(lambda: len(link.sent) == 1)
    for _ in range(3):
        link.receive(encode_ack(Ack("stranger", 1, 3)))
    assert link.spooler.spool.ledger.depth == 3
    assert sum("stranger" in record.getMessage() for record in caplog.records) == 1


def test_a_batch_holds_all_readings_where_the_wire_carries_them():
    readings = [Reading("air-1", "co2", seq, float(seq)) for seq in range(500)]
    payload, count = encode_within_limits(SeqRange("s", 1, 500), readings, backfill=True, lost=())
    assert count == 500
    assert decode_batch(payload).backfill


def test_a_batch_larger_than_the_wire_carries_is_cut():
    chance = random.Random(1)
    name = lambda: "".join(chance.choices(string.ascii_lowercase + string.digits, k=64))  # noqa: E731
    readings = [Reading(name(), name(), seq, chance.random()) for seq in range(5_000)]
    payload, count = encode_within_limits(SeqRange("s", 1, 5_000), readings, backfill=False, lost=())
    assert len(payload) <= MAX_BATCH_BYTES
    assert 1_000 < count < 5_000
    assert decode_batch(payload).last == count


def test_many_readings_that_inflate_too_far_are_cut():
    readings = [Reading(f"{seq:064d}", "q" * 64, seq, 0.0) for seq in range(18_000)]
    payload, count = encode_within_limits(SeqRange("s", 1, 18_000), readings, backfill=False, lost=())
    assert count < 18_000
    assert decode_batch(payload).last == count


async def test_while_nothing_waits_to_be_sent_acks_wait_in_the_socket_and_are_read_with_what_is_sent_next(link: Link):
    link.uplink.reconnected()
    assert link.wakes_for == MORE_THAN_A_PUBACK
    link.append(2)
    await until(lambda: len(link.sent) == 1 and link.wakes_for > MAX_ACK_BYTES)
    link.waiting.append(encode_ack(Ack("now", 1, 2)))
    assert link.spooler.spool.ledger.depth == 2
    link.append(2)
    await until(lambda: link.waiting == [] and len(link.sent) == 2)
    assert link.spooler.spool.ledger.depth == 2
    link.waiting.append(encode_ack(Ack("now", 3, 4)))
    await until(lambda: link.spooler.spool.ledger.depth == 0)


async def test_while_readings_wait_for_an_ack_it_wakes_up(link: Link):
    for size in range(1, UplinkSettings().window + 1):
        link.append(5)
        await until(lambda size=size: len(link.sent) == size)  # type: ignore[misc]
    link.append(5)
    await until(lambda: link.wakes_for == MORE_THAN_A_PUBACK)


async def test_acks_that_wait_are_read_before_the_end(link: Link):
    link.append(2)
    await until(lambda: len(link.sent) == 1 and link.wakes_for > MAX_ACK_BYTES)
    link.waiting.append(encode_ack(Ack("now", 1, 2)))
    await link.uplink.stop()
    assert link.spooler.spool.ledger.depth == 0
