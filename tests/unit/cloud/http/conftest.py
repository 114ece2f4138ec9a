"""A browser before the real API: a cookie jar, and no token. One event loop for each module, as in the API's tests."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from cloud.access.principal import Role
from tests.unit.cloud.access.house import BOSS, PASSWORD
from tests.unit.cloud.api.conftest import api_of
from tests.unit.cloud.api.morotai import Morotai


@pytest_asyncio.fixture(loop_scope="module")
async def city(tmp_path: Path) -> AsyncIterator[Morotai]:
    """A city with one user, who is administrator."""
    async with Morotai(tmp_path) as city:
        await city.access.users.add("ani", PASSWORD, Role.ADMINISTRATOR, actor=BOSS)
        yield city


@pytest_asyncio.fixture(loop_scope="module")
async def client(city: Morotai) -> AsyncIterator[httpx.AsyncClient]:
    """A browser that nobody has logged in with yet."""
    async with api_of(city, None) as client:
        yield client


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared_city(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Morotai]:
    """The same city for all tests of a module that change nothing in it."""
    async with Morotai(tmp_path_factory.mktemp("city")) as city:
        await city.access.users.add("ani", PASSWORD, Role.ADMINISTRATOR, actor=BOSS)
        yield city


@pytest_asyncio.fixture(loop_scope="module")
async def shared_client(shared_city: Morotai) -> AsyncIterator[httpx.AsyncClient]:
    """A browser of one test's own before the city that is shared."""
    async with api_of(shared_city, None) as client:
        yield client
