"""The page of one place besides its readings: whom to call, and what to do when its alarms wake."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from lxml import html as lxml_html

from cloud.access.principal import Role
from cloud.database.audit_log import Actor
from cloud.registry.editing import Editor
from tests.unit.cloud.api.morotai import Morotai
from tests.unit.cloud.console.asked import asked
from tests.unit.cloud.console.rising import let_the_river_rise

SITI = {"name": "Siti", "role": "keeps the key", "phone": "+62 (812) 3456-789", "email": "siti@morotai.test"}


@pytest.fixture
async def editable(tmp_path: Path) -> AsyncIterator[Morotai]:
    async with Morotai(tmp_path, file_owns=()) as city:
        await city.platform.editing.amend("sites", "daruba", {"contacts": [SITI]}, by=Editor(Actor("ani")))
        yield city


async def test_the_plan_says_before_anything_happens_what_is_to_be_done_at_which_limit(city: Morotai):
    await let_the_river_rise(city)
    async with asked(city, Role.VIEWER) as browser:
        page = await browser.open("/console/id/sites/daruba")
        elsewhere = await browser.open("/console/en/sites/sangowo")
    assert page.words("plan-title") == ["Tinggi muka air sungai"]
    assert page.words("plan-level")[0] == "Siaga 3 ambang batas 250 cm"
    assert page.words("plan-advice") == ["Hubungi para kepala desa di tepi sungai dan lihat kamera jembatan."]
    assert 'href="/console/id/thresholds/river-level/all"' in page.text
    assert elsewhere.words("plan-title") == []
    assert "No rule watches this place" in elsewhere.text


async def test_contacts_can_be_called_by_who_goes_there_and_are_changed_by_engineers(editable: Morotai):
    async with asked(editable, Role.TECHNICIAN) as browser:
        page = await browser.open("/console/en/sites/daruba")
        none = await browser.open("/console/en/sites/dodola")
    links = [link.get("href") for link in lxml_html.fromstring(page.text).xpath("//div[@class='contact']/a")]
    assert links == ["tel:+628123456789", "mailto:siti%40morotai.test"]
    assert "Change contacts" not in page.text
    assert "Nobody is written down" in none.text
    async with asked(editable, Role.ENGINEER) as browser:
        assert 'href="/console/en/registry/sites/daruba"' in (await browser.open("/console/en/sites/daruba")).text


async def test_a_viewer_hears_nothing_of_contacts(editable: Morotai):
    async with asked(editable, Role.VIEWER) as browser:
        page = await browser.open("/console/en/sites/daruba")
    assert page.status == 200
    assert "Siti" not in page.text
    assert page.words("contacts") == []


async def test_where_the_file_owns_sites_the_page_offers_no_change(city: Morotai):
    async with asked(city, Role.ENGINEER) as browser:
        assert "Change contacts" not in (await browser.open("/console/en/sites/daruba")).text
