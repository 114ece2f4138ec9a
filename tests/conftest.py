"""What tests of all kinds share: the registry database, empty, on each engine; which folders are integration; and what
recorded data would add."""

import itertools
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from tests.recorded import closing_line, leave_out_what_is_missing
from tests.registries import new_database, on_postgresql
from tests.servers import Postgresql, free_port, postgresql

settings.register_profile("siaga", deadline=None)  # no test here measures speed, least of all under coverage
settings.load_profile("siaga")

_numbers = itertools.count()
_INTEGRATION = [Path(__file__).parent / folder for folder in ("integration", "contract")]


_LEFT_OUT: pytest.StashKey[dict[str, int]] = pytest.StashKey()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Marks tests/integration and tests/contract as `integration`, and leaves out what has no data here."""
    for item in items:
        if any(item.path.is_relative_to(folder) for folder in _INTEGRATION):
            item.add_marker(pytest.mark.integration)
    config.stash[_LEFT_OUT] = dict(leave_out_what_is_missing(items))


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A worker of xdist tells the process that writes the summary what it left out: every worker the same."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["left_out"] = session.config.stash.get(_LEFT_OUT, {})


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Hears it in the process that writes the summary."""
    node.config.stash[_LEFT_OUT] = getattr(node, "workeroutput", {}).get("left_out", {})


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """One closing line: what recorded data would add."""
    if left_out := config.stash.get(_LEFT_OUT, None):
        terminalreporter.write_line(closing_line(Counter(left_out)))


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
