"""Takes a snapshot of the platform for each tick, shared by all open pages: ten screens ask no more than one.

alarms each tick, dead letters and maintenance windows every 5 s  ─►  Snapshot(now_ms=…, health=…, …)
"""

import asyncio
import contextlib
import time
from collections import defaultdict, deque
from collections.abc import Mapping

from cloud.alarms.records import Alarm, AlarmFilter, Maintenance
from cloud.console.view_models.snapshot import Snapshot
from cloud.database.engine import DatabaseUnavailable
from cloud.ingest.dead_letter_records import DeadLetter, Discarded
from cloud.platform import Platform
from cloud.readings.contract import StoredReading
from runtime.clock import boot_ms, wall_ms

TICK_S = 1.0
DEAD_LETTERS_EVERY_MS = 5_000
"""Dead letters and maintenance windows are asked of the database less often than alarms."""
DEAD_LETTERS_SHOWN = 20
ALARMS_HELD = 1_000
"""Open alarms that are taken into a snapshot, the newest first."""
RATE_WINDOW_MS = 60_000
_RATE_AFTER_MS = 5_000  # before that a rate means nothing


class Snapshots:
    """Takes one when it is asked for and the last is older than a tick; nothing is asked while no page is open."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._last: Snapshot | None = None
        self._made_s = 0.0
        self._taking = asyncio.Lock()
        self._dead_letters: tuple[tuple[DeadLetter, ...], int] = ((), 0)
        self._discarded: tuple[Discarded, ...] = ()
        self._dead_letters_ms = -DEAD_LETTERS_EVERY_MS  # on the clock of the machine's boot: at once
        self._alarms: tuple[Alarm, ...] = ()
        self._windows: tuple[Maintenance, ...] = ()
        self._rates = Rates()

    async def current(self) -> Snapshot:
        """The snapshot of this tick."""
        async with self._taking:
            if self._last is None or time.monotonic() - self._made_s >= TICK_S * 0.9:
                self._last = await self._new_snapshot(wall_ms())
                self._made_s = time.monotonic()
            return self._last

    def refresh(self) -> None:
        """Forget what is remembered of dead letters, alarms and windows: one of them has just changed."""
        self._dead_letters_ms, self._made_s = -DEAD_LETTERS_EVERY_MS, 0.0

    async def _new_snapshot(self, now_ms: int) -> Snapshot:
        platform, registry = self._platform, self._platform.registry
        if boot_ms() - self._dead_letters_ms >= DEAD_LETTERS_EVERY_MS:
            await self._read_dead_letters()
            self._dead_letters_ms = boot_ms()
        await self._read_alarms()
        gateways = tuple(registry.gateways())
        return Snapshot(
            now_ms=now_ms,
            health=platform.health(now_ms),
            sites=tuple(registry.sites()),
            sensors=tuple(registry.sensors()),
            gateways=gateways,
            readings=_by_sensor(platform.newest.latest()),
            statuses={gateway.id: platform.statuses.status(gateway.id) for gateway in gateways},
            accounts={gateway.id: platform.accounts.account(gateway.id) for gateway in gateways},
            dead_letters=self._dead_letters[0],
            open_dead_letters=self._dead_letters[1],
            per_minute=self._rates.after(boot_ms(), platform.metrics.stored_by_domain()),
            alarms=self._alarms,
            windows=self._windows,
            refused=platform.refused(),
            discarded=self._discarded,
            clocks=platform.wrong_clocks(),
            quantities=registry.quantities,
            limited=platform.limited.current(),
            shared_ids=frozenset(gateway.id for gateway in gateways if platform.statuses.are_two(gateway.id)),
        )

    async def _read_dead_letters(self) -> None:
        # health reports a database that does not answer; the page goes on with the dead letters it knows
        with contextlib.suppress(DatabaseUnavailable):
            dead_letters = await self._platform.dead_letters.page(limit=DEAD_LETTERS_SHOWN, raw_bytes=0)
            self._dead_letters = tuple(dead_letters), await self._platform.dead_letters.count()
            self._discarded = tuple(await self._platform.dead_letters.discarded())
            self._windows = tuple(await self._platform.maintenance.windows())

    async def _read_alarms(self) -> None:
        # an alarm that was open stays on the screen while the database does not answer
        with contextlib.suppress(DatabaseUnavailable):
            self._alarms = tuple(await self._platform.alarm_service.alarms(AlarmFilter(open=True, limit=ALARMS_HELD)))


class Rates:
    """Readings a minute from counters that only grow, over the last minute."""

    def __init__(self) -> None:
        self._seen: deque[tuple[int, Mapping[str, float]]] = deque()

    def after(self, now_ms: int, totals: Mapping[str, float]) -> dict[str, float]:
        """Take the counters at `now_ms`, on a clock that does not step, and say how much each grew in a minute."""
        self._seen.append((now_ms, totals))
        while len(self._seen) > 1 and self._seen[1][0] <= now_ms - RATE_WINDOW_MS:
            self._seen.popleft()
        since_ms, before = self._seen[0]
        elapsed_ms = now_ms - since_ms
        if elapsed_ms < _RATE_AFTER_MS:
            return {}
        return {
            domain: max(0.0, total - before.get(domain, 0.0)) * 60_000 / elapsed_ms for domain, total in totals.items()
        }


def _by_sensor(readings: list[StoredReading]) -> dict[str, tuple[StoredReading, ...]]:
    grouped: dict[str, list[StoredReading]] = defaultdict(list)
    for reading in readings:
        grouped[reading.sensor].append(reading)
    return {sensor: tuple(of_sensor) for sensor, of_sensor in grouped.items()}
