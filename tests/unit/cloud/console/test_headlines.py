import pytest

from cloud.access.principal import Role
from cloud.alarms.records import AlarmFilter
from cloud.database.audit_log import Actor
from tests.unit.cloud.api.morotai import Morotai, now_ms
from tests.unit.cloud.console.asked import asked
from tests.unit.cloud.console.rising import let_the_river_rise

PAGE, ANI = "/console/en/duty", Actor("ani")


@pytest.fixture
async def alarm_id(city: Morotai) -> int:
    """The alarm of a river that has just passed Siaga 3."""
    await let_the_river_rise(city)
    (alarm,) = await city.platform.alarm_service.alarms(AlarmFilter(open=True))
    return alarm.id


async def test_every_page_names_what_wakes_until_it_is_acknowledged(city: Morotai, alarm_id: int):
    async with asked(city, Role.VIEWER) as browser:
        page = await browser.open(PAGE)
        assert "Siaga 3 · River level · Daruba river bridge" in page.words("waking-words")[0]
        assert f'data-waking="{alarm_id}" data-severity="2"' in page.text
        await city.platform.alarm_service.acknowledge(alarm_id, "known", actor=ANI)
    async with asked(city, Role.OPERATOR) as browser:
        assert (await browser.open(PAGE)).words("waking-words") == []


async def test_nobody_is_woken_by_an_alarm_of_a_site_that_they_may_not_see(city: Morotai, alarm_id: int):
    async with asked(city, Role.OPERATOR, sites=["sangowo"]) as browser:
        page = await browser.open(PAGE)
    assert page.words("waking-words") == []
    assert "River level" not in page.text


async def test_what_is_put_aside_or_under_maintenance_wakes_nobody(city: Morotai, alarm_id: int):
    until_ms = now_ms() + 3_600_000
    async with asked(city, Role.OPERATOR) as browser:
        await city.platform.alarm_service.shelve(alarm_id, until_ms, "it is cleaned", actor=ANI)
        assert (await browser.open(PAGE)).words("waking-words") == []
        await city.platform.alarm_service.unshelve(alarm_id, "", actor=ANI)
    async with asked(city, Role.ENGINEER) as browser:
        assert len((await browser.open(PAGE)).words("waking-words")) == 1
    await city.platform.maintenance.plan(sensor="river", until_ms=until_ms, reason="cleaned", actor=ANI)
    async with asked(city, Role.VIEWER) as browser:
        assert (await browser.open(PAGE)).words("waking-words") == []
