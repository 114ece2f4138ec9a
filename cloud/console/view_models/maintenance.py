"""Maintenance windows as people read them: where, from when until when, who works there and why.

WindowView(id=3, where="Daruba river bridge · River gauge", times="25 Nov 09:00 – 25 Nov 11:00 WIT", who="budi", …)
"""

from collections.abc import Iterable, Mapping
from zoneinfo import ZoneInfo

import msgspec

from cloud.alarms.records import Maintenance
from cloud.registry.records import Sensor, Site
from i18n import figures
from i18n.catalog import Catalog


class WindowView(msgspec.Struct, frozen=True):
    """One window; `holds` where it is open now, `until` its end alone, `site` the place whose people may end it."""

    id: int
    site: str
    where: str
    times: str
    until: str
    who: str
    reason: str
    holds: bool
    state: str


def window_view(
    _: Catalog,
    window: Maintenance,
    now_ms: int,
    zone: ZoneInfo,
    *,
    sites: Mapping[str, Site],
    sensors: Mapping[str, Sensor],
) -> WindowView:
    """One window for the screen, its times in `zone`."""
    holds = window.holds(now_ms)
    until = figures.minute(_, window.until_ms, zone)
    return WindowView(
        id=window.id,
        site=site_of(window, sensors),
        where=_where(window, sites, sensors),
        times=f"{figures.stretch(_, window.from_ms, window.until_ms, zone)} {figures.zone_name(window.until_ms, zone)}",
        until=until,
        who=window.author,
        reason=window.reason,
        holds=holds,
        state=_("in force") if holds else _("to come"),
    )


def site_of(window: Maintenance, sensors: Mapping[str, Sensor]) -> str:
    """The site of a window, or that of its sensor; empty for a sensor that is gone."""
    if window.site is not None:
        return window.site
    sensor = sensors.get(window.sensor or "")
    return sensor.site if sensor is not None else ""


def covering(windows: Iterable[Maintenance], site: str, sensor: str, now_ms: int) -> Maintenance | None:
    """The window that is open at `now_ms` for a sensor or its site; of several the one that ends last."""
    found = [one for one in windows if one.holds(now_ms) and (one.site == site or one.sensor == sensor)]
    return max(found, key=lambda window: window.until_ms, default=None)


def places_of(sites: Iterable[Site], sensors: Iterable[Sensor]) -> list[tuple[str, str]]:
    """Where a window can be made, as (value, words): each site, and after it its sensors."""
    known = list(sensors)
    places: list[tuple[str, str]] = []
    for site in sites:
        places.append((f"site:{site.id}", site.name))
        places += [(f"sensor:{one.id}", f"{site.name} · {one.name}") for one in known if one.site == site.id]
    return places


def _where(window: Maintenance, sites: Mapping[str, Site], sensors: Mapping[str, Sensor]) -> str:
    site = site_of(window, sensors)
    place = sites[site].name if site in sites else site
    if window.sensor is None:
        return place
    sensor = sensors[window.sensor].name if window.sensor in sensors else window.sensor
    return f"{place} · {sensor}" if place else sensor
