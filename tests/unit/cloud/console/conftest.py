from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.unit.cloud.api.morotai import Morotai


@pytest.fixture
async def city(tmp_path: Path) -> AsyncIterator[Morotai]:
    """A city in which nothing has happened yet."""
    async with Morotai(tmp_path) as city:
        yield city
