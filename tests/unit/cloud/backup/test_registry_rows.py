"""The registry database as lines, from each engine and into each."""

from collections.abc import Callable

import pytest
from sqlalchemy import insert, text

from cloud.backup.manifest import BackupError, ContentTally
from cloud.backup.registry_rows import dump_rows, load_rows, snapshot, tally_lines, tally_rows
from cloud.database.engine import engine_of
from cloud.database.revisions import migrate_to, revisions, tables_of
from tests.registries import ENGINES
from tests.unit.cloud.backup.full_registry import ROWS, fill, rows_of


def dumped(url: str) -> tuple[list[bytes], dict[str, ContentTally]]:
    lines: list[bytes] = []
    with snapshot(url) as connection:
        tallies = dump_rows(connection, lines.append)
    return lines, tallies


def load(url: str, lines: list[bytes], *, revision: str | None = None) -> dict[str, ContentTally]:
    engine = engine_of(url)
    with engine.begin() as connection:
        migrate_to(connection, revision)
        load_rows(connection, lines)
        found = tally_rows(connection)
    engine.dispose()
    return found


@pytest.mark.parametrize("goal", ENGINES)
@pytest.mark.parametrize("origin", ENGINES)
def test_every_row_of_every_table_comes_back_on_each_engine(new_registry: Callable[[str], str], origin: str, goal: str):
    before, after = new_registry(origin), new_registry(goal)
    fill(before)
    lines, tallies = dumped(before)
    assert load(after, lines) == tallies == tally_lines(lines)
    assert rows_of(after) == rows_of(before)
    assert {tally.count for tally in tallies.values()} == {ROWS}


def test_a_database_of_an_older_revision_is_read_in_its_own_form(registry_url: str):
    fill(registry_url, revision=revisions()[0])
    assert "alarms" not in dumped(registry_url)[1]


def test_new_rows_are_numbered_after_those_that_came_back(registry_url: str, new_registry: Callable[[str], str]):
    before = new_registry("sqlite")
    fill(before)
    load(registry_url, dumped(before)[0])
    engine = engine_of(registry_url)
    with engine.begin() as connection:
        duty = next(table for table in tables_of(connection) if table.name == "duty")
        row = {"person": "ani", "rank": 1, "from_ms": 1, "until_ms": 2}
        connection.execute(insert(duty).values(row))
        assert connection.execute(text("SELECT max(id) FROM duty")).scalar() == ROWS + 1
    engine.dispose()


def test_a_snapshot_stays_at_its_moment_and_holds_nobody_up(registry_url: str):
    fill(registry_url)
    writer = engine_of(registry_url)
    with snapshot(registry_url) as connection:
        first = tally_rows(connection)
        with writer.begin() as other:
            other.execute(text("DELETE FROM duty"))
        assert tally_rows(connection) == first
    writer.dispose()
    assert dumped(registry_url)[1]["duty"].count == 0


def test_a_changed_value_or_a_missing_row_changes_the_digest(registry_url: str):
    fill(registry_url)
    before = dumped(registry_url)[1]
    engine = engine_of(registry_url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alarms SET value = 5.5 WHERE id = 1"))
        connection.execute(text("DELETE FROM duty WHERE id = 1"))
    engine.dispose()
    after = dumped(registry_url)[1]
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"alarms", "duty"}
    assert before["alarms"].count == after["alarms"].count


@pytest.mark.parametrize("line", [b"[1,2", b"\xff\xfe", b'{"tables":1}', b"7"])
def test_lines_that_are_no_registry_are_one_sentence(line: bytes):
    with pytest.raises(BackupError, match="the backup's registry is damaged"):
        tally_lines([b'{"table":"duty","columns":["id"]}', line] if not line.startswith(b"{") else [line])


def test_a_table_that_the_revision_does_not_have_is_one_sentence(registry_url: str):
    with pytest.raises(BackupError, match="table moons has a form that its revision did not have"):
        load(registry_url, [b'{"table":"moons","columns":["id"]}', b"[1]"])
