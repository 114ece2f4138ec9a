from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from cloud.access.principal import Role
from cloud.console.view_models.day_times import moment_text
from cloud.notify.settings import NotifySettings
from tests.unit.cloud.api.morotai import Morotai, now_ms
from tests.unit.cloud.console.alarms_made import WIT
from tests.unit.cloud.console.asked import asked

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
    async with asked(city, Role.OPERATOR) as browser:
        page = await browser.open("/console/id/duty")
        assert page.words("nobody") != []
        after = await browser.send(page, "add", person="ani", rank=1, **{"from": ahead(0), "until": ahead(12)})
        assert (after.status, after.words("said")) == (200, ["ani bertugas."])
        (duty,) = await calendar.duties(from_ms=now_ms(), until_ms=now_ms() + HOUR)
        assert (duty.person, duty.rank) == ("ani", 1)
        assert after.words("holder-name") == ["ani"]
        again = await browser.send(after, "remove", duty=duty.id)
        assert again.words("said") == ["Jadwal piket dihapus."]
        assert await calendar.duties(from_ms=now_ms(), until_ms=now_ms() + HOUR) == []
        gone = await browser.send(again, "remove", duty=duty.id)
        assert (gone.status, gone.words("mistake")) == (422, ["Jadwal piket ini sudah tidak ada."])


async def test_a_refused_duty_is_said_beside_its_form_which_keeps_what_was_written(city: Morotai):
    async with asked(city, Role.OPERATOR) as browser:
        page = await browser.open("/console/id/duty")
        start, until = ahead(20), ahead(21)
        refused = await browser.send(page, "add", person="anni", rank=1, **{"from": start, "until": until})
        assert refused.status == 422
        assert refused.words("mistake") == ["orang: 'anni' bukan orang yang dapat diberi tahu; maksud Anda 'ani'?"]
        assert f'value="{start}"' in refused.text
        unreadable = await browser.send(page, "add", person="ani", rank=1, **{"from": "soon", "until": until})
        assert (unreadable.status, len(unreadable.words("mistake"))) == (422, 1)


@pytest.mark.parametrize("role", [Role.VIEWER, Role.TECHNICIAN])
async def test_the_duty_calendar_is_changed_by_no_lesser_role(city: Morotai, role: Role):
    async with asked(city, role) as browser:
        page = await browser.open("/console/en/duty")
        assert page.words("new-entry") == []
        answer = await browser.send(page, "add", person="ani", rank=1, **{"from": ahead(0), "until": ahead(1)})
        assert answer.status == 403
    assert await city.platform.notifier.duty.duties(from_ms=now_ms(), until_ms=now_ms() + HOUR) == []


async def test_any_week_can_be_looked_at_and_a_week_that_is_none_is_this_one(city: Morotai):
    async with asked(city, Role.VIEWER) as browser:
        here, odd = await browser.open("/console/en/duty"), await browser.open("/console/en/duty?week=x")
        later = await browser.open("/console/en/duty?week=2")
        far = await browser.open("/console/en/duty?week=9999")
    assert here.words("day-title") == odd.words("day-title") != later.words("day-title")
    assert len(later.words("day-title")) == len(far.words("day-title")) == 7
