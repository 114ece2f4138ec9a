"""The board of all places: what changed is worked out anew, what time changes in turn, and all who look share it.

a reading that may change something ─► its place is marked ──┐
an alarm, a refusal, a limit, the registry ─► at once ────────┼─► turn: at most so many places ─► edition + 1
a place is due: something falls silent ──────────────────────┘    view(sites): worked out once for each edition
"""

import asyncio
import contextlib
import time
from collections import OrderedDict, defaultdict
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from operator import attrgetter
from typing import Protocol

from cloud.alarms.alarm_steps import AlarmStep, PastStep
from cloud.alarms.records import Alarm
from cloud.board.known_places import KnownPlaces
from cloud.board.last_hour import KEPT_MS, LastHour
from cloud.board.place import MARKS_TELL, VALUE_TELLS, PlaceInputs, PlaceReview, Series, review
from cloud.board.records import GatewayState, PlaceState
from cloud.board.scope import BoardView, view_of
from cloud.database.engine import DatabaseUnavailable
from cloud.gateways.statuses import Statuses
from cloud.ingest.manual.records import Overruling
from cloud.readings.contract import StoredReading
from cloud.readings.newest import Newest
from cloud.registry.records import Gateway, Site
from cloud.registry.snapshot import Registry
from runtime.clock import boot_ms, wall_ms

TURN_S = 1.0
PLACES_A_TURN = 100
"""Places that are worked out in a turn, besides those of which an alarm has changed: what bounds the cost."""
GATEWAYS_A_TURN = 250
_IN_A_ROW = 25
"""Places that are worked out before other tasks have their turn."""
_VIEWS_KEPT = 32
_STEP_MS = 60_000
"""A clock that goes on by more than this between two turns was set, or the machine slept: all may be silent."""


class AlarmSource(Protocol):
    """The open alarms, and what becomes of them."""

    def all(self) -> Sequence[Alarm]:
        """Return every open one, the newest first."""

    async def turn(self) -> list[AlarmStep]:
        """Take what has changed; DatabaseUnavailable leaves all as it was."""

    async def past(self, since_ms: int) -> list[PastStep]:
        """Return the steps since `since_ms` (UTC) up to the last turn; DatabaseUnavailable where that fails."""


class LimitedSource(Protocol):
    """Which series have a limit."""

    def current(self) -> frozenset[Series]:
        """Return them."""


async def no_overrulings() -> Sequence[Overruling]:
    """Nobody reads anything."""
    return ()


class CityBoard:
    """The board; whoever reads it calls `current`, and `run` keeps it up to date while nobody does."""

    def __init__(
        self,
        *,
        registry: Registry,
        newest: Newest,
        statuses: Statuses,
        alarms: AlarmSource,
        limited: LimitedSource,
        overrulings: Callable[[], Awaitable[Sequence[Overruling]]] = no_overrulings,
        refused: Callable[[], frozenset[Series]] = frozenset,
        clock: Callable[[], int] = wall_ms,
        steady_ms: Callable[[], int] = boot_ms,
    ) -> None:
        self.edition = 0
        """LastHour whenever anything on the board has."""
        self._registry, self._newest, self._statuses, self._clock = registry, newest, statuses, clock
        self._limited_source, self._refused_source = limited, refused
        self._alarms = alarms
        self._alarms_at: Mapping[str, Sequence[Alarm]] = {}
        self._changes = LastHour(steady_ms)
        self._has_recalled = False
        self._overrulings_source = overrulings
        self._overrulings: frozenset[Overruling] = frozenset()
        self._refused: frozenset[Series] = frozenset()
        self._limited: frozenset[Series] = frozenset()
        self._places = KnownPlaces(registry)
        self._reviews: dict[str, PlaceReview] = {}
        self._watched: set[Series] = set()
        self._marked: OrderedDict[str, None] = OrderedDict()
        self._gateways: dict[str, GatewayState] = {}
        self._gateways_left: list[Gateway] = []
        self._views: OrderedDict[frozenset[str] | None, BoardView] = OrderedDict()
        self._since_ms = self._seen_ms = 0
        self._turned_s = float("-inf")
        self._turning = asyncio.Lock()
        newest.on_change(self._on_newest)

    async def run(self) -> None:
        """Keep the board up to date until cancelled."""
        while True:
            await self.current()
            await asyncio.sleep(TURN_S)

    async def current(self) -> None:
        """Bring the board up to now, unless it has just been."""
        async with self._turning:
            if time.monotonic() - self._turned_s >= 0.9 * TURN_S:
                await self.turn()
                self._turned_s = time.monotonic()

    def refresh(self) -> None:
        """Let the next reader have it worked out anew: somebody has just changed something."""
        self._turned_s = float("-inf")

    def alarms(self) -> Sequence[Alarm]:
        """The open alarms, the newest first."""
        return self._alarms.all()

    def place(self, site: str) -> PlaceState | None:
        """The state of one place."""
        found = self._reviews.get(site)
        return None if found is None else found.state

    def view(self, sites: frozenset[str] | None) -> BoardView:
        """The board for somebody who may see `sites` (None: all)."""
        held = self._views.get(sites)
        if held is None or held.edition != self.edition:
            states = (one.state for one in self._reviews.values())
            held = view_of(
                states, self._gateways.values(), self._changes.last_hour(),
                sites=sites, edition=self.edition, since_ms=self._since_ms,
            )  # fmt: skip
            self._views[sites] = held
            self._views.move_to_end(sites)
            while len(self._views) > _VIEWS_KEPT:
                self._views.popitem(last=False)
        return held

    async def turn(self, *, most: int = PLACES_A_TURN) -> None:
        """Work out the places of which an alarm, a refusal or the registry has changed, and of the others `most`."""
        now_ms = self._clock()
        at_once = {*self._take_registry(), *self._take_series(), *await self._take_overrulings()}
        at_once |= {*await self._take_alarms(now_ms)}
        if not -1_000 < now_ms - self._seen_ms < _STEP_MS:
            self._marked.update(dict.fromkeys(self._places.sites))  # the clock was set: ages are others
        self._seen_ms = now_ms
        for site, held in self._reviews.items():
            if held.due_ms <= now_ms:
                self._marked.setdefault(site)
        waiting = [site for site in self._marked if site not in at_once][:most]
        await self._work_out([*at_once, *waiting], now_ms)
        self._look_at_gateways(now_ms)
        self.edition += self._changes.forget_old()
        self._since_ms = self._since_ms or now_ms

    def _take_registry(self) -> Iterable[str]:
        if not self._places.is_old():
            return ()
        changed = self._places.renew()
        self._reviews = {site: held for site, held in self._reviews.items() if site in self._places.sites}
        gateways = {gateway.id for gateway in self._registry.gateways()}
        self._gateways = {gateway: held for gateway, held in self._gateways.items() if gateway in gateways}
        self.edition += 1
        return changed

    def _take_series(self) -> Iterable[str]:
        """Take what is refused and what is limited; the places of series that are so now, or were, have changed."""
        refused, limited = self._refused_source(), self._limited_source.current()
        changed = (refused ^ self._refused) | (limited ^ self._limited)
        self._refused, self._limited = refused, limited
        return self._places.of_sensors({sensor for sensor, _ in changed})

    async def _take_overrulings(self) -> Iterable[str]:
        """Take what people have read in place of sensors; the places of what has come or is over have changed."""
        held = self._overrulings
        with contextlib.suppress(DatabaseUnavailable):
            self._overrulings = frozenset(await self._overrulings_source())
        return self._places.of_sensors({one.sensor for one in held ^ self._overrulings})

    async def _take_alarms(self, now_ms: int) -> Iterable[str]:
        steps: list[AlarmStep] = []
        is_first = not self._has_recalled
        with contextlib.suppress(DatabaseUnavailable):  # an open alarm stays on the board until it is known to be over
            steps = await self._alarms.turn()
            await self._recall(now_ms)
        if not steps:
            return ()
        at: defaultdict[str, list[Alarm]] = defaultdict(list)
        for alarm in self._alarms.all():
            at[alarm.site].append(alarm)
        self._alarms_at = at
        self.edition += 1
        if not is_first:
            for step in steps:
                self._changes.of_alarm(step, now_ms)
        told = {alarm.site for step in steps for alarm in (step.before, step.after) if alarm is not None}
        return [site for site in told if site in self._places.sites]

    async def _recall(self, now_ms: int) -> None:
        """Take, once, what became of alarms in the hour before: up to what the turn before this has found."""
        if not self._has_recalled:
            self._changes.recall(await self._alarms.past(now_ms - KEPT_MS), now_ms)
            self._has_recalled = True
            self.edition += 1

    async def _work_out(self, sites: Collection[str], now_ms: int) -> None:
        for number, site in enumerate(sites):
            if number % _IN_A_ROW == _IN_A_ROW - 1:
                await asyncio.sleep(0)
            # before it is looked at: a reading that comes in between marks it again
            self._marked.pop(site, None)
            if site not in self._places.sites:
                continue
            before, found = self._reviews.get(site), review(self._inputs(self._places.sites[site]), now_ms)
            self._reviews[site] = found
            if before is None:
                self._watched |= found.watched
            elif before.watched != found.watched:
                self._watched -= before.watched
                self._watched |= found.watched
            if before is None or before.state != found.state:
                self.edition += 1
                if before is not None:
                    self._changes.of_place(before.state, found.state, now_ms)

    def _inputs(self, site: Site) -> PlaceInputs:
        sensors, known = self._registry.sensors_at(site.id), self._places.sensors
        return PlaceInputs(
            site=site,
            sensors=sensors,
            known=known,
            measured=self._places.measured,
            readings=self._newest.of_sensors([*(sensor.id for sensor in sensors), site.id]),
            alarms=self._alarms_at.get(site.id, ()),
            table=self._registry.quantities,
            refused=self._refused,
            limited=self._limited,
            overrulings=sorted(
                (one for one in self._overrulings if (sensor := known.get(one.sensor)) and sensor.site == site.id),
                key=attrgetter("sensor", "quantity"),
            ),
            city_zone=self._registry.city.zone,
        )

    def _on_newest(self, held: StoredReading | None, reading: StoredReading) -> None:
        """Mark a place if the reading may change its state: most are of a sensor that is heard and believed."""
        if (
            held is None
            or held.time_ms > reading.time_ms
            or (held.marks ^ reading.marks) & MARKS_TELL
            or reading.quantity in VALUE_TELLS
            or (reading.sensor, reading.quantity) in self._watched
        ):
            for site in self._places.of_sensors((reading.sensor,)):
                self._marked.setdefault(site)

    def _look_at_gateways(self, now_ms: int) -> None:
        """Look at some of the gateways, all of them in turn."""
        if not self._gateways_left:
            self._gateways_left = self._registry.gateways()
        most = GATEWAYS_A_TURN if self._gateways else len(self._gateways_left)  # the first turn shows all of them
        some, self._gateways_left = self._gateways_left[:most], self._gateways_left[most:]
        for gateway in some:
            before, found = self._gateways.get(gateway.id), GatewayState(gateway, self._statuses.state(gateway.id))
            if before != found:
                self._gateways[gateway.id] = found
                self.edition += 1
                if before is not None:
                    self._changes.of_gateway(before, found, now_ms)
