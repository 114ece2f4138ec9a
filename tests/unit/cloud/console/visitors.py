"""Somebody before a page: a visitor with a token of a role, as the guard leaves them on the request."""

from typing import Any

from starlette.requests import Request

from cloud.access.principal import Role
from cloud.console.components.visitor import Visitor
from cloud.http.auth import SCOPE_KEY
from i18n.catalog import catalog_of
from tests.unit.cloud.api.morotai import Morotai


async def visitor_of(city: Morotai, role: Role, *, sites: list[str] | None = None) -> Visitor:
    """A visitor of `city` with a role, who may see `sites` (None: all)."""
    token = await city.token(role, sites=sites)
    scope: dict[str, Any] = {
        "type": "http",
        "path": "/console/en",
        "headers": [(b"authorization", f"Bearer {token}".encode())],
    }
    request = Request(scope)
    scope[SCOPE_KEY] = await city.access.authenticate(request.headers, "10.0.0.7")
    return Visitor(catalog_of("en"), city.platform, request)
