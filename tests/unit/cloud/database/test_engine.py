"""What the registry database makes of errors: of a value, of another process, of itself."""

import os
from pathlib import Path

import pytest
from sqlalchemy import Executable, insert, text

from cloud.access.tables import UserRow
from cloud.database.engine import Database, DatabaseUnavailable, DataRejected, WriteConflict
from cloud.notify.tables import DutyRow
from tests.registries import each_registry, registry_in

DUTY = {"person": "ani", "rank": 1, "from_ms": 1, "until_ms": 2}
USER = {"name": "ani", "password_hash": "", "role": "viewer", "full_name": "", "made_ms": 1, "disabled": False}


async def tried(folder: Path, statement: Executable) -> tuple[Exception | None, str]:
    database = Database(registry_in(folder))
    await database.open()
    try:
        await database.run(lambda connection: connection.execute(insert(UserRow).values(USER)) and None)
        await database.run(lambda connection: connection.execute(statement) and None)
    except (DatabaseUnavailable, DataRejected) as error:
        return error, database.problem
    else:
        return None, database.problem
    finally:
        await database.close()


@each_registry
@pytest.mark.parametrize(
    "wrong",
    [{"person": "\ud800"}, {"from_ms": 2**63}, {"from_ms": -(2**64)}],
    ids=["surrogate", "too large", "too small"],
)
async def test_a_value_that_no_column_can_hold_is_refused_and_the_database_is_well(
    tmp_path: Path, wrong: dict[str, object]
):
    error, problem = await tried(tmp_path, insert(DutyRow).values(DUTY | wrong))
    assert isinstance(error, DataRejected)
    assert "cannot be kept" in str(error)
    assert problem == ""


@each_registry
async def test_nul_in_a_text_is_no_outage(tmp_path: Path):
    error, problem = await tried(tmp_path, insert(DutyRow).values(DUTY | {"person": "a\0b"}))
    assert error is None or isinstance(error, DataRejected)  # SQLite keeps it
    assert problem == ""


@each_registry
async def test_a_row_that_is_there_already_is_looked_at_again_and_is_no_outage(tmp_path: Path):
    error, problem = await tried(tmp_path, insert(UserRow).values(USER))
    assert isinstance(error, WriteConflict)
    assert problem == ""


@each_registry
async def test_a_table_that_is_gone_is_one(tmp_path: Path):
    error, problem = await tried(tmp_path, text("SELECT * FROM nowhere"))
    assert isinstance(error, DatabaseUnavailable)
    assert "nowhere" in problem


@pytest.mark.parametrize("before", [None, 0o644], ids=["a new file", "one that others could read"])
async def test_the_registry_is_for_its_user_alone_however_it_was_started(tmp_path: Path, before: int | None):
    file = tmp_path / "registry.db"
    if before is not None:
        file.touch(before)
    umask = os.umask(0)
    try:
        database = Database(f"sqlite:///{file}")
        await database.open()
        await database.run(lambda connection: connection.execute(insert(DutyRow).values(DUTY)) and None)
        assert {each.stat().st_mode & 0o777 for each in tmp_path.iterdir()} == {0o600}
        await database.close()
    finally:
        os.umask(umask)
