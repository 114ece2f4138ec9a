"""rules.toml: every mistake at once, and only where nothing was ever said."""

import tomllib
from pathlib import Path

import msgspec
import pytest

from cloud.registry.snapshot import Registry
from cloud.rulebook.asleep import also_asleep, asleep
from cloud.rulebook.seed_rules import BATTERY, BATTERY_FALLING, seed_rules_in, seeds
from runtime.settings import SettingsError
from tests.unit.cloud.alarms.town import ANI, RIVER, Town, city, level
from tests.unit.rules.cases import CASES

GOOD = """
[[rules]]
family = "river-level"
quantity = "water_level"
kind = "above"
title = "River is high"
levels = [{ name = "Siaga 3", severity = "moderate", limit = 150 }]
[[rules]]
family = "river-level"
scope = "site:daruba"
for_s = 60
"""
BAD = """
[[rule]]
[[rules]]
family = "river-level"
quantity = "water_level"
kind = "above"
title = "River is high"
hysteresis = 200
levels = [
  { name = "Siaga 3", severity = "moderate", limit = 150 },
  { name = "Siaga 2", severity = "severe", limit = 250 },
]
[[rules]]
family = "rain"
scope = "site:darubaa"
[[rules]]
family = "river-level"
fro_s = 60
"""


def test_the_rules_of_a_file_are_read_by_family_and_scope(tmp_path: Path):
    (tmp_path / "rules.toml").write_text(GOOD)
    first, second = seed_rules_in(tmp_path / "rules.toml", city())
    assert (first.family, first.scope, first.author, first.reason) == ("river-level", "all", "siaga", "initial rules")
    assert (second.scope, second.fields) == ("site:daruba", {"for_s": 60})


def test_every_mistake_of_a_file_is_named_with_its_place(tmp_path: Path):
    (tmp_path / "rules.toml").write_text(BAD)
    with pytest.raises(SettingsError) as error:
        seed_rules_in(tmp_path / "rules.toml", city())
    said = "\n".join(error.value.problems)
    for words in (
        "rules.toml: rule: unknown key",
        "rules[0]: hysteresis 200",
        "rules[1]: scope 'site:darubaa'",
        "did you mean site:daruba?",
        "rules[2]: river-level for all stands in rules[0] too",
        "did you mean for_s?",
    ):
        assert words in said, said


def test_a_file_that_is_not_there_is_named(tmp_path: Path):
    with pytest.raises(SettingsError, match="there is no such file"):
        seed_rules_in(tmp_path / "none.toml", city())


async def test_without_a_file_nobody_falls_silent_unnoticed(tmp_path: Path):
    async with Town(tmp_path) as town:
        assert await town.rule_store.add_missing(seed_rules_in(None, town.registry)) == 5
        assert [each.rule.kind for each in town.rule_store.resolved("river")] == ["silence"]
        assert [each.rule.kind for each in town.rule_store.resolved("gw-daruba")] == ["silence", "below"]


def test_the_case_of_a_battery_that_runs_empty_is_of_the_rule_that_cities_begin_with():
    for case, expected in (
        ("synthetic_battery_runs_empty", {"family": "battery-low", **BATTERY}),
        ("synthetic_battery_falls", {"family": "battery-falling", **BATTERY_FALLING}),
    ):
        with (CASES / f"{case}.toml").open("rb") as file:
            assert tomllib.load(file)["rule"] == expected


async def test_provided_rules_stay_editable_and_are_never_put_back(tmp_path: Path):
    (tmp_path / "rules.toml").write_text(GOOD)
    async with Town(tmp_path) as town:
        provided = seed_rules_in(tmp_path / "rules.toml", town.registry)
        assert await town.rule_store.add_missing(provided) == 2
        await town.rule_store.save("river-level", "all", RIVER, actor=ANI, reason="ours")
        await town.rule_store.remove("river-level", "site:daruba", actor=ANI, reason="ours")
        assert await town.rule_store.add_missing(provided) == 0
        (resolved,) = town.rule_store.resolved("river")
        assert (len(resolved.rule.levels), resolved.rule.for_s) == (2, 0)


async def used(town: Town, file: Path) -> None:
    """A first start with `file`."""
    await town.rule_store.add_missing(seeds(file, town.registry, await town.rule_store.held()).versions)


async def test_a_file_that_was_used_stops_no_start_when_its_sensor_is_retired(tmp_path: Path):
    file = tmp_path / "rules.toml"
    file.write_text(GOOD + '[[rules]]\nfamily = "river-level"\nscope = "sensor:creek"\nfor_s = 5\n')
    without_creek = registry_without("creek")

    async with Town(tmp_path) as town:
        await used(town, file)
    async with Town(tmp_path, registry=without_creek) as town:
        given = seeds(file, town.registry, await town.rule_store.held())
        assert (given.versions, given.notes) == ([], ())
        assert "sensor creek is gone" in str(asleep("sensor:creek", town.registry))
        assert asleep("sensor:river", town.registry) is None
        assert [each.rule.family for each in town.rule_store.resolved("river")] == ["river-level"]
        await town.send(level(160, at=0), level(160, at=61))
        assert len(await town.alarms()) == 1
        await town.rule_store.remove("river-level", "sensor:creek", actor=ANI, reason="it is gone")
        assert "sensor:creek" not in {patch.scope for patch in town.rule_store.patches("river-level")}


async def test_a_file_that_was_used_says_that_a_change_in_it_has_no_effect(tmp_path: Path):
    file = tmp_path / "rules.toml"
    file.write_text(GOOD)
    async with Town(tmp_path) as town:
        await used(town, file)
        file.write_text(GOOD.replace("limit = 150", "limit = 90"))
        given = seeds(file, town.registry, await town.rule_store.held())
        assert given.versions == []
        (note,) = given.notes
        assert "rules.toml: river-level@all has no effect, since version 1 by siaga is in force" in note


@pytest.mark.parametrize("content", ["no toml [", "rules = 7", BAD, ""])
async def test_a_file_that_was_used_stops_nothing_whatever_is_in_it(tmp_path: Path, content: str):
    file = tmp_path / "rules.toml"
    file.write_text(GOOD)
    async with Town(tmp_path) as town:
        await used(town, file)
        file.write_text(content)
        given = seeds(file, town.registry, await town.rule_store.held())
        assert given.versions == []
        assert bool(given.notes) == bool(content)
        file.unlink()
        assert "no such file" in seeds(file, town.registry, await town.rule_store.held()).notes[0]


def test_a_new_city_is_not_begun_with_mistakes(tmp_path: Path):
    (tmp_path / "rules.toml").write_text(BAD)
    with pytest.raises(SettingsError):
        seeds(tmp_path / "rules.toml", city(), [])


def test_a_rule_whose_second_sensor_is_gone_says_so():
    assert "second sensor creek is gone" in str(also_asleep("creek", registry_without("creek")))
    assert also_asleep("creek", city()) is None


def registry_without(sensor: str) -> Registry:
    """The town's city with one sensor retired."""
    whole = city()
    return Registry(
        city=whole.city, sites=whole.sites(), gateways=whole.gateways(),
        sensors=[
            msgspec.structs.replace(each, retired=each.id == sensor)
            for each in whole.sensors() if whole.gateway(each.id) is None
        ],
    )  # fmt: skip
