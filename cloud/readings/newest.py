"""The newest reading of every series, in memory: what screens ask for all the time and no database need answer.

{("air-market", "pm2_5"): StoredReading(site="daruba", sensor="air-market", …, time_ms=1764000000000, value=12.3)}
"""

from collections.abc import Iterable

import msgspec

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


class Newest:
    """Filled from the store at the start, then with what was stored; a late reading replaces nothing.

    One that is later than `latest_ms` says is of a wrong clock: it gives way to any other, and is given with the mark
    that nobody knows its time. Bounded by the registry: only its sensors and quantities get this far.
    """

    def __init__(self, latest_ms: Latest = latest_by_our_clock, *, quantities: TableOf = built_in) -> None:
        self.latest_ms = latest_ms
        self.quantities = quantities
        self._readings: dict[tuple[str, str], StoredReading] = {}
        self._newest_ms: dict[str, int] = {}

    def latest(self, *, domain: str | None = None, site: str | None = None) -> list[StoredReading]:
        """The newest reading of each series, of one `domain` or `site` if asked, by sensor and quantity."""
        latest_ms, known = self.latest_ms(), self.quantities()
        return [
            _as_dated(reading, latest_ms)
            for (_, quantity), reading in sorted(self._readings.items())
            if site in (None, reading.site) and quantity in known and domain in (None, known[quantity].domain)
        ]

    def sensor(self, sensor_id: str) -> list[StoredReading]:
        """The newest reading of each quantity of one sensor."""
        latest_ms, known = self.latest_ms(), self.quantities()
        held = sorted(self._readings.items())
        own = (reading for (sensor, quantity), reading in held if sensor == sensor_id and quantity in known)
        return [_as_dated(reading, latest_ms) for reading in own]

    def series(self, sensor_id: str, quantity: str) -> StoredReading | None:
        """The newest reading of one series."""
        found = self._readings.get((sensor_id, quantity))
        return None if found is None else _as_dated(found, self.latest_ms())

    def age_s(self, now_ms: int) -> dict[str, float | None]:
        """How long before `now_ms` (UTC) each domain's newest reading was taken; None where there is none."""
        newest_ms: dict[str, int] = {}
        latest_ms, known = self.latest_ms(), self.quantities()
        for reading in self._readings.values():
            row = known.get(reading.quantity)
            if row is None or row.derived or reading.time_ms > latest_ms:
                continue  # computing is no sign of life of a sensor, and of a wrong clock nobody knows when it was
            newest_ms[row.domain] = max(reading.time_ms, newest_ms.get(row.domain, reading.time_ms))
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
                readings[key] = reading

    def apply_verdicts(self, verdicts: Iterable[Verdict]) -> None:
        """Apply later verdicts on readings; one on a reading that is not the newest any more changes nothing."""
        for verdict in verdicts:
            key = (verdict.sensor, verdict.quantity)
            held = self._readings.get(key)
            if held is not None and held.time_ms == verdict.time_ms:
                marks = with_verdict(held.marks, verdict.marks)
                self._readings[key] = msgspec.structs.replace(held, marks=marks)


def _as_dated(reading: StoredReading, latest_ms: int) -> StoredReading:
    if reading.time_ms <= latest_ms:
        return reading
    return msgspec.structs.replace(reading, marks=reading.marks | int(Mark.CLOCK_UNKNOWN))


def _age_s(newest_ms: int | None, now_ms: int) -> float | None:
    return None if newest_ms is None else max(0.0, (now_ms - newest_ms) / 1000)
