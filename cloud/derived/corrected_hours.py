"""The mean of an hour of air as it is stored: corrected, if a dated fact says so, with what corrected it beside it.

readings ─► Hour ─► mean 100 ─► fact 17 of the hour's start, humidity 80 % ─► pm2_5_hour 77.5, pm2_5_correction 17
                                                   no humidity ─► no mean, pm2_5_correction_completeness 0: a gap

The hour of the readings is the raw one, from memory or from the store; nothing of a correction is kept in either.
"""

from cloud.derived.hours import StoredHours
from cloud.derived.series_writer import DerivedSeriesWriter
from cloud.registry.air_corrections import CORRECTED_BY_HUMIDITY, HUMIDITY
from cloud.registry.records import Sensor
from cloud.registry.snapshot import Registry
from rules.corrections import CorrectedHour, Correction, UsEpa2021, corrected
from rules.derived import LEAST_PERCENT, Hour


class CorrectedHours:
    """Hours by the corrections of `registry`; `without_humidity` are the sensors whose newest hour lacked it."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._lacking: dict[str, int] = {}
        self._newest_ms: dict[str, int] = {}

    @property
    def without_humidity(self) -> list[str]:
        """The sensors whose newest hour could not be corrected, for want of humidity."""
        corrections = self._registry.air_corrections
        return sorted(
            name for name, end_ms in self._lacking.items()
            if self._registry.has_sensor(name) and corrections.at(name, CORRECTED_BY_HUMIDITY, end_ms - 1) is not None
        )  # fmt: skip

    async def put(
        self, writer: DerivedSeriesWriter, store: StoredHours, sensor: Sensor, parameter: str, hour: Hour
    ) -> None:
        """Put the mean of an hour, its completeness, and which correction they stand on where there ever was one."""
        mean, completeness = hour.mean, hour.completeness
        dated = self._registry.air_corrections.at(sensor.id, parameter, hour.start_ms)
        known: float | None = None
        if dated is not None:
            found = await self._corrected(dated.correction, store, sensor, hour)
            mean, completeness, known = found.mean, found.completeness, found.known
            self._note(sensor.id, hour.end_ms, lacks=known < LEAST_PERCENT)
        writer.put(hour.end_ms, {
            f"{parameter}_hour": mean if completeness >= LEAST_PERCENT else None,
            f"{parameter}_hour_completeness": completeness,
        })  # fmt: skip
        if self._registry.air_corrections.is_known(sensor.id, parameter):
            writer.put(hour.end_ms, {
                f"{parameter}_correction": None if dated is None else dated.fact,
                f"{parameter}_correction_completeness": known,
            })  # fmt: skip

    async def _corrected(self, correction: Correction, store: StoredHours, sensor: Sensor, hour: Hour) -> CorrectedHour:
        humidity: Hour | None = None
        if isinstance(correction, UsEpa2021):
            beside = self._registry.sensor(correction.humidity or sensor.id)
            if beside is not None:
                humidity = await store.hour(beside, HUMIDITY, hour.start_ms, hour.end_ms)
        return corrected(
            correction, hour.mean, hour.completeness,
            humidity=None if humidity is None else humidity.mean,
            known=0.0 if humidity is None else humidity.completeness,
        )  # fmt: skip

    def _note(self, sensor: str, end_ms: int, *, lacks: bool) -> None:
        """Remember of each sensor's newest hour alone whether it lacked its humidity."""
        if end_ms < self._newest_ms.get(sensor, end_ms):
            return
        self._newest_ms[sensor] = end_ms
        if lacks:
            self._lacking[sensor] = end_ms
        else:
            self._lacking.pop(sensor, None)
