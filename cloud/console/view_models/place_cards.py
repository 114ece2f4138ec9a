"""A place as a card: its states as words on colours, and of each domain the newest value that matters, with its trend.

PlaceCard("daruba", "Daruba river bridge", chips=(Siaga 2,), figures=(CardFigure("Water level", "132.4", "cm", …),))
"""

from collections.abc import Mapping, Sequence

import msgspec

from cloud.board.records import PlaceState
from cloud.console.view_models.colours import Chip, chip, is_dark
from cloud.console.view_models.sites import BADGES
from cloud.console.view_models.trends import Beside, Series, TrendView, trend_of
from cloud.gateways.freshness import Freshness, freshness
from cloud.readings.contract import StoredReading
from cloud.registry.records import Sensor
from cloud.situation import CAPACITY_USED, ISPU, OCCUPANCY, WATER, badness
from i18n import figures
from i18n.catalog import Catalog
from rules.marks import DOUBTED
from wire import AIR_PARAMETERS, Domain, QuantityTable, Worse

MATTERS: Mapping[str, Sequence[str]] = {
    Domain.FLOOD: (WATER, "distance"),
    Domain.AIR: (ISPU, *AIR_PARAMETERS),
    Domain.FOOTFALL: (CAPACITY_USED, OCCUPANCY, "visitors_present", "people_in"),
}
"""What stands on the card of a place, the first that is known there."""
MOST_FIGURES = 4


class CardFigure(msgspec.Struct, frozen=True):
    """The newest value of one series; `time_ms` and `age` only where it is older than its sensor promises."""

    sensor: str
    quantity: str
    name: str
    value: str
    unit: str
    freshness: Freshness
    time_ms: int = 0
    age: str = ""
    badges: tuple[tuple[str, str], ...] = ()
    trend: TrendView | None = None


class PlaceCard(msgspec.Struct, frozen=True):
    """One place; `behind` says how many of its sensors are late or silent, empty where none is."""

    id: str
    name: str
    place: str
    chips: tuple[Chip, ...]
    raised: bool
    dark: bool
    figures: tuple[CardFigure, ...]
    behind: str

    @property
    def colour(self) -> str:
        """The colour of its worst state; empty where it has none."""
        return self.chips[0].colour if self.chips else ""


class CardMaker(msgspec.Struct, frozen=True):
    """Makes cards of one moment: `earlier` is what some series were before, `capacity` how many a place may hold."""

    words: Catalog
    table: QuantityTable
    sensors: Mapping[str, Sensor]
    now_ms: int
    earlier: Mapping[Series, float] = {}
    capacity: int | None = None

    def card(self, place: PlaceState, readings: Sequence[StoredReading]) -> PlaceCard:
        """The card of a place whose newest readings these are."""
        _ = self.words
        states = sorted(
            place.states, key=lambda one: badness(one.rank, alarm=one.alarm, doubted=one.doubted), reverse=True
        )
        worst = place.worst
        behind = place.alive.behind
        return PlaceCard(
            id=place.site.id,
            name=place.site.name,
            place=place.site.place,
            chips=tuple(chip(_.said(state.text), state.colour) for state in states),
            raised=worst is not None and (worst.rank > 0 or worst.doubted),
            dark=worst is not None and is_dark(worst.colour),
            figures=self.figures([state.domain for state in states], readings),
            behind=_("{n} of {all} silent", n=behind, all=place.alive.sensors) if behind else "",
        )

    def figures(self, domains: Sequence[str], readings: Sequence[StoredReading]) -> tuple[CardFigure, ...]:
        """Of each domain the value that matters."""
        found = (self._that_matters(domain, readings) for domain in domains)
        return tuple(self.figure(one, readings) for one in found if one is not None)[:MOST_FIGURES]

    def _that_matters(self, domain: str, readings: Sequence[StoredReading]) -> StoredReading | None:
        """The reading of the first known quantity: the freshest, of those the worst."""
        own = [one for one in readings if self.table[one.quantity].domain == domain]
        names = MATTERS.get(domain) or sorted({one.quantity for one in own if not self.table[one.quantity].derived})
        for name in names:
            several = [one for one in own if one.quantity == name]
            if several:
                return min(several, key=self._order)
        return None

    def _order(self, reading: StoredReading) -> tuple[int, float]:
        sign = 1 if self.table[reading.quantity].worse is Worse.DOWN else -1
        return list(Freshness).index(self._freshness(reading)), sign * reading.value

    def _freshness(self, reading: StoredReading) -> Freshness:
        sensor = self.sensors.get(reading.sensor)
        interval_s = 3_600.0 if self.table[reading.quantity].derived else None if sensor is None else sensor.interval_s
        return freshness((self.now_ms - reading.time_ms) / 1_000, interval_s)

    def figure(self, reading: StoredReading, readings: Sequence[StoredReading]) -> CardFigure:
        """One value as people read it; `readings` are those of its place."""
        _, row, fresh = self.words, self.table[reading.quantity], self._freshness(reading)
        value, unit = figures.value_and_unit(_, row, reading.value)
        is_old = fresh is not Freshness.FRESH
        age_s = max(0.0, (self.now_ms - reading.time_ms) / 1_000)
        return CardFigure(
            sensor=reading.sensor,
            quantity=reading.quantity,
            name=figures.name_of(_, row),
            value=value,
            unit=unit,
            freshness=fresh,
            time_ms=reading.time_ms if is_old else 0,
            age=figures.age(_, age_s) if is_old else "",
            badges=tuple((_(badge), _(meaning)) for mark, (badge, meaning) in BADGES.items() if reading.marks & mark),
            trend=None if is_old or reading.marks & DOUBTED else self._trend(reading, readings),
        )

    def _trend(self, reading: StoredReading, readings: Sequence[StoredReading]) -> TrendView | None:
        beside = Beside(readings, self.earlier, self.capacity)
        return trend_of(self.words, self.table, reading, beside, self.now_ms)
