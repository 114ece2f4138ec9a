"""What holds for every page of the frame, shown on that of duty."""

import re

import pytest

from cloud.access.principal import Role
from cloud.console.frame.console_pages import LONGEST_ASKED, MOST_ASKED
from cloud.console.frame.form import MOST_FIELDS
from cloud.console.frame.static import FOLDER, static_files
from cloud.console.frame.templates import CSRF_MARK
from cloud.database.engine import DatabaseUnavailable
from tests.unit.cloud.api.morotai import Morotai
from tests.unit.cloud.console.asked import asked


async def test_nothing_runs_in_a_page_that_is_not_a_file_of_ours(city: Morotai):
    async with asked(city, Role.OPERATOR) as browser:
        page = await browser.open("/console/en/duty")
        policy = page.answer.headers["content-security-policy"]
        assert "script-src 'self';" in policy
        assert "default-src 'none'" in policy
        assert re.findall(r"<script(?![^>]* src=)[^>]*>", page.text) == []
        assert re.findall(r"\son\w+=", page.text) == []
        scripts = re.findall(r'src="(/console/static/[^"]+)"', page.text)
        assert len(scripts) == 4
        for script in scripts:
            answer = await browser.client.get(script)
            assert answer.headers["content-type"].startswith("text/javascript")
            assert "immutable" in answer.headers["cache-control"]


async def test_a_file_that_is_not_there_is_not_given_and_one_of_an_older_version_is(city: Morotai):
    async with asked(city, Role.VIEWER) as browser:
        assert (await browser.client.get("/console/static/x/passwd.css")).status_code == 404
        assert (await browser.client.get("/console/static/x/..%2Fapp.py")).status_code == 404
        older = await browser.client.get("/console/static/000000/live.js")
        assert (older.status_code, older.headers["cache-control"]) == (200, "no-cache")


async def test_a_form_without_the_token_of_its_session_changes_nothing(city: Morotai):
    async with asked(city, Role.OPERATOR) as browser:
        page = await browser.open("/console/en/duty")
        assert CSRF_MARK not in page.text
        for csrf in ("", "wrong", CSRF_MARK):
            answer = await browser.send(page, "remove", csrf=csrf, duty=1)
            assert answer.status == 403
            assert "load it again" in " ".join(answer.words("mistake"))
        foreign = await browser.client.post(
            "/console/en/duty/remove", data={"csrf": page.csrf}, headers={"Origin": "https://elsewhere.test"}
        )
        assert foreign.status_code == 403


async def test_a_form_leads_back_to_pages_of_ours_alone(city: Morotai):
    async with asked(city, Role.OPERATOR) as browser:
        page = await browser.open("/console/en/duty?week=3")
        assert page.back == "/console/en/duty?week=3"
        for back in ("https://elsewhere.test/", "//elsewhere.test", "/\\elsewhere.test"):
            data = {"csrf": page.csrf, "back": back, "person": "x", "duty": "1"}
            answer = await browser.client.post("/console/en/duty/remove", data=data)
            assert "elsewhere" not in answer.headers.get("location", "")


async def test_an_action_that_a_page_has_not_is_not_there(city: Morotai):
    async with asked(city, Role.ADMINISTRATOR) as browser:
        page = await browser.open("/console/en/duty")
        assert (await browser.send(page, "explode")).status in (404, 405)


async def test_what_is_asked_and_sent_is_bounded_before_it_is_read(city: Morotai):
    async with asked(city, Role.OPERATOR) as browser:
        names = "&".join(f"n{number}=x" for number in range(MOST_ASKED * 10))
        page = await browser.open(f"/console/en/duty?week={'9' * LONGEST_ASKED * 2}&{names}")
        assert page.status == 200
        assert f"n{MOST_ASKED * 10 - 1}=" not in page.text
        fields = {f"n{number}": "x" for number in range(MOST_FIELDS)}
        assert (await browser.send(page, "remove", **fields)).status == 413
        assert (await browser.send(page, "remove", reason="x" * 20_000)).status == 413


async def test_texts_of_people_are_never_markup(city: Morotai):
    async with asked(city, Role.OPERATOR) as browser:
        page = await browser.open("/console/en/duty")
        until = "<img src=x onerror=alert(1)>"
        refused = await browser.send(page, "add", person="<b>ani</b>", rank=1, **{"from": until, "until": until})
        assert refused.status == 422
        assert "<img src=x" not in refused.text
        assert "<b>ani" not in refused.text


async def test_a_database_that_does_not_answer_is_said_in_a_page(city: Morotai, monkeypatch: pytest.MonkeyPatch):
    async def away(**_: int) -> None:
        raise DatabaseUnavailable("the registry database does not answer: connection refused")

    async with asked(city, Role.VIEWER) as browser:
        monkeypatch.setattr(city.platform.notifier.duty, "duties", away)
        page = await browser.open("/console/id/duty")
        assert page.status == 503
        assert page.words("mistake") == ["the registry database does not answer: connection refused"]


def test_every_symbol_and_file_that_a_template_names_is_there():
    known = set(re.findall(r'<symbol id="([a-z-]+)"', static_files().files["symbols.svg"].decode()))
    for template in FOLDER.parent.rglob("*.html"):
        text = template.read_text()
        assert set(re.findall(r'symbol\("([^"]+)"\)', text)) <= known, template.name
        assert set(re.findall(r'static\("([^"]+)"\)', text)) <= set(static_files().files), template.name
        assert "<script>" not in text, template.name
        assert "| safe" not in text, template.name
