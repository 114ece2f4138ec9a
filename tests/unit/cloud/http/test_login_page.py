"""The login page as a browser without scripts meets it."""

import asyncio
import re
from pathlib import Path

import httpx
import pytest

from cloud.access.authenticator import COOKIE
from cloud.access.principal import Role
from cloud.api.app import make_api
from tests.unit.cloud.access.house import BOSS, PASSWORD
from tests.unit.cloud.api.morotai import Morotai


def run(folder: Path, questions, *, user: bool = True) -> None:
    async def inside() -> None:
        async with Morotai(folder) as city:
            if user:
                await city.access.users.add("ani", PASSWORD, Role.OPERATOR, by=BOSS)
            transport = httpx.ASGITransport(make_api(city.platform))
            async with httpx.AsyncClient(transport=transport, base_url="http://siaga.test") as client:
                await questions(client)

    asyncio.run(inside())


def test_a_login_goes_on_to_the_page_that_was_wanted(tmp_path: Path):
    async def questions(client: httpx.AsyncClient) -> None:
        page = await client.get("/login?next=/console/en?a=1%26b=2")
        wanted = re.search(r'name="next" value="([^"]*)"', page.text)
        assert wanted is not None
        form = {"name": "Ani", "password": PASSWORD, "next": "/console/en?a=1&b=2"}
        answer = await client.post("/login", data=form)
        assert (answer.status_code, answer.headers["location"]) == (303, "/console/en?a=1&b=2")
        assert COOKIE in answer.cookies
        again = await client.get("/login?next=/docs")
        assert (again.status_code, again.headers["location"]) == (303, "/docs"), "who is logged in needs no form"

    run(tmp_path, questions)


@pytest.mark.parametrize("wanted", ["https://evil.example", "//evil.example", "/\\evil.example"])
def test_a_login_leads_nowhere_else(tmp_path: Path, wanted: str):
    async def questions(client: httpx.AsyncClient) -> None:
        assert "evil" not in (await client.get("/login", params={"next": wanted})).text
        answer = await client.post("/login", data={"name": "ani", "password": PASSWORD, "next": wanted})
        assert answer.headers["location"] == "/"

    run(tmp_path, questions)


def test_a_wrong_login_says_so_in_one_sentence_and_keeps_the_name(tmp_path: Path):
    async def questions(client: httpx.AsyncClient) -> None:
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

    run(tmp_path, questions)


def test_until_there_is_a_user_the_page_says_how_to_make_one(tmp_path: Path):
    async def questions(client: httpx.AsyncClient) -> None:
        page = (await client.get("/login", headers={"Accept-Language": "en"})).text
        assert "There is no user yet." in page
        assert "siaga-cloud user add NAME --role administrator --config cloud.toml" in page

    run(tmp_path, questions, user=False)


def test_the_page_speaks_the_chosen_language_and_else_the_browser_s(tmp_path: Path):
    async def questions(client: httpx.AsyncClient) -> None:
        async def language(path: str = "/login", asked: str = "") -> str:
            found = re.search(
                r'<html lang="([\w-]+)"', (await client.get(path, headers={"Accept-Language": asked})).text
            )
            assert found is not None
            return found[1]

        assert await language() == "id"
        assert await language(asked="en-GB,en;q=0.9,id;q=0.8") == "en-US"
        assert await language(asked="fr") == "id"
        assert await language("/login?language=en", asked="id") == "en-US"
        assert await language(asked="id") == "en-US", "the choice is remembered, for the console too"
        assert await language("/login?language=<script>", asked="fr") == "en-US"

    run(tmp_path, questions)


def test_the_page_is_dark_or_light_as_the_console_was(tmp_path: Path):
    async def questions(client: httpx.AsyncClient) -> None:
        assert 'data-theme="dark"' in (await client.get("/login")).text
        client.cookies.set("siaga_theme", "light")
        assert 'data-theme="light"' in (await client.get("/login")).text

    run(tmp_path, questions)


@pytest.mark.parametrize("body", [b"\xff\xfe", b"name=a&name=b", b"=", b"name=%00&password=%ff", b""])
def test_a_form_that_is_none_is_a_wrong_login(tmp_path: Path, body: bytes):
    async def questions(client: httpx.AsyncClient) -> None:
        assert (await client.post("/login", content=body)).status_code == 401

    run(tmp_path, questions)
