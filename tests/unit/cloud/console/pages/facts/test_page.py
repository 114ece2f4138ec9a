"""Dated facts on their page: read in words, recorded by engineers only, of what they may see."""

import re

import pytest

from cloud.access.principal import Role
from cloud.console.view_models import facts as fact_views_module
from tests.unit.cloud.api.morotai import Morotai
from tests.unit.cloud.console.asked import Opened, asked

HEIGHT = {"of": "river", "what": "mounting_height_cm"}


def ids(page: Opened) -> list[int]:
    return [int(found) for found in re.findall(r'data-fact="(\d+)"', page.text)]


async def test_an_engineer_records_corrects_and_undoes_and_reads_it_in_words(city: Morotai):
    async with asked(city, Role.ENGINEER) as browser:
        page = await browser.open("/console/en/facts")
        fields = {"value": "420,5", "since": "2026-11-20T09:00", "source": "survey 7", "reason": "hung lower"}
        after = await browser.send(page, "record", **HEIGHT, **fields)
        assert after.words("said") == ["The fact is recorded."]
        assert after.words("window-where")[0] == "Daruba river bridge · River gauge: Mounting height"
        assert after.words("fact-value")[0] == "420.5 cm · 20 Nov 09:00 WIT"
        assert after.words("window-reason")[0] == "engineer: hung lower (survey 7)"
        fact_id = ids(after)[0]
        form = await browser.open(f"/console/en/facts?correct={fact_id}")
        assert f"Correct fact {fact_id}" in form.text
        fixed = await browser.send(form, "correct", fact=fact_id, value="425", reason="typo")
        assert fixed.words("fact-value")[0] == "425 cm · 20 Nov 09:00 WIT"
        assert "correct=" not in fixed.url
        undone = await browser.send(await browser.open("/console/id/facts"), "undo", fact=ids(fixed)[0], reason="right")
        assert undone.words("tag")[0].startswith("dibatalkan oleh engineer")


async def test_what_cannot_be_is_said_in_the_readers_language_and_what_was_written_stays(city: Morotai):
    async with asked(city, Role.ENGINEER) as browser:
        page = await browser.open("/console/id/facts")
        low = await browser.send(page, "record", **HEIGHT, value="4.2", reason="x")
        assert low.words("mistake")[0].startswith("nilai 4,2: tidak di antara 30 dan 3500 cm (4,2 m adalah 420 cm)")
        assert 'value="4.2"' in low.text
        assert '<option value="mounting_height_cm" selected>' in low.text
        blank = await browser.send(page, "record", **HEIGHT, value="420", reason=" ")
        assert "alasan: kosong" in blank.words("mistake")[0]
        gone = await browser.send(page, "undo", fact=99_999, reason="x")
        assert gone.words("mistake") == ["Fakta ini sudah tidak ada."]
        word = await browser.send(page, "record", **HEIGHT, value="high", reason="x")
        assert word.words("mistake") == ["Tulis sebuah angka."]


@pytest.mark.parametrize("role", [Role.VIEWER, Role.TECHNICIAN, Role.OPERATOR])
async def test_no_lesser_role_changes_a_fact(city: Morotai, role: Role):
    ground = city.platform.facts.registry.facts.all()
    async with asked(city, role) as browser:
        page = await browser.open("/console/en/facts")
        assert page.words("new-entry") == []
        assert (await browser.send(page, "record", **HEIGHT, value="420", reason="x")).status == 403
        assert (await browser.send(page, "undo", fact=1, reason="x")).status == 403
    assert city.platform.facts.registry.facts.all() == ground


async def test_who_sees_some_sites_records_and_reads_facts_of_these_alone(city: Morotai):
    await city.platform.facts.load()
    hidden = next(one for one in city.registry.facts.all() if one.subject == "sensor:air-east")
    async with asked(city, Role.ENGINEER, sites=["daruba"]) as browser:
        page = await browser.open("/console/en/facts")
        assert {words.split(" · ")[0] for words in page.words("window-where")} == {"Daruba river bridge"}
        offered = (await browser.client.get("/console/en/facts/places?q=")).json()
        assert {words.rpartition("(")[2] for words in offered} == {"river)", "air)", "gw-daruba)"}
        assert (await browser.open("/console/en/facts?of=air-east")).words("window") == []
        for of, what, value in (
            ("sensor:air-east", "site", "daruba"),
            ("sensor:air", "site", "sangowo"),
            ("city", "ispu_table", "klh_2026"),
        ):
            refused = await browser.send(page, "record", of=of, what=what, value=value, reason="x")
            assert refused.status in (403, 422)
            assert "may see" in refused.words("mistake")[0]
        for action in ("undo", "correct"):
            refused = await browser.send(page, action, fact=hidden.id, value="daruba", reason="x")
            gone = await browser.send(page, action, fact=999, value="daruba", reason="x")
            assert refused.words("mistake") == gone.words("mistake") == ["This fact is gone."]


async def test_facts_are_looked_up_by_their_place_and_turned_page_by_page(
    city: Morotai, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("cloud.console.pages.facts.page.MOST_SHOWN", 3)
    monkeypatch.setattr(fact_views_module.fact_views, "__kwdefaults__", {
        "subject": None, "before_id": None, "limit": 3,
    })  # fmt: skip
    await city.platform.facts.load()
    async with asked(city, Role.VIEWER) as browser:
        first = await browser.open("/console/en/facts")
        assert len(ids(first)) == 3
        second = await browser.open(f"/console/en/facts?before={ids(first)[-1]}")
        assert max(ids(second)) < min(ids(first))
        river = await browser.open("/console/en/facts?of=river")
        assert {words.split(": ")[0] for words in river.words("window-where")} == {"Daruba river bridge · River gauge"}
        assert (await browser.open("/console/en/facts?of=nowhere&before=x")).words("panel-empty") == ["No facts here."]
