"""rules.toml: every mistake at once, and only where nothing was ever said."""

import asyncio
from pathlib import Path

import pytest

from cloud.alarms.initial import initial_rules
from runtime.settings import SettingsError
from tests.unit.cloud.alarms.town import ANI, RIVER, Town, city

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
    first, second = initial_rules(tmp_path / "rules.toml", city())
    assert (first.family, first.scope, first.author, first.reason) == ("river-level", "all", "siaga", "initial rules")
    assert (second.scope, second.fields) == ("site:daruba", {"for_s": 60})


def test_every_mistake_of_a_file_is_named_with_its_place(tmp_path: Path):
    (tmp_path / "rules.toml").write_text(BAD)
    with pytest.raises(SettingsError) as error:
        initial_rules(tmp_path / "rules.toml", city())
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
        initial_rules(tmp_path / "none.toml", city())


def test_without_a_file_nobody_falls_silent_unnoticed(tmp_path: Path):
    async def scenario() -> None:
        async with Town(tmp_path) as town:
            assert await town.book.provide(initial_rules(None, town.registry)) == 1
            assert [each.rule.kind for each in town.book.resolved("river")] == ["silence"]
            assert [each.rule.kind for each in town.book.resolved("gw-daruba")] == ["silence"]

    asyncio.run(scenario())


def test_provided_rules_stay_editable_and_are_never_put_back(tmp_path: Path):
    (tmp_path / "rules.toml").write_text(GOOD)

    async def scenario() -> None:
        async with Town(tmp_path) as town:
            provided = initial_rules(tmp_path / "rules.toml", town.registry)
            assert await town.book.provide(provided) == 2
            await town.book.save("river-level", "all", RIVER, who=ANI, reason="ours")
            await town.book.remove("river-level", "site:daruba", who=ANI, reason="ours")
            assert await town.book.provide(provided) == 0
            (resolved,) = town.book.resolved("river")
            assert (len(resolved.rule.levels), resolved.rule.for_s) == (2, 0)

    asyncio.run(scenario())
