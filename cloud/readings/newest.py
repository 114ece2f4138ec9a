"""The newest reading of every series, in memory: what screens ask for all the time and no database need answer.

{("air-market", "pm2_5"): StoredReading(site="daruba", sensor="air-market", …, time_ms=1764000000000, value=12.3)}
"""

from bisect import insort
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping

import msgspec

from cloud.core.changed_keys import ChangedKeys
from cloud.core.latest import Latest, latest_by_our_clock
from cloud.readings.blocks import Block
from cloud.readings.contract import StoredReading, Verdict
from rules.marks import Mark, with_verdict
from wire import TableOf, built_in


def newest_of(blocks: Iterable[Block]) -> list[StoredReading]:
    """The newest reading of each quantity of each block."""
    found: list[StoredReading] = []
    for block in blocks:
        time_ms = block.span[1]
        index = -1 if block.times_ms[-1] == time_ms else block.times_ms.index(time_ms)
        for quantity, values in block.fields:
            found.append(
                StoredReading(block.site, block.sensor, block.gateway, quantity, time_ms, values[index], block.marks)
            )
    return found


OnNewest = Callable[[StoredReading | None, StoredReading], object]


class Newest:
    """Filled from the store at the start, then with what was stored; a late reading replaces nothing.

    One that is later than `latest_ms` says is of a wrong clock: it gives way to any other, and is given with the mark
    that nobody knows its time. Bounded by the registry: only its sensors and quantities get this far.
    """

    def __init__(self, latest_ms: Latest = latest_by_our_clock, *, quantities: TableOf = built_in) -> None:
        self.latest_ms = latest_ms
        self.quantities = quantities
        self.changed: ChangedKeys[tuple[str, str]] = ChangedKeys()
        self._readings: dict[tuple[str, str], StoredReading] = {}
        self._keys: list[tuple[str, str]] = []
        self._quantities: dict[str, list[str]] = {}
        self._at_site: defaultdict[str, set[tuple[str, str]]] = defaultdict(set)
        self._newest_ms: dict[str, int] = {}
        self._furthest_ms = 0
        self._is_counted = True
        self._listeners: list[OnNewest] = []

    def on_change(self, listener: OnNewest) -> None:
        """Call `listener` with each reading that becomes the newest of its series, and with the one before."""
        self._listeners.append(listener)

    def latest(self, *, domain: str | None = None, site: str | None = None) -> list[StoredReading]:
        """The newest reading of each series, of one `domain` or `site` if asked, by sensor and quantity."""
        latest_ms, known = self.latest_ms(), self.quantities()
        keys = self._in_order() if site is None else sorted(self._at_site.get(site, ()))
        return [
            _as_dated(self._readings[key], latest_ms)
            for key in keys
            if key[1] in known and domain in (None, known[key[1]].domain)
        ]

    def sensor(self, sensor_id: str) -> list[StoredReading]:
        """The newest reading of each quantity of one sensor."""
        latest_ms, known = self.latest_ms(), self.quantities()
        held = (self._readings[sensor_id, quantity] for quantity in self._quantities.get(sensor_id, ()))
        return [_as_dated(reading, latest_ms) for reading in held if reading.quantity in known]

    def of_sensors(self, sensors: Iterable[str]) -> list[StoredReading]:
        """The newest reading of each quantity of some sensors, one after the other."""
        latest_ms, known, readings = self.latest_ms(), self.quantities(), self._readings
        found = [
            readings[sensor, name] for sensor in sensors for name in self._quantities.get(sensor, ()) if name in known
        ]
        return found if self._furthest_ms <= latest_ms else [_as_dated(one, latest_ms) for one in found]

    def series(self, sensor_id: str, quantity: str) -> StoredReading | None:
        """The newest reading of one series."""
        found = self._readings.get((sensor_id, quantity))
        return None if found is None else _as_dated(found, self.latest_ms())

    def age_s(self, now_ms: int) -> dict[str, float | None]:
        """How long before `now_ms` (UTC) each domain's newest reading was taken; None where there is none."""
        newest_ms: dict[str, int] = {}
        known = self.quantities()
        for quantity, time_ms in self._newest_of_quantities().items():
            row = known.get(quantity)
            if row is not None and not row.derived:  # computing is no sign of life of a sensor
                newest_ms[row.domain] = max(time_ms, newest_ms.get(row.domain, time_ms))
        return {domain: _age_s(newest_ms.get(domain), now_ms) for domain in known.domains}

    def load(self, stored: Iterable[StoredReading]) -> None:
        """Apply readings that the store has."""
        readings, latest_ms, known = self._readings, self.latest_ms(), self.quantities()
        for reading in stored:
            key = (reading.sensor, reading.quantity)
            held = readings.get(key)
            if held is None and reading.quantity not in known:
                continue  # left over from a newer version of Siaga, or of a quantity that is gone
            if held is None or held.time_ms <= reading.time_ms <= latest_ms or held.time_ms > latest_ms:
                self._put(key, held, reading)

    def apply_verdicts(self, verdicts: Iterable[Verdict]) -> None:
        """Apply later verdicts on readings; one on a reading that is not the newest any more changes nothing."""
        for verdict in verdicts:
            key = (verdict.sensor, verdict.quantity)
            held = self._readings.get(key)
            if held is not None and held.time_ms == verdict.time_ms:
                marks = with_verdict(held.marks, verdict.marks)
                self._put(key, held, msgspec.structs.replace(held, marks=marks))

    def keys(self) -> list[tuple[str, str]]:
        """The (sensor, quantity) of each series that has a reading."""
        return list(self._readings)

    def held(self, keys: Iterable[tuple[str, str]]) -> list[StoredReading]:
        """The newest readings of these series, as they were stored."""
        return [self._readings[key] for key in keys]

    def put(self, readings: Iterable[StoredReading]) -> None:
        """Take over the newest readings of series as another process holds them, whatever was held here."""
        for reading in readings:
            key = (reading.sensor, reading.quantity)
            self._put(key, self._readings.get(key), reading)

    def _put(self, key: tuple[str, str], held: StoredReading | None, reading: StoredReading) -> None:
        self._readings[key] = reading
        self.changed.add(key)
        if held is None:
            insort(self._quantities.setdefault(key[0], []), key[1])
        if held is None or held.site != reading.site:
            if held is not None:
                self._at_site[held.site].discard(key)
            self._at_site[reading.site].add(key)
        if held is not None and held.time_ms > reading.time_ms:
            self._is_counted = False  # the one of a wrong clock may have been the newest of all
        else:
            self._count(reading)
        for listener in self._listeners:
            listener(held, reading)

    def _count(self, reading: StoredReading) -> None:
        if reading.time_ms > self._newest_ms.get(reading.quantity, -1):
            self._newest_ms[reading.quantity] = reading.time_ms
            self._furthest_ms = max(self._furthest_ms, reading.time_ms)

    def _newest_of_quantities(self) -> Mapping[str, int]:
        """When each quantity was measured last; of a wrong clock nobody knows when it was."""
        latest_ms = self.latest_ms()
        if not self._is_counted:
            self._newest_ms, self._furthest_ms, self._is_counted = {}, 0, True
            for reading in self._readings.values():
                self._count(reading)
        if self._furthest_ms <= latest_ms:
            return self._newest_ms
        newest_ms: dict[str, int] = {}
        for reading in self._readings.values():
            if reading.time_ms <= latest_ms:
                newest_ms[reading.quantity] = max(reading.time_ms, newest_ms.get(reading.quantity, reading.time_ms))
        return newest_ms

    def _in_order(self) -> list[tuple[str, str]]:
        """The series by sensor and quantity; series come seldom, and none goes."""
        if len(self._keys) != len(self._readings):
            self._keys = sorted(self._readings)
        return self._keys


def _as_dated(reading: StoredReading, latest_ms: int) -> StoredReading:
    if reading.time_ms <= latest_ms:
        return reading
    return msgspec.structs.replace(reading, marks=reading.marks | int(Mark.CLOCK_UNKNOWN))


def _age_s(newest_ms: int | None, now_ms: int) -> float | None:
    return None if newest_ms is None else max(0.0, (now_ms - newest_ms) / 1000)
