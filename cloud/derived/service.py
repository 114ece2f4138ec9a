"""Derivations: told what was stored, they compute what follows from it, a few times a minute, site by site.

ingest ── on_stored(blocks) ──► InHand ──► RecomputeQueue ────┬─ present, every 15 s ───────┬─► SiteComputation ─► store
   at each full hour: the one that ended; on start: two days ─┘ └ past of a start, behind it ──┘

What memory holds spares reading and is nowhere else: after a restart, or where the store could not be asked, hours are
simply computed again, and only what comes out otherwise than stored is written. A pass costs what has changed.
"""

import asyncio
import contextlib
import logging
import math
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from itertools import chain
from zoneinfo import ZoneInfo

from cloud.core.health import Component, Condition
from cloud.database.engine import DatabaseUnavailable
from cloud.derived.corrections import Corrections
from cloud.derived.due_later import DueLater
from cloud.derived.grouped_reads import GroupedReads
from cloud.derived.grouped_writes import GroupedWrites
from cloud.derived.grouping import together
from cloud.derived.hours import HoursInHand, timing_of
from cloud.derived.in_hand import InHand
from cloud.derived.progress import Progress
from cloud.derived.recompute_queue import (
    MINUTELY,
    PEOPLE,
    Hours,
    Key,
    RecomputeQueue,
    hours_of,
    local_hours,
    sources_in,
)
from cloud.derived.silence import measured, not_silent
from cloud.derived.site_computation import SiteComputation
from cloud.derived.site_sensors import SiteSensors
from cloud.derived.stored_tails import StoredTails
from cloud.readings.blocks import Block
from cloud.readings.contract import LATEST_MS, ReadingsStore, StoredReading, StoreUnavailable, Verdict
from cloud.readings.newest import Newest
from cloud.registry.air_corrections import HUMIDITY
from cloud.registry.fact_service import FactService
from cloud.registry.records import Site
from cloud.registry.snapshot import Registry
from i18n.message import LocalizedMessage, joined, sentence_of
from rules.local_time import hour_end_ms
from rules.siaga import GaugeLimits
from rules.usual import SLOT_MS
from runtime.clock import wall_ms
from wire.durations import HOUR_MS, MINUTE_MS

PASS_S = 15.0
REST = 2.0
"""How much longer it rests than it works: ingest, with a backlog after a restart, must not wait for indices."""
LOOK_BACK_HOURS = 48
"""What a start computes again: what came while nobody computed is seldom older, and comes as backfill if it does."""

PRESENT_HOURS = 3
"""The hour under way and the two before it: local hours and stamps reach over the end of one of UTC."""
SITES_AT_ONCE = 16
"""Sites that compute side by side and ask the store together."""
TURN_S = 0.01
"""What is in hand is computed for so long before other tasks of the process get their turn."""
OTHERS_AFTER_MS = 10 * MINUTE_MS
"""How long after its end an hour of another process's sensors is looked at: that process has computed it by then."""

_log = logging.getLogger(__name__)


def no_gauge(_sensor: str) -> GaugeLimits | None:
    """The limits of a gauge where nobody has set any."""
    return None


async def _for_nobody(_what: Sequence[Block] | Sequence[Verdict]) -> None: ...


class Derivations:
    """Computes derived series: the present first, and the past behind it.

    `gauges` gives the Siaga limits in force of a gauge by its sensor's id, None where it has none. `observe` and
    `reevaluate` are the alarm rules, which see what is computed: see `GroupedWrites`.
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
        self._registry = registry
        self._store = store
        self._sleep = sleep
        self._clock = clock
        self._is_own = is_own
        self._queue, self._past, self._later = RecomputeQueue(), RecomputeQueue(), DueLater()
        self._ended, self._under_way = RecomputeQueue(), RecomputeQueue()
        """Hours of the present that a start looks at, as far as nobody knows yet where there is anything to look at."""
        self._sensors = SiteSensors(registry)
        self._in_hand = InHand(registry, self._sensors, is_own=is_own, on_changed=self._note_changed)
        self.corrections = (
            None
            if facts is None
            else Corrections(
                facts, store, newest,
                on_changed=self.on_series_changed, on_written=self._in_hand.forget, is_own=is_own, clock=clock,
            )
        )  # fmt: skip
        reads = GroupedReads(store, rest=self._rest)
        self._tails = StoredTails(reads, is_own=self._in_hand.is_own)
        self._hours = HoursInHand(reads, self._tails, self._in_hand)
        self._computation = SiteComputation(
            registry, self._sensors, gauges=gauges, corrections=self.corrections,
            in_hand=self._in_hand, reads=self._hours, pace=self._pace,
            writes=GroupedWrites(store, newest, self._tails, observe=observe, reevaluate=reevaluate),
        )  # fmt: skip
        self._progress = Progress()
        self._rests = False
        self._woke_s = 0.0
        self._hour: int | None = None
        self._is_unsure, self._hour_ms = False, 0
        """Whether nobody knows yet where a start has anything to look back on; when its hour began (UTC)."""
        self._waits_for = ""
        self._warned_of = ""
        self._fault = ""

    def set_late_ms(self, late_ms: int) -> None:
        """Mark as a backlog's what is computed later than this after its time: for who computes seldom."""
        self._computation.late_ms = late_ms

    def on_stored(self, gateway: str, first_ms: int, last_ms: int, blocks: Iterable[Block] | None = None) -> None:
        """Readings of a gateway were stored, from `first_ms` to `last_ms` (UTC, both included): these `blocks`.

        None: nobody knows which, and so anything of its series may have changed.
        """
        if blocks is not None:
            self._in_hand.record(blocks)
            return
        for sensor in self._sensors.behind(gateway):
            for quantity in sensor.quantities:
                self.on_series_changed(sensor.id, quantity, first_ms, last_ms)

    def on_series_changed(self, sensor: str, quantity: str, first_ms: int, last_ms: int) -> None:
        """What is stored of a series changed somewhere from `first_ms` to `last_ms` (UTC, both included)."""
        if sources_in([quantity], self._registry.quantities) or self._corrects(sensor, quantity):
            self._in_hand.refresh()
            if not self._in_hand.forget(sensor, quantity, first_ms, last_ms):
                self._note_changed(sensor, quantity, first_ms, last_ms)

    def _corrects(self, sensor: str, quantity: str) -> bool:
        """Whether the PM2.5 of any sensor is corrected by a series."""
        return quantity == HUMIDITY and bool(self._registry.air_corrections.by_humidity_of(sensor))

    def _note_changed(self, sensor: str, quantity: str, first_ms: int, last_ms: int) -> None:
        """Have computed again what is not in hand: once the minute has ended, too, where minutes count."""
        self._queue.add(sensor, quantity, first_ms, last_ms)
        if quantity in MINUTELY:
            ends_ms = (last_ms // MINUTE_MS + 1) * MINUTE_MS
            self._later.add(ends_ms, (sensor, quantity), hours_of(last_ms, last_ms))

    async def run(self) -> None:
        """Compute for ever: what is queued, and the last two days behind it."""
        self.look_back(self._clock())
        self._rests = True
        pause_s = PASS_S
        while True:
            await self._sleep(pause_s)
            self._woke_s = time.monotonic()
            await self._correct()
            await self.compute_present(self._clock())
            is_done = await self.compute_past(self._clock(), until_s=time.monotonic() + PASS_S)
            pause_s = PASS_S if is_done else 0.0

    def look_back(self, now_ms: int) -> None:
        """Queue the last two days of every series: what ended just now among what is due, the rest behind it."""
        self._in_hand.refresh()
        self._in_hand.forget_all()
        self._tails.forget_all()
        present_ms = (now_ms // HOUR_MS - PRESENT_HOURS + 1) * HOUR_MS
        self._hour_ms = now_ms // HOUR_MS * HOUR_MS
        self._queue_all(self._ended, present_ms, self._hour_ms - 1)
        self._queue_all(self._under_way, self._hour_ms, now_ms)
        self._queue_all(self._past, now_ms - LOOK_BACK_HOURS * HOUR_MS, present_ms - 1)
        self._progress.look_back(len(self._past))
        self._is_unsure = True

    async def compute(self, now_ms: int) -> None:
        """Compute all that is queued and due at `now_ms` (UTC); what fails stays queued, and health says why."""
        await self.compute_present(now_ms)
        await self.compute_past(now_ms)

    async def compute_present(self, now_ms: int) -> None:
        """Compute what readings that came now, or came late, have changed, and the hours that ended just now."""
        self._begin_pass(now_ms)
        await self._leave_out_silence()
        self._waits_for, self._fault = "", ""
        for sites in self._apart(self._queue):
            await self._compute_sites(sites, self._queue, now_ms)
        if self._waits_for and self._waits_for != self._warned_of:
            _log.warning("derived series wait: %s", self._waits_for)
        self._warned_of = self._waits_for
        if not self._waits_for:
            self._progress.record_present()

    async def compute_past(self, now_ms: int, *, until_s: float = math.inf) -> bool:
        """Compute what a start looks back on; False where `until_s` (monotonic) came before the end of it."""
        self._hours.now_ms = self._tails.now_ms = now_ms
        for sites in self._apart(self._past):
            if time.monotonic() >= until_s:
                return False
            await self._compute_sites(sites, self._past, now_ms)
            self._progress.record_past(len(self._past))
        if not self._waits_for:
            self._past = RecomputeQueue()
            self._progress.record_past(0)
        return True

    async def _leave_out_silence(self) -> None:
        """Ask once after a start at which sites there is nothing to look back on; unanswered: look at all of it."""
        if not self._is_unsure:
            return
        with contextlib.suppress(StoreUnavailable):  # the next pass asks again
            before, now = await self._newest(self._hour_ms - 1), await self._newest(LATEST_MS)
            self._past.put_back(self._not_silent(self._past, before))
            self._progress.look_back(len(self._past))
            self._queue.put_back(self._not_silent(self._ended, before))
            self._queue.put_back(self._not_silent(self._under_way, now))
            self._is_unsure = False
        for queue in (self._ended, self._under_way):
            self._queue.put_back(queue.pop(queue.keys()))

    async def _newest(self, until_ms: int) -> Sequence[StoredReading]:
        return await self._store.newest(until_ms=until_ms, quantities=measured(self._registry.quantities))

    def _not_silent(self, queue: RecomputeQueue, newest: Iterable[StoredReading]) -> Hours:
        """Take all off a queue of hours by a start; gives those on which it is worth to look back."""
        return not_silent(queue.pop(queue.keys()), self._registry.sites(), self._sensors, newest)

    def _begin_pass(self, now_ms: int) -> None:
        """Queue what is due."""
        self._hours.now_ms = self._tails.now_ms = now_ms
        self._in_hand.refresh()
        self._queue_ended_hour(now_ms)
        self._later.move_due(now_ms, self._queue)
        for changed in (*self._in_hand.take_ended(now_ms), *self._in_hand.take_news(now_ms)):
            self._queue.add(*changed)
        self._in_hand.bound()

    def _apart(self, queue: RecomputeQueue) -> Iterable[Mapping[Site, Sequence[Key]]]:
        """The sites at which anything of `queue` is to be computed, and their series in it, some sites at a time."""
        by_site = self._sensors.by_site(queue.keys())
        due = [site for site in self._registry.sites() if site.id in by_site]
        known = set(chain.from_iterable(by_site[site.id] for site in due))
        queue.pop(set(queue.keys()) - known)  # of sites that are no more
        for sites in self._sensors.apart(due, SITES_AT_ONCE):
            yield {site: by_site[site.id] for site in sites}

    async def _compute_sites(self, sites: Mapping[Site, Sequence[Key]], queue: RecomputeQueue, now_ms: int) -> None:
        """Compute what is queued of some sites, side by side."""
        due = [(site, hours) for site, keys in sites.items() if (hours := self._pop(queue, site, keys))]
        await together(self._compute_due(site, hours, queue, now_ms) for site, hours in due)

    def _pop(self, queue: RecomputeQueue, site: Site, keys: Sequence[Key]) -> Hours:
        hours, elsewhere = self._sensors.split(queue.pop(keys), site)
        queue.put_back(elsewhere)
        return hours

    async def _compute_due(self, site: Site, hours: Hours, queue: RecomputeQueue, now_ms: int) -> None:
        try:
            await self._compute_site(site, hours, now_ms)
        except (StoreUnavailable, DatabaseUnavailable) as error:
            queue.put_back(hours)
            self._waits_for = sentence_of(error)
        except Exception as error:
            self._fault = LocalizedMessage(
                "the derived series of site {site} fail with {error}; see the log",
                site=site.id, error=type(error).__name__,
            )  # fmt: skip
            _log.exception("the derived series of site %s failed; its hours are left out until they change", site.id)

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
            wait = LocalizedMessage("{problem}; indices wait, and are computed when it works", problem=self._waits_for)
            return Component(Condition.OK, wait)
        return Component(Condition.DEGRADED if self._progress.is_behind else Condition.OK, joined(self._in_words()))

    def _in_words(self) -> list[str]:
        """How far computing is, part by part."""
        hours = sum(map(len, (self._queue, self._past, self._ended, self._under_way)))
        told: list[str] = [
            self._progress.in_words, LocalizedMessage("hours of series to look at: {count}", count=hours)
        ]  # fmt: skip
        if self.corrections is not None and self.corrections.waiting:
            told.append(LocalizedMessage("facts to compute again for: {count}", count=self.corrections.waiting))
        gaps = self._computation.corrected_hours.gaps_in_words
        return [*told, gaps] if gaps else told

    def _queue_all(self, queue: RecomputeQueue, first_ms: int, last_ms: int) -> None:
        hours = hours_of(first_ms, last_ms)
        for sensor in self._registry.sensors():
            for quantity in sources_in(sensor.quantities, self._registry.quantities):
                queue.add_hours(sensor.id, quantity, hours)

    def _queue_ended_hour(self, now_ms: int) -> None:
        """At each full hour queue the one that ended: a sensor that fell silent makes its indices less complete."""
        hour = now_ms // HOUR_MS
        if self._hour not in (None, hour):
            self._tails.bound()
            for sensor in self._registry.sensors():
                for quantity in sources_in(sensor.quantities, self._registry.quantities):
                    if self._is_own(sensor.gateway):
                        self._queue.add_hours(sensor.id, quantity, [hour - 1])
                    else:
                        self._later.add(hour * HOUR_MS + OTHERS_AFTER_MS, (sensor.id, quantity), [hour - 1])
        self._hour = hour

    async def _compute_site(self, site: Site, hours: Hours, now_ms: int) -> None:
        zone = ZoneInfo(site.zone or self._registry.city.zone)
        shifts_ms = self._shifts_ms(site, hours)
        starts = {key: local_hours(queued, zone, shift_ms=shifts_ms[key]) for key, queued in hours.items()}
        await self._computation.compute(site, starts, zone=zone, now_ms=now_ms)
        for key, queued in hours.items():
            for hour in queued:
                end_ms = _end_ms(hour, zone, shift_ms=shifts_ms[key])
                if end_ms > now_ms:
                    due_ms = (now_ms // SLOT_MS + 1) * SLOT_MS if key[1] in PEOPLE else end_ms
                    self._later.add(min(due_ms, end_ms), key, [hour])

    async def _pace(self) -> None:
        """Leave the process to others for a while where nothing was asked for long."""
        if self._rests and time.monotonic() - self._woke_s > TURN_S:
            await self._rest()

    def _shifts_ms(self, site: Site, keys: Iterable[Key]) -> dict[Key, int]:
        """By series what lies between the stamps of its readings and the moments to which they belong."""
        sensors, table = {sensor.id: sensor for sensor in self._sensors.at(site)}, self._registry.quantities
        return {key: timing_of(sensors[key[0]], table.row(key[1]).stamped).shift_ms for key in keys}

    async def _rest(self) -> None:
        """Leave the process to others for a while, between one question to the store and the next."""
        if self._rests:
            await self._sleep(REST * (time.monotonic() - self._woke_s))
            self._woke_s = time.monotonic()


def _end_ms(hour: int, zone: ZoneInfo, *, shift_ms: int) -> int:
    """When (UTC) all is over of an hour of UTC: the local one that it touches, and itself, whatever its stamps."""
    return max((hour + 1) * HOUR_MS, hour_end_ms(max(local_hours([hour], zone, shift_ms=shift_ms)), zone))
