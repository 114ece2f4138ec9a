"""The form that gives the readings of a place as a file: without a script, under the session, of one's own places."""

import csv
import io

import pytest
from lxml import html as lxml_html

from cloud.access.principal import Role
from cloud.exports.turns import AT_ONCE
from tests.unit.cloud.api.morotai import Morotai, now_ms
from tests.unit.cloud.console.asked import Browser, asked
from wire import Reading

PLACE = "/console/en/sites/daruba"


async def speak(city: Morotai) -> None:
    now = now_ms()
    river = [Reading("river", "water_level", now - back * 60_000, 100.0 + back) for back in range(9, 0, -1)]
    await city.send("gw-daruba", [*river, Reading("air", "pm2_5", now, 12.3)])


async def sent_form(browser: Browser, page: str = PLACE, **changes: str):
    """The answer to the form as the page fills it in, with `changes`."""
    (form,) = lxml_html.fromstring((await browser.open(page)).text).xpath(
        "//form[@method='get'][contains(@class, 'download')]"
    )
    return await browser.client.get(form.get("action"), params=dict(form.form_values()) | changes)


async def test_the_form_as_it_stands_gives_the_week_of_what_the_chart_shows(city: Morotai):
    await speak(city)
    async with asked(city, Role.VIEWER) as browser:
        answer = await sent_form(browser)
        assert answer.headers["content-disposition"].startswith('attachment; filename="daruba-water_level-')
        rows = list(csv.DictReader(io.StringIO(answer.text, newline="")))
        assert [row["value"] for row in rows] == [f"{100 + back}.0" for back in range(9, 0, -1)]
        everything = await sent_form(browser, series="", format="csv-semicolon")
        assert {row.split(";")[0] for row in everything.text.splitlines()[1:]} == {"river", "air"}
        assert (await sent_form(browser, format="parquet", every="1h")).content[:4] == b"PAR1"


@pytest.mark.parametrize(
    ("changes", "status", "words"),
    [
        pytest.param({"series": "ferry/people_in"}, 422, "no such series at this place", id="series of another place"),
        pytest.param({"from": "soon"}, 422, "Choose a day", id="no day"),
        pytest.param({"from": "2026-11-24", "to": "2026-11-23"}, 422, "before the first one", id="backwards"),
        pytest.param({"from": "2001-01-01"}, 422, "at most 3660 days", id="too long"),
        pytest.param({"format": "xlsx"}, 422, "no such form", id="form"),
    ],
)
async def test_what_cannot_be_given_is_said_on_a_page(city: Morotai, changes: dict[str, str], status: int, words: str):
    await speak(city)
    async with asked(city, Role.VIEWER) as browser:
        answer = await sent_form(browser, **changes)
    assert (answer.status_code, words in answer.text) == (status, True)


async def test_it_speaks_indonesian_and_says_so_when_others_download(city: Morotai):
    await speak(city)
    async with asked(city, Role.VIEWER) as browser:
        page = "/console/id/sites/daruba"
        assert "Unduh pembacaan" in (await browser.open(page)).text
        for number in range(AT_ONCE):
            city.platform.exports._turns.begin(f"user-{number}")
        answer = await sent_form(browser, page)
    assert (answer.status_code, "sedang mengunduh berkas" in answer.text) == (503, True)


async def test_where_nothing_was_measured_nothing_is_offered_and_of_others_nothing_is_there(city: Morotai):
    await speak(city)
    async with asked(city, Role.VIEWER, sites=["sangowo"]) as browser:
        assert "download-form" not in (await browser.open("/console/en/sites/sangowo")).text
        answer = await browser.client.get(f"{PLACE}/readings?from=2026-11-01&to=2026-11-30")
        assert (answer.status_code, "river" in answer.text) == (404, False)
