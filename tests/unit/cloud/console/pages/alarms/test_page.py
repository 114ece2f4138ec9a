import pytest

from cloud.access.principal import Role
from cloud.alarms.records import Alarm, AlarmFilter
from cloud.database.audit_log import Actor
from tests.unit.cloud.api.morotai import Morotai, now_ms
from tests.unit.cloud.console.asked import asked
from tests.unit.cloud.console.rising import let_the_river_rise

HOUR = 3_600_000
EN = "/console/en/alarms"


@pytest.fixture
async def city(city: Morotai) -> Morotai:
    """A city whose river has just passed Siaga 3."""
    await let_the_river_rise(city)
    return city


async def the_alarm(city: Morotai) -> Alarm:
    (alarm,) = await city.platform.alarm_service.alarms(AlarmFilter(open=True))
    return alarm


async def test_an_operator_acknowledges_with_a_word_and_the_second_hears_who_was_first(city: Morotai):
    alarm = await the_alarm(city)
    async with asked(city, Role.OPERATOR) as ani:
        page = await ani.open(EN)
        assert page.words("alarm-title") == ["River level"]
        assert page.words("count") == ["1"]
        wordless = await ani.send(page, "acknowledge", alarm=alarm.id, word="  ")
        assert (wordless.status, wordless.words("mistake")) == (422, ["Write a word, so that the next shift knows."])
        done = await ani.send(page, "acknowledge", alarm=alarm.id, word="the pump runs")
        assert done.words("said") == ["The alarm is acknowledged."]
        assert "“the pump runs”" in done.words("alarm")[0]
        assert done.words("count") == []
        second = await ani.send(page, "acknowledge", alarm=alarm.id, word="me too")
        assert (second.status, second.words("mistake")) == (
            409, ["operator has acknowledged it already: “the pump runs”."],
        )  # fmt: skip
    held = await the_alarm(city)
    assert (held.acknowledged_by, held.acknowledged_word) == ("operator", "the pump runs")


@pytest.mark.parametrize("role", [Role.VIEWER, Role.TECHNICIAN])
async def test_a_lesser_role_reads_and_does_nothing(city: Morotai, role: Role):
    before = await the_alarm(city)
    async with asked(city, role) as browser:
        page = await browser.open(EN)
        assert (len(page.words("alarm")), page.words("alarm-form")) == (1, [])
        for action in ("acknowledge", "assign", "shelve", "unshelve"):
            answer = await browser.send(page, action, alarm=before.id, word="word", person="budi", reason="word")
            assert answer.status == 403
        whole = await browser.open(f"{EN}/{before.id}")
        assert (whole.status, whole.words("notified"), len(whole.words("line"))) == (200, [], 1)
    assert await the_alarm(city) == before


async def test_an_alarm_of_another_site_is_not_there(city: Morotai):
    alarm = await the_alarm(city)
    async with asked(city, Role.OPERATOR, sites=["sangowo"]) as far:
        page = await far.open(f"{EN}?alarm={alarm.id}")
        assert (page.words("alarm"), page.words("count")) == ([], [])
        assert "River level" not in page.text
        for action in ("acknowledge", "assign", "shelve", "unshelve"):
            answer = await far.send(page, action, alarm=alarm.id, word="w", person="ani", reason="w", **{"for": "1h"})
            assert (answer.status, answer.words("mistake")) == (
                404, ["There is no such alarm here; load the page again."],
            )  # fmt: skip
        assert (await far.open(f"{EN}/{alarm.id}")).status == 404
    assert await the_alarm(city) == alarm


async def test_an_alarm_is_assigned_put_aside_and_taken_up_again(city: Morotai):
    alarm = await the_alarm(city)
    async with asked(city, Role.OPERATOR) as browser:
        page = await browser.open(f"{EN}/{alarm.id}")
        given = await browser.send(page, "assign", alarm=alarm.id, person="budi")
        assert given.words("said") == ["budi has the alarm now."]
        mine = await browser.send(page, "assign", alarm=alarm.id, person="budi", me="yes")
        assert mine.words("said") == ["operator has the alarm now."]
        odd = await browser.send(page, "shelve", alarm=alarm.id, reason="word", at="soon", **{"for": "custom"})
        assert (odd.status, odd.words("mistake")) == (422, ["soon is no time of day; write one such as 08:00."])
        assert 'value="word"' in odd.text
        aside = await browser.send(page, "shelve", alarm=alarm.id, reason="it is cleaned", **{"for": "4h"})
        assert aside.words("said") == ["The alarm is put aside."]
        held = await the_alarm(city)
        assert held.assigned_to == "operator"
        assert abs((held.shelved_until_ms or 0) - now_ms() - 4 * HOUR) < 60_000
        late = await browser.send(page, "shelve", alarm=alarm.id, reason="word", at="soon", **{"for": "custom"})
        assert (late.status, late.words("mistake")) == (422, ["soon is no time of day; write one such as 08:00."])
        up = await browser.send(page, "unshelve", alarm=alarm.id)
        assert up.words("said") == ["The alarm is taken up again."]
        lines = up.words("line")
        gone = await browser.send(page, "assign", alarm=999, person="budi")
        assert gone.status == 404
    assert (await the_alarm(city)).shelved_until_ms is None
    assert ["taken up again" in lines[0], "put aside" in lines[1], "began: Siaga 3" in lines[-1]] == [True] * 3


async def test_a_refusal_of_the_alarm_service_comes_in_the_language_of_the_page(city: Morotai):
    alarm = await the_alarm(city)
    async with asked(city, Role.OPERATOR) as browser:
        page = await browser.open("/console/id/alarms")
        refused = await browser.send(page, "acknowledge", alarm=alarm.id, word="x" * 501)
    assert refused.words("mistake") == ["pesan: berisi 501 karakter; tulis paling banyak 500."]


async def test_a_form_of_another_login_changes_nothing(city: Morotai):
    alarm = await the_alarm(city)
    async with asked(city, Role.OPERATOR) as browser:
        page = await browser.open(EN)
        answer = await browser.send(page, "acknowledge", csrf="another", alarm=alarm.id, word="word")
        assert answer.status == 403
    assert await the_alarm(city) == alarm


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("site=daruba", 1), ("site=sangowo", 0), ("domain=flood", 1), ("domain=air", 0), ("domain=none", 0),
        ("severity=moderate", 1), ("severity=severe", 0), ("state=waiting", 1), ("state=shelved", 0),
        ("state=alarming", 1), ("text=siaga", 1), ("text=GAUGE", 1), ("text=bridge", 1), ("text=tsunami", 0),
        ("from=2020-01-01T00:00", 1), ("until=2020-01-01T00:00", 0), ("which=over", 0), ("page=2", 0),
        ("site=&domain=&severity=&state=&text=&from=&until=", 1), ("severity=worst&page=x&before=y&domain=mud", 1),
        ("text=%00%25", 0),
    ],
)  # fmt: skip
async def test_the_list_is_narrowed_by_its_address(city: Morotai, query: str, count: int):
    async with asked(city, Role.VIEWER) as browser:
        page = await browser.open(f"{EN}?{query}")
    assert (page.status, len(page.words("alarm-title"))) == (200, count)


async def test_a_time_that_is_none_is_said_to_be_none(city: Morotai):
    async with asked(city, Role.VIEWER) as browser:
        page = await browser.open(f"{EN}?from=soon")
    assert page.words("mistake") == ["Choose a day and a time."]


async def test_the_link_of_a_message_leads_to_its_alarm_once(city: Morotai):
    alarm = await the_alarm(city)
    async with asked(city, Role.VIEWER) as browser:
        page = await browser.open(f"/console/id/alarms?alarm={alarm.id}")
        assert (len(page.words("led-here")), len(page.words("alarm"))) == (1, 1)
        assert (await browser.open("/console/id/alarms?alarm=999")).status == 200


async def test_the_maintenance_in_force_is_shown_above_the_alarms_it_keeps_quiet(city: Morotai):
    await city.platform.maintenance.plan(
        sensor="river", until_ms=now_ms() + HOUR, reason="the gauge is cleaned", actor=Actor("budi")
    )
    async with asked(city, Role.VIEWER) as browser:
        page = await browser.open(EN)
        assert "Maintenance at Daruba river bridge · River gauge until" in page.words("work")[0]
        assert any("pages nobody" in tag for tag in page.words("tag"))
    async with asked(city, Role.OPERATOR, sites=["sangowo"]) as far:
        assert (await far.open(EN)).words("work") == []
