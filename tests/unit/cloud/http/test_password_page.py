"""The page on which people change their own password, as a browser without scripts meets it."""

import re

import httpx
import pytest

from cloud.access.authenticator import COOKIE
from tests.unit.cloud.access.house import PASSWORD

pytestmark = pytest.mark.asyncio(loop_scope="module")
NEW = "a bridge that stands"


async def log_in(client: httpx.AsyncClient, password: str = PASSWORD) -> httpx.Response:
    return await client.post("/api/v1/session", json={"name": "ani", "password": password})


async def form_of(client: httpx.AsyncClient, **filled: str) -> dict[str, str]:
    """The form as the page sends it, with its hidden fields."""
    page = (await client.get("/password?language=en&next=/console/en/alarms")).text
    hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page))
    return hidden | {"old": PASSWORD, "new": NEW, "again": NEW} | filled


async def test_whoever_changes_it_goes_on_with_a_new_session_and_the_old_password_is_over(client: httpx.AsyncClient):
    await log_in(client)
    before = client.cookies[COOKIE]
    answer = await client.post("/password", data=await form_of(client))
    assert (answer.status_code, answer.headers["location"]) == (303, "/console/en/alarms")
    assert client.cookies[COOKIE] != before
    assert (await client.get("/api/v1/session")).json()["name"] == "ani"
    old = await client.get("/api/v1/session", headers={"cookie": f"{COOKIE}={before}"})
    assert old.status_code == 401, "every session before it has ended"
    client.cookies.clear()
    assert (await log_in(client, PASSWORD)).status_code == 401
    assert (await log_in(client, NEW)).status_code == 200


@pytest.mark.parametrize(
    ("filled", "told"),
    [
        ({"old": "not my password"}, "The password now is wrong."),
        ({"again": "a bridge that stand"}, "The two new passwords differ."),
        ({"new": "short", "again": "short"}, "password: is shorter than 10 characters; write a longer one."),
    ],
)
async def test_what_cannot_be_is_told_in_one_sentence_and_changes_nothing(
    client: httpx.AsyncClient, filled: dict[str, str], told: str
):
    await log_in(client)
    answer = await client.post("/password", data=await form_of(client, **filled))
    assert answer.status_code == 422
    assert re.findall(r'class="mistake" role="alert">([^<]*)<', answer.text) == [told]
    assert (await client.get("/api/v1/session")).status_code == 200
    client.cookies.clear()
    assert (await log_in(client)).status_code == 200


async def test_a_form_without_the_session_s_own_token_changes_nothing(client: httpx.AsyncClient):
    await log_in(client)
    for csrf in ("", "guessed"):
        answer = await client.post("/password", data=await form_of(client, csrf=csrf))
        assert answer.status_code == 403
    foreign = await client.post(
        "/password", data=await form_of(client), headers={"origin": "http://evil.example", "host": "siaga.test"}
    )
    assert foreign.status_code == 403
    client.cookies.clear()
    assert (await log_in(client)).status_code == 200


async def test_the_page_wants_somebody_who_is_logged_in_and_leads_nowhere_else(client: httpx.AsyncClient):
    page = await client.get("/password", headers={"accept": "text/html"})
    assert (page.status_code, page.headers["location"].startswith("/login")) == (303, True)
    await log_in(client)
    form = await form_of(client, next="https://evil.example")
    assert (await client.post("/password", data=form)).headers["location"] == "/"
    assert "evil" not in (await client.get("/password?next=//evil.example")).text
