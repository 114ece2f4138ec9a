"""A city for tests of the board, whose time is moved by hand, and the board from scratch to compare it with."""

from collections.abc import Collection, Sequence

from cloud.alarms.alarm_steps import AlarmStep, PastStep
from cloud.alarms.records import Alarm
from cloud.board.board import CityBoard
from cloud.gateways.statuses import Statuses
from cloud.ingest.manual.records import Overruling
from cloud.readings.contract import StoredReading
from cloud.readings.newest import Newest
from cloud.registry.records import City, Sensor
from cloud.registry.snapshot import Registry
from tests.own_quantities import TABLE
from tests.unit.cloud.api.morotai import GATEWAYS, SENSORS, SITES, ZONE
from tests.unit.cloud.console.alarms_made import NOON_MS
from wire import Status, encode_status

MIC = Sensor("mic", "Microphone", "sangowo", "gw-east", ("leq", "horn_count"), interval_s=60)


class Alarms:
    """Open alarms that a test opens and ends."""

    def __init__(self) -> None:
        self.held: dict[int, Alarm] = {}
        self.were: list[PastStep] = []
        self._told: dict[int, Alarm] = {}

    def all(self) -> Sequence[Alarm]:
        return list(self.held.values())

    async def turn(self) -> list[AlarmStep]:
        steps = [
            AlarmStep(self._told.get(number), self.held.get(number))
            for number in sorted(self._told.keys() | self.held.keys())
            if self._told.get(number) != self.held.get(number)
        ]
        self._told = dict(self.held)
        return steps

    async def past(self, since_ms: int) -> list[PastStep]:
        return [each for each in self.were if each.at_ms >= since_ms]


class Limited:
    """The series that have a limit."""

    def __init__(self, series: Collection[tuple[str, str]] = ()) -> None:
        self.series = frozenset(series)

    def current(self) -> frozenset[tuple[str, str]]:
        return self.series


class SmallCity:
    """Three places at noon; `later` moves the time."""

    def __init__(self) -> None:
        self.now_ms = NOON_MS
        self.registry = Registry(
            city=_CITY, sites=SITES, gateways=GATEWAYS, sensors=[*SENSORS, MIC], quantities=TABLE, now_ms=NOON_MS
        )
        self.newest = Newest(lambda: self.now_ms + 600_000, quantities=self.registry.table)
        self.statuses = Statuses(lambda: 0.0, lambda: self.now_ms / 1_000)
        self.alarms, self.limited = Alarms(), Limited({("mic", "leq")})
        self.refused: frozenset[tuple[str, str]] = frozenset()
        self.overrulings: Sequence[Overruling] = ()
        self.board = self.board_with(self.alarms)

    def board_from_scratch(self) -> CityBoard:
        """A board that knows nothing of what was before."""
        alarms = Alarms()
        alarms.held = dict(self.alarms.held)
        return self.board_with(alarms)

    def board_with(self, alarms: Alarms) -> CityBoard:
        return CityBoard(
            registry=self.registry, newest=self.newest, statuses=self.statuses, alarms=alarms, limited=self.limited,
            overrulings=self._read_overrulings, refused=lambda: self.refused, clock=lambda: self.now_ms,
            steady_ms=lambda: self.now_ms,
        )  # fmt: skip

    async def _read_overrulings(self) -> Sequence[Overruling]:
        return self.overrulings

    def later(self, seconds: float) -> None:
        self.now_ms += round(seconds * 1_000)

    def hear(self, sensor: str, quantity: str, value: float, *, marks: int = 0, age_s: float = 0.0) -> None:
        known = self.registry.sensor(sensor)
        site = "" if known is None else known.site
        time_ms = self.now_ms - round(age_s * 1_000)
        self.newest.load([StoredReading(site, sensor, "gw-daruba", quantity, time_ms, value, marks)])

    def say(self, gateway: str, *, online: bool = True) -> None:
        self.statuses.on_status(gateway, encode_status(Status(1, online, gateway, "1", "b", "s", self.now_ms)))


_CITY = City("Pulau Morotai", ZONE)
