"""What pages show of the board beside their own: the cards of places, the worst alarm in one line.

cards_of(visit, platform, earlier, places) -> (PlaceCard("daruba", …), …)
banner(visit, platform) -> Banner(Siaga 2, "River level · goes on", "Daruba river bridge · since 03:10", 2, 1)
"""

from collections.abc import Sequence

import msgspec

from cloud.board.records import PlaceState
from cloud.console.components.earlier_values import EarlierValues
from cloud.console.frame.visit import PageVisit
from cloud.console.view_models.alarms import AlarmContext, alarm_view, unacknowledged, worst_first
from cloud.console.view_models.colours import Chip, is_dark
from cloud.console.view_models.place_cards import CardMaker, PlaceCard
from cloud.platform import Platform
from runtime.clock import wall_ms


def cards_of(
    visit: PageVisit, platform: Platform, earlier: EarlierValues, places: Sequence[PlaceState]
) -> tuple[PlaceCard, ...]:
    """Return the cards of some places, with their newest readings."""
    registry, cards = platform.registry, []
    for place in places:
        sensors = registry.sensors_at(place.site.id)
        known = {sensor.id: sensor for sensor in sensors}
        own = [sensor.id for sensor in sensors if sensor.id != sensor.gateway]
        readings = platform.newest.of_sensors([*own, place.site.id])
        maker = CardMaker(
            visit.words, registry.quantities, known, wall_ms(), earlier.of(readings), place.site.capacity
        )  # fmt: skip
        cards.append(maker.card(place, readings))
    return tuple(cards)


class Banner(msgspec.Struct, frozen=True):
    """The worst open alarm in words, how many are open, and how many of them wait for somebody.

    `short` is what a wall has room for: the place and the value.
    """

    level: Chip | None = None
    dark: bool = False
    what: str = ""
    where: str = ""
    short: str = ""
    count: str = ""
    waiting: int = 0


def banner(visit: PageVisit, platform: Platform) -> Banner:
    """Return what stands above all while alarms are open."""
    own = [alarm for alarm in platform.board.alarms() if visit.principal.may_see(alarm.site)]
    if not own:
        return Banner()
    worst, now_ms = worst_first(own)[0], wall_ms()
    site, sensor = platform.registry.site(worst.site), platform.registry.sensor(worst.sensor)
    newest = platform.newest.series(worst.sensor, worst.quantity)
    context = AlarmContext(
        now_ms=now_ms,
        city_zone=visit.zone,
        sites={} if site is None else {site.id: site},
        sensors={} if sensor is None else {sensor.id: sensor},
        newest={} if newest is None else {(worst.sensor, worst.quantity): newest},
        quantities=platform.registry.quantities,
    )
    _ = visit.words
    view, waiting = alarm_view(_, worst, context), len(unacknowledged(own, now_ms))
    since = _("since {time}", time=view.since)
    opened = _.plural("{n} alarm open", "{n} alarms open", len(own))
    waits = _("{n} not acknowledged", n=waiting) if waiting else _("all acknowledged")
    return Banner(
        level=view.level,
        dark=is_dark(view.level.colour),
        what=f"{view.title} · {view.state_text}",
        where=" · ".join(words for words in (view.where, view.value, view.read, since) if words),
        short=" · ".join(words for words in (site.name if site else view.where, view.value, view.read) if words),
        count=f"{opened} · {waits}",
        waiting=waiting,
    )
