"""The registry database of a test's folder, on the engine that the test runs on: SQLite, and a real PostgreSQL.

pytestmark = on_each_registry()        Database(registry_in(tmp_path))        the same folder gives the same database

One test function, two runs: on SQLite it is a unit test (`make unit ROOM=…`), on PostgreSQL it bears the marker
`integration` (`make integration ROOM=…`). No test is written twice.
"""

import importlib
import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import ParamSpec, TypeVar

import pytest
from sqlalchemy import MetaData

from cloud.database.base import Base
from cloud.database.engine import engine_of
from cloud.database.revisions import migrate_to
from tests.servers import Postgresql

P = ParamSpec("P")
T = TypeVar("T")
ENGINES = ("sqlite", pytest.param("postgresql", marks=pytest.mark.integration))
"""What a test is parametrized with that takes the engine by name: PostgreSQL's turn is for `make integration`."""
_numbers = itertools.count()
_server: list[Postgresql] = []
_databases: dict[Path, str] = {}


def every_table() -> MetaData:
    """The tables of all rooms."""
    cloud = Path(__file__).parents[1] / "cloud"
    for file in cloud.glob("*/tables.py"):
        importlib.import_module(f"cloud.{file.parent.name}.tables")
    return Base.metadata


def on_each_registry(*, slow: bool = False) -> list[pytest.MarkDecorator]:
    """Marks for a module whose tests run on each engine; where they are `slow`, PostgreSQL's turn is a proof."""
    slowly = ("sqlite", pytest.param("postgresql", marks=[pytest.mark.integration, pytest.mark.proof]))
    engines = pytest.mark.parametrize("registry_engine", slowly if slow else ENGINES, indirect=True)
    return [pytest.mark.usefixtures("registry_engine"), engines]


def each_registry(test: Callable[P, T]) -> Callable[P, T]:
    """Lets one test run on each engine."""
    for mark in on_each_registry():
        test = mark(test)
    return test


def registry_in(folder: Path) -> str:
    """The URL of the registry database of `folder`; on SQLite its tables are there already."""
    if not _server:
        file = folder / "registry.db"
        if not file.exists():
            file.touch(mode=0o600)
            file.write_bytes(_migrated())
        return f"sqlite:///{file}"
    if folder not in _databases:
        _databases[folder] = new_database(_server[0])
    return _databases[folder]


@cache
def _migrated() -> bytes:
    """A SQLite database with all tables, migrated once for all tests of a process."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "registry.db"
        engine = engine_of(f"sqlite:///{file}")
        with engine.begin() as connection:
            migrate_to(connection)
        engine.dispose()
        return file.read_bytes()


def new_database(server: Postgresql) -> str:
    """The URL of an empty database that no other test has."""
    return server.database(f"registry_{next(_numbers)}")


@contextmanager
def on_postgresql(server: Postgresql) -> Iterator[None]:
    """Within it, the registries of all folders are databases of `server`."""
    _server.append(server)
    yield
    _server.clear()
    _databases.clear()
