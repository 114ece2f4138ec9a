"""How each place is doing, as the console shows it: the state that situation.py works out, as a word on a colour.

conditions_of(_, snapshot)["daruba"]
 -> (DomainCondition(FLOOD, "Siaga 2" on orange), DomainCondition(AIR, "Sedang" on blue))
"""

from collections.abc import Iterable, Mapping

import msgspec

from cloud.console.view_models.colours import Chip, chip
from cloud.console.view_models.snapshot import Snapshot
from cloud.situation import DomainState, badness, states_of
from i18n.catalog import Catalog


class DomainCondition(msgspec.Struct, frozen=True):
    """A domain's state at a place: `rank` 0 is calm, 4 the worst, -1 not known; `alarm`: an alarm is open."""

    domain: str
    chip: Chip
    rank: int
    alarm: bool
    doubted: bool = False

    @property
    def is_told(self) -> bool:
        """Whether it is worth a word on a map: it is not calm, or nobody can be sure of that."""
        return self.rank > 0 or self.doubted


Conditions = Mapping[str, tuple[DomainCondition, ...]]
"""By site, in the order flood, air, visitors, then the city's own; what is not measured at a site is left out."""


def conditions_of(_: Catalog, snapshot: Snapshot) -> Conditions:
    """The state of each domain at each site."""
    sensors = {sensor.id: sensor for sensor in snapshot.sensors}
    # what is computed belongs to the site or to a sensor; each reading names its site
    readings = [reading for found in snapshot.readings.values() for reading in found]
    return {
        site.id: tuple(
            _condition(_, state)
            for state in states_of(
                site,
                readings=readings,
                sensors=sensors,
                alarms=snapshot.alarms,
                now_ms=snapshot.now_ms,
                table=snapshot.quantities,
                limited=snapshot.limited,
                refused=snapshot.refused,
            )
        )
        for site in snapshot.sites
    }


def worst_of(conditions: Iterable[DomainCondition]) -> DomainCondition | None:
    """The worst of some states, as situation.py has it."""
    return max(conditions, key=lambda one: badness(one.rank, alarm=one.alarm, doubted=one.doubted), default=None)


def _condition(_: Catalog, state: DomainState) -> DomainCondition:
    word = _.said(state.text)
    return DomainCondition(state.domain, chip(word, state.colour), state.rank, state.alarm, state.doubted)
