from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.unit.cloud.access.house import House


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    """A house with nobody in it yet."""
    async with House(tmp_path) as house:
        yield house
