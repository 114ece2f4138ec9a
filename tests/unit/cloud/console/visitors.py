"""Somebody before a page, with a token of a role, as the guard finds out who asks."""

from starlette.datastructures import Headers

from cloud.access.principal import Principal, Role
from tests.unit.cloud.api.morotai import Morotai


async def principal_of(city: Morotai, role: Role, *, sites: list[str] | None = None) -> Principal:
    """Somebody of `city` with a role, who may see `sites` (None: all)."""
    token = await city.token(role, sites=sites)
    found = await city.access.authenticate(Headers({"authorization": f"Bearer {token}"}), "10.0.0.7")
    assert found is not None
    return found.principal
