"""The login page as a browser without scripts meets it."""

import re
from pathlib import Path

import httpx
import pytest

from cloud.access.authenticator import COOKIE
from tests.unit.cloud.access.house import PASSWORD
from tests.unit.cloud.api.conftest import api_of
from tests.unit.cloud.api.morotai import Morotai

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_login_goes_on_to_the_page_that_was_wanted(shared_client: httpx.AsyncClient):
    page = await shared_client.get("/login?next=/console/en?a=1%26b=2")
    wanted = re.search(r'name="next" value="([^"]*)"', page.text)
    assert wanted is not None
    form = {"name": "Ani", "password": PASSWORD, "next": "/console/en?a=1&b=2"}
    answer = await shared_client.post("/login", data=form)
    assert (answer.status_code, answer.headers["location"]) == (303, "/console/en?a=1&b=2")
    assert COOKIE in answer.cookies
    again = await shared_client.get("/login?next=/docs")
    assert (again.status_code, again.headers["location"]) == (303, "/docs"), "who is logged in needs no form"


@pytest.mark.parametrize("wanted", ["https://evil.example", "//evil.example", "/\\evil.example"])
async def test_a_login_leads_nowhere_else(shared_client: httpx.AsyncClient, wanted: str):
    assert "evil" not in (await shared_client.get("/login", params={"next": wanted})).text
    answer = await shared_client.post("/login", data={"name": "ani", "password": PASSWORD, "next": wanted})
    assert answer.headers["location"] == "/"


async def test_a_wrong_login_says_so_in_one_sentence_and_keeps_the_name(client: httpx.AsyncClient):
    english = {"Accept-Language": "en"}
    form = {"name": '"><script>alert(1)</script>', "password": "wrong password"}
    for _try in range(4):
        answer = await client.post("/login", data=form, headers=english)
        assert answer.status_code == 401
        assert "Name or password is wrong." in answer.text
        assert "<script" not in answer.text
        assert "&lt;script&gt;" in answer.text
        assert "wrong password" not in answer.text
    answer = await client.post("/login", data=form, headers=english)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "1")
    assert "Try again in 1 s." in answer.text


async def test_until_there_is_a_user_the_page_says_how_to_make_one(tmp_path: Path):
    async with Morotai(tmp_path) as city, api_of(city, None) as client:
        page = (await client.get("/login", headers={"Accept-Language": "en"})).text
        assert "There is no user yet." in page
        assert "siaga-cloud user add NAME --role administrator --config cloud.toml" in page


async def test_the_page_speaks_the_chosen_language_and_else_the_browser_s(shared_client: httpx.AsyncClient):
    async def language(path: str = "/login", asked: str = "") -> str:
        found = re.search(
            r'<html lang="([\w-]+)"', (await shared_client.get(path, headers={"Accept-Language": asked})).text
        )
        assert found is not None
        return found[1]

    assert await language() == "id"
    assert await language(asked="en-GB,en;q=0.9,id;q=0.8") == "en-US"
    assert await language(asked="fr") == "id"
    assert await language("/login?language=en", asked="id") == "en-US"
    assert await language(asked="id") == "en-US", "the choice is remembered, for the console too"
    assert await language("/login?language=<script>", asked="fr") == "en-US"


async def test_the_page_is_dark_or_light_as_the_console_was(shared_client: httpx.AsyncClient):
    assert 'data-theme="dark"' in (await shared_client.get("/login")).text
    shared_client.cookies.set("siaga_theme", "light")
    assert 'data-theme="light"' in (await shared_client.get("/login")).text


@pytest.mark.parametrize("body", [b"\xff\xfe", b"name=a&name=b", b"=", b"name=%00&password=%ff", b""])
async def test_a_form_that_is_none_is_a_wrong_login(client: httpx.AsyncClient, body: bytes):
    assert (await client.post("/login", content=body)).status_code == 401
