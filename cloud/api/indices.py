"""Indices: what the air, the water and the crowds at each site mean, by the rules of those who set them.

GET /api/v1/indices?site=daruba-market
[{"index":"ispu","site":"daruba-market","value":87,"category":{"english":"Moderate","indonesian":"Sedang",
  "colour":"Blue","colour_indonesian":"Biru","hex":"#0070c0"},"critical":"pm2_5","sub_indices":[…],"completeness":96,…}]
"""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from cloud.api.readings import nearest
from cloud.api.schemas.state import AnswerModel, Time
from cloud.core.printable import Wanted
from cloud.core.times import rfc_3339
from cloud.derived.indices import IndexCategory, IndexNow, IndexPart
from cloud.http.auth import CurrentPrincipal
from cloud.http.problems import bad_parameter
from cloud.platform import Platform
from rules import ispu
from runtime.clock import wall_ms

_TIME = Field(description="RFC 3339, UTC, milliseconds", examples=["2026-11-24T03:00:00.000Z"])
_COMPLETENESS = Field(description="% of the readings or hours due; null where there is nothing to complete")


class CategoryAnswer(AnswerModel):
    """A category in both languages; the colour by its official name where it has one ("" else), and as #rrggbb."""

    english: str
    indonesian: str
    colour: str
    colour_indonesian: str
    hex: str


class SubIndexAnswer(AnswerModel):
    """The index of one parameter at one sensor, of which the site's is the largest."""

    parameter: str
    sensor: str
    value: float
    category: CategoryAnswer
    completeness: float | None = _COMPLETENESS
    time: Time = _TIME


class IndexAnswer(AnswerModel):
    """An index as it stands; `sensor` is the site's id where it is of the whole site."""

    index: str = Field(
        examples=["ispu", "ispu_klh_2026", "us_aqi", "who_2021_pm2_5", "rain_day", "siaga", "capacity_used"]
    )
    site: str
    sensor: str
    value: float
    unit: str = Field(description="UCUM", examples=["{ISPU}", "mm", "%"])
    category: CategoryAnswer
    critical: str | None = Field(description="the parameter that gives the index")
    sub_indices: list[SubIndexAnswer]
    completeness: float | None = _COMPLETENESS
    above_scale: bool = Field(description="at the end of the scale: it may be worse than the index says")
    doubts: list[str] = Field(description="marks that speak against the value; empty where nothing does")
    version: int | None = Field(description="of the computation; null where none was needed")
    time: Time = _TIME
    age_s: float
    source: str = Field(description="the regulation or publication", examples=["PermenLHK P.14/2020"])


class IndexTableAnswer(AnswerModel):
    """A version of ISPU's table; `number` stands in the series `ispu_table` beside what was computed with it."""

    key: str = Field(examples=["p14_2020", "klh_2026"])
    number: int
    name: str
    source: str
    status: ispu.TableStatus = Field(description="a regulation, or what was observed of a service that names none")
    valid_from: str = Field(description="since when it is in force or was seen, as well as that is known")
    official: bool = Field(description="the city's rules and the plain `ispu` go by it now")
    index_limits: list[float]
    breakpoints: dict[str, list[float]] = Field(description="upper ends of the bands by parameter, ug/m3")


def indices_routes(platform: Platform) -> APIRouter:
    """The route /api/v1/indices."""
    routes = APIRouter(prefix="/api/v1", tags=["Indices"])

    @routes.get("/indices")
    async def indices(
        principal: CurrentPrincipal, site: Annotated[Wanted | None, Query(description="only this site")] = None
    ) -> list[IndexAnswer]:
        """Every index of every site: ISPU, US AQI, WHO 2021, rain, Siaga, capacity used, crowd density."""
        known = [one.id for one in platform.registry.sites() if principal.may_see(one.id)]
        if site is not None and site not in known:
            raise bad_parameter("site", site, nearest(site, known, f"write one of {', '.join(known)}"))
        asked = known if site is None else [site]
        now = wall_ms()
        return [_answer(index, now) for one in asked for index in platform.indices.of_site(one)]

    @routes.get("/index-tables")
    async def index_tables(principal: CurrentPrincipal) -> list[IndexTableAnswer]:
        """The versions of ISPU's table, and which of them is official now: a dated fact of the city."""
        del principal
        official = platform.registry.history.ispu_table().at(wall_ms())
        return [
            IndexTableAnswer(
                key=table.key,
                number=table.number,
                name=table.name,
                source=table.source,
                status=table.status,
                valid_from=table.valid_from,
                official=table.key == official,
                index_limits=list(ispu.INDEX_LIMITS),
                breakpoints={parameter: list(ends) for parameter, ends in table.breakpoints.items()},
            )
            for table in ispu.TABLES.values()
        ]

    return routes


def _answer(found: IndexNow, now: int) -> IndexAnswer:
    return IndexAnswer(
        index=found.index,
        site=found.site,
        sensor=found.sensor,
        value=found.value,
        unit=found.unit,
        category=_category(found.category),
        critical=found.critical,
        sub_indices=[_sub_index(part) for part in found.parts],
        completeness=found.completeness,
        above_scale=found.above_scale,
        doubts=list(found.doubts),
        version=found.version,
        time=rfc_3339(found.time_ms),
        age_s=round((now - found.time_ms) / 1_000, 1),
        source=found.source,
    )


def _sub_index(part: IndexPart) -> SubIndexAnswer:
    return SubIndexAnswer(
        parameter=part.parameter,
        sensor=part.sensor,
        value=part.value,
        category=_category(part.category),
        completeness=part.completeness,
        time=rfc_3339(part.time_ms),
    )


def _category(category: IndexCategory) -> CategoryAnswer:
    return CategoryAnswer(
        english=category.english,
        indonesian=category.indonesian,
        colour=category.colour,
        colour_indonesian=category.colour_indonesian,
        hex=category.hex,
    )
