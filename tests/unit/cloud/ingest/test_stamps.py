"""A clock that is wrong moves no reading to where it cannot be, and a reading that comes again is moved by the same."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from cloud.core.reasons import Reason
from cloud.database.engine import Database
from cloud.ingest.offsets import Offsets
from cloud.ingest.pipeline import BatchDecoder
from cloud.ingest.stages.encode import PreparedWrite
from cloud.readings.blocks import Block
from cloud.readings.contract import EncodedWrite, RejectedPoint
from cloud.readings.sqlite import SqliteStore
from rules.marks import Mark
from tests.registries import registry_in
from tests.unit.cloud.alarms.town import Town, level
from tests.unit.cloud.examples import GATEWAY, STREAM, T0, Workshop, city
from wire import Clock, Reading, decode_batch, encode_batch

MINUTE = 60_000
AHEAD = 8 * MINUTE


def sent(*stamps_ms: int, first: int, clock: Clock = Clock.SYNCED, sensor: str = "air-market", **more: Any) -> bytes:
    """A batch with a reading at each stamp; the value is its seq."""
    readings = [
        Reading(sensor, "pm2_5", stamp_ms, float(first + number), clock) for number, stamp_ms in enumerate(stamps_ms)
    ]
    return encode_batch(STREAM, first, readings, **more)


def decoder(
    folder: Path, offsets: Offsets | None = None, is_undelayed: Callable[[], bool] = lambda: True
) -> BatchDecoder:
    return BatchDecoder(
        registry=city(), store=SeenStore(folder / "readings.db"), ahead_s=600, offsets=offsets,
        is_undelayed=is_undelayed,
    )  # fmt: skip


class SeenStore(SqliteStore):
    """A store of which the tests see what it encodes: (value, time in ms, marks), of all that came so far."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.seen: list[tuple[float, int, int]] = []

    def encode(self, blocks: Sequence[Block]) -> EncodedWrite:
        for block in blocks:
            for _, values in block.fields:
                self.seen.extend(zip(values, block.times_ms, [block.marks] * len(values), strict=True))
        return super().encode(blocks)


def stored(prepared: PreparedWrite) -> list[tuple[int, float, int]]:
    """(ms after T0, value, marks) of what is for the store, by value."""
    found = {(each.time_ms - T0, each.value, each.marks) for each in prepared.newest}
    return sorted(found, key=lambda each: each[1])


def times(opened: BatchDecoder, payload: bytes, *, at: int) -> list[tuple[int, int]]:
    """(ms after T0, marks) of the readings of a batch that arrives `at` ms after T0, in the order of their seq."""
    store = opened._encode._store
    assert isinstance(store, SeenStore)
    store.seen.clear()
    opened.prepare_dead_letter(payload, GATEWAY, arrived_ms=T0 + at)
    return [(time_ms - T0, marks) for _, time_ms, marks in sorted(store.seen)]


async def write_arrived(town: Town, payload: bytes, *, arrived_ms: int) -> None:
    """Write a batch of gw-daruba that arrived at `arrived_ms`."""
    await town.writer.write([town.decoder.prepare_dead_letter(payload, "gw-daruba", arrived_ms=arrived_ms)])


ESTIMATED = int(Mark.CLOCK_ESTIMATED)
UNKNOWN = int(Mark.CLOCK_UNKNOWN)
BACKFILL = int(Mark.BACKFILL)


def test_readings_that_are_ahead_get_the_time_of_their_arrival_and_a_mark(tmp_path: Path):
    found = times(decoder(tmp_path), sent(T0 + AHEAD, T0 + AHEAD + 1_000, first=1), at=1_500)
    assert found == [(500, ESTIMATED), (1_500, ESTIMATED)]


def test_a_stamp_that_agrees_with_its_arrival_stays_and_has_no_mark(tmp_path: Path):
    opened = decoder(tmp_path)
    assert times(opened, sent(T0, T0 + 1_000, first=1), at=1_500) == [(0, 0), (1_000, 0)]
    assert times(opened, sent(T0 - 3_600_000, first=3), at=2_000) == [(-3_600_000, 0)], "a queue held it up"


def test_once_the_clock_was_put_right_nothing_is_moved_any_more(tmp_path: Path):
    opened = decoder(tmp_path)
    times(opened, sent(T0 + AHEAD, first=1), at=0)
    assert times(opened, sent(T0 + 10_000, first=2), at=10_500) == [(10_000, 0)]
    assert times(opened, sent(T0 + AHEAD, first=3), at=AHEAD + 500) == [(AHEAD, 0)], "eight minutes later it is true"


def test_one_batch_that_the_clock_was_put_right_in_moves_only_what_is_ahead(tmp_path: Path):
    found = times(decoder(tmp_path), sent(T0 + AHEAD, T0 + AHEAD + 1_000, T0 + 2_000, first=1), at=2_500)
    assert found == [(1_500, ESTIMATED), (2_500, ESTIMATED), (2_000, 0)]


@pytest.mark.parametrize("believed_ms", [0, 5_000, T0 + AHEAD, T0 + 10 * 365 * 86_400_000])
async def test_a_reading_that_comes_again_is_moved_by_the_same_whenever_it_does(tmp_path: Path, believed_ms: int):
    database = Database(registry_in(tmp_path))
    await database.open()
    offsets = Offsets(database)
    payload = sent(believed_ms, believed_ms + 1_000, first=41)
    first = times(decoder(tmp_path, offsets), payload, at=1_200)
    await offsets.save()
    after_a_restart = Offsets(database)
    await database.run(after_a_restart.load)
    assert times(decoder(tmp_path, after_a_restart), payload, at=AHEAD + 7_000) == first
    assert times(decoder(tmp_path, after_a_restart), payload, at=86_400_000) == first
    cut = [sent(believed_ms, first=41), sent(believed_ms + 1_000, first=42)]
    again = [times(decoder(tmp_path, after_a_restart), part, at=86_400_000)[0] for part in cut]
    assert again == first
    await database.close()


async def test_an_offset_is_in_the_database_before_the_first_reading_is_in_the_store(tmp_path: Path):
    async with Workshop(tmp_path) as workshop:
        prepared = workshop.decoder.prepare(sent(0, first=1), GATEWAY)
        kept_when_written: list[int] = []
        write = workshop.store.write

        async def watched(writes: Sequence) -> object:
            held = Offsets(workshop.database)
            await workshop.database.run(held.load)
            kept_when_written.append(len(held.of(GATEWAY, STREAM)))
            return await write(writes)

        workshop.store.write = watched  # type: ignore[assignment]
        await workshop.writer.write([prepared])
        assert kept_when_written == [1]


def test_a_device_that_believes_in_1970_keeps_its_steps_and_goes_on_after_its_own_restart(tmp_path: Path):
    opened = decoder(tmp_path)
    assert times(opened, sent(60_000, 120_000, first=1), at=121_000) == [(61_000, ESTIMATED), (121_000, ESTIMATED)]
    assert times(opened, sent(180_000, first=3), at=181_000) == [(181_000, ESTIMATED)]
    assert times(opened, sent(1_000, first=4), at=400_000) == [(400_000, ESTIMATED)], "it was switched off between"


def test_a_backlog_of_a_clock_in_1970_is_refused_until_something_says_what_it_was_worth(tmp_path: Path):
    opened = decoder(tmp_path)
    backlog = sent(60_000, first=1, backfill=True)
    (refusal,) = opened.prepare_dead_letter(backlog, GATEWAY, arrived_ms=T0).rejections
    assert refusal.reason == Reason.TIME_TOO_EARLY
    times(opened, sent(120_000, first=2), at=0)
    mended = opened.prepare_dead_letter(refusal.raw, GATEWAY, arrived_ms=T0 + MINUTE)
    assert not mended.rejections
    assert stored(mended) == [(-60_000, 1.0, ESTIMATED | BACKFILL)]


async def test_a_dead_letter_of_1970_is_mended_by_when_it_came(tmp_path: Path):
    async with Workshop(tmp_path) as workshop:
        old = workshop.decoder.reject_whole(workshop.decoder.prepare(sent(9_000, first=1), GATEWAY), ValueError("x"))
        await workshop.writer.write([old])
        (letter,) = await workshop.dead_letters.page()
        prepared = decoder(tmp_path).prepare_dead_letter(letter.raw, GATEWAY, arrived_ms=letter.time_ms)
        assert [each.time_ms for each in prepared.newest] == [letter.time_ms]


def test_a_gateway_without_ntp_whose_clock_agrees_is_as_good_as_synced(tmp_path: Path):
    opened = decoder(tmp_path)
    assert times(opened, sent(T0, first=1, clock=Clock.UNKNOWN), at=800) == [(0, 0)]
    backlog = sent(T0 - 3_600_000, first=2, clock=Clock.UNKNOWN, backfill=True)
    assert times(opened, backlog, at=1_000) == [(-3_600_000, BACKFILL)], "the same clock, in the same boot"


def test_a_gateway_that_does_not_know_the_time_is_moved_as_a_whole_its_backlog_too(tmp_path: Path):
    opened, behind = decoder(tmp_path), 3 * 86_400_000
    live = sent(T0 - behind, first=10, clock=Clock.UNKNOWN)
    assert times(opened, live, at=0) == [(0, ESTIMATED)]
    backlog = sent(T0 - behind - MINUTE, first=1, clock=Clock.UNKNOWN, backfill=True)
    assert times(opened, backlog, at=100) == [(-MINUTE, ESTIMATED | BACKFILL)]
    later = sent(T0 - behind + MINUTE, first=11, clock=Clock.UNKNOWN)
    assert times(opened, later, at=MINUTE + 5_000) == [(MINUTE, ESTIMATED)], "and by the same, however long it took"


def test_a_backlog_of_an_unknown_clock_that_nothing_is_known_of_keeps_what_the_gateway_says(tmp_path: Path):
    backlog = sent(T0 - MINUTE, first=1, clock=Clock.UNKNOWN, backfill=True)
    assert times(decoder(tmp_path), backlog, at=0) == [(-MINUTE, UNKNOWN | BACKFILL)]


def test_an_unknown_clock_that_was_put_right_unnoticed_is_believed_again(tmp_path: Path):
    opened = decoder(tmp_path)
    ahead = sent(T0 + AHEAD, first=1, clock=Clock.UNKNOWN)
    assert times(opened, ahead, at=0) == [(0, ESTIMATED)]
    assert times(opened, sent(T0 + 1_000, first=2, clock=Clock.UNKNOWN), at=1_200) == [(1_000, 0)]
    assert times(opened, ahead, at=5_000) == [(0, ESTIMATED)]


def test_what_a_queue_may_have_held_up_says_nothing_of_a_clock_yet(tmp_path: Path):
    is_undelayed: list[bool] = []
    opened = decoder(tmp_path, is_undelayed=lambda: bool(is_undelayed))
    queued = sent(T0 - 10 * MINUTE, first=1, clock=Clock.UNKNOWN)
    assert times(opened, queued, at=0) == [(-10 * MINUTE, UNKNOWN)]
    is_undelayed.append(True)
    assert times(opened, queued, at=20_000) == [(-10 * MINUTE, UNKNOWN)], "the same again"
    assert times(opened, sent(T0 + 30_000, first=2, clock=Clock.UNKNOWN), at=30_500) == [(30_000, 0)]


def test_what_is_refused_is_kept_as_it_was_sent(tmp_path: Path):
    readings = [Reading("nobody", "pm2_5", 5_000, 1.0), Reading("air-market", "pm2_5", 5_000, -7.0)]
    prepared = decoder(tmp_path).prepare_dead_letter(encode_batch(STREAM, 1, readings), GATEWAY, arrived_ms=T0)
    assert [each.time_ms for refusal in prepared.rejections for each in decode_batch(refusal.raw).readings()] == [
        5_000
    ] * 2


def test_what_the_store_rejects_of_corrected_readings_is_kept_as_it_was_sent(tmp_path: Path):
    opened = decoder(tmp_path)
    prepared = opened.prepare_dead_letter(sent(5_000, 6_000, first=1), GATEWAY, arrived_ms=T0)
    after = opened.without(prepared, [RejectedPoint(0, 1, "too odd")])
    (refusal,) = after.rejections
    assert [each.time_ms for each in decode_batch(refusal.raw).readings()] == [6_000]
    assert stored(after) == [(-1_000, 1.0, ESTIMATED)]


async def test_a_rise_after_a_clock_was_put_right_pages_and_nothing_newest_is_in_the_future(tmp_path: Path):
    async with Town(tmp_path) as town:
        await town.rule()
        seq = 1
        for second in range(0, 100, 10):
            payload = encode_batch("ahead", seq, [level(109, at=second + 480)])
            await town.writer.write(
                [town.decoder.prepare_dead_letter(payload, "gw-daruba", arrived_ms=T0 + second * 1_000)]
            )
            seq += 1
        (newest,) = town.newest.sensor("river")
        assert newest.time_ms == T0 + 90_000
        for second, value in ((100, 110), (110, 200), (120, 300), (130, 400)):
            town.now_ms = T0 + second * 1_000
            payload = encode_batch("ahead", seq, [level(value, at=second)])
            await write_arrived(town, payload, arrived_ms=town.now_ms)
            seq += 1
        (alarm,) = await town.alarms()
        assert (alarm.level_name, alarm.late) == ("Siaga 2", False)


async def test_an_extreme_level_with_ntp_blocked_raises_under_the_default_rejections(tmp_path: Path):
    async with Town(tmp_path) as town:
        await town.rule(levels=[{"name": "Siaga 1", "severity": "extreme", "limit": 320.0}])
        for at, value in ((0, 300), (60, 330)):
            unsure = Reading("river", "water_level", T0 + at * 1_000, value, Clock.UNKNOWN)
            payload = encode_batch("blocked", at // 60 + 1, [unsure])
            town.now_ms = T0 + at * 1_000
            await town.writer.write(
                [town.decoder.prepare_dead_letter(payload, "gw-daruba", arrived_ms=town.now_ms + 300)]
            )
        (alarm,) = await town.alarms()
        assert (alarm.level_name, alarm.value) == ("Siaga 1", 330)
