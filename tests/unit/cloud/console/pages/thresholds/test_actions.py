"""What a page may not be trusted with: every action asks who it is that takes it, now."""

import pytest

from cloud.access.principal import Role
from cloud.alarms.preview import Preview
from cloud.alarms.records import Alarm, AlarmFilter
from cloud.console.components.visitor import Visitor
from cloud.console.pages.alarms.actions import AlarmActions
from cloud.console.pages.thresholds.actions import ThresholdActions, ThresholdRejected, family_name, rejected_for
from cloud.database.audit_log import Actor
from i18n.catalog import catalog_of
from rules.problem import ValidationProblem
from tests.unit.cloud.api.morotai import Morotai
from tests.unit.cloud.console.rising import let_the_river_rise
from tests.unit.cloud.console.visitors import visitor_of

EN = catalog_of("en")


@pytest.fixture
async def city(city: Morotai) -> Morotai:
    """A city whose river has just passed Siaga 3."""
    await let_the_river_rise(city)
    return city


async def the_alarm(city: Morotai) -> Alarm:
    (alarm,) = await city.platform.alarm_service.alarms(AlarmFilter(open=True))
    return alarm


def thresholds_in(city: Morotai) -> ThresholdActions:
    return ThresholdActions(EN, city.rule_store, city.platform.previewer)


async def saved(
    city: Morotai, visitor: Visitor, scope: str = "sensor:river", reason: str = "why"
) -> ThresholdRejected | None:
    actions = thresholds_in(city)
    seen = actions.newest_version("river-level", scope)
    return await actions.save(visitor, "river-level", scope, {"hysteresis": 2.0}, reason, seen=seen)


@pytest.mark.parametrize("role", [Role.VIEWER, Role.TECHNICIAN, Role.OPERATOR])
async def test_no_rule_is_changed_for_a_lesser_role(city: Morotai, role: Role):
    budi, actions = await visitor_of(city, role), thresholds_in(city)
    before = city.rule_store.versions()
    tried = await actions.preview(budi, "river-level", "all", {"hysteresis": 2.0}, sensor="river", days=1)
    for refused in (await saved(city, budi), await actions.undo(budi, "river-level", "all", ""), tried):
        assert refused == ThresholdRejected(others=(f"This takes the role Engineer; you are {role.name.title()}.",))
    assert city.rule_store.versions() == before


async def test_an_engineer_of_one_site_changes_no_other_and_nothing_wide(city: Morotai):
    cici = await visitor_of(city, Role.ENGINEER, sites=["daruba"])
    for scope in ("all", "group:rivers", "site:dodola", "sensor:ferry", "sensor:unknown"):
        refused = await saved(city, cici, scope)
        assert refused is not None
        assert "beyond the sites" in refused.others[0], scope
    assert await saved(city, cici, "sensor:river") is None
    assert await saved(city, cici, "site:daruba") is None


async def test_a_rule_is_tried_saved_with_a_reason_and_taken_back(city: Morotai):
    dedi, actions = await visitor_of(city, Role.ENGINEER), thresholds_in(city)
    levels = [{"name": "Siaga 3", "severity": "moderate", "limit": 245.0}]
    found = await actions.preview(dedi, "river-level", "sensor:river", {"levels": levels}, sensor="river", days=1)
    assert isinstance(found, Preview)
    assert (len(found.saved.alarms), len(found.edited.alarms)) == (1, 1)
    assert found.edited.alarms[0].opened_ms < found.saved.alarms[0].opened_ms
    assert await saved(city, dedi, reason=" ") == ThresholdRejected(
        {"reason": "Write why, so that others understand it later."}
    )
    assert await saved(city, dedi) is None
    assert city.rule_store.versions("river-level", "sensor:river")[0].reason == "why"
    assert await actions.undo(dedi, "river-level", "sensor:river", "") is None
    assert city.rule_store.versions("river-level", "sensor:river")[0].removed


async def test_a_scope_that_says_nothing_any_more_is_removed(city: Morotai):
    dedi, actions = await visitor_of(city, Role.ENGINEER), thresholds_in(city)
    assert await saved(city, dedi) is None
    assert await actions.save(dedi, "river-level", "sensor:river", {}, "as everywhere", seen=1) is None
    assert [patch.scope for patch in city.rule_store.patches("river-level")] == ["all"]


async def test_what_somebody_else_saved_meanwhile_is_not_overwritten_unseen(city: Morotai):
    dedi, actions = await visitor_of(city, Role.ENGINEER), thresholds_in(city)
    seen = actions.newest_version("river-level", "sensor:river")
    await city.rule_store.save("river-level", "sensor:river", {"for_s": 60.0}, actor=Actor("ani"), reason="waves")
    refused = await actions.save(dedi, "river-level", "sensor:river", {"hysteresis": 2.0}, "why", seen=seen)
    assert refused is not None
    assert refused.others == ("ani has changed it meanwhile: “waves”; cancel, and look at it first.",)
    assert city.rule_store.versions("river-level", "sensor:river")[0].fields == {"for_s": 60.0}


def test_sentences_of_a_refusal_stand_beside_the_field_they_name():
    limit = ValidationProblem("{field} {value:g}: is no number; write one", field="levels[1].limit", value=3.5)
    negative = ValidationProblem(
        "{field} {value:g}: must not be negative; write 0 or more", field="hysteresis", value=-3.5
    )
    none = ValidationProblem("{field}: there are {n}; write 1 to {most}", field="levels", n=0, most=10)
    reason = ValidationProblem("reason: is empty; say what is done there", field="reason")
    again = ValidationProblem(negative.form, field="hysteresis", value=-4.5)
    refused = rejected_for(catalog_of("id"), [negative, limit, none, reason, again])
    assert refused.by_field == {
        "hysteresis": "Harus kembali sejauh -3,5: tidak boleh negatif; tulis 0 atau lebih",
        "levels[1].limit": "tingkat 2, batas 3,5: bukan angka; tulis angka",
        "levels": "Tingkat: ada 0; tulis 1 sampai 10",
        "reason": "alasan: masih kosong; tulis apa yang dikerjakan di sana",
    }
    assert refused.others == ("Harus kembali sejauh -4,5: tidak boleh negatif; tulis 0 atau lebih",)


async def test_a_refusal_of_the_rules_and_of_the_alarm_service_comes_in_the_language_of_the_page(city: Morotai):
    indonesian = catalog_of("id")
    actions = ThresholdActions(indonesian, city.rule_store, city.platform.previewer)
    dedi = await visitor_of(city, Role.ENGINEER)
    fields = {"also": {"sensor": "rivr", "quantity": "water_level", "kind": "above", "limit": 1.0}}
    refused = await actions.save(dedi, "river-level", "sensor:river", fields, "coba", seen=0)
    assert refused is not None
    sentence = "Sensor kedua yang harus sejalan 'rivr': tidak ada sensor seperti itu; maksud Anda river?"
    assert refused == ThresholdRejected({"also.sensor": sentence})
    alarm_service = AlarmActions(indonesian, city.platform.alarm_service, changed=lambda: None)
    alarm = await the_alarm(city)
    ani = await visitor_of(city, Role.OPERATOR)
    assert (
        await alarm_service.acknowledge(ani, alarm.id, "x" * 501)
        == "pesan: berisi 501 karakter; tulis paling banyak 500"
    )


def test_a_new_family_is_named_by_its_title():
    assert family_name("Tinggi Muka Air (Sungai)", []) == "tinggi-muka-air-sungai"
    assert family_name("River level", ["river-level", "river-level-2"]) == "river-level-3"
    assert family_name("…", []) == "rule"


async def test_no_rule_is_made_to_look_at_a_sensor_that_its_author_may_not_see(city: Morotai):
    cici, actions = await visitor_of(city, Role.ENGINEER, sites=["sangowo"]), thresholds_in(city)
    told = []
    for sensor in ("river", "rivet"):
        also = {"sensor": sensor, "quantity": "water_level", "kind": "above", "limit": 130.4}
        fields = {"quantity": "pm2_5", "title": "Dust", "also": also,
                  "levels": [{"name": "a", "severity": "minor", "limit": 0.0}]}  # fmt: skip
        tried = await actions.preview(cici, "dust", "sensor:air-east", fields, sensor="air-east", days=1)
        refused = await actions.save(cici, "dust", "sensor:air-east", fields, "why", seen=0)
        assert tried == refused
        assert isinstance(tried, ThresholdRejected)
        told.append(repr(tried).replace(sensor, "<sensor>"))
    assert told[0] == told[1]
    assert city.rule_store.versions("dust") == []
