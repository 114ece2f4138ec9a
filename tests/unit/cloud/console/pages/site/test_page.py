"""The page of one place: all that is measured there, the chart of what is chosen, and nothing of places not seen."""

import re

import pytest
from lxml import html as lxml_html

from cloud.access.principal import Role
from cloud.database.audit_log import Actor
from cloud.ingest.manual.records import EnteredReading
from cloud.readings.contract import StoreUnavailable, Verdict
from rules.marks import Mark
from tests.unit.cloud.api.morotai import Morotai, now_ms
from tests.unit.cloud.console.asked import asked
from tests.unit.cloud.console.rising import let_the_river_rise
from wire import Clock, Reading


async def hour_of(city: Morotai) -> None:
    now = now_ms()
    river = [Reading("river", "water_level", now - back * 60_000, 100.0 + back) for back in range(59, 0, -1)]
    await city.send("gw-daruba", [*river, Reading("air", "pm2_5", now, 12.3), Reading("air", "temperature", now, 28.1)])


async def test_every_sensor_is_shown_with_its_newest_values_and_the_chart_of_what_matters_most(city: Morotai):
    await hour_of(city)
    async with asked(city, Role.VIEWER) as browser:
        page = await browser.open("/console/en/sites/daruba?span=1h")
    assert page.words("sensor-name") == ["Air station", "River gauge", "Worked out for the whole place"]
    assert page.words("figure-value") == ["12.3", "28.1", "101.0"]
    document = lxml_html.fromstring(page.text)
    (line,) = [path.get("d") for path in document.find_class("plot-line")]
    assert len(re.findall("[ML]", line)) == 59
    assert page.words("pair-value") == ["101.0 cm", "130.0 cm", "159.0 cm"]
    rows = document.xpath("//tbody/tr")
    assert 30 <= len(rows) <= 49


async def test_another_series_and_span_are_chosen_by_links(city: Morotai):
    await hour_of(city)
    async with asked(city, Role.VIEWER) as browser:
        page = await browser.open("/console/en/sites/daruba?series=air/temperature&span=7d")
        assert page.words("panel-title") == ["Temperature"]
        assert 'href="/console/en/sites/daruba?series=air%2Ftemperature&amp;span=24h"' in page.text
        odd = await browser.open("/console/en/sites/daruba?series=x/y&span=century&page=-3")
        assert odd.words("panel-title") == ["Water level"]


async def test_days_are_chosen_by_a_form_that_says_what_is_wrong_with_them(city: Morotai):
    await hour_of(city)
    async with asked(city, Role.VIEWER) as browser:
        wrong = await browser.open("/console/en/sites/daruba?series=air/temperature&from=2026-02-02&to=2026-01-01")
        ten_years = await browser.open("/console/id/sites/daruba?from=2019-01-01&to=2099-12-31")
        days = await browser.open("/console/en/sites/daruba?series=air/temperature&from=2024-01-01&to=2024-12-31")
    assert wrong.words("mistake") == ["The first day is after the last one: exchange them."]
    assert wrong.words("panel-title") == ["Temperature"]
    assert ten_years.words("mistake") == ["Itu lebih dari 10 tahun; pilih hari yang lebih dekat."]
    document = lxml_html.fromstring(days.text)
    (form,) = document.xpath("//form[@method='get'][.//input[@name='series']]")
    assert [field.get("value") for field in form.xpath(".//input")] == [
        "air/temperature", "2024-01-01", "2024-12-31"
    ]  # fmt: skip
    assert "Nothing was measured in this time." in days.text
    assert not document.xpath("//a[@aria-current='true'][contains(@class, 'span-button')]")
    assert "from=" not in "".join(document.xpath("//a[contains(@class, 'span-button')]/@href"))


async def test_doubted_readings_and_what_people_read_stand_beside_the_line(city: Morotai):
    await hour_of(city)
    now = now_ms()
    await city.send("gw-daruba", [Reading("river", "water_level", now, 444.0)])
    await city.store.write_verdicts([Verdict("river", "water_level", now, int(Mark.SPIKE))])
    entry = EnteredReading("k-1", "river", "water_level", now - 600_000, 112.0, sure=True)
    await city.platform.manual_readings.enter([entry], actor=Actor("ani"), sent_ms=now, may_see=lambda site: True)
    async with asked(city, Role.VIEWER) as browser:
        page = await browser.open("/console/en/sites/daruba?span=1h")
    document = lxml_html.fromstring(page.text)
    assert page.words("pair-value")[-1] == "159.0 cm", "what is doubted is in no figure"
    assert [path.get("d").count("h0") for path in document.find_class("plot-doubt")] == [1]
    assert [path.get("d").count("h0") for path in document.find_class("plot-read")] == [1]
    assert page.words("plot-legend") == ["1 doubted reading, in none of the figures", "Read by people"]
    assert "112.0" in [" ".join(cell.text_content().split()) for cell in document.xpath("//tbody/tr/td[last()]")]


async def test_a_store_that_does_not_answer_is_said_on_the_chart(city: Morotai, monkeypatch: pytest.MonkeyPatch):
    await hour_of(city)

    async def gone(*_: object, **__: object) -> list[object]:
        raise StoreUnavailable("gone")

    monkeypatch.setattr(city.store, "history", gone)
    async with asked(city, Role.VIEWER) as browser:
        page = await browser.open("/console/en/sites/daruba?span=1h")
    assert page.words("plot-trouble") == [
        "The store of readings does not answer: nobody knows what was measured. It is asked again soon."
    ]
    assert page.words("panel-title")[0] == "Water level"


async def test_limits_are_drawn_and_a_gap_is_no_line(city: Morotai):
    await let_the_river_rise(city)
    now, half_minutes = now_ms(), [*range(80, 100), *range(1, 20)]
    heard = [Reading("river", "water_level", now - back * 30_000, 235.0) for back in half_minutes]
    await city.send("gw-daruba", heard)
    async with asked(city, Role.VIEWER) as browser:
        page = await browser.open("/console/en/sites/daruba?span=1h")
    assert "Siaga 3" in page.words("plot-name")
    assert len(lxml_html.fromstring(page.text).find_class("plot-line")) == 2


async def test_marks_are_badges_that_say_what_they_mean(city: Morotai):
    await city.send("gw-daruba", [Reading("ferry", "people_in", now_ms(), 4.0, Clock.ESTIMATED, backfill=True)])
    async with asked(city, Role.VIEWER) as browser:
        page = await browser.open("/console/id/sites/dodola")
    assert page.words("badge") == ["dikirim susulan", "waktu perkiraan"]
    titles = [badge.get("title", "") for badge in lxml_html.fromstring(page.text).find_class("badge")]
    assert all(len(meaning) > 20 for meaning in titles)


@pytest.mark.parametrize("path", ["daruba", "daruba?series=river/water_level", "nowhere", "..%2Fduty"])
async def test_a_place_that_is_not_there_or_not_seen_is_answered_alike(city: Morotai, path: str):
    await hour_of(city)
    async with asked(city, Role.VIEWER, sites=["sangowo"]) as browser:
        page = await browser.open(f"/console/en/sites/{path}")
    assert page.status in (404, 401)
    assert "River" not in page.text
