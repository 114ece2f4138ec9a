from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from cloud.access.principal import Role
from cloud.database.audit_log import Actor
from cloud.notify.settings import NotifySettings
from tests.unit.cloud.api.morotai import Morotai
from tests.unit.cloud.console.asked import asked
from tests.unit.cloud.console.pages.thresholds.rule_forms import filled_in, send_rule
from tests.unit.cloud.console.rising import let_the_river_rise

RIVER = "/console/en/thresholds/river-level/sensor:river"
ANI = Actor("ani")


@pytest.fixture
async def city(tmp_path: Path) -> AsyncIterator[Morotai]:
    """A city whose river has just passed Siaga 3."""
    async with Morotai(tmp_path) as city:
        await let_the_river_rise(city)
        yield city


async def test_a_rule_is_tried_saved_with_a_reason_and_taken_back(city: Morotai):
    async with asked(city, Role.ENGINEER) as browser:
        page = await browser.open(RIVER)
        tried = await send_rule(browser, page, "try", **{"levels[0].limit": "245", "days": "1"})
        assert tried.status == 200
        assert tried.words("preview-sentence") == ["1 alarm, 0.0 hours a week, the same as it is now"]
        assert tried.words("change-after") == [
            "Siaga 3 245 cm (Moderate); Siaga 2 300 cm (Severe); Siaga 1 350 cm (Extreme)"
        ]
        assert city.rule_store.versions("river-level", "sensor:river") == [], "a try saves nothing"
        silent = await send_rule(browser, page, "save", **{"levels[0].limit": "245", "reason": " "})
        assert silent.status == 422
        assert "Write why, so that others understand it later." in silent.words("mistake")
        assert filled_in(silent)["levels[0].limit"] == "245"
        saved = await send_rule(browser, page, "save", **{"levels[0].limit": "245", "reason": "the dike"})
        assert saved.words("said") == ["Saved: River level, River gauge."]
        (version,) = city.rule_store.versions("river-level", "sensor:river")
        assert (list(version.fields), version.reason, version.author) == (["levels"], "the dike", "engineer")
        assert version.fields["levels"][0]["limit"] == 245.0
        versions = await browser.open(f"{RIVER}?show=versions")
        undone = await browser.send(versions, "undo", seen=1, reason="the repair is over")
        assert undone.words("said") == ["Version 1 is taken back."]
        assert city.rule_store.versions("river-level", "sensor:river")[0].removed


async def test_what_is_not_touched_is_neither_set_nor_changed(city: Morotai):
    async with asked(city, Role.ENGINEER) as browser:
        page = await browser.open(RIVER)
        same = await send_rule(browser, page, "save", reason="nothing")
        assert "Nothing is changed: this is what holds already." in same.words("mistake")
        assert city.rule_store.versions("river-level", "sensor:river") == []


@pytest.mark.parametrize("role", [Role.VIEWER, Role.TECHNICIAN, Role.OPERATOR])
async def test_no_rule_is_changed_or_tried_for_a_lesser_role(city: Morotai, role: Role):
    before = city.rule_store.versions()
    async with asked(city, role) as browser:
        page = await browser.open(RIVER)
        assert 'id="editor"' not in page.text
        assert page.words("value-row") != [], "it may be read"
        for action in ("save", "undo"):
            answer = await browser.send(page, action, do="try", reason="why", seen=1)
            assert answer.status == 403
        assert (await browser.open("/console/en/thresholds/new")).status == 403
    assert city.rule_store.versions() == before


async def test_an_engineer_of_one_site_changes_no_other_and_nothing_wide(city: Morotai):
    async with asked(city, Role.ENGINEER, sites=["daruba"]) as browser:
        page = await browser.open(RIVER)
        wide = await browser.open("/console/en/thresholds/river-level/all")
        assert (page.status, wide.status) == (200, 200)
        assert 'id="editor"' not in wide.text
        answer = await browser.send(wide, "save", do="save", reason="why")
        assert answer.status == 403
        for scope in ("site:dodola", "sensor:ferry", "sensor:unknown", "site:unknown"):
            foreign = await browser.open(f"/console/en/thresholds/river-level/{scope}")
            assert (foreign.status, foreign.words("mistake")) == (404, ["There is no such place, or not for you."])
        saved = await send_rule(browser, page, "save", for_s="2", reason="waves")
        assert saved.words("said") == ["Saved: River level, River gauge."]


async def test_what_somebody_else_saved_meanwhile_is_not_overwritten_unseen(city: Morotai):
    async with asked(city, Role.ENGINEER) as browser:
        page = await browser.open(RIVER)
        await city.rule_store.save("river-level", "sensor:river", {"for_s": 60.0}, actor=ANI, reason="waves")
        refused = await send_rule(browser, page, "save", for_s="3", reason="why")
        assert refused.status == 422
        meanwhile = "ani has changed it meanwhile (version 1): “waves”. Open it anew and look at that first."
        assert meanwhile in refused.words("mistake")
        again = await browser.open(f"{RIVER}?show=versions")
        await city.rule_store.save("river-level", "sensor:river", {"for_s": 90.0}, actor=ANI, reason="more waves")
        assert (await browser.send(again, "undo", seen=1)).status == 409
    assert city.rule_store.versions("river-level", "sensor:river")[0].fields == {"for_s": 90.0}


async def test_levels_come_and_go_with_what_is_written_and_a_field_is_inherited_again(city: Morotai):
    await city.rule_store.save("river-level", "sensor:river", {"for_s": 60.0}, actor=ANI, reason="waves")
    async with asked(city, Role.ENGINEER) as browser:
        page = await browser.open(RIVER)
        more = await send_rule(browser, page, "add", **{"levels[0].limit": "240", "reason": "a fourth"})
        assert (more.status, len(more.words("level-row"))) == (200, 4)
        assert filled_in(more)["levels[0].limit"] == "240"
        assert filled_in(more)["reason"] == "a fourth"
        fewer = await send_rule(browser, more, "drop:3")
        assert len(fewer.words("level-row")) == 3
        released = await send_rule(browser, page, "release:for_s")
        assert filled_in(released)["for_s"] == "0"
        saved = await send_rule(browser, released, "save", reason="as everywhere")
        assert saved.words("said") == ["Saved: River level, River gauge."]
    assert city.rule_store.versions("river-level", "sensor:river")[0].removed


async def test_a_rule_names_no_sensor_that_its_author_may_not_see(city: Morotai):
    told = []
    async with asked(city, Role.ENGINEER, sites=["sangowo"]) as browser:
        page = await browser.open("/console/en/thresholds/dust/sensor:air-east?title=Dust&quantity=pm2_5&kind=above")
        for sensor in ("river", "rivet"):
            also = {"also.series": f"{sensor}/water_level", "also.limit": "130", "levels[0].limit": "1"}
            for do in ("try", "save"):
                answer = await send_rule(browser, page, do, **also, reason="why", sensor="air-east", days="1")
                told.append([words.replace(sensor, "…") for words in answer.words("mistake") if words])
        foreign = await send_rule(browser, page, "try", **{"levels[0].limit": "1", "sensor": "river", "days": "1"})
        assert "River gauge" not in foreign.text
    assert told[0] == told[1] == told[2] == told[3] != []
    assert city.rule_store.versions("dust") == []


async def test_a_try_says_who_would_be_told_by_the_settings_that_hold_now(city: Morotai):
    async with asked(city, Role.ENGINEER) as browser:
        page = await browser.open(RIVER)
        before = await send_rule(browser, page, "try", **{"levels[0].limit": "245", "days": "1"})
        assert before.words("preview-notified") == ["Nobody is notified of alarms: there are no steps in [notify]."]
        siren = {"name": "siren", "kind": "mqtt", "topic": "siaga/notify/tower"}
        city.notifier.apply(NotifySettings.model_validate({"channels": [siren], "steps": [{"channels": ["siren"]}]}))
        after = await send_rule(browser, page, "try", **{"levels[0].limit": "245", "days": "1"})
        assert after.words("preview-notified") == ["1 notification at once"]


async def test_a_form_may_hold_anything_and_is_answered_with_sentences(city: Morotai):
    async with asked(city, Role.ENGINEER) as browser:
        page = await browser.open(RIVER)
        odd = {"levels[0].severity": "deadly", "also.kind": "beside", "hours.start": "8", "seen": "x", "days": "0"}
        answer = await send_rule(browser, page, "save", **odd, reason="why")
        assert answer.status == 422
        assert "8 is no time of day; write one such as 08:00." in answer.words("mistake")
        for do in ("drop:x", "release:nothing", "", "drop:99"):
            assert (await send_rule(browser, page, do)).status == 200


async def test_a_new_rule_is_asked_for_then_written_then_saved(city: Morotai):
    async with asked(city, Role.ENGINEER) as browser:
        page = await browser.open("/console/en/thresholds/new?at=sensor:air")
        nameless = await browser.send(page, "begin", place="sensor:air", title="", quantity="pm2_5", kind="above")
        assert (nameless.status, nameless.words("mistake")) == (
            422, ["A rule needs a title; write what it watches."],
        )  # fmt: skip
        editor = await browser.send(
            page, "begin", place="sensor:air", title="Fine dust", quantity="pm2_5", kind="above"
        )
        assert editor.words("rules-title") == ["New rule: Fine dust"]
        saved = await send_rule(browser, editor, "save", **{"levels[0].limit": "55,4", "reason": "smoke season"})
        assert saved.words("said") == ["Saved: Fine dust, Air station."]
    (version,) = city.rule_store.versions("fine-dust")
    assert (version.scope, version.fields["levels"][0]["limit"]) == ("sensor:air", 55.4)


async def test_two_versions_are_compared_field_by_field(city: Morotai):
    for seconds in (60.0, 120.0, 180.0):
        await city.rule_store.save("river-level", "sensor:river", {"for_s": seconds}, actor=ANI, reason="waves")
    async with asked(city, Role.VIEWER) as browser:
        page = await browser.open(f"{RIVER}?show=versions&one=1&other=3")
        assert page.words("compared") == ["Fieldbeforeafter Must last1 min3 min"]
        assert len(page.words("version")) == 3
        assert (await browser.open(f"{RIVER}?show=versions&one=1&other=99")).words("compared") == []
        assert page.words("undo") == []


@pytest.mark.parametrize("kind", ["above", "below", "inside", "outside", "rise", "trend", "silence"])
async def test_the_form_of_every_kind_of_rule_can_be_sent_as_it_is(city: Morotai, kind: str):
    async with asked(city, Role.ENGINEER) as browser:
        page = await browser.open(f"/console/id/thresholds/x/all?title=X&quantity=water_level&kind={kind}")
        answer = await send_rule(browser, page, "add")
        assert answer.status == 200
        assert len(answer.words("level-row")) == 2
