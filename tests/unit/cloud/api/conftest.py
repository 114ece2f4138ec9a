"""A city behind the API. Tests that use its fixtures run in one event loop for each module:

pytestmark = pytest.mark.asyncio(loop_scope="module")
"""

import contextlib
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI

from cloud.access.principal import Role
from cloud.api.app import make_api
from tests.unit.cloud.api.morotai import Morotai, now_ms
from wire import Clock, Reading, SourceState, SourceStatus, SpoolState, Status
from wire.batch import Lost

_apps: WeakKeyDictionary[Morotai, FastAPI] = WeakKeyDictionary()


def app_of(city: Morotai) -> FastAPI:
    """The application on a city, made once: its hundred routes take a tenth of a second of a core."""
    if city not in _apps:
        _apps[city] = make_api(city.platform)
    return _apps[city]


@contextlib.asynccontextmanager
async def api_of(city: Morotai, role: Role | None = Role.ADMINISTRATOR, *, sites: Sequence[str] | None = None):
    """A client of the API of `city` with a token of `role`, or with none; a mistake of ours answers 500."""
    transport = httpx.ASGITransport(app_of(city), raise_app_exceptions=False)
    headers = {} if role is None else {"Authorization": f"Bearer {await city.token(role, sites=sites)}"}
    async with httpx.AsyncClient(transport=transport, base_url="http://siaga.test", headers=headers) as client:
        yield client


@pytest_asyncio.fixture(loop_scope="module")
async def city(tmp_path: Path) -> AsyncIterator[Morotai]:
    """A city in which something has happened, of one test's own."""
    async with Morotai(tmp_path) as city:
        await happen(city)
        yield city


@pytest_asyncio.fixture(loop_scope="module")
async def client(city: Morotai) -> AsyncIterator[httpx.AsyncClient]:
    """A client of that city, with an administrator's token."""
    async with api_of(city) as client:
        yield client


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared_city(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Morotai]:
    """A city in which something has happened, for all tests of a module that change nothing in it."""
    async with Morotai(tmp_path_factory.mktemp("city")) as city:
        await happen(city)
        yield city


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared_client(shared_city: Morotai) -> AsyncIterator[httpx.AsyncClient]:
    """A client of that city, with an administrator's token."""
    async with api_of(shared_city) as client:
        yield client


@pytest.fixture(scope="session")
def openapi(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The document of the API, made once."""
    return make_api(Morotai(tmp_path_factory.mktemp("openapi")).platform).openapi()


async def happen(city: Morotai) -> None:
    """A quiet hour at the river, a status, a loss, a stranger, and bytes that are no batch."""
    now = now_ms()
    await city.send(
        "gw-daruba",
        [
            Reading("river", "water_level", now - (3_600 - second) * 1_000, 130 + second / 1_000)
            for second in range(3_600)
        ],
    )
    await city.send("gw-daruba", [Reading("air", "pm2_5", now - 2_000, 12.3, Clock.ESTIMATED, backfill=True)])
    await city.send(
        "gw-east", [Reading("air-pier", "pm2_5", now, 9.0)], lost=[Lost("1111111111111111", 1, 240, "spool full")]
    )
    await city.deliver("gw-east", b"\x00\xff\xfe")
    city.say(
        Status(
            v=1, online=True, gateway="gw-daruba", version="0.1.0", boot="b1", stream="9f3c21d07ab4e815",
            time_ms=now - 3_000, clock=Clock.SYNCED, spool=SpoolState(depth=12, oldest_ms=now - 90_000),
            sources=(SourceState(name="river", state=SourceStatus.OK, readings=3_600, last_ms=now),),
        )
    )  # fmt: skip
