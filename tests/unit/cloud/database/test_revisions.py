"""The registry database from one revision to another, with rows in it, on each engine."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, text

from cloud.cli.exit_codes import CANNOT_START
from cloud.cli.main import main
from cloud.cli.migrate import migrate
from cloud.database.engine import engine_of
from cloud.database.revisions import migrate_to, revision_of, revisions
from cloud.registry.city_file import read_city_file
from cloud.registry.rows import read_registry, save_registry
from runtime.settings import SettingsError
from tests.registries import every_table
from tests.unit.cloud.backup.full_registry import ROWS, fill, rows_of
from tests.unit.cloud.registry.test_city_file import GOOD

OLDEST, NEWEST = revisions()[0], revisions()[-1]


def test_the_migrations_say_of_themselves_what_alembic_finds():
    config = Config()
    config.set_main_option("script_location", "cloud/database/migrations")
    walked = list(ScriptDirectory.from_config(config).walk_revisions())
    assert revisions() == tuple(script.revision for script in reversed(walked))


def done(url: str, work: Callable[[Connection], Any]) -> Any:
    engine = engine_of(url)
    try:
        with engine.begin() as connection:
            return work(connection)
    finally:
        engine.dispose()


def put_into_the_future(url: str) -> None:
    done(url, lambda connection: connection.execute(text("UPDATE alembic_version SET version_num = '0999'")))


def test_an_old_database_becomes_a_new_one_and_loses_nothing(registry_url: str):
    fill(registry_url, revision=OLDEST)
    before = rows_of(registry_url)
    assert migrate(registry_url, None).lost == []
    after = rows_of(registry_url)
    for name, rows in before.items():
        assert [{key: row[key] for key in rows[0]} for row in after[name]] == rows
    assert done(registry_url, revision_of) == NEWEST


def test_a_new_database_has_the_tables_and_columns_that_the_code_names(registry_url: str):
    done(registry_url, migrate_to)
    found = done(
        registry_url,
        lambda connection: {
            name: {column["name"] for column in inspect(connection).get_columns(name)}
            for name in inspect(connection).get_table_names()
        },
    )
    assert {name: set(table.c.keys()) for name, table in every_table().tables.items()} == {
        name: columns for name, columns in found.items() if name != "alembic_version"
    }


def test_going_back_and_forth_keeps_what_the_older_form_has_a_place_for(registry_url: str):
    fill(registry_url, revision=OLDEST)
    before = rows_of(registry_url)
    migrate(registry_url, NEWEST)
    migrate(registry_url, OLDEST, lose=True)
    assert rows_of(registry_url) == before
    migrate(registry_url, NEWEST)
    assert done(registry_url, revision_of) == NEWEST


def test_going_back_names_what_is_lost_and_changes_nothing_unless_told_to_lose_it(registry_url: str):
    fill(registry_url)
    before = rows_of(registry_url)
    with pytest.raises(SettingsError, match=rf"loses .*alarms \({ROWS} rows\).*sites\.polygon.*; nothing was changed"):
        migrate(registry_url, OLDEST)
    assert rows_of(registry_url) == before


def test_a_dry_run_tells_and_changes_nothing(registry_url: str):
    fill(registry_url)
    before = rows_of(registry_url)
    assert "loses" in str(migrate(registry_url, OLDEST, dry_run=True))
    assert rows_of(registry_url) == before
    assert done(registry_url, revision_of) == NEWEST


def test_a_city_of_the_first_revision_is_read_by_this_version(registry_url: str, tmp_path: Path):
    (tmp_path / "city.toml").write_text(GOOD)
    city = read_city_file(tmp_path / "city.toml")
    done(registry_url, migrate_to)
    done(registry_url, lambda connection: save_registry(connection, city))
    migrate(registry_url, OLDEST, lose=True)
    migrate(registry_url, NEWEST)
    assert [site.id for site in done(registry_url, read_registry).sites()] == [site.id for site in city.sites()]


def test_a_database_of_a_newer_version_is_one_sentence_and_is_left_alone(registry_url: str):
    fill(registry_url)
    put_into_the_future(registry_url)
    before = rows_of(registry_url)
    with pytest.raises(SettingsError, match="it is of revision 0999, made by a newer version of Siaga"):
        migrate(registry_url, None)
    assert rows_of(registry_url) == before


def test_an_old_cloud_does_not_start_on_the_database_of_a_newer_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    (tmp_path / "city.toml").write_text(GOOD)
    (tmp_path / "cloud.toml").write_text("[api]\nenabled = false\n")
    url = f"sqlite:///{tmp_path / 'registry.db'}"
    fill(url)
    put_into_the_future(url)
    for command in (["run"], ["user", "list"], ["migrate"], ["backup", "--to", str(tmp_path / "backups")]):
        assert main([*command, "--config", str(tmp_path / "cloud.toml")]) == CANNOT_START
        (sentence,) = capsys.readouterr().err.splitlines()
        assert sentence.startswith(f"registry database {url}: it is of revision 0999")
        assert sentence.endswith("run the newer version, or restore a backup from before the upgrade")


def test_a_revision_that_nobody_knows_is_one_sentence(registry_url: str):
    with pytest.raises(SettingsError, match=f"there is no revision 0815; known are {OLDEST}"):
        migrate(registry_url, "0815")
