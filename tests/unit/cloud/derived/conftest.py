"""Places that a test of derived series begins with."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from cloud.registry.rows import read_registry, save_registry
from tests.unit.cloud.derived.examples import HOUR, START, House, Island, Yard, city_of_house, city_of_yard
from tests.unit.cloud.examples import T0, Workshop


@pytest.fixture
async def island(tmp_path: Path) -> AsyncIterator[Island]:
    async with Island(tmp_path) as island:
        yield island


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with Workshop(tmp_path, registry=city_of_house()) as workshop:
        await workshop.database.run(lambda connection: save_registry(connection, city_of_house(), now_ms=START))
        workshop.registry.replace_with(await workshop.database.run(read_registry))
        house = House(workshop)
        await house.measure()
        yield house


@pytest.fixture
async def yard(tmp_path: Path) -> AsyncIterator[Yard]:
    async with Workshop(tmp_path, registry=city_of_yard()) as workshop:
        await workshop.database.run(lambda connection: save_registry(connection, city_of_yard(), now_ms=T0 - HOUR))
        workshop.registry.replace_with(await workshop.database.run(read_registry))
        yield Yard(workshop)
