"""Derivations: told what was stored, they compute what follows from it, a few times a minute, site by site.

ingest ── on_stored(gateway, first, last) ──► RecomputeQueue   every 15 s: hours of a site ─► SiteComputation ─► store
                                                    ▲ on start: the last two days; at each full hour: the one that ended

The store is the only memory: after a restart, or where the store could not be asked, hours are simply computed again,
and only what comes out otherwise than stored is written.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Collection, Sequence
from zoneinfo import ZoneInfo

from cloud.core.health import Component, Condition
from cloud.database.engine import DatabaseUnavailable
from cloud.derived.corrections import Corrections
from cloud.derived.hours import timing_of
from cloud.derived.recompute_queue import SOURCES, Hours, RecomputeQueue, hours_of, local_hours
from cloud.derived.site_computation import SiteComputation
from cloud.derived.site_sensors import SiteSensors
from cloud.readings.blocks import Block
from cloud.readings.contract import ReadingsStore, StoreUnavailable, Verdict
from cloud.readings.newest import Newest
from cloud.registry.fact_service import FactService
from cloud.registry.records import Site
from cloud.registry.snapshot import Registry
from rules.local_time import hour_end_ms
from rules.siaga import GaugeLimits
from runtime.clock import wall_ms
from wire.durations import HOUR_MS

PASS_S = 15.0
REST = 2.0
"""How much longer it rests than it works: ingest, with a backlog after a restart, must not wait for indices."""
LOOK_BACK_HOURS = 48
"""What a start computes again: what came while nobody computed is seldom older, and comes as backfill if it does."""

_log = logging.getLogger(__name__)


def no_gauge(_sensor: str) -> GaugeLimits | None:
    """The limits of a gauge where nobody has set any."""
    return None


async def _for_nobody(_what: Sequence[Block] | Sequence[Verdict]) -> None: ...


class Derivations:
    """Computes derived series.

    `gauges` gives the Siaga limits in force of a gauge by its sensor's id, None where it has none. `observe` and
    `reevaluate` are the alarm rules, which see what is computed: see `SiteComputation`.
    """

    def __init__(
        self,
        registry: Registry,
        store: ReadingsStore,
        newest: Newest,
        *,
        gauges: Callable[[str], GaugeLimits | None] = no_gauge,
        observe: Callable[[Sequence[Block]], Awaitable[None]] = _for_nobody,
        facts: FactService | None = None,
        is_own: Callable[[str], bool] = lambda _gateway: True,
        reevaluate: Callable[[Sequence[Verdict]], Awaitable[None]] = _for_nobody,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        clock: Callable[[], int] = wall_ms,
    ) -> None:
        self.corrections = (
            None
            if facts is None
            else Corrections(facts, store, newest, on_changed=self.on_series_changed, is_own=is_own, clock=clock)
        )
        self._registry = registry
        self._sleep = sleep
        self._clock = clock
        self._queue = RecomputeQueue()
        self._sensors = SiteSensors(registry)
        self._computation = SiteComputation(
            registry, store, newest, self._sensors,
            gauges=gauges, observe=observe, reevaluate=reevaluate, corrections=self.corrections, rest=self._rest,
        )  # fmt: skip
        self._stored_hours: dict[str, set[int]] = {}  # by gateway
        self._rests = False
        self._woke_s = 0.0
        self._hour: int | None = None
        self._waits_for = ""
        self._fault = ""

    def set_late_ms(self, late_ms: int) -> None:
        """Mark as a backlog's what is computed later than this after its time: for who computes seldom."""
        self._computation.late_ms = late_ms

    def on_stored(self, gateway: str, first_ms: int, last_ms: int) -> None:
        """Readings of a gateway were stored, from `first_ms` to `last_ms` (UTC, both included): live or late.

        Which series they were is found out later: ingest pays for no more than this.
        """
        self._stored_hours.setdefault(gateway, set()).update(hours_of(first_ms, last_ms))

    def on_series_changed(self, sensor: str, quantity: str, first_ms: int, last_ms: int) -> None:
        """Readings of a series were stored, from `first_ms` to `last_ms` (UTC, both included): live or late."""
        if quantity in SOURCES:
            self._queue.add(sensor, quantity, first_ms, last_ms)

    async def run(self) -> None:
        """Compute for ever: first the last two days, then what is queued."""
        self.look_back(self._clock())
        self._rests = True
        while True:
            await self._sleep(PASS_S)
            self._woke_s = time.monotonic()
            await self._correct()
            await self.compute(self._clock())

    def look_back(self, now_ms: int) -> None:
        """Queue the last two days of every series."""
        self._queue_all(now_ms - LOOK_BACK_HOURS * HOUR_MS, now_ms)

    async def compute(self, now_ms: int) -> None:
        """Compute what is queued and due at `now_ms` (UTC); what fails stays queued, and health says why."""
        self._queue_ended_hour(now_ms)
        self._queue_stored()
        waits_for, self._fault = "", ""
        for site in self._registry.sites():
            hours, elsewhere = self._sensors.split(self._queue.pop(self._sensors.keys_at(site)), site)
            self._queue.put_back(elsewhere)
            if not hours:
                continue
            try:
                await self._compute_site(site, hours, now_ms)
            except (StoreUnavailable, DatabaseUnavailable) as error:
                self._queue.put_back(hours)
                waits_for = str(error)
            except Exception as error:
                self._fault = f"the derived series of site {site.id} fail with {type(error).__name__}; see the log"
                _log.exception(
                    "the derived series of site %s failed; its hours are left out until they change", site.id
                )
        if waits_for and waits_for != self._waits_for:
            _log.warning("derived series wait: %s", waits_for)
        self._waits_for = waits_for

    async def _correct(self) -> None:
        """Compute again what dated facts reach; what fails stays due."""
        if self.corrections is None:
            return
        try:
            await self.corrections.compute()
        except (StoreUnavailable, DatabaseUnavailable) as error:
            _log.warning("what dated facts correct waits: %s", error)
        except Exception:
            _log.exception("a correction failed in a way that nobody foresaw; the next pass tries again")

    def component(self) -> Component:
        """How computing is doing."""
        if self._fault:
            return Component(Condition.DEGRADED, self._fault)
        if self._waits_for:  # whose own component says how bad that is
            return Component(Condition.OK, f"{self._waits_for}; indices wait, and are computed when it works")
        waiting = 0 if self.corrections is None else self.corrections.waiting
        corrected = f"; facts to compute again for: {waiting}" if waiting else ""
        return Component(Condition.OK, f"hours of series to look at: {len(self._queue)}{corrected}")

    def _queue_stored(self) -> None:
        stored, self._stored_hours = self._stored_hours, {}
        for gateway, hours in stored.items():
            for sensor in self._sensors.behind(gateway):
                for quantity in SOURCES.intersection(sensor.quantities):
                    self._queue.add_hours(sensor.id, quantity, hours)

    def _queue_all(self, first_ms: int, last_ms: int) -> None:
        for sensor in self._registry.sensors():
            for quantity in sensor.quantities:
                self.on_series_changed(sensor.id, quantity, first_ms, last_ms)

    def _queue_ended_hour(self, now_ms: int) -> None:
        """At each full hour queue the one that ended: a sensor that fell silent makes its indices less complete."""
        hour = now_ms // HOUR_MS
        if self._hour not in (None, hour):
            self._queue_all(hour * HOUR_MS - 1, hour * HOUR_MS - 1)
        self._hour = hour

    async def _compute_site(self, site: Site, hours: Hours, now_ms: int) -> None:
        zone = ZoneInfo(site.zone or self._registry.city.zone)
        shifts_ms = {sensor.id: timing_of(sensor).shift_ms for sensor in self._sensors.at(site)}
        starts = {key: local_hours(queued, zone, shift_ms=shifts_ms[key[0]]) for key, queued in hours.items()}
        await self._computation.compute(site, starts, zone=zone, now_ms=now_ms)
        self._queue.put_back(
            {key: _not_ended(queued, zone, now_ms, shift_ms=shifts_ms[key[0]]) for key, queued in hours.items()}
        )

    async def _rest(self) -> None:
        """Leave the process to others for a while, between one series and the next."""
        if self._rests:
            await self._sleep(REST * (time.monotonic() - self._woke_s))
            self._woke_s = time.monotonic()


def _not_ended(hours: Collection[int], zone: ZoneInfo, now_ms: int, *, shift_ms: int) -> set[int]:
    """The hours of UTC of which a local one goes on, and the one under way, though its stamps belong to one before."""
    return {
        hour
        for hour in hours
        if max((hour + 1) * HOUR_MS, hour_end_ms(max(local_hours([hour], zone, shift_ms=shift_ms)), zone)) > now_ms
    }
