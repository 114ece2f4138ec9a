"""Maintenance windows as people read them: where, from when until when, who works there and why.

WindowView(id=3, where="Daruba river bridge · River gauge", times="25 Nov 09:00 – 25 Nov 11:00 WIT", who="budi", …)
"""

from collections.abc import Callable, Iterable
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
    site: Callable[[str], Site | None],
    sensor: Callable[[str], Sensor | None],
) -> WindowView:
    """One window for the screen, its times in `zone`; `site` and `sensor` find one by its id."""
    holds = window.holds(now_ms)
    until = figures.minute(_, window.until_ms, zone)
    return WindowView(
        id=window.id,
        site=site_of(window, sensor),
        where=_where(window, site, sensor),
        times=f"{figures.stretch(_, window.from_ms, window.until_ms, zone)} {figures.zone_name(window.until_ms, zone)}",
        until=until,
        who=window.author,
        reason=window.reason,
        holds=holds,
        state=_("in force") if holds else _("to come"),
    )


def site_of(window: Maintenance, sensor: Callable[[str], Sensor | None]) -> str:
    """The site of a window, or that of its sensor; empty for a sensor that is gone."""
    if window.site is not None:
        return window.site
    found = sensor(window.sensor or "")
    return found.site if found is not None else ""


def covering(windows: Iterable[Maintenance], site: str, sensor: str, now_ms: int) -> Maintenance | None:
    """The window that is open at `now_ms` for a sensor or its site; of several the one that ends last."""
    found = [one for one in windows if one.holds(now_ms) and (one.site == site or one.sensor == sensor)]
    return max(found, key=lambda window: window.until_ms, default=None)


def _where(window: Maintenance, site: Callable[[str], Site | None], sensor: Callable[[str], Sensor | None]) -> str:
    at = site_of(window, sensor)
    found = site(at)
    place = at if found is None else found.name
    if window.sensor is None:
        return place
    gauge = sensor(window.sensor)
    name = window.sensor if gauge is None else gauge.name
    return f"{place} · {name}" if place else name
