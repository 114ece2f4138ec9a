"""A city that grows: the third hundred sensors cost a start what the second hundred did, and nothing is written twice.

Counted are the lines of Python that run, not seconds: a look at all sensors for each site shows at once.
"""

import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import msgspec
import pytest
from sqlalchemy import Connection, event

from cloud.database.engine import Database
from cloud.registry.city_file import read_city_file
from cloud.registry.rows import read_registry, save_registry
from cloud.rulebook.rule_targets import RuleTargets
from tests.registries import each_registry, registry_in
from tests.unit.cloud.examples import T0, city
from tests.unit.cloud.registry.houses import ANI, house_in

SITES = 12
SENSORS_EACH = 8


def city_file(folder: Path, sites: int, *, interval_s: int = 30) -> Path:
    file = folder / f"city-{sites}-{interval_s}.toml"
    file.write_text(
        '[city]\nname = "Large"\nzone = "Asia/Jayapura"\n'
        + "".join(
            f'[[sites]]\nid = "s{site}"\nname = "Site"\nlatitude = 2\nlongitude = 128\n'
            f'[[gateways]]\nid = "g{site}"\nname = "Gateway"\nsite = "s{site}"\n'
            + "".join(
                f'[[sensors]]\nid = "g{site}-{number}"\nname = "Air"\nsite = "s{site}"\ngateway = "g{site}"\n'
                f'quantities = ["pm2_5", "temperature"]\ninterval_s = {interval_s}\n'
                for number in range(SENSORS_EACH)
            )
            for site in range(sites)
        )
    )
    return file


def lines_run(work: Callable[[], object]) -> int:
    """How many lines of Python `work` runs in this thread."""
    count = 0

    def trace(_frame: FrameType, what: str, _argument: object) -> Any:
        nonlocal count
        count += what == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        work()
    finally:
        sys.settrace(before)
    return count


async def lines_of_a_start(folder: Path, sites: int) -> list[int]:
    """What each step of a start costs that meets this city again."""
    file, database = city_file(folder, sites), Database(f"sqlite:///{folder / f'{sites}.db'}")
    city = read_city_file(file)
    await database.open()
    await database.run(lambda connection: save_registry(connection, city))
    steps: list[Callable[[Connection], object]] = [
        lambda _connection: read_city_file(file),
        lambda connection: save_registry(connection, city),
        read_registry,
        lambda _connection: RuleTargets(city),
    ]
    found = []
    for step in steps:
        await database.run(step)  # once before, for what is only done once
        found.append(await database.run(lambda connection, step=step: lines_run(lambda: step(connection))))  # type: ignore[misc]
    await database.close()
    return found


async def test_a_start_looks_at_each_sensor_and_not_at_all_of_them_for_each_site(tmp_path: Path):
    few, more, most = [await lines_of_a_start(tmp_path, number * SITES) for number in (1, 2, 3)]
    for first, second, third in zip(few, more, most, strict=True):
        # a look at all of them for each site is half as much again; what Python keeps of one step moves some percent
        assert third - second <= 1.1 * (second - first)


def writes(connection: Connection, work: Callable[[], object]) -> list[str]:
    """The statements of `work` that write, by their first words: UPDATE sensors, INSERT INTO facts."""
    found: list[str] = []

    def hear(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        words = statement.split()
        found.append(" ".join(words[: 2 if words[0] == "UPDATE" else 3]))

    event.listen(connection, "before_cursor_execute", hear)
    work()
    event.remove(connection, "before_cursor_execute", hear)
    return [statement for statement in found if not statement.startswith("SELECT")]


async def lines_of_an_edit(folder: Path, sites: int) -> int:
    """What following one edit costs a registry of so many sites, beyond copies of its tables."""
    city = read_city_file(city_file(folder, sites))
    city.file_owns = ()
    async with house_in(folder / str(sites), city) as house:
        await house.editing.amend("sensors", "g0-0", {"name": "A"}, by=ANI)
        before = house.registry
        river = msgspec.structs.replace(house.record("sensors", "g0-0"), name="B")
        edition = before.stored_edition
        assert edition is not None
        return lines_run(lambda: before.amended([river], (), edition=edition, now_ms=T0))


async def test_one_edit_costs_a_large_city_hardly_more_than_a_small_one(tmp_path: Path):
    for sites in (SITES, 3 * SITES):
        (tmp_path / str(sites)).mkdir()
    few, many = [await lines_of_an_edit(tmp_path, sites) for sites in (SITES, 3 * SITES)]
    # a few looks at each sensor: where it stands, what it measures there; to make one anew takes a hundred lines
    assert many - few <= 2 * SITES * (SENSORS_EACH + 1) * 12


@each_registry
async def test_a_start_on_the_file_of_before_writes_nothing(tmp_path: Path):
    database = Database(registry_in(tmp_path))
    await database.open()
    await database.run(lambda connection: save_registry(connection, city()))
    found = await database.run(lambda connection: writes(connection, lambda: save_registry(connection, city())))
    await database.close()
    assert found == []


@pytest.mark.parametrize("sites", [1, 5])
async def test_what_changed_of_many_sensors_is_one_statement_for_each_table(tmp_path: Path, sites: int):
    database = Database(f"sqlite:///{tmp_path / 'registry.db'}")
    await database.open()
    before, after = (read_city_file(city_file(tmp_path, sites, interval_s=seconds)) for seconds in (30, 60))
    await database.run(lambda connection: save_registry(connection, before))
    found = await database.run(lambda connection: writes(connection, lambda: save_registry(connection, after)))
    held = await database.run(read_registry)
    await database.close()
    assert [words.split()[-1] for words in found] == [
        "sensors", "sensor_quantities", "sensor_quantities", "registry_changes",
    ]  # fmt: skip
    assert {sensor.interval_s for sensor in held.sensors() if sensor.id not in held.gateway_ids()} == {60}
