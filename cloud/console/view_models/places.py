"""Places to choose, by what somebody types: sites, sensors, gateways, the city itself.

places.find("daruba", …)   -> (ListedPlace("site:daruba", "Daruba river bridge (daruba)", …), …)     at most MOST_SHOWN
places.named("river", …)   -> ListedPlace("sensor:river", "Daruba river bridge · River gauge (river)", …)
"""

from collections.abc import Collection, Iterator

import msgspec

from cloud.access.principal import Principal
from cloud.console.view_models.typed_number import InvalidInput
from cloud.registry.facts import CITY
from cloud.registry.snapshot import Registry
from i18n.catalog import Catalog
from wire.measurements import COMPUTED

MOST_SHOWN = 20
"""Places shown to choose from: who looks for another types more of it."""
_MOST_NAMED = 3
LONGEST_TYPED = 200


class ListedPlace(msgspec.Struct, frozen=True):
    """A place: `value` as site:daruba, `words` as people choose it; `site` is empty for the city as a whole."""

    value: str
    words: str
    site: str = ""

    @property
    def kind(self) -> str:
        """What it is: site, sensor, gateway or city."""
        return self.value.partition(":")[0]

    @property
    def id(self) -> str:
        """Its id within its kind."""
        return self.value.partition(":")[2]

    def is_for(self, principal: Principal, kinds: Collection[str]) -> bool:
        """Tell whether `principal` may choose it, and it is one of `kinds`."""
        may = principal.may_see(self.site) if self.site else principal.sites is None
        return may and self.kind in kinds


class PlaceIndex:
    """The places of a registry, gathered again when it has changed."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._edition = -1
        self._known: list[tuple[str, ListedPlace]] = []
        self._by_name: dict[str, ListedPlace] = {}

    def find(self, text: str, principal: Principal, kinds: Collection[str]) -> tuple[ListedPlace, ...]:
        """The first places in whose words every word of `text` is; all kinds in the order of the registry."""
        wanted = text[:LONGEST_TYPED].casefold().split()
        found: list[ListedPlace] = []
        for words, place in self._current():
            if all(word in words for word in wanted) and place.is_for(principal, kinds):
                found.append(place)
                if len(found) == MOST_SHOWN:
                    break
        return tuple(found)

    def named(self, _: Catalog, text: str, principal: Principal, kinds: Collection[str]) -> ListedPlace:
        """The place that is meant by its value, words or id; InvalidInput names what could be meant."""
        typed = text.strip()[:LONGEST_TYPED]
        self._current()
        for name in (typed.casefold(), *(f"{kind}:{typed.casefold()}" for kind in kinds)):
            place = self._by_name.get(name)
            if place is not None and place.is_for(principal, kinds):
                return place
        close = self.find(typed, principal, kinds) if typed else ()
        if len(close) == 1:
            return close[0]
        if not close:
            raise InvalidInput(_("“{typed}” is no place that you may see; write a part of its name.", typed=typed[:80]))
        named = ", ".join(place.words for place in close[:_MOST_NAMED])
        raise InvalidInput(_("“{typed}” can be several places: {places} … Choose one.", typed=typed[:80], places=named))

    def _current(self) -> list[tuple[str, ListedPlace]]:
        if self._edition != self._registry.edition:
            self._edition = self._registry.edition
            self._known = [(place.words.casefold(), place) for place in _places(self._registry)]
            self._by_name = {place.value.casefold(): place for _words, place in self._known} | dict(self._known)
        return self._known


def _places(registry: Registry) -> Iterator[ListedPlace]:
    names = {site.id: site.name for site in registry.sites()}
    yield ListedPlace(CITY, registry.city.name)
    for site in registry.sites():
        yield ListedPlace(f"site:{site.id}", f"{site.name} ({site.id})", site.id)
    for sensor in registry.sensors():
        if sensor.gateway not in (sensor.id, COMPUTED):
            words = f"{names.get(sensor.site, sensor.site)} · {sensor.name} ({sensor.id})"
            yield ListedPlace(f"sensor:{sensor.id}", words, sensor.site)
    for gateway in registry.gateways():
        words = f"{names.get(gateway.site, gateway.site)} · {gateway.name} ({gateway.id})"
        yield ListedPlace(f"gateway:{gateway.id}", words, gateway.site)
