"""Readings: the newest of every series, and the history of one.

GET /api/v1/readings/latest?domain=flood&site=daruba
GET /api/v1/readings?sensor=river-daruba-1&quantity=water_level&start=2026-11-24T00:00:00Z&every=10m&agg=max
GET /api/v1/readings?sensor=river-daruba-1&quantity=water_level&start=2026-01-01T00:00:00Z&points=1200
"""

import difflib
from collections.abc import Callable, Iterable
from typing import Annotated

from fastapi import Query, Response

from cloud.access.principal import Principal
from cloud.api.long_answers import encoded
from cloud.api.routes import CurrentPlatform, new_routes
from cloud.api.schemas.readings import BucketsAnswer, HistoryAnswer, LatestReading
from cloud.core.printable import GivenTime, Wanted
from cloud.core.times import parse_step, parse_time, rfc_3339, step_for, step_text
from cloud.http.auth import CurrentPrincipal
from cloud.http.problems import HttpProblem, bad_parameter
from cloud.platform import Platform
from cloud.readings.bucket_history import TooManyReadings, buckets_of, kept_of
from cloud.readings.buckets import step_of
from cloud.readings.contract import Aggregate
from cloud.readings.retention import removed_in
from runtime.clock import wall_ms
from wire.durations import HOUR_MS

MOST_POINTS = 10_000
"""Points in one answer: about 700 KB of JSON."""
MOST_BUCKETS = 4_000
"""Buckets in one answer: a pixel each of the widest screen."""


ROUTES = new_routes("Readings", below="/api/v1")


@ROUTES.get("/readings/latest")
async def latest(
    platform: CurrentPlatform,
    principal: CurrentPrincipal,
    domain: Annotated[Wanted | None, Query(description="only this domain", examples=["flood"])] = None,
    site: Annotated[Wanted | None, Query(description="only this site")] = None,
) -> list[LatestReading]:
    """The newest reading of every series of your sites; of what is retired none."""
    if site is not None:
        must_be_known("site", site, [known.id for known in platform.registry.sites() if principal.may_see(known.id)])
    now, table = wall_ms(), platform.registry.quantities
    if domain is not None:
        must_be_known("domain", domain, table.domains)
    return [
        LatestReading.of(
            reading,
            domain=table[reading.quantity].domain,
            unit=table[reading.quantity].unit,
            age_s=round((now - reading.time_ms) / 1_000, 1),
        )
        for reading in platform.newest.latest(domain=domain, site=site)
        if principal.may_see(reading.site) and _is_in_service(platform, reading.sensor)
    ]


def _is_in_service(platform: Platform, sensor_id: str) -> bool:
    sensor = platform.registry.sensor(sensor_id)
    return sensor is not None and not sensor.retired


@ROUTES.get("/readings", response_model=HistoryAnswer | BucketsAnswer)
async def readings(
    platform: CurrentPlatform,
    principal: CurrentPrincipal,
    sensor: Annotated[Wanted, Query(description="the sensor's id")],
    quantity: Annotated[Wanted, Query(description="one of the sensor's quantities", examples=["water_level"])],
    start: Annotated[
        GivenTime | None, Query(description="RFC 3339 with an offset, or epoch ms; default: one hour before `end`")
    ] = None,
    end: Annotated[GivenTime | None, Query(description="as `start`, not included; default: now")] = None,
    every: Annotated[
        GivenTime | None, Query(description="one point for each step: 30s, 10m, 1h, 1d; default: every reading")
    ] = None,
    agg: Annotated[
        Aggregate | None, Query(description="how the readings of a step become one value; default: mean")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=MOST_POINTS, description="the most points wanted")] = MOST_POINTS,
    points: Annotated[
        int | None,
        Query(ge=2, le=MOST_BUCKETS, description="for a chart: at most so many points, each with least and greatest"),
    ] = None,
) -> Response:
    """The history of one quantity of one sensor, oldest first; more than `limit` points are refused, never cut.

    With `points` it is cut into at most so many steps, of a length that people think in, each with its least, greatest
    and mean value, how many readings it has, and how many of them are doubted.
    """
    must_see_sensor(platform, principal, sensor)
    must_be_known("quantity", quantity, platform.registry.quantities)
    start_ms, end_ms = span_of(start, end)
    if points is not None:
        if every is not None or agg is not None:
            raise bad_parameter("points", str(points), "stands without every and agg; leave these out")
        return await _buckets(platform, sensor, quantity, start_ms, end_ms, points)
    every_ms = None if every is None else _parsed("every", every, parse_step)
    if every_ms is None and agg is not None:
        raise bad_parameter("agg", agg.value, "stands without every; add every=10m, or leave agg out")
    if every_ms is not None and end_ms - start_ms > every_ms * limit:
        raise _too_much(start_ms, end_ms, limit, every)
    chosen = agg or Aggregate.MEAN
    found = await platform.store.history(
        sensor, quantity, start_ms=start_ms, end_ms=end_ms, every_ms=every_ms, agg=chosen, limit=limit + 1
    )
    if len(found) > limit:
        raise _too_much(start_ms, end_ms, limit, every)
    removed = await _removed(platform, start_ms)
    return await encoded(
        lambda: HistoryAnswer(
            **removed,
            sensor=sensor,
            quantity=quantity,
            unit=platform.registry.quantities[quantity].unit,
            start=start_ms,
            end=end_ms,
            every=None if every_ms is None else step_text(every_ms),
            agg=None if every_ms is None else chosen,
            points=found,
        )
    )


async def _buckets(platform: Platform, sensor: str, quantity: str, start_ms: int, end_ms: int, points: int) -> Response:
    step_ms = step_of(start_ms, end_ms, points)
    try:
        found = await buckets_of(platform.store, sensor, quantity, start_ms=start_ms, end_ms=end_ms, step_ms=step_ms)
    except TooManyReadings as error:
        raise HttpProblem(
            "too-much-asked",
            f"points={points} from {rfc_3339(start_ms)} to {rfc_3339(end_ms)} is {error} that are not rolled up"
            " (yet); ask for a shorter time",
        ) from None
    removed = await _removed(platform, start_ms)
    return await encoded(
        lambda: BucketsAnswer(
            **removed,
            sensor=sensor,
            quantity=quantity,
            unit=platform.registry.quantities[quantity].unit,
            start=start_ms,
            end=end_ms,
            every=step_text(step_ms),
            buckets=found,
        )
    )


async def _removed(platform: Platform, start_ms: int) -> dict[str, int]:
    """What an answer says of what was removed; asked for after its points, so that it is never too little."""
    kept = await kept_of(platform.store)
    return {f"{name}_kept_from": time_ms for name, time_ms in removed_in(kept, start_ms).items()}


def must_see_sensor(platform: Platform, principal: Principal, sensor: str) -> None:
    """Refuse a sensor that is not there, or not theirs to see: the problem unknown-sensor."""
    found = platform.registry.sensor(sensor)
    if found is None or not principal.may_see(found.site):
        known = [registered.id for registered in platform.registry.sensors() if principal.may_see(registered.site)]
        advice = nearest(sensor, known, "/api/v1/sensors lists them")
        raise HttpProblem("unknown-sensor", f"sensor: there is no {sensor[:80]!r}; {advice}")


def must_be_known(name: str, value: str, known: Iterable[str]) -> None:
    """Refuse a value that is none of the `known` ones, with the nearest of them: the problem bad-parameter."""
    names = list(known)
    if value not in names:
        raise bad_parameter(name, value, nearest(value, names, f"write one of {', '.join(names)}"))


def nearest(value: str, known: Iterable[str], otherwise: str) -> str:
    """Advise on a name that is not known: the nearest of the `known` ones, or `otherwise`."""
    close = difflib.get_close_matches(value, known, n=1)
    return f"did you mean {close[0]}?" if close else otherwise


def span_of(start: str | None, end: str | None, *, usual_ms: int = HOUR_MS) -> tuple[int, int]:
    """Read start and end as UTC ms, without them the last `usual_ms`; the problem bad-parameter where they are none."""
    end_ms = wall_ms() if end is None else _parsed("end", end, parse_time)
    start_ms = end_ms - usual_ms if start is None else _parsed("start", start, parse_time)
    if start_ms >= end_ms:
        raise bad_parameter("start", start, f"is not before the end, {rfc_3339(end_ms)}; write an earlier start")
    return start_ms, end_ms


def _parsed(name: str, value: str, parse: Callable[[str], int]) -> int:
    try:
        return parse(value)
    except ValueError as error:
        raise bad_parameter(name, value, str(error)) from None


def _too_much(start_ms: int, end_ms: int, limit: int, every: str | None) -> HttpProblem:
    step = step_text(step_for(end_ms - start_ms, limit))
    asked = "every reading" if every is None else f"every={every}"
    return HttpProblem(
        "too-much-asked",
        f"{asked} from {rfc_3339(start_ms)} to {rfc_3339(end_ms)} is more than {limit} points; "
        f"ask for every={step}, or for a shorter time",
    )
