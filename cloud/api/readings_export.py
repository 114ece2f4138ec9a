"""Readings as a file: CSV that can be imported again, or Parquet; streamed, whole or seen to be cut.

GET /api/v1/readings/export?site=daruba&quantity=water_level&start=2026-01-01T00:00:00Z&format=csv
GET /api/v1/readings/export?sensor=river-daruba-1&start=2025-01-01T00:00:00Z&every=1h&format=parquet
"""

from typing import Annotated

from fastapi import Query, Response

from cloud.access.principal import Principal
from cloud.api.readings import must_be_known, must_see_sensor, span_of
from cloud.api.routes import CurrentPlatform, new_routes
from cloud.core.printable import GivenTime, Wanted
from cloud.exports.answer import export_answer
from cloud.exports.csv_file import CsvFile
from cloud.exports.measured_series import measured_of_sensor, measured_of_site
from cloud.exports.order import ExportFormat, ExportOrder, ExportRefused, ExportStep, file_name, series_of
from cloud.exports.parquet_file import ParquetFile
from cloud.http.auth import CurrentPrincipal
from cloud.http.problems import HttpProblem
from cloud.platform import Platform
from wire.durations import DAY_MS

ROUTES = new_routes("Readings", below="/api/v1")
_FILE = {"schema": {"type": "string", "format": "binary"}}
_CONTENT = {CsvFile.media_type.split(";")[0]: _FILE, ParquetFile.media_type: _FILE}


@ROUTES.get("/readings/export", response_class=Response, responses={200: {"content": _CONTENT}})
async def export_readings(
    platform: CurrentPlatform,
    principal: CurrentPrincipal,
    site: Annotated[Wanted | None, Query(description="all that is measured at this site")] = None,
    sensor: Annotated[Wanted | None, Query(description="or: all that this sensor measures")] = None,
    quantity: Annotated[Wanted | None, Query(description="only this quantity", examples=["water_level"])] = None,
    start: Annotated[
        GivenTime | None, Query(description="RFC 3339 with an offset, or epoch ms; default: one day before `end`")
    ] = None,
    end: Annotated[GivenTime | None, Query(description="as `start`, not included; default: now")] = None,
    every: Annotated[ExportStep | None, Query(description="one row for each step; default: every reading")] = None,
    format: Annotated[ExportFormat, Query(description="the form of the file")] = ExportFormat.CSV,  # noqa: A002
) -> Response:
    """All readings of a site or a sensor as a file, series after series, each oldest first.

    A file that ends without its last chunk was cut, and is not whole.
    """
    start_ms, end_ms = span_of(start, end, usual_ms=DAY_MS)
    named = _named(platform, principal, site, sensor, quantity)
    series = series_of(platform.registry, named)
    order = ExportOrder(series=series, start_ms=start_ms, end_ms=end_ms, step=every, form=format)
    name = file_name(site or sensor or "", quantity or "", order)
    try:
        return await export_answer(platform.exports, order, account=principal.name, name=name)
    except ExportRefused as error:
        raise HttpProblem(error.kind, str(error)) from None


def _named(
    platform: Platform, principal: Principal, site: str | None, sensor: str | None, quantity: str | None
) -> list[tuple[str, str]]:
    """The series that are asked for, by sensor and quantity."""
    if (site is None) == (sensor is None):
        raise HttpProblem("bad-parameter", "site, sensor: name one of the two, and not both")
    if quantity is not None:
        must_be_known("quantity", quantity, platform.registry.quantities)
    if sensor is not None:
        must_see_sensor(platform, principal, sensor)
        measured = measured_of_sensor(platform.newest, sensor)
        return measured if quantity is None else [(sensor, quantity)]
    must_be_known("site", site or "", [known.id for known in platform.registry.sites() if principal.may_see(known.id)])
    measured = measured_of_site(platform.registry, platform.newest, site or "")
    return [one for one in measured if quantity in (None, one[1])]
