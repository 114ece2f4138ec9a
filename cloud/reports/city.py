"""The city in one sentence: how much of it is heard; and while nothing is, what to do next.

24 sensors at 6 sites, 1 silent          gateways are registered, and none has been heard yet: enrol one …

A fresh city has forty panels without data, and one thing to do: whoever opens it first reads that.
"""

from collections.abc import Iterator

import msgspec

from cloud.gateways.freshness import Freshness, freshness
from cloud.reports.platform_snapshot import PlatformSnapshot
from cloud.reports.points import ReportPoint
from i18n.catalog import LanguageCode, catalog_of
from i18n.message import LocalizedMessage, in_context

_SILENT = (Freshness.SILENT, Freshness.NEVER)


class _City(msgspec.Struct, frozen=True):
    """How many there are, and how many of them are heard."""

    sites: int
    gateways: int
    gateways_heard: int
    sensors: int
    sensors_heard: int
    silent: int


def city_point(snapshot: PlatformSnapshot) -> ReportPoint:
    """Return the point of this ingester's part of the city."""
    city = _counted(snapshot)
    text = _sentence(city, next((gateway.id for gateway in snapshot.gateways()), ""))
    fields = {
        **msgspec.structs.asdict(city),
        "text": catalog_of(LanguageCode.ENGLISH).said(text),
        "text_id": catalog_of(LanguageCode.INDONESIAN).said(text),
    }
    return ReportPoint("city", snapshot.now_ms, {"instance": snapshot.instance}, fields)


def _counted(snapshot: PlatformSnapshot) -> _City:
    gateways, sensors = snapshot.gateways(), snapshot.sensors()
    newest_ms: dict[str, int] = {}
    for reading in snapshot.readings:
        if not snapshot.registry.quantities[reading.quantity].derived:  # computing is no sign of life
            newest_ms[reading.sensor] = max(reading.time_ms, newest_ms.get(reading.sensor, reading.time_ms))
    ages_s = {one.id: (snapshot.now_ms - newest_ms[one.id]) / 1_000 for one in sensors if one.id in newest_ms}
    return _City(
        sites=len({sensor.site for sensor in sensors}),
        gateways=len(gateways),
        gateways_heard=len(set(_heard(snapshot))),
        sensors=len(sensors),
        sensors_heard=len(ages_s),
        silent=sum(freshness(ages_s.get(sensor.id), sensor.interval_s) in _SILENT for sensor in sensors),
    )


def _heard(snapshot: PlatformSnapshot) -> Iterator[str]:
    """The gateways that have said or sent anything, ever."""
    for gateway in snapshot.gateways():
        account = snapshot.accounts.get(gateway.id)
        if gateway.id in snapshot.statuses or (account is not None and account.received):
            yield gateway.id


def _sentence(city: _City, gateway: str) -> LocalizedMessage:
    """What is missing first stands first: without a gateway nobody need look for a sensor."""
    if not city.gateways:
        return in_context(
            "dashboards",
            "Nothing is registered yet: write sites, gateways and sensors into city.toml, then reload the cloud",
        )
    if not city.gateways_heard and not city.sensors_heard:
        return in_context(
            "dashboards",
            "No gateway has been heard yet: siaga-cloud gateway enrol {gateway}, then start siaga-edge there",
            gateway=gateway,
        )
    if not city.sensors:
        return in_context(
            "dashboards", "No sensor is registered yet: write [[sensors]] into city.toml, then reload the cloud"
        )
    if not city.sensors_heard:
        return in_context(
            "dashboards",
            "No sensor has sent anything yet: siaga-edge check --connect says on the gateway what is wrong",
        )
    if not city.silent:
        return in_context("dashboards", "{sensors} sensors at {sites} sites, all heard", **_figures(city))
    return in_context("dashboards", "{sensors} sensors at {sites} sites, {silent} silent", **_figures(city))


def _figures(city: _City) -> dict[str, int]:
    return {"sensors": city.sensors, "sites": city.sites, "silent": city.silent}
