"""What tests of all kinds share: the registry database, empty, on each engine; and which folders are integration."""

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.registries import new_database, on_postgresql
from tests.servers import Postgresql, free_port, postgresql

_numbers = itertools.count()
_INTEGRATION = [Path(__file__).parent / folder for folder in ("integration", "contract")]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks what stands in tests/integration and tests/contract as `integration`: the folder says it."""
    for item in items:
        if any(item.path.is_relative_to(folder) for folder in _INTEGRATION):
            item.add_marker(pytest.mark.integration)


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgresql]:
    """A PostgreSQL for all tests of a run that need one."""
    with postgresql(tmp_path_factory.mktemp("postgres"), free_port()) as server:
        yield server


@pytest.fixture
def new_registry(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[str], str]:
    """Gives the URL of a new, empty database of the engine "sqlite" or "postgresql"."""

    def url(engine: str) -> str:
        if engine == "sqlite":
            return f"sqlite:///{tmp_path / f'registry-{next(_numbers)}.db'}"
        if request.node.get_closest_marker("integration") is None:
            pytest.fail("what needs PostgreSQL bears the marker `integration`: see ENGINES in tests/registries.py")
        return new_database(request.getfixturevalue("postgres"))

    return url


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=[pytest.mark.integration, pytest.mark.proof])])
def registry_url(request: pytest.FixtureRequest, new_registry: Callable[[str], str]) -> str:
    """The URL of a new, empty registry database: a test that takes it runs on each engine."""
    return new_registry(request.param)


@pytest.fixture
def registry_engine(request: pytest.FixtureRequest) -> Iterator[None]:
    """Lets `registry_in` give databases of the engine that it is parametrized with: see `on_each_registry`."""
    if request.param == "sqlite":
        yield
        return
    with on_postgresql(request.getfixturevalue("postgres")):
        yield
