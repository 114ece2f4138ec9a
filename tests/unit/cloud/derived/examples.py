"""Places whose readings are stored and computed from: one sensor, an island, a house with dated facts."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from cloud.database.audit_log import Actor
from cloud.database.engine import DatabaseUnavailable
from cloud.derived.corrections import Corrections
from cloud.derived.service import Derivations
from cloud.readings.blocks import Block
from cloud.readings.contract import Verdict
from cloud.readings.newest import Newest
from cloud.readings.sqlite import SqliteStore
from cloud.registry.fact_service import FactService
from cloud.registry.records import Calibration, City, Gateway, Sensor, Site
from cloud.registry.snapshot import Registry
from rules.siaga import GaugeLimits, Limit
from tests.own_quantities import TABLE
from tests.unit.cloud.examples import GATEWAY, SITE, T0, Workshop
from wire import Reading, encode_batch

ANI = Actor("ani")
ZONE, LORD_HOWE = "Asia/Jayapura", "Australia/Lord_Howe"
MINUTE, HOUR = 60_000, 3_600_000
DAY = 24 * HOUR


def ms(text: str) -> int:
    return int(datetime.fromisoformat(text).astimezone(UTC).timestamp() * 1000)


MIDNIGHT = ms("2026-11-23T00:00:00+09:00")
SEVEN, NINE = ms("2026-11-24T07:00:00+09:00"), ms("2026-11-24T09:00:00+09:00")
BACK, ON = ms("2026-04-05T02:00:00+11:00"), ms("2026-10-04T02:00:00+10:30")
"""When the clocks of Lord Howe are set back and on, by half an hour."""


def every(step_ms: int, first_ms: int, end_ms: int, value: float) -> dict[int, float]:
    return dict.fromkeys(range(first_ms, end_ms, step_ms), value)


class Stored:
    """A store on disk that forces nothing there: that a power cut loses nothing is shown by the tests of the store."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(exist_ok=True)
        self.store = SqliteStore(folder / "readings.db")

    async def __aenter__(self) -> Self:
        await self.store.open()
        await self.store._writer.run(lambda connection: connection.execute("PRAGMA synchronous = OFF"))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.store.close()

    async def write(self, sensor: str, site: str, quantity: str, points: dict[int, float], *, marks: int = 0) -> None:
        domain, values = TABLE[quantity].domain, ((quantity, list(points.values())),)
        block = Block(site, sensor, "gw", domain, marks, list(points), values)
        await self.store.write([self.store.encode([block])])

    async def series_of(self, sensor: str, quantity: str) -> dict[int, float]:
        found = await self.store.history(sensor, quantity, start_ms=0, end_ms=ms("2030-01-01T00:00:00Z"))
        return {point.time_ms: point.value for point in found}


class Place(Stored):
    """One site with one sensor, whose readings are stored and computed from as the test says."""

    def __init__(self, folder: Path, sensor: Sensor, *, zone: str = ZONE, closes: str | None = None) -> None:
        super().__init__(folder)
        self.sensor = sensor
        site = Site("daruba", "Daruba", "", 2.0, 128.0, zone, closes=closes)
        registry = Registry(city=City("Morotai", zone), sites=[site], gateways=(), sensors=[sensor], quantities=TABLE)
        self.derivations = Derivations(registry, self.store, Newest())

    async def send(self, points: dict[int, float]) -> None:
        (quantity, *_) = self.sensor.quantities
        await self.write(self.sensor.id, "daruba", quantity, points)
        self.derivations.on_series_changed(self.sensor.id, quantity, min(points), max(points))

    async def series(self, quantity: str, *, of: str | None = None) -> dict[int, float]:
        return await self.series_of(of or self.sensor.id, quantity)


SITES = (
    Site("daruba", "Daruba", "Daruba", 2.05, 128.29, ZONE),
    Site("dodola", "Dodola", "Dodola", 2.08, 128.18, ZONE, capacity=80, area_m2=200.0, closes="18:00"),
)
SENSORS = (
    Sensor("air", "Air", "daruba", "gw", ("pm2_5", "pm10"), interval_s=600),
    Sensor("air-2", "Air 2", "daruba", "gw", ("pm2_5",), interval_s=600),
    Sensor("gas", "Gas", "daruba", "gw", ("no2",), interval_s=600),
    Sensor("rain", "Rain", "daruba", "gw", ("rainfall",), interval_s=600),
    Sensor("river", "River", "daruba", "gw", ("water_level",), interval_s=600),
    Sensor("gate", "Gate", "dodola", "gw", ("people_in", "people_out"), interval_s=60, twin="gate-b"),
    Sensor("gate-b", "Gate B", "dodola", "gw", ("people_in", "people_out"), interval_s=60, twin="gate"),
    Sensor("pier", "Pier", "dodola", "gw", ("people_in",), interval_s=60),
)


class Island(Stored):
    """Two sites with sensors of all domains; `store_readings` is a batch that was stored."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.registry = Registry(city=City("Morotai", ZONE), sites=SITES, gateways=(), sensors=SENSORS)
        self.told: list[Block] = []
        self.rules_fail = False
        self.start()

    def start(self) -> None:
        """As after a restart: nothing is remembered but what the store has."""
        self.newest = Newest()
        self.derivations = Derivations(
            self.registry, self.store, self.newest,
            gauges=lambda sensor: GaugeLimits(Limit(150), Limit(250), Limit(320)) if sensor == "river" else None,
            observe=self._observe,
        )  # fmt: skip

    async def _observe(self, blocks: Sequence[Block]) -> None:
        if self.rules_fail:
            raise DatabaseUnavailable("the registry database does not answer")
        self.told += blocks

    async def store_readings(
        self, sensor: str, quantity: str, points: dict[int, float], *, marks: int = 0, note: bool = True
    ) -> None:
        site = next(one.site for one in SENSORS if one.id == sensor)
        await self.write(sensor, site, quantity, points, marks=marks)
        if note:
            self.derivations.on_series_changed(sensor, quantity, min(points), max(points))

    async def series(self, sensor: str, quantity: str) -> dict[int, float]:
        return await self.series_of(sensor, quantity)

    async def give_verdicts(self, sensor: str, quantity: str, times_ms: Iterable[int], marks: int) -> None:
        """Later readings have shown something, and the derivations are told where."""
        given = [Verdict(sensor, quantity, time_ms, marks) for time_ms in times_ms]
        await self.store.write_verdicts(given)
        for verdict in given:
            self.derivations.on_series_changed(sensor, quantity, verdict.time_ms, verdict.time_ms)

    async def marks(self, sensor: str, quantity: str) -> dict[int, int]:
        points = await self.store.history(sensor, quantity, start_ms=0, end_ms=ms("2030-01-01T00:00:00+00:00"))
        return {point.time_ms: point.marks for point in points}


START = 1_764_028_800_000  # 2025-11-25 09:00 in Daruba
NOW = START + 48 * HOUR


def city_of_house() -> Registry:
    return Registry(
        city=City("Morotai", ZONE), sites=[SITE, Site("pier", "Pier", "", 2.0, 128.0, ZONE)],
        gateways=[Gateway(GATEWAY, "Daruba", "daruba")],
        sensors=[Sensor("air", "Air", "daruba", GATEWAY, ("pm2_5", "pm10"), interval_s=600)],
    )  # fmt: skip


class House:
    """Two days of air at PM2.5 55 and PM10 75: 100 each by the ministry's lines, 100 and 63 by the regulation's."""

    def __init__(self, workshop: Workshop) -> None:
        self.workshop = workshop
        self.facts = FactService(workshop.database, workshop.registry, clock=lambda: NOW)
        self.derivations = Derivations(workshop.registry, workshop.store, workshop.newest, facts=self.facts)
        assert self.derivations.corrections is not None
        self.derivations.corrections._settle_s = 0
        self.derivations.corrections._clock = self.derivations.corrections._series._clock = lambda: NOW

    async def measure(self) -> None:
        readings = [
            Reading("air", quantity, START + minute * 60_000, value)
            for minute in range(0, 48 * 60, 10)
            for quantity, value in (("pm2_5", 55.0), ("pm10", 75.0))
        ]
        write = self.workshop.decoder.prepare(encode_batch("s", 1, readings, backfill=True), GATEWAY)
        await self.workshop.writer.write([write])
        self.derivations.on_series_changed("air", "pm2_5", START, NOW)
        self.derivations.on_series_changed("air", "pm10", START, NOW)
        await self.derivations.compute(NOW)

    async def compute(self) -> None:
        await self.derivations._correct()
        await self.derivations.compute(NOW)

    async def at(self, sensor: str, quantity: str, hour: int) -> float | None:
        time_ms = START + hour * HOUR
        points = await self.workshop.store.history(sensor, quantity, start_ms=time_ms, end_ms=time_ms + 1)
        return points[0].value if points else None


LATER = T0 + 10 * HOUR
RIVER = Sensor("river", "River", "daruba", GATEWAY, ("distance", "water_level"), mounting_height_cm=450.0)
AIR = Sensor("air", "Air", "daruba", GATEWAY, ("pm2_5",), calibration={"pm2_5": Calibration(1.0, 2.0)})
PROBE = Sensor("probe", "Probe", "daruba", GATEWAY, ("water_level",))


def city_of_yard() -> Registry:
    return Registry(
        city=City("Morotai", "Asia/Jayapura"), sites=[SITE], gateways=[Gateway(GATEWAY, "Daruba", "daruba")],
        sensors=[RIVER, AIR, PROBE],
    )  # fmt: skip


class Yard:
    """Ingest, facts and corrections on real databases; `moved` are the series that were noted."""

    def __init__(self, workshop: Workshop) -> None:
        self.workshop, self.moved, self._seq = workshop, set[tuple[str, str]](), 0
        self.facts = FactService(workshop.database, workshop.registry, clock=lambda: LATER)
        self.corrections = self.restarted()
        workshop.decoder._observe._on_blocks = lambda blocks: self.corrections.on_writing(blocks)

    def restarted(self) -> Corrections:
        """As after a start of the cloud."""
        return Corrections(
            self.facts, self.workshop.store, self.workshop.newest, settle_s=0, clock=lambda: LATER,
            on_changed=lambda sensor, quantity, _first, _last: self.moved.add((sensor, quantity)),
        )  # fmt: skip

    async def send(self, *readings: Reading, backfill: bool = False) -> None:
        payload = encode_batch("s", self._seq + 1, readings, backfill=backfill)
        self._seq += len(readings)
        await self.workshop.writer.write([self.workshop.decoder.prepare(payload, GATEWAY)])

    async def stored(self, sensor: str, quantity: str) -> dict[int, float]:
        points = await self.workshop.store.history(sensor, quantity, start_ms=0, end_ms=2**53)
        return {(point.time_ms - T0) // HOUR: point.value for point in points}

    async def record(self, subject: str, what: str, value: Any, *, hour: int) -> int:
        fact = await self.facts.record(subject, what, value, actor=ANI, reason="x", valid_from_ms=T0 + hour * HOUR)
        return fact.id


def hourly(sensor: str, quantity: str, *values: float) -> list[Reading]:
    return [Reading(sensor, quantity, T0 + hour * HOUR, value) for hour, value in enumerate(values)]
