"""Derivations: told what was stored, they compute what follows from it, a few times a minute, site by site.

ingest ── hear(gateway, first, last) ──► heard ─► Dirty      every 15 s:  hours of a site ─► sheets ─► store, newest
                                                  ▲ on start: the last two days; at each full hour: the one that ended

The store is the only memory: after a restart, or where the store could not be asked, hours are simply computed again,
and only what comes out otherwise than stored is written.
"""

import asyncio
import logging
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from zoneinfo import ZoneInfo

from cloud.core.health import Component, Condition
from cloud.database.engine import DatabaseUnavailable
from cloud.derived.air import Stood, hourly_means, indices_of_sensor, indices_of_site
from cloud.derived.corrections import Corrections
from cloud.derived.hours import timing_of
from cloud.derived.recompute_queue import SOURCES, Hours, Key, RecomputeQueue, hours_of, local_hours
from cloud.derived.series_writer import DerivedSeriesWriter
from cloud.derived.visitors import counters_of, visitors
from cloud.derived.water import is_read_seldom, rain_days, rain_days_of_readings, rain_hours, siaga_hours
from cloud.readings.blocks import Block
from cloud.readings.contract import ReadingsStore, StoreUnavailable, Verdict
from cloud.readings.newest import Newest, newest_of
from cloud.registry.fact_service import FactService
from cloud.registry.facts import Timeline
from cloud.registry.records import Sensor, Site
from cloud.registry.snapshot import COMPUTED, Registry
from rules.local_time import hour_end_ms
from rules.siaga import GaugeLimits
from runtime.clock import wall_ms
from wire import AIR_PARAMETERS
from wire.durations import HOUR_MS

PASS_S = 15.0
REST = 2.0
"""How much longer it rests than it works: ingest, with a backlog after a restart, must not wait for indices."""
LOOK_BACK_HOURS = 48
"""What a start computes again: what came while nobody computed is seldom older, and comes as backfill if it does."""

_AIR = frozenset(AIR_PARAMETERS)
_PEOPLE = frozenset({"people_in", "people_out"})

_log = logging.getLogger(__name__)


def no_gauge(_sensor: str) -> GaugeLimits | None:
    """The limits of a gauge where nobody has set any."""
    return None


async def _tell_nobody(_what: Sequence[Block] | Sequence[Verdict]) -> None: ...


class Derivations:
    """Computes derived series.

    `gauges` gives the Siaga limits in force of a gauge by its sensor's id, None where it has none. `tell` gets every
    block before it is written, for the alarm rules: once it is stored nobody would compute it again, and a rule that is
    told twice adds nothing. `judge_anew` gets what of them is doubted or withdrawn, after it is written.
    """

    def __init__(
        self,
        registry: Registry,
        store: ReadingsStore,
        newest: Newest,
        *,
        gauges: Callable[[str], GaugeLimits | None] = no_gauge,
        tell: Callable[[Sequence[Block]], Awaitable[None]] = _tell_nobody,
        facts: FactService | None = None,
        is_own: Callable[[str], bool] = lambda _gateway: True,
        judge_anew: Callable[[Sequence[Verdict]], Awaitable[None]] = _tell_nobody,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._registry = registry
        self._store = store
        self._newest = newest
        self._gauges = gauges
        self._tell_rules = tell
        self._tell_verdicts = judge_anew
        self._pause = pause
        self._dirty = RecomputeQueue()
        self._sorted_for: int | None = None
        self._by_site: defaultdict[str, list[Sensor]] = defaultdict(list)
        self._by_gateway: defaultdict[str, list[Sensor]] = defaultdict(list)
        self._moved: dict[str, Timeline] = {}
        self.corrections = None if facts is None else Corrections(facts, store, newest, note=self.note, is_own=is_own)
        self._heard: dict[str, set[int]] = {}
        self._rests = False
        self._woke_s = 0.0
        self._turned: int | None = None
        self._waits_for = ""
        self._fault = ""

    def hear(self, gateway: str, first_ms: int, last_ms: int) -> None:
        """Readings of a gateway were stored, from `first_ms` to `last_ms` (UTC, both included): live or late.

        Which series they were is found out later: ingest pays for no more than this.
        """
        self._heard.setdefault(gateway, set()).update(hours_of(first_ms, last_ms))

    def note(self, sensor: str, quantity: str, first_ms: int, last_ms: int) -> None:
        """Readings of a series were stored, from `first_ms` to `last_ms` (UTC, both included): live or late."""
        if quantity in SOURCES:
            self._dirty.note(sensor, quantity, first_ms, last_ms)

    async def run(self) -> None:
        """Compute for ever: first the last two days, then what is noted."""
        self.look_back(wall_ms())
        self._rests = True
        while True:
            await self._pause(PASS_S)
            self._woke_s = time.monotonic()
            await self._correct()
            await self.compute(wall_ms())

    def look_back(self, now_ms: int) -> None:
        """Note the last two days of every series."""
        self._note_all(now_ms - LOOK_BACK_HOURS * HOUR_MS, now_ms)

    async def compute(self, now_ms: int) -> None:
        """Compute what is noted and due at `now_ms` (UTC); what fails stays noted, and health says why."""
        self._turn_hour(now_ms)
        self._note_heard()
        waits_for, self._fault = "", ""
        for site in self._registry.sites():
            hours = self._take(site)
            if not hours:
                continue
            try:
                await self._compute_site(site, hours, now_ms)
            except (StoreUnavailable, DatabaseUnavailable) as error:
                self._dirty.give_back(hours)
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
        return Component(Condition.OK, f"hours of series to look at: {len(self._dirty)}{corrected}")

    def _note_heard(self) -> None:
        heard, self._heard = self._heard, {}
        self._sort()
        for gateway, hours in heard.items():
            for sensor in self._by_gateway[gateway]:
                for quantity in SOURCES.intersection(sensor.quantities):
                    self._dirty.note_hours(sensor.id, quantity, hours)

    def _note_all(self, first_ms: int, last_ms: int) -> None:
        for sensor in self._registry.sensors():
            for quantity in sensor.quantities:
                self.note(sensor.id, quantity, first_ms, last_ms)

    def _turn_hour(self, now_ms: int) -> None:
        """At each full hour note the one that ended: a sensor that fell silent makes its indices less complete."""
        hour = now_ms // HOUR_MS
        if self._turned not in (None, hour):
            self._note_all(hour * HOUR_MS - 1, hour * HOUR_MS - 1)
        self._turned = hour

    def _keys_of(self, site: Site) -> list[Key]:
        return [(one.id, quantity) for one in self._sensors_of(site) for quantity in one.quantities]

    def _sensors_of(self, site: Site) -> list[Sensor]:
        """The sensors that stand at a site, or once stood there."""
        self._sort()
        return self._by_site[site.id]

    def _sort(self) -> None:
        """Find out which sensors stood where and behind which gateways, once for each edition of the registry."""
        if self._sorted_for == self._registry.edition:
            return
        self._sorted_for, self._by_site, self._by_gateway = self._registry.edition, defaultdict(list), defaultdict(list)
        self._moved = {}
        for sensor in self._registry.sensors():
            sites, gateways = self._registry.history.site(sensor), self._registry.history.gateway(sensor).values
            if len(sites.values) > 1:
                self._moved[sensor.id] = sites
            for name in dict.fromkeys(sites.values):
                self._by_site[name].append(sensor)
            for name in dict.fromkeys((sensor.gateway, *gateways)):
                self._by_gateway[name].append(sensor)

    def _take(self, site: Site) -> Hours:
        """The hours noted of the sensors of a site in which they stood there; those of elsewhere stay noted."""
        taken = dict(self._dirty.take(self._keys_of(site)))
        for key in [key for key in taken if key[0] in self._moved]:
            sites, hours = self._moved[key[0]], taken.pop(key)
            here = {hour for hour in hours if sites.at(hour * HOUR_MS) == site.id}
            others = {each.id for each in self._registry.sites()} - {site.id}
            elsewhere = {hour for hour in hours if sites.at(hour * HOUR_MS) in others}
            self._dirty.give_back({key: elsewhere})
            if here:
                taken[key] = here
        return taken

    def _stood(self, site: Site) -> Stood:
        """Whether a sensor stood at a site in the hour that ended at a time."""
        history = self._registry.history
        return lambda sensor, end_ms: bool(history.site(sensor).at(end_ms - 1) == site.id)

    async def _compute_site(self, site: Site, hours: Hours, now_ms: int) -> None:
        zone = ZoneInfo(site.zone or self._registry.city.zone)
        shifts_ms = {sensor.id: timing_of(sensor).shift_ms for sensor in self._sensors_of(site)}
        starts = {key: local_hours(noted, zone, shift_ms=shifts_ms[key[0]]) for key, noted in hours.items()}
        await self._air(site, starts, zone, now_ms)
        await self._water(site, starts, zone, now_ms)
        await self._people(site, starts, zone, now_ms)
        self._dirty.give_back(
            {key: _not_ended(noted, zone, now_ms, shift_ms=shifts_ms[key[0]]) for key, noted in hours.items()}
        )

    async def _air(self, site: Site, starts: Mapping[Key, Collection[int]], zone: ZoneInfo, now_ms: int) -> None:
        sensors = self._sensors_of(site)
        official, reached = self._registry.history.ispu_table(), set[int]()
        for sensor in sensors:
            for parameter in _AIR.intersection(sensor.quantities):
                noted = starts.get((sensor.id, parameter), ())
                means, ends = await hourly_means(self._store, sensor, parameter, noted, zone=zone, now_ms=now_ms)
                await self._write(means, now_ms)
                indices, times = await indices_of_sensor(
                    self._store, sensor, parameter, ends, zone=zone, now_ms=now_ms, official=official,
                    stood=self._stood(site),
                )  # fmt: skip
                await self._write(indices, now_ms)
                reached.update(times)
                await self._rest()
        if reached:
            of_site = await indices_of_site(
                self._store, site.id, sensors, reached, zone=zone, now_ms=now_ms, official=official,
                stood=self._stood(site),
            )  # fmt: skip
            await self._write(of_site, now_ms)

    async def _water(self, site: Site, starts: Mapping[Key, Collection[int]], zone: ZoneInfo, now_ms: int) -> None:
        for sensor in self._sensors_of(site):
            noted = starts.get((sensor.id, "rainfall"))
            if noted:
                await self._rain(sensor, noted, zone, now_ms)
            await self._rest()
            gauge, levels = self._gauges(sensor.id), starts.get((sensor.id, "water_level"))
            await self._level_hours(sensor, levels or (), now_ms)
            if gauge is not None and levels:
                sheet = await siaga_hours(self._store, sensor, gauge, levels, zone=zone, now_ms=now_ms)
                await self._write(sheet, now_ms)

    async def _rain(self, sensor: Sensor, noted: Collection[int], zone: ZoneInfo, now_ms: int) -> None:
        if is_read_seldom(sensor):
            days = await rain_days_of_readings(self._store, sensor, noted, zone=zone, now_ms=now_ms)
        else:
            hours, ends = await rain_hours(self._store, sensor, noted, zone=zone, now_ms=now_ms)
            await self._write(hours, now_ms)
            days = await rain_days(self._store, sensor, ends, zone=zone, now_ms=now_ms)
        await self._write(days, now_ms)

    async def _level_hours(self, sensor: Sensor, starts_ms: Collection[int], now_ms: int) -> None:
        """Make levels that came without their distance of the distance that came apart from them."""
        for start_ms in sorted(starts_ms):
            if self.corrections is not None and start_ms + HOUR_MS <= now_ms:
                await self.corrections.levels_again(sensor, start_ms, start_ms + HOUR_MS)

    async def _people(self, site: Site, starts: Mapping[Key, Collection[int]], zone: ZoneInfo, now_ms: int) -> None:
        noted = {start for (_, quantity), found in starts.items() if quantity in _PEOPLE for start in found}
        there = self._registry.history.site
        stand = [each for each in self._sensors_of(site) if noted and there(each).at(max(noted)) == site.id]
        counters = counters_of(stand)
        if noted and counters:
            sheet = await visitors(self._store, site, counters, noted, zone=zone, now_ms=now_ms)
            await self._write(sheet, now_ms)

    async def _rest(self) -> None:
        """Leave the process to others for a while, between one series and the next."""
        if self._rests:
            await self._pause(REST * (time.monotonic() - self._woke_s))
            self._woke_s = time.monotonic()

    async def _write(self, sheet: DerivedSeriesWriter, now_ms: int) -> None:
        sensor = self._registry.sensor(sheet.sensor)
        if sensor is not None and sensor.gateway != COMPUTED:
            sheet.site_tags = self._registry.history.site_tag(sensor)
        changes = await sheet.changed(self._store, now_ms=now_ms)
        if changes.blocks:
            await self._write_blocks(changes.blocks)
        if changes.verdicts:
            await self._store.write_verdicts(changes.verdicts)
            self._newest.judge_anew(changes.verdicts)
            await self._tell_verdicts(changes.verdicts)

    async def _write_blocks(self, blocks: Sequence[Block]) -> None:
        await self._tell_rules(blocks)
        result = await self._store.write([self._store.encode(blocks)])
        for rejected in result.rejected:
            _log.error("the readings store refuses a derived point for ever: %s", rejected.reason)
        self._newest.load(newest_of(blocks))


def _not_ended(hours: Collection[int], zone: ZoneInfo, now_ms: int, *, shift_ms: int) -> set[int]:
    """The hours of UTC of which a local one goes on, and the one under way, though its stamps belong to one before."""
    return {
        hour
        for hour in hours
        if max((hour + 1) * HOUR_MS, hour_end_ms(max(local_hours([hour], zone, shift_ms=shift_ms)), zone)) > now_ms
    }
