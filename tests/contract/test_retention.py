"""What is removed leaves rollups that say what its readings said; what comes too late is refused: in both engines.

dense    ████████  each 5 s     readings go once they are too old; minutes and hours stand for them
sparse   █ █ █ █   each minute  readings stand for their minutes, and go with these
"""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NamedTuple

import pytest
from msgspec.structs import replace

from cloud.backup.readings_lines import dump_readings, load_readings
from cloud.backup.rolled_hours import dump_rolled, load_rolled, tally_rolled
from cloud.core.health import Condition
from cloud.readings.bucket_history import buckets_of, kept_of
from cloud.readings.buckets import TimeBucket
from cloud.readings.contract import ReadingsStore, StoreUnavailable, Verdict
from cloud.readings.removal import Removal, Removed
from cloud.readings.retention import LOOKBACK_MS, Keep
from cloud.readings.roller import Roller
from cloud.readings.rollups import HourRollup, SeriesHour
from rules.marks import Mark
from tests.contract.test_readings_store import influx  # noqa: F401
from tests.contract.test_rollups import block, engine, no_sleep, opened, url, write  # noqa: F401
from wire import BUILT_IN
from wire.durations import DAY_MS, HOUR_MS, MINUTE_MS

MONDAY_MS = 1_763_942_400_000
OLD = (MONDAY_MS, MONDAY_MS + 2 * HOUR_MS)
"""When readings of long ago were taken, in one shard; some more in the next one."""
NEXT = (MONDAY_MS + 8 * DAY_MS, MONDAY_MS + 8 * DAY_MS + HOUR_MS)
NOW_MS = MONDAY_MS + 150 * DAY_MS
KEEP = Keep(readings_ms=50 * DAY_MS)
HOURS_ALONE = Keep(readings_ms=50 * DAY_MS, minutes_ms=50 * DAY_MS)
DENSE, SPARSE = "dense", "it's sparse"


class Seen(NamedTuple):
    """What charts show of a sensor's old readings."""

    hours: Sequence[TimeBucket]
    minutes: Sequence[TimeBucket]
    part: Sequence[TimeBucket]


class City:
    """A store with old and new readings, all rolled up."""

    def __init__(self, store: ReadingsStore) -> None:
        self.store, self.now_ms, self.told = store, NOW_MS, list[Removed]()
        self.roller = Roller(store, clock=lambda: self.now_ms, sleep=no_sleep)
        self.takes_in = True

    async def fill(self) -> None:
        for sensor, step_ms in ((DENSE, 5_000), (SPARSE, MINUTE_MS)):
            for start_ms, end_ms in (OLD, NEXT):
                times_ms = list(range(start_ms, end_ms, step_ms))
                await write(self.store, block(times_ms, [time_ms % 7_001 / 10 for time_ms in times_ms], sensor=sensor))
            await write(self.store, block([NOW_MS - HOUR_MS], [1.0], sensor=sensor))
        await self.store.write_verdicts([Verdict(DENSE, "pm10", OLD[0] + MINUTE_MS, int(Mark.SPIKE))])
        await self.roll()

    async def roll(self) -> None:
        await self.roller.once()
        while self.roller.has_past:
            await self.roller.fill()

    def removal(self, keep: Keep) -> Removal:
        async def on_removed(removed: Removed) -> bool:
            if self.takes_in:
                self.told.append(removed)
            return self.takes_in

        return Removal(
            self.store, keep, self.roller, clock=lambda: self.now_ms, sleep=no_sleep, timer=lambda: 0.0,
            on_removed=on_removed,
        )  # fmt: skip

    async def seen(self, sensor: str) -> Seen:
        async def asked(start_ms: int, end_ms: int, step_ms: int) -> list[TimeBucket]:
            return await buckets_of(self.store, sensor, "pm10", start_ms=start_ms, end_ms=end_ms, step_ms=step_ms)

        return Seen(
            await asked(OLD[0], NEXT[1], HOUR_MS),
            await asked(OLD[0], NEXT[1], MINUTE_MS),
            await asked(OLD[0] + 10 * MINUTE_MS, OLD[0] + 20 * MINUTE_MS, MINUTE_MS),
        )

    async def count(self, sensor: str) -> int:
        return await self.store.count(sensor, "pm10")


@pytest.fixture
async def city(engine: str, url: str, tmp_path: Path) -> AsyncIterator[City]:  # noqa: F811
    async with made(engine, url, tmp_path) as found:
        yield found


@asynccontextmanager
async def made(engine: str, url: str, folder: Path) -> AsyncIterator[City]:  # noqa: F811
    async with opened(engine, url, folder, lambda: NOW_MS) as store:
        found = City(store)
        await found.fill()
        yield found


async def removed(city: City, keep: Keep) -> Removal:
    removal = city.removal(keep)
    await removal.once()  # the limit
    await removal.once()
    return removal


async def test_what_is_kept_of_removed_readings_says_what_they_said(city: City):
    dense, sparse = await city.seen(DENSE), await city.seen(SPARSE)
    removal = await removed(city, KEEP)
    assert (await city.count(DENSE), await city.count(SPARSE)) == (1, 181)
    assert (await city.seen(DENSE), await city.seen(SPARSE)) == (dense, sparse)
    assert removal.component().status is Condition.OK
    (told,) = city.told
    assert (told.readings, told.kept) == (2_160, await kept_of(city.store))
    assert not [verdict async for page in city.store.read_verdicts() for verdict in page]


async def test_readings_of_sparse_hours_go_with_the_minutes(city: City):
    before = await city.seen(SPARSE), await city.seen(DENSE)
    await removed(city, HOURS_ALONE)
    assert (await city.count(DENSE), await city.count(SPARSE)) == (1, 1)
    for sensor, (hours, _, _) in zip((SPARSE, DENSE), before, strict=True):
        seen = await city.seen(sensor)
        assert seen.hours == seen.minutes == hours
        assert seen.part == hours[:1]  # the hour in which it lies, and no gap
    assert not await city.store.rollups.minutes(DENSE, "pm10", OLD[0], NEXT[1])


async def test_hours_go_at_last(city: City):
    await removed(city, Keep(50 * DAY_MS, 50 * DAY_MS, 50 * DAY_MS))
    assert await city.seen(DENSE) == ([], [], [])
    kept = await kept_of(city.store)
    assert kept.readings_ms == kept.minutes_ms == kept.hours_ms == city.store.retention.whole_ms(kept.hours_ms)


async def test_the_newest_reading_of_a_series_stays(city: City):
    await write(city.store, block([OLD[0] + MINUTE_MS], [7.0], sensor="retired"))
    await city.roll()
    await removed(city, HOURS_ALONE)
    assert {each.sensor: each.time_ms for each in await city.store.newest()}["retired"] == OLD[0] + MINUTE_MS


async def test_what_is_too_old_is_refused_point_by_point(city: City):
    await city.removal(KEEP).once()
    admits_ms = (await kept_of(city.store)).admits_ms
    assert admits_ms == NOW_MS - HOUR_MS - KEEP.readings_ms - (NOW_MS - HOUR_MS - KEEP.readings_ms) % DAY_MS  # type: ignore[operator]
    times_ms = [admits_ms - 1, admits_ms, OLD[0] + 1]
    result = await city.store.write(
        [city.store.encode([block([NOW_MS], [0.0])]), city.store.encode([block(times_ms, [1.0, 2.0, 3.0])])]
    )
    assert [(each.write, each.point) for each in result.rejected] == [(1, 0), (1, 2)]
    assert "store.keep_readings" in result.rejected[0].reason
    found = await city.store.history("air", "pm10", start_ms=0, end_ms=NOW_MS + 1)
    assert [(point.time_ms, point.value) for point in found] == [(admits_ms, 2.0), (NOW_MS, 0.0)]
    assert len((await write(city.store, block([OLD[0] + 1], [1.0]))).rejected) == 1


async def test_verdicts_on_what_is_too_old_change_nothing(city: City):
    before = await city.seen(DENSE)
    await removed(city, KEEP)
    await city.store.write_verdicts([Verdict(DENSE, "pm10", OLD[0], int(Mark.SPIKE))])
    assert not await city.store.rollups.due()
    assert await city.seen(DENSE) == before


@pytest.mark.parametrize(
    "told",
    [
        pytest.param(lambda _right: None, id="nothing"),
        pytest.param(lambda right: replace(right, max=right.max + 0.1), id="another value"),
        pytest.param(lambda right: replace(right, count=right.count - 1), id="fewer readings"),
    ],
)
async def test_nothing_goes_whose_rollup_says_something_else(
    city: City, told: Callable[[TimeBucket], TimeBucket | None]
):
    place, before = SeriesHour(DENSE, "pm10", OLD[0]), await city.seen(DENSE)
    right = (await city.store.rollups.held(DENSE, "pm10", *OLD)).hours[OLD[0]]
    minutes = [each for each in before.minutes if OLD[0] <= each.time_ms < OLD[0] + HOUR_MS]
    await city.store.rollups.write([HourRollup(place, told(right), minutes)])
    removal = await removed(city, KEEP)
    assert await city.count(DENSE) == 2_161
    component = removal.component()
    assert component.status is Condition.DEGRADED
    assert f"of {DENSE} pm10" in component.detail
    await removal.once()
    assert await city.count(DENSE) == 1
    assert removal.component().status is Condition.OK
    assert await city.seen(DENSE) == before


async def test_a_hour_that_was_asked_for_anew_stays_until_it_is_made(city: City):
    await write(city.store, block([NEXT[0] + 1], [99.0], sensor=DENSE))
    await removed(city, KEEP)
    due_ms = city.store.retention.whole_ms(NEXT[0])
    assert (await kept_of(city.store)).readings_ms == due_ms
    assert await city.count(DENSE) == 2_162 - (1_440 if due_ms >= OLD[1] else 0)


@pytest.mark.parametrize("is_same", [False, True], ids=["next process", "next pass"])
async def test_a_removal_that_was_broken_off_is_finished(city: City, monkeypatch: pytest.MonkeyPatch, is_same: bool):
    removal = city.removal(KEEP)
    await removal.once()
    before = await city.seen(DENSE)
    remove = type(city.store.retention).remove_readings

    async def half(self: object, series: object, start_ms: int, _end_ms: int) -> None:
        await remove(self, series, start_ms, start_ms + 90 * MINUTE_MS)  # type: ignore[arg-type]
        raise StoreUnavailable("killed")

    with monkeypatch.context() as dying:
        dying.setattr(type(city.store.retention), "remove_readings", half)
        with pytest.raises(StoreUnavailable):
            await removal.once()
    assert await city.count(DENSE) == 2_161 - 1_080
    await (removal if is_same else city.removal(KEEP)).once()
    assert await city.count(DENSE) == 1
    assert await city.seen(DENSE) == before


async def test_what_could_not_be_journaled_is_told_with_the_next_pass(city: City):
    city.takes_in = False
    removal = await removed(city, KEEP)
    city.takes_in = True
    await removal.once()
    await removal.once()
    assert [each.readings for each in city.told] == [2_160]


async def test_rolling_again_from_the_beginning_leaves_removed_hours_alone(city: City):
    before = await city.seen(DENSE)
    await removed(city, KEEP)
    city.now_ms = OLD[0] + HOUR_MS
    await city.roller.once()
    city.now_ms = NOW_MS
    await city.roll()
    assert await city.seen(DENSE) == before


@pytest.mark.parametrize("into", ["sqlite", "influxdb"])
async def test_a_backup_has_what_stands_for_removed_readings(city: City, url: str, tmp_path: Path, into: str):  # noqa: F811
    before = await city.seen(DENSE), await city.seen(SPARSE)
    await removed(city, KEEP)
    readings, rolled = list[bytes](), list[bytes]()
    await dump_readings(city.store, readings.append, BUILT_IN)
    tally = await dump_rolled(city.store, rolled.append)
    assert tally == tally_rolled(rolled)
    assert tally.count == 6
    async with opened(into, url, tmp_path, lambda: NOW_MS) as store:
        assert not await load_readings(store, b"".join(readings).splitlines(keepends=True))
        await load_rolled(store, rolled)
        assert await dump_rolled(store, lambda _line: None) == tally
        other = City(store)
        await other.roll()
        assert (await other.seen(DENSE), await other.seen(SPARSE)) == before
        assert len((await write(store, block([OLD[0] + 1], [1.0]))).rejected) == 1


async def test_a_store_of_which_nothing_was_removed_has_nothing_to_back_up_of_it(city: City):
    written = list[bytes]()
    assert (await dump_rolled(city.store, written.append)).count == len(written) == 0


def test_the_limit_is_far_from_what_is_removed():
    assert LOOKBACK_MS >= 63 * DAY_MS  # what is computed of a reading reaches nine weeks back
