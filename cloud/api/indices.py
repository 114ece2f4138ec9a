"""Indices: what the air, the water and the crowds at each site mean, by the rules of those who set them.

GET /api/v1/indices?site=daruba-market
[{"index":"ispu","site":"daruba-market","value":87,"category":{"english":"Moderate","indonesian":"Sedang",
  "colour":"Blue","colour_indonesian":"Biru","hex":"#0070c0"},"critical":"pm2_5","sub_indices":[…],"completeness":96,…}]
"""

from typing import Annotated

from fastapi import Query

from cloud.api.readings import nearest
from cloud.api.routes import CurrentPlatform, new_routes
from cloud.api.schemas.indices import IndexAnswer, IndexTableAnswer
from cloud.core.printable import Wanted
from cloud.http.auth import CurrentPrincipal
from cloud.http.problems import bad_parameter
from rules import ispu
from runtime.clock import wall_ms

ROUTES = new_routes("Indices", below="/api/v1")


@ROUTES.get("/indices")
async def indices(
    platform: CurrentPlatform,
    principal: CurrentPrincipal,
    site: Annotated[Wanted | None, Query(description="only this site")] = None,
) -> list[IndexAnswer]:
    """Every index of every site: ISPU, US AQI, WHO 2021, rain, Siaga, capacity used, crowd density."""
    known = [one.id for one in platform.registry.sites() if principal.may_see(one.id)]
    if site is not None and site not in known:
        raise bad_parameter("site", site, nearest(site, known, f"write one of {', '.join(known)}"))
    asked = known if site is None else [site]
    now = wall_ms()
    return [
        IndexAnswer.of(index, age_s=round((now - index.time_ms) / 1_000, 1))
        for one in asked
        for index in platform.indices.of_site(one)
    ]


@ROUTES.get("/index-tables")
async def index_tables(platform: CurrentPlatform, principal: CurrentPrincipal) -> list[IndexTableAnswer]:
    """The versions of ISPU's table, and which of them is official now: a dated fact of the city."""
    del principal
    official = platform.registry.history.ispu_table().at(wall_ms())
    return [
        IndexTableAnswer.of(table, official=table.key == official, index_limits=ispu.INDEX_LIMITS)
        for table in ispu.TABLES.values()
    ]
