"""What the platform knows of gateways, for somebody who may see some sites: gathered when it is shown.

listed() ─► as much of each as finds and orders it        of("gw-daruba") ─► all of one
"""

from collections import defaultdict
from collections.abc import Sequence

from cloud.console.view_models.fleet import GatewayFacts, ListedGateway, troubles_of, worst_first
from cloud.core.bounded_cache import BoundedCache
from cloud.gateways.reading_rates import spool_left_s
from cloud.platform import Platform
from cloud.registry.records import Gateway
from cloud.rulebook.visibility import foreign_sensors, naming_none_of
from runtime.clock import boot_s

LIST_S = 5.0
"""How often gateways are found and ordered anew while somebody looks at the list."""
_BATTERY = "battery"
_MOST_SCOPES = 32
_Sites = frozenset[str] | None


class FleetFacts:
    """Gathers for who may see `sites`; what follows from the registry alone is kept while that does not change."""

    def __init__(self, platform: Platform, sites: _Sites) -> None:
        self._platform, self._sites = platform, sites
        self._edition: object = None
        self._foreign: dict[str, set[str]] = {}
        self._batteries: dict[str, list[str]] = {}
        self._listed: tuple[float, Sequence[ListedGateway]] = (float("-inf"), ())

    def listed(self) -> Sequence[ListedGateway]:
        """Every gateway that they may see, worst first, as they were at most `LIST_S` ago."""
        now_s, edition = boot_s(), self._edition
        self._follow_registry()
        if now_s - self._listed[0] >= LIST_S or self._edition != edition:
            gateways = self._platform.registry.gateways()
            self._listed = now_s, worst_first(self._as_listed(one) for one in gateways if self._may_see(one))
        return self._listed[1]

    def of(self, gateway_id: str) -> GatewayFacts | None:
        """All of one; None where there is none of that id for them."""
        platform = self._platform
        gateway = platform.registry.gateway(gateway_id)
        if gateway is None or gateway.retired or not self._may_see(gateway):
            return None
        self._follow_registry()
        status, foreign = platform.statuses.status(gateway_id), self._foreign.get(gateway_id)
        return GatewayFacts(
            gateway=gateway,
            site=self._site_name(gateway),
            state=platform.statuses.state(gateway_id),
            status=None if status is None else naming_none_of(status, foreign),
            account=platform.accounts.account(gateway_id),
            left_s=None if status is None else spool_left_s(status, platform.statuses.rates.rate(gateway_id)),
            battery=self._battery(gateway_id),
            report=platform.care.reports.report(gateway_id),
            wrong_clock=platform.wrong_clocks().get(gateway_id),
            shares_id=platform.statuses.are_two(gateway_id),
            is_whole=not foreign,
        )

    def _may_see(self, gateway: Gateway) -> bool:
        return self._sites is None or gateway.site in self._sites

    def _as_listed(self, gateway: Gateway) -> ListedGateway:
        platform = self._platform
        status, report = platform.statuses.status(gateway.id), platform.care.reports.report(gateway.id)
        state, troubles = platform.statuses.state(gateway.id), troubles_of(status, report)
        return ListedGateway(gateway.id, gateway.name, self._site_name(gateway), state, troubles)

    def _site_name(self, gateway: Gateway) -> str:
        site = self._platform.registry.site(gateway.site)
        return gateway.site if site is None else site.name

    def _battery(self, gateway_id: str) -> float | None:
        """The lowest charge among its own battery and those of its sensors."""
        newest = (self._platform.newest.series(sensor, _BATTERY) for sensor in self._batteries.get(gateway_id, ()))
        return min((reading.value for reading in newest if reading is not None), default=None)

    def _follow_registry(self) -> None:
        registry = self._platform.registry
        if self._edition == registry.edition:
            return
        self._edition = registry.edition
        self._foreign = foreign_sensors(self._sites, registry.sensors())
        batteries: defaultdict[str, list[str]] = defaultdict(list)
        for sensor in registry.sensors():
            if _BATTERY in sensor.quantities:
                batteries[sensor.gateway].append(sensor.id)
        self._batteries = dict(batteries)


class FleetFactsByScope:
    """What was gathered for everybody who may see the same sites."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._held = BoundedCache[_Sites, FleetFacts](_MOST_SCOPES)

    def of(self, sites: _Sites) -> FleetFacts:
        """The facts for who may see `sites`."""
        found = self._held[sites] = self._held.get(sites) or FleetFacts(self._platform, sites)
        return found
