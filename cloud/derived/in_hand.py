"""The hours in hand: the series of this process's gateways, kept up with what ingest has just stored.

ingest ── record(blocks) ──► HeldSeries of each sensor ──► take_news, take_ended: which hours are to be computed
        what nobody holds ─► on_changed                 └► what they come to, for `reads`

A series is held where all that is stored of it is told here: its sensor stands where it always stood, and each gateway
that it ever sent through is this process's own. Of the others each hour is read from the store.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from zoneinfo import ZoneInfo

from cloud.derived.held_counts import HeldCounts
from cloud.derived.held_hours import HeldHours
from cloud.derived.held_levels import HeldLevels
from cloud.derived.held_series import HeldSeries, Key, stretches_of
from cloud.derived.recompute_queue import MINUTELY, PEOPLE, SOURCES
from cloud.derived.site_sensors import SiteSensors
from cloud.readings.blocks import Block
from cloud.registry.air_corrections import HUMIDITY
from cloud.registry.records import Sensor
from cloud.registry.snapshot import Registry
from rules.marks import QUALITY, Mark
from rules.timing import Timing
from wire.durations import HOUR_MS, MINUTE_MS

MOST_LEVELS = 4_000_000
"""Levels held of all gauges, 68 MB: over that those of the gauges with the most are dropped, and read when needed."""
_NOT_PLAIN = QUALITY | int(Mark.CLOCK_UNKNOWN)
"""What stands beside such a reading may be marked with it: InfluxDB keeps one field of marks for a line."""

Changed = tuple[str, str, int, int]
"""(sensor, quantity, first, last): of which series something changed, from when to when (UTC)."""


def _keys(sensor: str) -> Iterator[Key]:
    """Every key that a series of a sensor may be held by."""
    return ((sensor, quantity) for quantity in (*SOURCES, HUMIDITY))


class InHand:
    """Holds the series of `registry` whose gateways are `is_own`; `on_changed` learns what of the others is stored."""

    def __init__(
        self,
        registry: Registry,
        sensors: SiteSensors,
        *,
        is_own: Callable[[str], bool],
        on_changed: Callable[[str, str, int, int], None],
    ) -> None:
        self._registry, self._sensors, self._is_own = registry, sensors, is_own
        self._on_changed = on_changed
        self._edition: int | None = None
        self._held: dict[Key, HeldSeries] = {}
        self._own = frozenset[str]()
        self._sources: frozenset[str] = SOURCES
        self._news: list[HeldSeries] = []
        self._ends: defaultdict[int, list[HeldHours]] = defaultdict(list)

    def get(self, sensor: str, quantity: str) -> HeldSeries | None:
        """What is held of a series."""
        return self._held.get((sensor, quantity))

    def is_own(self, name: str) -> bool:
        """Whether a sensor, or all sensors of a site, are this process's: nobody else computes live what is theirs."""
        return name in self._own

    def record(self, blocks: Iterable[Block]) -> None:
        """Readings of one batch were stored."""
        held_of, sources, own = self._held.get, self._sources, self._registry.quantities.own
        for block in blocks:
            sensor, is_plain = block.sensor, not block.marks & _NOT_PLAIN
            times_ms = block.times_ms
            for quantity, values in block.fields:
                if quantity in sources or quantity in own:
                    held = held_of((sensor, quantity))
                    if held is None:
                        if quantity != HUMIDITY or self._corrects(sensor):
                            for stretch in stretches_of(times_ms):
                                self._on_changed(sensor, quantity, *stretch)
                    elif is_plain:
                        held.add(times_ms, values)
            if not is_plain:
                self._forget_beside(block)

    def forget(self, sensor: str, quantity: str, first_ms: int, last_ms: int) -> bool:
        """Have read again what is stored from `first_ms` to `last_ms` (UTC, both included); False: it is not held."""
        held = self._held.get((sensor, quantity))
        if held is not None:
            held.forget(first_ms, last_ms)
        return held is not None

    def forget_all(self) -> None:
        """Have everything read again: what was stored meanwhile was told to nobody."""
        for held in self._held.values():
            held.forget_all()

    def take_news(self, now_ms: int) -> Iterator[Changed]:
        """What is to be computed now of what came since the last call; what waits for its minute or its hour, waits."""
        minute_ms = now_ms // MINUTE_MS * MINUTE_MS
        news, self._news = self._news, []
        for held in news:
            if isinstance(held, HeldLevels | HeldCounts):
                if held.news_ms >= minute_ms:
                    self._news.append(held)
                    continue
                stretches = held.take_news()
                newest_ms = max(last_ms for _, last_ms in stretches)
                if newest_ms >= minute_ms:
                    self._news.append(held)
                    held.leave_news(minute_ms, newest_ms)
            elif isinstance(held, HeldHours) and held.is_under_way and held.end_ms > now_ms:
                held.take_news()  # `take_ended` has it
                continue
            else:
                stretches = held.take_news()
            for first_ms, last_ms in stretches:
                yield *held.key, first_ms - held.shift_ms, last_ms - held.shift_ms

    def take_ended(self, now_ms: int) -> Iterator[Changed]:
        """The hours that have ended since the last call."""
        for end_ms in [end_ms for end_ms in self._ends if end_ms <= now_ms]:
            for held in self._ends.pop(end_ms):
                yield *held.key, end_ms - 1 - held.shift_ms, end_ms - 1 - held.shift_ms

    def bound(self) -> None:
        """Drop the levels of the gauges that hold most while all of them hold too many."""
        gauges = [held for held in self._held.values() if isinstance(held, HeldLevels)]
        levels = sum(held.size for held in gauges)
        if levels > MOST_LEVELS:
            for held in sorted(gauges, key=lambda held: -held.size):
                levels -= held.size
                held.drop_points()
                if levels <= MOST_LEVELS:
                    return

    def refresh(self) -> None:
        """Hold what the registry says, if it has changed; of a sensor that is another now nothing is known."""
        if self._edition == self._registry.edition:
            return
        changed = self._registry.changed_since(self._edition)
        self._edition = self._registry.edition
        some = any(map(self._corrects, self._registry.air_corrections.correcting()))
        sources = SOURCES | {HUMIDITY} if some else SOURCES
        if changed is None or some or sources != self._sources:  # what corrects reaches other sensors, too
            sensors, sites = self._registry.sensors(), self._registry.sites()
            changed = frozenset(
                {*(one.id for one in sensors), *(one.id for one in sites), *(key[0] for key in self._held)}
            )
            self._own = frozenset()
        self._sources = sources
        before = {
            key: held for name in changed for key in _keys(name) if (held := self._held.pop(key, None)) is not None
        }
        own = set(self._own - changed)
        for name in changed:
            sensor = self._registry.sensor(name) if self._registry.has_sensor(name) else None
            if sensor is not None and self._hold(sensor, before):
                own.add(name)
        self._own = frozenset(own | {name for name in changed if self._is_own_site(name, own)})
        self._news = [held for held in self._news if self._held.get(held.key) is held]
        for end_ms, ending in list(self._ends.items()):
            self._ends[end_ms] = [held for held in ending if self._held.get(held.key) is held]

    def _hold(self, sensor: Sensor, before: Mapping[Key, HeldSeries]) -> bool:
        """Hold the series of a sensor, as they were `before` where they are the same; say whether it is our own."""
        site = self._registry.site(sensor.site)
        if site is None or not self._is_all_told(sensor):
            return False
        timing, zone = Timing(sensor.interval_s, sensor.stamped), ZoneInfo(site.zone or self._registry.city.zone)
        for quantity in self._sources_of(sensor):
            if quantity == "rainfall" and timing.interval_ms > HOUR_MS:
                continue  # it says nothing of hours
            key = (sensor.id, quantity)
            held = before.get(key)
            is_same = held is not None and (held.timing, held.zone) == (timing, zone)
            self._held[key] = held if held is not None and is_same else self._new(key, timing, zone)
        return self._are_correctors_told(sensor)

    def _is_own_site(self, name: str, own: Collection[str]) -> bool:
        site = self._registry.site(name)
        return site is not None and not site.retired and all(one.id in own for one in self._sensors.at(site))

    def _is_all_told(self, sensor: Sensor) -> bool:
        gateways = {sensor.gateway, *self._registry.history.gateway(sensor).values}
        return not self._sensors.has_moved(sensor) and all(map(self._is_own, filter(None, gateways)))

    def _are_correctors_told(self, sensor: Sensor) -> bool:
        """Whether all that is stored of what corrects a sensor is told here too: else others compute its hours."""
        beside = map(self._registry.sensor, self._registry.air_corrections.humidity_of(sensor.id))
        return all(each is None or self._is_all_told(each) for each in beside)

    def _corrects(self, sensor: str) -> bool:
        return bool(self._registry.air_corrections.by_humidity_of(sensor))

    def _sources_of(self, sensor: Sensor) -> frozenset[str]:
        """The quantities of a sensor that something is computed from, its humidity where it corrects any."""
        corrects = {HUMIDITY} if self._corrects(sensor.id) else frozenset[str]()
        return (SOURCES | corrects).intersection(sensor.quantities)

    def _new(self, key: Key, timing: Timing, zone: ZoneInfo) -> HeldSeries:
        if key[1] in PEOPLE:
            return HeldCounts(key, timing, zone, self._note_news)
        kind = HeldLevels if key[1] in MINUTELY else HeldHours
        return kind(key, timing, zone, self._note_news, self._note_hour)

    def _note_news(self, held: HeldSeries) -> None:
        self._news.append(held)

    def _note_hour(self, held: HeldHours, end_ms: int) -> None:
        self._ends[end_ms].append(held)

    def _forget_beside(self, block: Block) -> None:
        """What is doubted is read, with all that stands beside it."""
        sensor = self._registry.sensor(block.sensor)
        for quantity in self._sources_of(sensor) if sensor is not None else ():
            for stretch in stretches_of(block.times_ms):
                self.forget(block.sensor, quantity, *stretch)
