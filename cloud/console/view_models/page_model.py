"""All that the pages show of a snapshot, worked out once for everybody with the same language and the same sites."""

from zoneinfo import ZoneInfo

import msgspec

from cloud.console.view_models.alarms import AlarmContext, AlarmView, alarm_view, unacknowledged, worst_first
from cloud.console.view_models.gateways import DeadLetterView, GatewayView, dead_letters_of, gateways_of
from cloud.console.view_models.maintenance import WindowView, window_view
from cloud.console.view_models.sites import DomainView, SiteView, StateView, domains_of, sites_of, state_of
from cloud.console.view_models.snapshot import Snapshot
from i18n.catalog import Catalog


class PageModel(msgspec.Struct, frozen=True):
    """All that the pages show of a snapshot in one language."""

    snapshot: Snapshot
    state: StateView
    domains: tuple[DomainView, ...]
    sites: tuple[SiteView, ...]
    gateways: tuple[GatewayView, ...]
    dead_letters: tuple[DeadLetterView, ...]
    alarms: tuple[AlarmView, ...]
    waiting: int
    alarm_context: AlarmContext
    windows: tuple[WindowView, ...] = ()


def page_model_of(_: Catalog, snapshot: Snapshot, zone: ZoneInfo) -> PageModel:
    """A snapshot in the language of `_`; `zone` is that of the city."""
    sites = sites_of(_, snapshot)
    alarm_context = alarm_context_of(snapshot, zone)
    return PageModel(
        snapshot=snapshot,
        state=state_of(_, snapshot, sites),
        domains=domains_of(_, snapshot),
        sites=sites,
        gateways=gateways_of(_, snapshot),
        dead_letters=dead_letters_of(_, snapshot, zone),
        alarms=tuple(alarm_view(_, alarm, alarm_context) for alarm in worst_first(snapshot.alarms)),
        waiting=len(unacknowledged(snapshot.alarms, snapshot.now_ms)),
        alarm_context=alarm_context,
        windows=tuple(
            window_view(_, window, snapshot.now_ms, zone, sites=alarm_context.sites, sensors=alarm_context.sensors)
            for window in snapshot.windows
            if window.until_ms > snapshot.now_ms
        ),
    )


def alarm_context_of(snapshot: Snapshot, zone: ZoneInfo) -> AlarmContext:
    """What the alarms of a snapshot are read beside."""
    return AlarmContext(
        now_ms=snapshot.now_ms,
        city_zone=zone,
        sites={site.id: site for site in snapshot.sites},
        sensors={sensor.id: sensor for sensor in snapshot.sensors},
        windows=snapshot.windows,
        quantities=snapshot.quantities,
        newest={(one.sensor, one.quantity): one for found in snapshot.readings.values() for one in found},
    )
