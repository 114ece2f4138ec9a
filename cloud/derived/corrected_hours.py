"""The mean of an hour of air as it is stored: corrected, if a dated fact says so, with what corrected it beside it.

readings ─► Hour ─► mean 100 ─► fact 17 of the hour's start, humidity 80 % ─► pm2_5_hour 77.5, pm2_5_correction 17
                                                   no humidity ─► no mean, pm2_5_correction_completeness 0: a gap

The hour of the readings is the raw one, from memory or from the store; nothing of a correction is kept in either.
"""

from cloud.derived.hours import StoredHours
from cloud.derived.recompute_queue import Key
from cloud.derived.series_writer import DerivedSeriesWriter
from cloud.registry.air_corrections import HUMIDITY
from cloud.registry.records import Sensor
from cloud.registry.snapshot import Registry
from i18n.message import LocalizedMessage
from rules.corrections import CorrectedHour, Correction, UsEpa2021, corrected
from rules.derived import LEAST_PERCENT, Hour

MOST_NAMED = 5
"""Sensors that health names."""


class CorrectedHours:
    """Hours by the corrections of `registry`."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._lacking: dict[Key, int] = {}
        self._newest_ms: dict[Key, int] = {}

    @property
    def gaps_in_words(self) -> str:
        """What health says of the sensors whose newest hour could not be corrected; empty where there are none."""
        at = self._registry.air_corrections.at
        names = {
            name for (name, parameter), end_ms in self._lacking.items()
            if self._registry.has_sensor(name) and at(name, parameter, end_ms - 1) is not None
        }  # fmt: skip
        if not names:
            return ""
        return LocalizedMessage(
            "no corrected hour, since humidity is missing or the correction is of a later release: {sensors}",
            sensors=", ".join(sorted(names)[:MOST_NAMED]),
        )

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
            self._note((sensor.id, parameter), hour.end_ms, lacks=known < LEAST_PERCENT)
        writer.put(hour.end_ms, {
            f"{parameter}_hour": mean if completeness >= LEAST_PERCENT else None,
            f"{parameter}_hour_completeness": completeness,
        })  # fmt: skip
        if self._registry.air_corrections.is_known(sensor.id, parameter):
            writer.put(hour.end_ms, {
                f"{parameter}_correction": None if dated is None else dated.fact,
                f"{parameter}_correction_completeness": known,
            })  # fmt: skip

    async def _corrected(
        self, correction: Correction | None, store: StoredHours, sensor: Sensor, hour: Hour
    ) -> CorrectedHour:
        if correction is None:
            return CorrectedHour(None, 0.0, 0.0)
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

    def _note(self, key: Key, end_ms: int, *, lacks: bool) -> None:
        """Remember of the newest hour of each series alone whether it lacked what corrects it."""
        if end_ms < self._newest_ms.get(key, end_ms):
            return
        self._newest_ms[key] = end_ms
        if lacks:
            self._lacking[key] = end_ms
        else:
            self._lacking.pop(key, None)
