from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from cloud.access.principal import Role
from cloud.console.pages.duty.actions import DutyActions
from cloud.console.view_models.day_times import moment_text
from cloud.database.audit_log import Actor
from cloud.notify.duty import Duty
from cloud.notify.settings import NotifySettings
from i18n.catalog import catalog_of
from tests.unit.cloud.api.morotai import Morotai, now_ms
from tests.unit.cloud.console.alarms_made import WIT
from tests.unit.cloud.console.visitors import visitor_of

EN, ID = catalog_of("en"), catalog_of("id")
HOUR = 3_600_000
NOTIFY = NotifySettings.model_validate({"people": [{"name": "ani", "email": "ani@siaga.test"}]})


@pytest.fixture
async def city(tmp_path: Path) -> AsyncIterator[Morotai]:
    """A city with one person who can be notified."""
    async with Morotai(tmp_path, notify=NOTIFY) as city:
        yield city


def ahead(hours: float) -> str:
    return moment_text(now_ms() + round(hours * HOUR), WIT)


async def test_an_operator_puts_somebody_on_duty_and_takes_them_out(city: Morotai):
    calendar = city.platform.notifier.duty
    actions, ani = DutyActions(ID, calendar, WIT), await visitor_of(city, Role.OPERATOR)
    assert actions.people == ("ani",)
    assert await actions.add(ani, "ani", 1, ahead(0), ahead(12)) == ""
    (duty,) = await actions.duties(now_ms(), now_ms() + HOUR)
    assert (duty.person, duty.rank) == ("ani", 1)
    again = await actions.add(ani, "ani", 2, ahead(1), ahead(2))
    assert again == f"orang: 'ani' sudah bertugas pada waktu itu, menurut jadwal {duty.id}; hapus dulu jadwal itu."
    nobody = await actions.add(ani, "anni", 1, ahead(20), ahead(21))
    assert nobody == "orang: 'anni' bukan orang yang dapat diberi tahu; maksud Anda 'ani'?"
    assert await actions.remove(ani, duty.id) == ""
    assert await actions.remove(ani, duty.id) == "Jadwal piket ini sudah tidak ada."
    assert await actions.duties(now_ms(), now_ms() + HOUR) == []


@pytest.mark.parametrize("role", [Role.VIEWER, Role.TECHNICIAN])
async def test_the_duty_calendar_is_changed_by_no_lesser_role(city: Morotai, role: Role):
    calendar = city.platform.notifier.duty
    start = now_ms()
    duty = await calendar.add(Duty(0, "ani", 1, start, start + HOUR), actor=Actor("x"), now_ms=start)
    actions, budi = DutyActions(EN, calendar, WIT), await visitor_of(city, role)
    refusal = f"This takes the role Operator; you are {role.name.title()}."
    assert await actions.add(budi, "ani", 1, ahead(2), ahead(3)) == refusal
    assert await actions.remove(budi, duty.id) == refusal
    assert await actions.duties(start, start + 5 * HOUR) == [duty]
