"""What a page may not be trusted with: every deed asks who it is that does it, now."""

import msgspec
import pytest

from cloud.access.principal import Role
from cloud.alarms.preview import Preview
from cloud.alarms.records import Alarm, AlarmFilter
from cloud.console.app import Console
from cloud.console.components.visitor import NotAllowed, Visitor
from cloud.console.pages.alarms.actions import AlarmActions
from cloud.console.pages.gateways.dead_letter_table import discarded_words
from cloud.console.pages.thresholds.actions import ThresholdActions, ThresholdRejected, family_name, rejected_for
from cloud.console.settings import ConsoleSettings
from cloud.console.snapshots import Snapshots
from cloud.database.audit_log import Actor
from cloud.ingest.dead_letters import Discarded
from cloud.rulebook.records import RuleVersion
from cloud.rulebook.rule_store import SINCE_EVER_MS
from i18n.catalog import catalog_of
from rules.problem import ValidationProblem
from tests.unit.cloud.api.morotai import Morotai, now_ms
from tests.unit.cloud.console.alarms_made import around
from tests.unit.cloud.console.served import RIVER_RULE
from tests.unit.cloud.console.visitors import visitor_of
from wire import Reading

EN = catalog_of("en")


@pytest.fixture
async def city(city: Morotai) -> Morotai:
    """A city whose river has just passed Siaga 3."""
    beginning = RuleVersion("river-level", "all", 1, RIVER_RULE, False, SINCE_EVER_MS, 0, "tests", "the beginning")
    await city.rule_store.provide([beginning])
    now = now_ms()
    rising = [Reading("river", "water_level", now - 10_000 + step * 1_000, 240.0 + 2 * step) for step in range(9)]
    await city.send("gw-daruba", rising)
    return city


async def the_alarm(city: Morotai) -> Alarm:
    (alarm,) = await city.platform.alarm_service.alarms(AlarmFilter(open=True))
    return alarm


def actions_in(city: Morotai, told: list[str] | None = None) -> AlarmActions:
    return AlarmActions(
        EN, city.platform.alarm_service, changed=lambda: (told if told is not None else []).append("changed")
    )


def thresholds_in(city: Morotai) -> ThresholdActions:
    return ThresholdActions(EN, city.rule_store, city.platform.previewer)


async def test_an_operator_acknowledges_with_a_word_and_all_pages_look_again(city: Morotai):
    told: list[str] = []
    actions, ani = actions_in(city, told), await visitor_of(city, Role.OPERATOR)
    alarm = await the_alarm(city)
    assert await actions.acknowledge(ani, alarm.id, "  ") == "Write a word, so that the next shift knows."
    assert await actions.acknowledge(ani, alarm.id, "the pump runs") == ""
    assert told == ["changed"]
    assert (await the_alarm(city)).acknowledged_word == "the pump runs"
    refusal = await actions.acknowledge(await visitor_of(city, Role.OPERATOR), alarm.id, "me too")
    assert "has acknowledged it already: “the pump runs”" in refusal
    lines = await actions.journal(ani, alarm.id, around())
    assert [line.what for line in lines] == ["acknowledged", "began: Siaga 3, 250 cm"]


@pytest.mark.parametrize("role", [Role.VIEWER, Role.TECHNICIAN])
async def test_no_deed_on_an_alarm_is_done_for_a_lesser_role(city: Morotai, role: Role):
    actions, budi = actions_in(city), await visitor_of(city, role)
    before = await the_alarm(city)
    refusals = [
        await actions.acknowledge(budi, before.id, "word"),
        await actions.assign(budi, before.id, "budi"),
        await actions.shelve(budi, before.id, "1h", "", "word", around()),
        await actions.unshelve(budi, before.id),
    ]
    assert set(refusals) == {f"This takes the role Operator; you are {role.name.title()}."}
    assert await the_alarm(city) == before
    with pytest.raises(NotAllowed):
        await actions.journal(budi, before.id, around())


async def test_an_alarm_of_another_site_is_out_of_reach(city: Morotai):
    far = await visitor_of(city, Role.OPERATOR, sites=["sangowo"])
    alarm = await the_alarm(city)
    refusal = await actions_in(city).acknowledge(far, alarm.id, "word")
    assert refusal == "This site is not among those that you may see."
    assert (await the_alarm(city)).acknowledged_ms is None


async def test_who_has_lost_their_right_since_the_page_was_opened_is_refused(city: Morotai):
    ani = await visitor_of(city, Role.OPERATOR)
    await revoke_all(city)
    refusal = await actions_in(city).acknowledge(ani, (await the_alarm(city)).id, "word")
    assert refusal == "You are not logged in any more; log in again."


async def revoke_all(city: Morotai) -> None:
    for token in await city.access.tokens.all():
        await city.access.tokens.revoke(token.id, by=Actor("tests"))


async def test_an_alarm_is_assigned_put_aside_and_taken_up_again(city: Morotai):
    actions, ani = actions_in(city), await visitor_of(city, Role.OPERATOR)
    alarm = await the_alarm(city)
    assert await actions.assign(ani, alarm.id, "budi") == ""
    assert await actions.shelve(ani, alarm.id, "4h", "", "the gauge is cleaned", around()) == ""
    held = await the_alarm(city)
    assert held.assigned_to == "budi"
    assert held.shelved_until_ms is not None
    assert abs(held.shelved_until_ms - now_ms() - 4 * 3_600_000) < 60_000
    assert "is no time of day" in await actions.shelve(ani, alarm.id, "custom", "soon", "word", around())
    assert await actions.unshelve(ani, alarm.id) == ""
    assert (await the_alarm(city)).shelved_until_ms is None
    assert "gone" in await actions.assign(ani, 999, "budi")


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
    await city.rule_store.save("river-level", "sensor:river", {"for_s": 60.0}, who=Actor("ani"), reason="waves")
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


async def test_a_refusal_of_the_rules_and_of_the_desk_comes_in_the_language_of_the_page(city: Morotai):
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


async def test_dead_letters_on_the_console_are_for_who_sees_every_sensor_of_their_gateway(city: Morotai):
    await city.deliver("gw-daruba", b"\x00 of the river, and of the ferry")
    (dead_letter,) = await city.dead_letters.page(limit=1)
    picture = await Snapshots(city.platform).current()
    assert dead_letter.id in {each.id for each in picture.of_sites(None).dead_letters}
    console = Console(city.platform, ConsoleSettings())
    for sites, seen in ((["daruba"], False), (["daruba", "dodola"], True)):
        shown = picture.of_sites(frozenset(sites))
        assert (dead_letter.id in {each.id for each in shown.dead_letters}) is seen
        visitor = await visitor_of(city, Role.TECHNICIAN, sites=sites)
        level, _ = await console.try_again(EN, visitor, dead_letter.id)
        assert (level == "warn") is not seen


async def test_refused_readings_are_tried_again_and_discarded_in_bulk_by_who_may_and_with_a_word(city: Morotai):
    for number in range(3):
        await city.send("gw-east", [Reading("air-jetty", "pm2_5", now_ms() + number, 1.0)])
    actions = Console(city.platform, ConsoleSettings()).dead_letter_actions(EN)
    first, second, _ = await city.dead_letters.page()
    technician = await visitor_of(city, Role.TECHNICIAN, sites=["sangowo"])
    assert await actions.try_alike(technician, first.id, "mended") == (
        "bad", "3 tried again: readings stored 0, still refused 3."
    )  # fmt: skip
    assert (await actions.try_alike(technician, first.id, " "))[1].startswith("Write on one line why")
    assert (await actions.discard(technician, first.id, "a test"))[0] == "bad"
    engineer = await visitor_of(city, Role.ENGINEER, sites=["sangowo"])
    elsewhere = await visitor_of(city, Role.ENGINEER, sites=["daruba"])
    assert (await actions.discard(elsewhere, first.id, "a test"))[0] == "warn"
    assert await city.dead_letters.count() == 3
    assert await actions.discard(engineer, first.id, "a test") == ("warn", "1 discarded.")
    assert await actions.discard(engineer, second.id, "a test", alike=True) == ("warn", "2 discarded.")
    assert await city.dead_letters.count() == 0


async def test_what_found_no_room_is_told_gateway_by_gateway_in_both_languages(city: Morotai):
    rows = [Discarded("gw-east", "fault", 1_200, 3, 0, 9), Discarded("gw-east", "not_a_batch", 4, 4, 0, 9)]
    assert discarded_words(EN, []) == ""
    assert "gw-east: 1,204" in discarded_words(EN, rows)
    assert "gateway tidak dikenal: 7" in discarded_words(
        catalog_of("id"), [*rows, Discarded("", "unknown_gateway", 7, 7, 0, 9)]
    )

    picture = await Snapshots(city.platform).current()
    picture = msgspec.structs.replace(picture, discarded=tuple(rows))
    assert len(picture.of_sites(frozenset({"sangowo"})).discarded) == 2
    assert picture.of_sites(frozenset({"daruba"})).discarded == ()


async def test_who_sees_some_sites_reads_no_sentence_on_the_parts_of_the_whole(city: Morotai):
    picture = await Snapshots(city.platform).current()
    assert picture.health.components["broker"].detail
    assert not picture.of_sites(frozenset({"sangowo"})).health.components["broker"].detail
