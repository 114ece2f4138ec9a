import contextlib
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest

from cloud.access.principal import Role
from cloud.api.app import make_api
from tests.unit.cloud.api.morotai import Morotai, now_ms
from wire import Clock, Reading, SourceState, SourceStatus, SpoolState, Status
from wire.batch import Lost

Ask = Callable[[httpx.AsyncClient, Morotai], Coroutine[Any, Any, None]]


@contextlib.asynccontextmanager
async def api_of(city: Morotai, role: Role | None = Role.ADMINISTRATOR, *, sites: Sequence[str] | None = None):
    """A client of the API of `city` with a token of `role`, or with none; a mistake of ours answers 500."""
    transport = httpx.ASGITransport(make_api(city.platform), raise_app_exceptions=False)
    headers = {} if role is None else {"Authorization": f"Bearer {await city.token(role, sites=sites)}"}
    async with httpx.AsyncClient(transport=transport, base_url="http://siaga.test", headers=headers) as client:
        yield client


@pytest.fixture
def ask(tmp_path: Path):
    """Run a test's questions against the API of a city in which something has happened."""

    async def with_city(questions: Ask) -> None:
        async with Morotai(tmp_path) as city, api_of(city) as client:
            await happen(city)
            await questions(client, city)

    return with_city


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
