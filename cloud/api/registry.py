"""Sites, gateways and sensors are added, changed, retired and brought back, by the checks of city.toml.

POST   /api/v1/sensors             {"id":"river","name":"River","site":"daruba","gateway":"gw-daruba","quantities":[…]}
PATCH  /api/v1/sensors/river       {"name":"River at the bridge","reason":"…"}        If-Match: "9f3c21d07ab4e815"
DELETE /api/v1/sensors/river       retired: its history stays        POST …/river/restore
GET    /api/v1/registry/sites      as they are registered, the retired too if asked        …/registry/sites/daruba
"""

from collections.abc import Callable
from datetime import UTC, datetime
from itertools import islice
from typing import Annotated, Any

from fastapi import Query, Response

from cloud.api.parameters import time_of
from cloud.api.registry_actions import IfMatch, answer, editor, revision_in
from cloud.api.routes import CurrentPlatform, new_routes
from cloud.api.schemas.registry import (
    ChangedAnswer,
    GatewayChange,
    NewGateway,
    NewSensor,
    NewSite,
    RecordAnswer,
    SensorChange,
    SiteChange,
    Word,
    keys_given,
    record_answer,
)
from cloud.core.printable import Id, Sentence, Wanted
from cloud.http.auth import CurrentPrincipal
from cloud.http.problems import HttpProblem
from cloud.registry.change_rows import site_of_record
from cloud.registry.ownership import ONE_OF, Kind

MOST_RECORDS = 500
"""Records in one answer."""
ROUTES = new_routes("Registry", below="/api/v1")
Reason = Annotated[Sentence, Query(description="why, for the journal")]
Along = Annotated[bool, Query(description="also what stands there; else it is refused while something does")]


@ROUTES.post("/sites", status_code=201)
async def add_site(
    platform: CurrentPlatform, principal: CurrentPrincipal, response: Response, new: NewSite
) -> ChangedAnswer:
    """Add a site."""
    act = platform.editing.add("sites", keys_given(new), by=editor(principal, new.reason))
    return await answer(platform, principal, response, "sites", new.id, act)


@ROUTES.post("/gateways", status_code=201)
async def add_gateway(
    platform: CurrentPlatform, principal: CurrentPrincipal, response: Response, new: NewGateway
) -> ChangedAnswer:
    """Add a gateway; its readings are accepted at once."""
    act = platform.editing.add("gateways", keys_given(new), by=editor(principal, new.reason))
    return await answer(platform, principal, response, "gateways", new.id, act)


@ROUTES.post("/sensors", status_code=201)
async def add_sensor(
    platform: CurrentPlatform, principal: CurrentPrincipal, response: Response, new: NewSensor
) -> ChangedAnswer:
    """Add a sensor; its readings are accepted at once."""
    keys, valid_from_ms = keys_given(new), time_of("valid_from", new.valid_from)
    if valid_from_ms is not None:
        keys["valid_from"] = datetime.fromtimestamp(valid_from_ms / 1_000, UTC)
    act = platform.editing.add("sensors", keys, by=editor(principal, new.reason))
    return await answer(platform, principal, response, "sensors", new.id, act)


@ROUTES.patch("/sites/{site_id}")
async def change_site(
    platform: CurrentPlatform, principal: CurrentPrincipal, response: Response, site_id: Id, new: SiteChange,
    if_match: IfMatch = None,
) -> ChangedAnswer:  # fmt: skip
    """Change keys of a site; those that are not sent stay."""
    by, revision = editor(principal, new.reason), revision_in(if_match)
    act = platform.editing.amend("sites", site_id, keys_given(new), by=by, revision=revision)
    return await answer(platform, principal, response, "sites", site_id, act)


@ROUTES.patch("/gateways/{gateway_id}")
async def change_gateway(
    platform: CurrentPlatform, principal: CurrentPrincipal, response: Response, gateway_id: Id, new: GatewayChange,
    if_match: IfMatch = None,
) -> ChangedAnswer:  # fmt: skip
    """Change keys of a gateway; those that are not sent stay."""
    by, revision = editor(principal, new.reason), revision_in(if_match)
    act = platform.editing.amend("gateways", gateway_id, keys_given(new), by=by, revision=revision)
    return await answer(platform, principal, response, "gateways", gateway_id, act)


@ROUTES.patch("/sensors/{sensor_id}")
async def change_sensor(
    platform: CurrentPlatform, principal: CurrentPrincipal, response: Response, sensor_id: Id, new: SensorChange,
    if_match: IfMatch = None,
) -> ChangedAnswer:  # fmt: skip
    """Change keys of a sensor; those that are not sent stay. What is dated becomes a fact, from `valid_from` on."""
    act = platform.editing.amend(
        "sensors", sensor_id, keys_given(new), by=editor(principal, new.reason), revision=revision_in(if_match),
        valid_from_ms=time_of("valid_from", new.valid_from),
    )  # fmt: skip
    return await answer(platform, principal, response, "sensors", sensor_id, act)


def _serve_kind(kind: Kind) -> None:
    """Serve what is the same for each kind: retire, bring back, list, show."""
    one = ONE_OF[kind]

    async def retire(
        platform: CurrentPlatform, principal: CurrentPrincipal, response: Response, record_id: Id,
        reason: Reason = "", along: Along = False, if_match: IfMatch = None,
    ) -> ChangedAnswer:  # fmt: skip
        """Retire it: its history stays, it asks for no attention, and it can be brought back."""
        by, revision = editor(principal, reason), revision_in(if_match)
        act = platform.editing.retire(kind, record_id, by=by, revision=revision, along=along)
        return await answer(platform, principal, response, kind, record_id, act)

    async def restore(
        platform: CurrentPlatform, principal: CurrentPrincipal, response: Response, record_id: Id, word: Word,
        if_match: IfMatch = None,
    ) -> ChangedAnswer:  # fmt: skip
        """Bring it back, with the series that it had."""
        by, revision = editor(principal, word.reason), revision_in(if_match)
        return await answer(
            platform, principal, response, kind, record_id,
            platform.editing.restore(kind, record_id, by=by, revision=revision),
        )  # fmt: skip

    async def listed(
        platform: CurrentPlatform, principal: CurrentPrincipal,
        retired: Annotated[bool, Query(description="the retired ones, too")] = False,
        after_id: Annotated[Wanted, Query(description="only those after this id: the last of the page before")] = "",
        limit: Annotated[int, Query(ge=1, le=MOST_RECORDS)] = 200,
    ) -> list[RecordAnswer]:  # fmt: skip
        """Those at your sites as they are registered, by their ids."""
        known = platform.registry.registered(kind)
        wanted = (known[name] for name in sorted(name for name in known if name > after_id))
        found = (each for each in wanted if (retired or not each.retired) and principal.may_see(site_of_record(each)))
        return [record_answer(kind, each, platform.registry) for each in islice(found, limit)]

    async def shown(
        platform: CurrentPlatform, principal: CurrentPrincipal, response: Response, record_id: Wanted
    ) -> RecordAnswer:
        """One of them, retired or not, with its revision."""
        record = platform.registry.registered(kind).get(record_id)
        if record is None or not principal.may_see(site_of_record(record)):
            raise HttpProblem("unknown-record", f"{one} {record_id[:80]!r}: there is none of that id")
        found = record_answer(kind, record, platform.registry)
        response.headers["ETag"] = f'"{found.revision}"'
        return found

    _add(ROUTES.delete, f"/{kind}/{{record_id}}", f"retire_{one}", retire)
    _add(ROUTES.post, f"/{kind}/{{record_id}}/restore", f"restore_{one}", restore)
    _add(ROUTES.get, f"/registry/{kind}", f"registered_{kind}", listed)
    _add(ROUTES.get, f"/registry/{kind}/{{record_id}}", f"registered_{one}", shown)


def _add(method: Callable[..., Callable[[Any], Any]], path: str, name: str, serve: Callable[..., Any]) -> None:
    method(path, name=name, operation_id=name)(serve)


for _kind in ("sites", "gateways", "sensors"):
    _serve_kind(_kind)
