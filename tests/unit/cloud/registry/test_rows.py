"""The registry as rows of its database."""

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text

from cloud.database.engine import Database, DatabaseUnavailable
from cloud.registry.records import Sensor
from cloud.registry.rows import read_registry, save_registry
from cloud.registry.snapshot import Registry
from tests.registries import each_registry, every_table, registry_in
from tests.unit.cloud.examples import GATEWAY, T0, city
from wire import Stamped


def open_database(folder: Path) -> Database:
    return Database(registry_in(folder))


def living(registry: Registry) -> tuple[object, ...]:
    return (
        registry.city,
        sorted(registry.sites(), key=lambda each: each.id),
        sorted(registry.gateways(), key=lambda each: each.id),
        sorted(registry.sensors(), key=lambda each: each.id),
    )


@each_registry
async def test_what_is_kept_is_read_back_and_keeping_it_again_changes_nothing(tmp_path: Path):
    database = open_database(tmp_path)
    await database.open()
    for _ in range(2):
        await database.run(lambda connection: save_registry(connection, city()))
        assert living(await database.run(read_registry)) == living(city())
    await database.close()


@each_registry
async def test_which_end_of_its_interval_a_sensor_stamps_is_kept(tmp_path: Path):
    gauges = [
        Sensor(f"rain-{stamped or 'moment'}", "Rain", "daruba", GATEWAY, ("rainfall",), interval_s=600, stamped=stamped)
        for stamped in (None, *Stamped)
    ]
    wet = Registry(city=city().city, sites=city().sites(), gateways=city().gateways(), sensors=gauges)

    database = open_database(tmp_path)
    await database.open()
    await database.run(lambda connection: save_registry(connection, wet))
    found = {each.id: each.stamped for each in (await database.run(read_registry)).sensors()}
    assert {gauge.id: found[gauge.id] for gauge in gauges} == {gauge.id: gauge.stamped for gauge in gauges}
    assert found["rain-end"] is Stamped.END
    await database.close()


@each_registry
async def test_what_a_newer_file_names_no_more_is_retired_and_comes_back_when_named_again(tmp_path: Path):
    smaller = Registry(
        city=city().city, sites=city().sites(), gateways=[each for each in city().gateways() if each.id == GATEWAY],
        sensors=[each for each in city().sensors() if each.id == "river"],
    )  # fmt: skip

    database = open_database(tmp_path)
    await database.open()
    await database.run(lambda connection: save_registry(connection, city()))
    await database.run(lambda connection: save_registry(connection, smaller, now_ms=T0))
    await database.run(lambda connection: save_registry(connection, smaller, now_ms=T0 + 1))
    after = await database.run(read_registry)
    assert {each.id for each in after.sensors()} == {"river", GATEWAY}
    retired = after.sensor("air-market")
    assert retired is not None
    assert (retired.retired, retired.retired_ms, retired.quantities) == (True, T0, ("pm2_5", "pm10", "temperature"))
    ends = {
        series: route.timeline.at(T0) for series, route in (after.routes("gw-pier") or {}).items() if route.timeline
    }
    assert ends[("people-pier", "people_in")] is None
    assert set(ends.values()) == {None}
    await database.run(lambda connection: save_registry(connection, city()))
    assert living(await database.run(read_registry)) == living(city())
    await database.close()


@each_registry
async def test_the_migrations_lead_to_the_tables_as_the_code_knows_them(tmp_path: Path):
    database = open_database(tmp_path)
    await database.open()
    differences = await database.run(
        lambda connection: compare_metadata(MigrationContext.configure(connection), every_table())
    )
    await database.close()
    assert list(differences) == []


@each_registry
async def test_opening_again_keeps_what_is_there(tmp_path: Path):
    first = open_database(tmp_path)
    await first.open()
    await first.run(lambda connection: save_registry(connection, city()))
    await first.close()
    again = open_database(tmp_path)
    await again.open()
    assert living(await again.run(read_registry)) == living(city())
    await again.close()


async def test_foreign_keys_hold_and_commits_are_forced_to_disk(tmp_path: Path):
    database = Database(f"sqlite:///{tmp_path / 'registry.db'}")
    await database.open()
    answers = [
        await database.run(lambda connection: connection.execute(text("PRAGMA foreign_keys")).scalar_one()),
        await database.run(lambda connection: connection.execute(text("PRAGMA synchronous")).scalar_one()),
    ]
    await database.close()
    assert answers == [1, 2]


async def test_a_database_that_cannot_be_used_says_so_in_one_sentence_and_recovers(tmp_path: Path):
    database = Database(f"sqlite:///{tmp_path / 'later' / 'registry.db'}")
    with pytest.raises(DatabaseUnavailable, match=r"registry database .*registry\.db: unable to open"):
        await database.open()
    assert "unable to open" in database.problem
    (tmp_path / "later").mkdir()
    await database.open()
    assert database.problem == ""
    await database.close()


@each_registry
async def test_a_registry_that_was_never_loaded_is_a_lookup_error(tmp_path: Path):
    database = open_database(tmp_path)
    await database.open()
    with pytest.raises(LookupError, match="load a city file"):
        await database.run(read_registry)
    await database.close()
