from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from cloud.console.view_models.thresholds import (
    fields_to_save,
    inherited_at,
    rule_at,
    rules_at,
    scope_name,
    targets_at,
)
from cloud.database.audit_log import Actor
from i18n.catalog import catalog_of
from rules.rule import Level, Severity
from tests.unit.cloud.api.morotai import SENSORS, Morotai
from tests.unit.cloud.console.served import RIVER_RULE

EN, ID = catalog_of("en"), catalog_of("id")
ANI = Actor("ani")
GROUPED = tuple(
    msgspec.structs.replace(sensor, groups=("rivers",)) if sensor.id == "river" else sensor for sensor in SENSORS
)


@pytest.fixture
async def city(tmp_path: Path) -> AsyncIterator[Morotai]:
    """A city with a rule for all rivers, a hysteresis for the group, and a level for one gauge."""
    async with Morotai(tmp_path, sensors=GROUPED) as city:
        await city.rule_store.save("river-level", "all", RIVER_RULE, actor=ANI, reason="the beginning")
        await city.rule_store.save("river-level", "group:rivers", {"hysteresis": 5.0}, actor=ANI, reason="wind")
        await city.rule_store.save("river-level", "sensor:river", {"for_s": 120.0}, actor=ANI, reason="waves")
        yield city


async def test_each_value_says_where_it_comes_from(city: Morotai):
    (view,) = rules_at(EN, city.rule_store, "sensor:river")
    values = {value.field: (value.value, value.origin, value.own) for value in view.values}
    assert values["for_s"] == ("2 min", "set here", True)
    assert values["hysteresis"] == ("5 cm", "from rivers", False)
    assert values["levels"][1] == "from Pulau Morotai"
    assert values["lateness_s"] == ("1 min", "usual value", False)
    assert "minimum" not in values, "a level has no smallest rise"
    assert (view.own, view.origin) == (True, "set here, the rest from Pulau Morotai, rivers")


async def test_a_group_and_a_site_have_what_holds_for_their_sensors_at_least(city: Morotai):
    (group,) = rules_at(EN, city.rule_store, "group:rivers")
    (site,) = rules_at(EN, city.rule_store, "site:dodola")
    assert group.resolved.rule.hysteresis == 5.0
    assert (site.own, site.origin) == (False, "inherited from Pulau Morotai")
    assert rules_at(EN, city.rule_store, "sensor:ferry") == (), "it measures no water"


async def test_only_what_was_changed_is_saved_in_the_narrower_scope(city: Morotai):
    view = rule_at(EN, city.rule_store, "river-level", "sensor:river")
    assert view is not None
    edited = msgspec.structs.replace(view.resolved.rule, clear_s=60.0)
    assert fields_to_save(view.resolved, edited, "sensor:river") == {"for_s": 120.0, "clear_s": 60.0}
    assert fields_to_save(view.resolved, edited, "sensor:river", released=["for_s"]) == {"clear_s": 60.0}
    levels = msgspec.structs.replace(edited, levels=(Level("Siaga 3", Severity.MINOR, 1.0),), clear_s=0.0)
    saved = fields_to_save(view.resolved, levels, "sensor:river")
    assert saved["levels"][0]["severity"] == "minor", "as JSON has it"


async def test_what_would_be_inherited_is_known_where_a_wider_scope_says_it(city: Morotai):
    inherited = inherited_at(city.rule_store, "river-level", "sensor:river")
    assert inherited is not None
    assert (inherited.for_s, inherited.hysteresis) == (0.0, 5.0)
    assert inherited_at(city.rule_store, "river-level", "all") is None


async def test_a_rule_that_only_narrow_scopes_complete_is_no_mistake(city: Morotai):
    whole = {**RIVER_RULE, "title": "Bridge"}
    await city.rule_store.save("bridge", "sensor:river", whole, actor=ANI, reason="only here")
    assert [view.family for view in rules_at(EN, city.rule_store, "site:daruba")] == ["river-level"]
    assert {view.family for view in rules_at(EN, city.rule_store, "sensor:river")} == {
        "bridge", "river-level",
    }  # fmt: skip


async def test_scopes_have_the_names_and_sensors_that_people_know(city: Morotai):
    rule_store = city.rule_store
    scopes = ("all", "group:rivers", "site:daruba", "sensor:river", "sensor:gone")
    assert [scope_name(EN, rule_store, scope) for scope in scopes] == [
        "Pulau Morotai", "rivers", "Daruba river bridge", "River gauge", "gone",
    ]  # fmt: skip
    assert [sensor.id for sensor in targets_at(rule_store, "group:rivers")] == ["river"]
    assert [target.id for target in targets_at(rule_store, "site:daruba")] == ["daruba", "river", "air"]
    assert "gw-daruba" not in {sensor.id for sensor in targets_at(rule_store, "all")}
