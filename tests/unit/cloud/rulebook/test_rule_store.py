"""The rule store: versions that are added, undone and scheduled, and never spoil the rules in force."""

import asyncio
from collections.abc import Awaitable
from pathlib import Path
from typing import Any

import pytest

from cloud.database.audit_log import read_entries
from cloud.registry.records import Sensor
from cloud.rulebook.records import ChangedMeanwhile, RuleRejected, RuleVersion, ScopeChange
from rules.scope import Patch
from tests.registries import on_each_registry
from tests.unit.cloud.alarms.town import ANI, RIVER, SILENT, T0, Town, city

pytestmark = on_each_registry(slow=True)


def limits(town: Town, sensor: str = "river") -> list[float]:
    return [level.limit for resolved in town.rule_store.resolved(sensor) for level in resolved.rule.levels]


async def refused(change: Awaitable[Any]) -> str:
    with pytest.raises(RuleRejected) as error:
        await change
    return "\n".join(error.value.problems)


def one_level(limit: float) -> dict[str, Any]:
    return {"levels": [{"name": "Siaga 3", "severity": "moderate", "limit": limit}]}


async def test_the_narrower_scope_wins_field_by_field_and_says_where_each_value_comes_from(tmp_path: Path):
    async with Town(tmp_path) as town:
        await town.rule()
        await town.rule(scope="group:rivers", for_s=60)
        await town.rule(scope="site:daruba", for_s=120)
        await town.rule(scope="sensor:river", **one_level(140))
        (river,) = town.rule_store.resolved("river")
        (creek,) = town.rule_store.resolved("creek")
        assert (river.rule.for_s, creek.rule.for_s) == (120, 60)
        assert limits(town) == [140]
        assert (river.origin["for_s"], river.origin["levels"], river.origin["title"]) == (
            "site:daruba",
            "sensor:river",
            "all",
        )
        assert town.rule_store.resolved("rain") == []


async def test_sensors_of_one_kind_share_their_rules_until_one_has_a_rule_of_its_own(tmp_path: Path):
    async with Town(tmp_path) as town:
        await town.rule()
        store = town.rule_store
        assert store.timeline("river") is store.timeline("creek")  # however many there are, it is worked out once
        await town.rule(scope="sensor:river", **one_level(140))
        assert (limits(town), limits(town, "creek")) == ([140], [150, 250])
        await town.rule(scope="site:wayabula", **one_level(90))
        assert (limits(town), limits(town, "creek")) == ([140], [90])


async def test_undo_is_a_new_version_with_the_content_of_the_one_before(tmp_path: Path):
    async with Town(tmp_path) as town:
        first = await town.rule_store.save("river-level", "all", RIVER, actor=ANI, reason="first")
        town.now_ms += 1
        await town.rule_store.save("river-level", "all", RIVER | one_level(90), actor=ANI, reason="too low")
        assert limits(town) == [90]
        town.now_ms += 1
        undone = await town.rule_store.undo("river-level", "all", actor=ANI, reason="a mistake")
        assert (undone.version, undone.fields, undone.reason) == (3, first.fields, "a mistake")
        assert limits(town) == [150, 250]
        assert [version.version for version in town.rule_store.versions("river-level", "all")] == [3, 2, 1]


async def test_undo_of_the_only_version_says_nothing_any_more_and_undo_again_brings_it_back(tmp_path: Path):
    async with Town(tmp_path) as town:
        await town.rule()
        await town.rule_store.undo("river-level", "all", actor=ANI, reason="not yet")
        assert limits(town) == []
        assert town.rule_store.families() == []
        await town.rule_store.undo("river-level", "all", actor=ANI, reason="now")
        assert limits(town) == [150, 250]


async def test_a_version_comes_into_force_at_its_time(tmp_path: Path):
    async with Town(tmp_path) as town:
        await town.rule()
        await town.rule_store.save(
            "river-level", "all", RIVER | one_level(90), actor=ANI, reason="r", valid_from_ms=T0 + 60_000
        )
        assert limits(town) == [150, 250]
        town.now_ms = T0 + 60_000
        assert limits(town) == [90]
        assert town.rule_store.patches("river-level") == [Patch("all", 2, RIVER | one_level(90))]


async def test_a_save_after_a_scheduled_one_holds_instead_of_it(tmp_path: Path):
    async with Town(tmp_path) as town:
        await town.rule()
        await town.rule_store.save(
            "river-level", "all", RIVER | one_level(90), actor=ANI, reason="r", valid_from_ms=T0 + 60_000
        )
        await town.rule_store.save("river-level", "all", RIVER | one_level(100), actor=ANI, reason="r")
        town.now_ms = T0 + 120_000
        assert limits(town) == [100]


async def test_every_change_is_in_the_journal_with_before_and_after(tmp_path: Path):
    async with Town(tmp_path) as town:
        await town.rule()
        await town.rule_store.save("river-level", "all", RIVER | one_level(90), actor=ANI, reason="after the flood")
        await town.rule_store.remove("river-level", "all", actor=ANI, reason="gone")
        removed, saved, first = await town.database.run(
            lambda connection: read_entries(connection, subject="rule:river-level@all")
        )
        assert [entry.action for entry in (first, saved, removed)] == ["save-rule", "save-rule", "remove-rule"]
        assert (saved.actor, saved.origin, saved.reason) == ("ani", "10.0.0.7", "after the flood")
        assert '"limit":150.0' in saved.before
        assert '"limit":90' in saved.after
        assert '"fields":null' in removed.after


WRONG = [
    # family, scope, fields, what the sentence must say
    ("river-level", "sensor:rivr", RIVER, ["sensor:rivr", "did you mean sensor:river?"]),
    ("river-level", "site:nowhere", RIVER, ["site:nowhere", "no such site"]),
    ("river-level", "everything", RIVER, ["everything", "group:NAME"]),
    ("River Level", "all", RIVER, ["River Level", "is not a name"]),
    ("river-level", "all", RIVER | {"hysterisis": 1}, ["hysterisis", "did you mean hysteresis?"]),
    ("river-level", "all", {}, ["fields", "none"]),
    ("river-level", "site:daruba", {"for_s": 60}, ["quantity", "no scope of river-level sets it"]),
    ("river-level", "sensor:rain", RIVER, ["sensor:rain", "does not measure"]),
    ("river-level", "all", RIVER | {"hysteresis": 100.0}, ["hysteresis 100", "Siaga 3", "Siaga 2"]),
    ("river-level", "all", RIVER | {"levels": list(reversed(RIVER["levels"]))}, ["levels", "worst last"]),
    ("river-level", "all", RIVER | {"window_s": 0}, ["window_s 0"]),
    ("river-level", "all", RIVER | one_level(99_999), ["limit 99999", "water_level"]),
    ("river-level", "all", RIVER | {"for_s": "long"}, ["for_s", "long"]),
    (
        "river-level", "all",
        RIVER | {"also": {"sensor": "rian", "quantity": "rainfall", "kind": "above", "limit": 1}},
        ["also.sensor", "rian", "did you mean rain?"],
    ),
    (
        "river-level", "all",
        RIVER | {"also": {"sensor": "rain", "quantity": "flow", "kind": "above", "limit": 1}},
        ["also.quantity", "flow", "rainfall"],
    ),
    ("river-level", "all", RIVER | {"quantity": "water_levle"}, ["quantity 'water_levle'", "is not known"]),
    ("dry", "all", SILENT | {"for_s": 5}, ["for_s", "silence"]),
]  # fmt: skip


@pytest.mark.parametrize(("family", "scope", "fields", "words"), WRONG, ids=[str(row[3]) for row in WRONG])
async def test_what_is_not_sound_is_refused_in_a_sentence_and_the_rules_in_force_stay(
    tmp_path: Path, family: str, scope: str, fields: dict[str, Any], words: list[str]
):
    async with Town(tmp_path) as town:
        if scope != "site:daruba":
            await town.rule()
        before = (town.rule_store.versions(), limits(town))
        said = await refused(town.rule_store.save(family, scope, fields, actor=ANI, reason="r"))
        for word in words:
            assert word in said, said
        assert (town.rule_store.versions(), limits(town)) == before


async def test_every_mistake_is_told_at_once(tmp_path: Path):
    async with Town(tmp_path) as town:
        said = await refused(town.rule_store.save("R", "site:x", RIVER | {"oops": 1}, actor=ANI, reason=" "))
        assert all(word in said for word in ("family", "site:x", "oops", "reason"))


async def test_a_change_that_spoils_a_narrower_scope_s_rule_is_refused(tmp_path: Path):
    async with Town(tmp_path) as town:
        await town.rule()
        await town.rule(scope="sensor:river", hysteresis=60.0)
        narrow = [{"name": "A", "severity": "minor", "limit": 10.0}, {"name": "B", "severity": "severe", "limit": 20.0}]
        assert "hysteresis 60" in await refused(
            town.rule_store.save("river-level", "all", RIVER | {"levels": narrow}, actor=ANI, reason="r")
        )
        assert "no scope of river-level sets it" in await refused(
            town.rule_store.remove("river-level", "all", actor=ANI, reason="r")
        )


async def test_a_time_in_the_past_is_refused(tmp_path: Path):
    async with Town(tmp_path) as town:
        change = town.rule_store.save("river-level", "all", RIVER, actor=ANI, reason="r", valid_from_ms=T0 - 1)
        assert "valid_from" in await refused(change)


async def test_another_process_s_change_is_seen_and_its_version_is_not_written_over(tmp_path: Path):
    async with Town(tmp_path) as town:
        await town.rule()
        async with Town(tmp_path) as other:
            await other.rule_store.save("river-level", "all", RIVER | one_level(90), actor=ANI, reason="other")
            saved = await town.rule_store.save("river-level", "all", RIVER | one_level(80), actor=ANI, reason="ours")
            assert saved.version == 3
            assert await other.rule_store.refresh()
            assert not await other.rule_store.refresh()
            assert limits(other) == limits(town) == [80]


async def test_of_two_who_edited_the_same_version_one_is_told_of_the_other(tmp_path: Path):
    async with Town(tmp_path) as town:
        await town.rule()
        saves = (
            town.rule_store.save("river-level", "all", RIVER | {"for_s": seconds}, actor=ANI, reason="why", seen=1)
            for seconds in (60.0, 120.0)
        )
        first, second = await asyncio.gather(*saves, return_exceptions=True)
        assert isinstance(first, RuleVersion)
        assert isinstance(second, ChangedMeanwhile)
        assert second.newest == first
        with pytest.raises(ChangedMeanwhile):
            await town.rule_store.undo("river-level", "all", actor=ANI, reason="why", seen=1)
        with pytest.raises(ChangedMeanwhile):
            await town.rule_store.remove("river-level", "all", actor=ANI, reason="why", seen=1)


async def test_many_changes_are_one_that_is_in_the_journal_or_none(tmp_path: Path):
    async with Town(tmp_path) as town:
        await town.rule()
        before = await town.rule_store.held()
        changes = [
            ScopeChange("river-level", "site:daruba", {"for_s": 60.0}),
            ScopeChange("river-level", "sensor:river", one_level(-2_000)),
        ]
        assert "is never so" in await refused(town.rule_store.save_all(changes, actor=ANI, reason="why"))
        assert await town.rule_store.held() == before
        changes[1] = ScopeChange("river-level", "sensor:river", one_level(140))
        saved = await town.rule_store.save_all(changes, actor=ANI, reason="surveyed")
        assert [(version.scope, version.version) for version in saved] == [("site:daruba", 1), ("sensor:river", 1)]
        assert limits(town) == [140]
        entries = await town.database.run(read_entries)
        assert [entry.action for entry in entries if entry.reason == "surveyed"] == ["import-rule"] * 2
        seen = town.rule_store.known
        await town.rule(scope="group:rivers", for_s=90)
        gone = [ScopeChange("river-level", "sensor:river", None)]
        late = town.rule_store.save_all(gone, actor=ANI, reason="late", seen=seen)
        assert "somebody has changed them" in await refused(late)
        await town.rule_store.save_all(gone, actor=ANI, reason="as everywhere", seen=seen + 1)
        assert limits(town) != [140]


async def test_rules_can_be_about_what_siaga_derives(tmp_path: Path):
    air = Sensor("air", "Air", "daruba", "gw-daruba", ("pm2_5",), interval_s=60)
    ispu = {
        "kind": "above",
        "title": "ISPU",
        "levels": [{"name": "Tidak Sehat", "severity": "moderate", "limit": 100.0, "inclusive": False}],
    }
    async with Town(tmp_path, registry=city(air)) as town:
        await town.rule_store.save("ispu", "all", ispu | {"quantity": "ispu"}, actor=ANI, reason="r")
        await town.rule_store.save("ispu-pm", "all", ispu | {"quantity": "ispu_pm2_5"}, actor=ANI, reason="r")
        assert [each.rule.family for each in town.rule_store.resolved("daruba")] == ["ispu"]
        assert [each.rule.family for each in town.rule_store.resolved("air")] == ["ispu-pm"]
