"""One picture of the platform for each tick, shared by all open pages: ten screens ask no more than one.

Snapshot(now_ms=…, health=…, readings={"air-market": (…)}, statuses={…}, accounts={…}, letters=(…), per_minute={…})
"""

import asyncio
import contextlib
import time
from collections import defaultdict, deque
from collections.abc import Mapping

import msgspec

from cloud.alarms.records import Alarm, AlarmFilter, Maintenance
from cloud.core.health import Health
from cloud.database.engine import DatabaseUnavailable
from cloud.gateways.accounting import Account
from cloud.ingest.dead_letters import DeadLetter, Discarded
from cloud.ingest.fleet_clock import WrongClock
from cloud.platform import Platform
from cloud.readings.contract import StoredReading
from cloud.registry.records import Gateway, Sensor, Site
from cloud.rulebook.visibility import foreign_sensors, naming_none_of, whole_gateways
from runtime.clock import boot_ms, wall_ms
from wire import Domain, Status

TICK_S = 1.0
LETTERS_EVERY_MS = 5_000
"""Dead letters and maintenance windows are asked of the database less often than alarms."""
LETTERS_SHOWN = 20
ALARMS_HELD = 1_000
"""Open alarms that are looked at, the newest first."""
RATE_WINDOW_MS = 60_000
_RATE_AFTER_MS = 5_000  # before that a rate says nothing


class Snapshot(msgspec.Struct, frozen=True):
    """The platform at `now_ms` (UTC); readings by sensor, `per_minute` by domain once it can be known.

    `shared_ids` are the gateways under whose id two agents take turns, `clocks` those whose time is wrong or not known.
    """

    now_ms: int
    health: Health
    sites: tuple[Site, ...]
    sensors: tuple[Sensor, ...]
    gateways: tuple[Gateway, ...]
    readings: Mapping[str, tuple[StoredReading, ...]]
    statuses: Mapping[str, Status | None]
    accounts: Mapping[str, Account]
    letters: tuple[DeadLetter, ...]
    letters_open: int
    per_minute: Mapping[Domain, float]
    alarms: tuple[Alarm, ...] = ()
    windows: tuple[Maintenance, ...] = ()
    refused: frozenset[tuple[str, str]] = frozenset()
    discarded: tuple[Discarded, ...] = ()
    shared_ids: frozenset[str] = frozenset()
    clocks: Mapping[str, WrongClock] = {}

    def of_sites(self, seen: frozenset[str] | None) -> "Snapshot":
        """The part of it that belongs to the sites that somebody may see; None: all of it."""
        if seen is None:
            return self
        sensors = tuple(sensor for sensor in self.sensors if sensor.site in seen)
        gateways = tuple(gateway for gateway in self.gateways if gateway.site in seen)
        ours = {gateway.id for gateway in gateways}
        whole = whole_gateways(seen, self.gateways, self.sensors)
        foreign = foreign_sensors(seen, self.sensors)
        letters = tuple(letter for letter in self.letters if letter.gateway in whole)
        readings = {
            sensor: kept
            for sensor, of_sensor in self.readings.items()
            if (kept := tuple(reading for reading in of_sensor if reading.site in seen))
        }
        return msgspec.structs.replace(
            self,
            health=self.health.in_words,
            sites=tuple(site for site in self.sites if site.id in seen),
            sensors=sensors,
            gateways=gateways,
            readings=readings,
            statuses={
                gateway: status and naming_none_of(status, foreign.get(gateway))
                for gateway, status in self.statuses.items()
                if gateway in ours
            },
            accounts={gateway: account for gateway, account in self.accounts.items() if gateway in ours},
            letters=letters,
            letters_open=len(letters),
            discarded=tuple(one for one in self.discarded if one.gateway in whole),
            per_minute={},
            alarms=tuple(alarm for alarm in self.alarms if alarm.site in seen),
            windows=tuple(one for one in self.windows if one.site in seen or one.sensor in {own.id for own in sensors}),
        )


class Snapshots:
    """Takes a snapshot when one is asked for and the last is older than a tick; nothing happens while nobody looks."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._last: Snapshot | None = None
        self._taken_s = 0.0
        self._taking = asyncio.Lock()
        self._letters: tuple[tuple[DeadLetter, ...], int] = ((), 0)
        self._discarded: tuple[Discarded, ...] = ()
        self._letters_ms = -LETTERS_EVERY_MS  # on the clock of the machine's boot: at once
        self._alarms: tuple[Alarm, ...] = ()
        self._windows: tuple[Maintenance, ...] = ()
        self._rates = Rates()

    async def current(self) -> Snapshot:
        """The snapshot of this tick."""
        async with self._taking:
            if self._last is None or time.monotonic() - self._taken_s >= TICK_S * 0.9:
                self._last = await self._take(wall_ms())
                self._taken_s = time.monotonic()
            return self._last

    def look_again(self) -> None:
        """Forget what is remembered of dead letters, alarms and windows: one of them has just changed."""
        self._letters_ms, self._taken_s = -LETTERS_EVERY_MS, 0.0

    async def _take(self, now_ms: int) -> Snapshot:
        platform, registry = self._platform, self._platform.registry
        if boot_ms() - self._letters_ms >= LETTERS_EVERY_MS:
            await self._ask_for_letters()
            self._letters_ms = boot_ms()
        await self._ask_for_alarms()
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
            letters=self._letters[0],
            letters_open=self._letters[1],
            per_minute=self._rates.after(boot_ms(), platform.metrics.stored_by_domain()),
            alarms=self._alarms,
            windows=self._windows,
            refused=platform.refused(),
            discarded=self._discarded,
            clocks=platform.wrong_clocks(),
            shared_ids=frozenset(gateway.id for gateway in gateways if platform.statuses.are_two(gateway.id)),
        )

    async def _ask_for_letters(self) -> None:
        # a database that does not answer is said by health; the page goes on with the letters it knows
        with contextlib.suppress(DatabaseUnavailable):
            letters = await self._platform.dead_letters.page(limit=LETTERS_SHOWN, raw_bytes=0)
            self._letters = tuple(letters), await self._platform.dead_letters.count()
            self._discarded = tuple(await self._platform.dead_letters.discarded())
            self._windows = tuple(await self._platform.maintenance.windows())

    async def _ask_for_alarms(self) -> None:
        # an alarm that was open stays on the screen while the database does not answer
        with contextlib.suppress(DatabaseUnavailable):
            self._alarms = tuple(await self._platform.desk.alarms(AlarmFilter(open=True, limit=ALARMS_HELD)))


class Rates:
    """Readings a minute from counters that only grow, over the last minute."""

    def __init__(self) -> None:
        self._seen: deque[tuple[int, Mapping[Domain, float]]] = deque()

    def after(self, now_ms: int, totals: Mapping[Domain, float]) -> dict[Domain, float]:
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
