import pytest

from cloud.access.principal import Role
from cloud.alarms.records import Alarm, AlarmFilter
from cloud.console.components.visitor import NotAllowed
from cloud.console.pages.alarms.actions import AlarmActions
from cloud.database.audit_log import Actor
from i18n.catalog import catalog_of
from tests.unit.cloud.api.morotai import Morotai, now_ms
from tests.unit.cloud.console.alarms_made import around
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


def actions_in(city: Morotai, told: list[str] | None = None) -> AlarmActions:
    return AlarmActions(
        EN, city.platform.alarm_service, changed=lambda: (told if told is not None else []).append("changed")
    )


async def test_an_operator_acknowledges_with_a_word_and_all_pages_show_it(city: Morotai):
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
async def test_no_action_on_an_alarm_is_done_for_a_lesser_role(city: Morotai, role: Role):
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
        await city.access.tokens.revoke(token.id, actor=Actor("tests"))


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
