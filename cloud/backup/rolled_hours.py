"""The hours and minutes that stand for removed readings, as lines: from any store and into any.

{"admits_ms":…,"readings_ms":…}                                                        since when the store has what
{"place":{"sensor":"air-market","quantity":"pm10","hour_ms":…},"hour":{…},"minutes":[…]}        an hour of a series

Of a store that removed nothing there are none: its rollups are made anew of its readings.
"""

from collections.abc import AsyncIterator, Callable, Iterable
from itertools import islice
from typing import TypeVar

import msgspec

from cloud.backup.manifest import BackupError, ContentTally
from cloud.backup.tallies import RowTally
from cloud.readings.contract import ReadingsStore
from cloud.readings.retention import NEVER_MS, KeptFrom
from cloud.readings.rollups import HourRollup, Series, SeriesHour, hour_of
from wire.durations import DAY_MS

HOURS_A_WRITE = 500
PAGE_MS = 20 * DAY_MS
T = TypeVar("T")


async def dump_rolled(store: ReadingsStore, write: Callable[[bytes], None]) -> ContentTally:
    """Give all of it to `write`, as lines; StoreUnavailable where it fails.

    After the readings: what is removed of these meanwhile is among the hours.
    """
    kept, tally = await store.retention.kept(), RowTally()
    if kept.readings_ms == NEVER_MS:
        return tally.tally()
    write(msgspec.json.encode(kept) + b"\n")
    for series, first_ms in sorted((await store.retention.rolled()).items()):
        async for line in _lines(store, series, first_ms, kept.readings_ms):
            tally.add(line)
            write(line + b"\n")
    return tally.tally()


def tally_rolled(lines: Iterable[bytes]) -> ContentTally:
    """Tally the hours in `lines`."""
    tally = RowTally()
    for line in islice(lines, 1, None):
        tally.add(line.removesuffix(b"\n"))
    return tally.tally()


async def load_rolled(store: ReadingsStore, lines: Iterable[bytes]) -> None:
    """Keep the hours in `lines`, and then heed what they say was removed. StoreUnavailable, BackupError."""
    rest = iter(lines)
    for first in rest:
        kept = _decoded(first, KeptFrom)
        while chunk := [_decoded(line, HourRollup) for line in islice(rest, HOURS_A_WRITE)]:
            await store.rollups.write(chunk)
        await store.retention.note(kept)


async def _lines(store: ReadingsStore, series: Series, first_ms: int, end_ms: int) -> AsyncIterator[bytes]:
    for start_ms in range(hour_of(first_ms), end_ms, PAGE_MS):
        until_ms = min(start_ms + PAGE_MS, end_ms)
        held = await store.rollups.held(*series, start_ms, until_ms)
        minutes = iter(await store.rollups.minutes(*series, start_ms, until_ms)) if held.with_minutes else iter(())
        waiting = next(minutes, None)
        for hour_ms, hour in sorted(held.hours.items()):
            own = []
            while waiting is not None and hour_of(waiting.time_ms) <= hour_ms:
                own += [waiting] if hour_of(waiting.time_ms) == hour_ms and hour_ms in held.with_minutes else []
                waiting = next(minutes, None)
            yield _encoded(HourRollup(SeriesHour(*series, hour_ms), hour, own))


def _encoded(rollup: HourRollup) -> bytes:
    """The line of an hour, of any engine: InfluxDB gives 5 where SQLite gives 5.0."""
    return msgspec.json.encode(_decoded(msgspec.json.encode(rollup), HourRollup))


def _decoded(line: bytes, form: type[T]) -> T:
    try:
        return msgspec.json.decode(line, type=form)
    except msgspec.MsgspecError as error:
        raise BackupError(f"the backup's hours are damaged: {error}; use another") from None
