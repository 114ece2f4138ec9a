"""The newest reading of every series, in memory: what screens ask for all the time and no database need answer.

{("air-market", "pm2_5"): StoredReading(site="daruba", sensor="air-market", …, time_ms=1764000000000, value=12.3)}
"""

from collections.abc import Iterable

import msgspec

from cloud.readings.blocks import Block
from cloud.readings.contract import StoredReading, Verdict
from rules.marks import with_verdict
from wire import QUANTITIES, Domain


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

    Bounded by the registry: only its sensors and quantities get this far.
    """

    def __init__(self) -> None:
        self._readings: dict[tuple[str, str], StoredReading] = {}
        self._newest_ms: dict[Domain, int] = {}

    def latest(self, *, domain: Domain | None = None, site: str | None = None) -> list[StoredReading]:
        """The newest reading of each series, of one `domain` or `site` if asked, by sensor and quantity."""
        return [
            reading
            for _, reading in sorted(self._readings.items())
            if site in (None, reading.site) and domain in (None, QUANTITIES[reading.quantity].domain)
        ]

    def sensor(self, sensor_id: str) -> list[StoredReading]:
        """The newest reading of each quantity of one sensor."""
        return [reading for (sensor, _), reading in sorted(self._readings.items()) if sensor == sensor_id]

    def series(self, sensor_id: str, quantity: str) -> StoredReading | None:
        """The newest reading of one series."""
        return self._readings.get((sensor_id, quantity))

    def age_s(self, now_ms: int) -> dict[Domain, float | None]:
        """How long before `now_ms` (UTC) each domain's newest reading was taken; None where there is none."""
        newest_ms: dict[Domain, int] = {}
        for reading in self._readings.values():
            domain = QUANTITIES[reading.quantity].domain
            if QUANTITIES[reading.quantity].derived:
                continue  # computing is no sign of life of a sensor
            newest_ms[domain] = max(reading.time_ms, newest_ms.get(domain, reading.time_ms))
        return {domain: _age_s(newest_ms.get(domain), now_ms) for domain in Domain}

    def load(self, stored: Iterable[StoredReading]) -> None:
        """Take readings that the store holds."""
        readings = self._readings
        for reading in stored:
            key = (reading.sensor, reading.quantity)
            held = readings.get(key)
            if held is None and reading.quantity not in QUANTITIES:
                continue  # left over from a newer version of Siaga
            if held is None or held.time_ms <= reading.time_ms:
                readings[key] = reading

    def judge_anew(self, verdicts: Iterable[Verdict]) -> None:
        """Take later verdicts on readings; one on a reading that is not the newest any more changes nothing."""
        for verdict in verdicts:
            key = (verdict.sensor, verdict.quantity)
            held = self._readings.get(key)
            if held is not None and held.time_ms == verdict.time_ms:
                marks = with_verdict(held.marks, verdict.marks)
                self._readings[key] = msgspec.structs.replace(held, marks=marks)


def _age_s(newest_ms: int | None, now_ms: int) -> float | None:
    return None if newest_ms is None else max(0.0, (now_ms - newest_ms) / 1000)
