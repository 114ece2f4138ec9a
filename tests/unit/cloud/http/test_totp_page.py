"""One-time codes as a browser without scripts meets them: setting them up, logging in with them, turning them off."""

import contextlib
import html
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Literal

import httpx
import pytest
import pytest_asyncio

from cloud.access.authenticator import COOKIE, Authenticator
from cloud.access.principal import Role
from cloud.access.settings import AccessSettings
from cloud.access.totp import code_at
from cloud.api.app import make_api
from runtime.clock import wall_ms
from tests.unit.cloud.access.house import BOSS, PASSWORD, cheap_passwords
from tests.unit.cloud.api.morotai import Morotai

OURS = {"Origin": "http://siaga.test", "Sec-Fetch-Site": "same-origin"}
EVIL = {"Origin": "http://evil.example"}


class Demanding(Morotai):
    """A city with ani, who is administrator, and budi, who is engineer; codes are demanded as `totp` says."""

    def __init__(self, folder: Path, totp: Literal["offered", "administrators"] = "offered") -> None:
        super().__init__(folder)
        self.access = self.platform.access = Authenticator(
            self.database, AccessSettings(totp=totp), passwords=cheap_passwords()
        )
        self.app = make_api(self.platform)

    async def people(self) -> None:
        for name, role in (("ani", Role.ADMINISTRATOR), ("budi", Role.ENGINEER)):
            await self.access.users.add(name, PASSWORD, role, actor=BOSS)

    @contextlib.asynccontextmanager
    async def browser(self) -> AsyncIterator[httpx.AsyncClient]:
        transport = httpx.ASGITransport(self.app, client=("10.0.0.7", 40_000), raise_app_exceptions=False)
        headers = {"Accept-Language": "en", "Accept": "text/html"}
        async with httpx.AsyncClient(transport=transport, base_url="http://siaga.test", headers=headers) as client:
            yield client


@pytest_asyncio.fixture
async def city(tmp_path: Path) -> AsyncIterator[Demanding]:
    async with Demanding(tmp_path) as city:
        await city.people()
        yield city


def hidden(page: str) -> dict[str, str]:
    """The fields that a form sends without anybody having filled them in."""
    found = re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page)
    return {name: html.unescape(value) for name, value in found}


def mistake(page: str) -> str:
    (told,) = re.findall(r'class="mistake" role="alert">([^<]*)<', page)
    return html.unescape(told)


def code(secret: str, off: int = 0) -> str:
    return code_at(secret, wall_ms() // 30_000 + off)


async def log_in(browser: httpx.AsyncClient, name: str = "ani", wanted: str = "/docs") -> httpx.Response:
    return await browser.post("/login", data={"name": name, "password": PASSWORD, "next": wanted}, headers=OURS)


async def set_up(browser: httpx.AsyncClient) -> tuple[str, list[str]]:
    """Set codes up as who is logged in; the secret, and the recovery codes."""
    form = hidden((await browser.get("/totp?next=/docs")).text)
    answer = await browser.post("/totp", data=form | {"password": PASSWORD, "code": code(form["secret"])}, headers=OURS)
    assert answer.status_code == 200, answer.text
    assert re.findall(r'<a [^>]*href="([^"]*)"', answer.text) == ["/docs"], "no other link leads away from the codes"
    return form["secret"], re.findall(r"<li>([a-z2-7-]+)</li>", answer.text)


async def test_somebody_sets_codes_up_and_then_logs_in_in_two_steps(city: Demanding):
    async with city.browser() as browser:
        await log_in(browser)
        page = (await browser.get("/totp")).text
        assert 'src="data:image/svg+xml' in page
        assert hidden(page)["secret"] in re.sub(r"<input[^>]*>", "", page), "for who has no camera"
        secret, recovery = await set_up(browser)
        assert len(recovery) == 10
        assert "Turn off one-time codes" in (await browser.get("/totp")).text
        browser.cookies.clear()
        second = await log_in(browser, wanted="/console/en?a=1")
        assert (second.status_code, COOKIE in second.cookies) == (200, False)
        assert PASSWORD not in second.text
        wrong = await browser.post("/login/second", data=hidden(second.text) | {"code": "no code"}, headers=OURS)
        assert (wrong.status_code, COOKIE in wrong.cookies) == (401, False)
        assert mistake(wrong.text).startswith("The code is wrong or was used.")
        answer = await browser.post(
            "/login/second", data=hidden(wrong.text) | {"code": code(secret, 1)}, headers=OURS
        )  # fmt: skip
        assert (answer.status_code, answer.headers["location"]) == (303, "/console/en?a=1")
        assert (await browser.get("/api/v1/session")).json()["name"] == "ani"


async def test_a_page_that_asks_for_the_code_is_good_for_one_login(city: Demanding):
    async with city.browser() as browser:
        await log_in(browser)
        _, recovery = await set_up(browser)
        browser.cookies.clear()
        form = hidden((await log_in(browser)).text)
        first, later = ({**form, "code": each} for each in recovery[:2])
        assert COOKIE in (await browser.post("/login/second", data=first, headers=OURS)).cookies
        browser.cookies.clear()
        again = await browser.post("/login/second", data=later, headers=OURS)
        assert (again.status_code, again.headers["location"]) == (303, "/login?next=%2Fdocs")
        assert COOKIE not in again.cookies


@pytest.mark.parametrize(
    "pending", ["", ".", "ani..", "ani.1.x", "é.1.é", f"ani.{2**62}.x", f"ani.{1:01000}.x", "a\x00.1.x", "x" * 5_000]
)
async def test_nobody_gets_to_the_second_step_without_the_first(city: Demanding, pending: str):
    async with city.browser() as browser:
        await log_in(browser)
        secret, _ = await set_up(browser)
        browser.cookies.clear()
        await log_in(browser)
        form = {"pending": pending, "code": code(secret, 1), "next": "//evil.example"}
        answer = await browser.post("/login/second", data=form, headers=OURS)
        assert (answer.status_code, answer.headers["location"]) == (303, "/login?next=%2F")
        foreign = await browser.post("/login/second", data=form, headers=EVIL)
        assert foreign.status_code == 403


async def test_a_link_on_the_second_page_begins_again_and_leads_nowhere_else(city: Demanding):
    async with city.browser() as browser:
        answer = await browser.get("/login/second?language=en&next=https://evil.example")
        assert (answer.status_code, answer.headers["location"]) == (303, "/login?next=%2F")


async def test_codes_are_turned_off_with_password_and_code_alone(city: Demanding):
    async with city.browser() as browser:
        await log_in(browser)
        secret, recovery = await set_up(browser)
        form = hidden((await browser.get("/totp?next=/docs")).text)
        for filled, told in (
            ({"password": "not it", "code": code(secret, 1)}, "The password is wrong."),
            ({"password": PASSWORD, "code": "000"}, "The code is wrong or used;"),
            ({"password": PASSWORD, "code": ""}, "Code: send the code"),
        ):
            answer = await browser.post("/totp", data=form | filled, headers=OURS)
            assert answer.status_code == 422
            assert mistake(answer.text).lower().startswith(told.lower())
        answer = await browser.post("/totp", data=form | {"password": PASSWORD, "code": recovery[3]}, headers=OURS)
        assert (answer.status_code, answer.headers["location"]) == (303, "/docs")
        browser.cookies.clear()
        assert COOKIE in (await log_in(browser)).cookies


async def test_a_form_without_the_session_s_own_token_or_from_elsewhere_sets_nothing_up(city: Demanding):
    async with city.browser() as browser:
        await log_in(browser)
        form = hidden((await browser.get("/totp")).text)
        filled = form | {"password": PASSWORD, "code": code(form["secret"])}
        assert (await browser.post("/totp", data=filled | {"csrf": "wrong"}, headers=OURS)).status_code == 403
        assert (await browser.post("/totp", data=filled, headers=EVIL)).status_code == 403
        assert not await city.access.second_factors.is_set_up("ani")


async def test_a_mistake_keeps_the_secret_that_the_phone_has(city: Demanding):
    async with city.browser() as browser:
        await log_in(browser)
        form = hidden((await browser.get("/totp")).text)
        answer = await browser.post("/totp", data=form | {"password": PASSWORD, "code": "é"}, headers=OURS)
        assert answer.status_code == 422
        assert hidden(answer.text)["secret"] == form["secret"]
        broken = await browser.post(
            "/totp", data=form | {"secret": "<script>", "password": PASSWORD, "code": "1"}, headers=OURS
        )  # fmt: skip
        assert "<script" not in broken.text


async def test_an_administrator_of_whom_codes_are_demanded_sets_them_up_before_all_else(tmp_path: Path):
    async with Demanding(tmp_path, "administrators") as city, city.browser() as browser:
        await city.people()
        await log_in(browser)
        led = await browser.get("/console/en?a=1")
        assert (led.status_code, led.headers["location"]) == (303, "/totp?next=/console/en%3Fa%3D1")
        refused = await browser.get("/api/v1/users", headers={"Accept": "application/json"})
        assert (refused.status_code, refused.json()["type"]) == (403, "urn:siaga:problem:totp-needed")
        assert "Administrators of this city log in with a code" in (await browser.get("/totp")).text
        assert (await browser.get("/api/v1/session")).status_code == 200
        await set_up(browser)
        assert (await browser.get("/api/v1/users")).status_code == 200


async def test_codes_are_demanded_of_nobody_else_and_of_no_token(tmp_path: Path):
    async with Demanding(tmp_path, "administrators") as city, city.browser() as browser:
        await city.people()
        token = {"Authorization": f"Bearer {await city.token(Role.ADMINISTRATOR)}"}
        assert (await browser.get("/api/v1/users", headers=token)).status_code == 200
        await log_in(browser, "budi")
        assert (await browser.get("/api/v1/sites")).status_code == 200


async def test_a_password_is_changed_with_a_code_by_who_has_them(city: Demanding):
    async with city.browser() as browser:
        await log_in(browser)
        _, recovery = await set_up(browser)
        page = (await browser.get("/password")).text
        assert 'autocomplete="one-time-code"' in page
        new = {"old": PASSWORD, "new": "another river", "again": "another river"}
        answer = await browser.post("/password", data=hidden(page) | new | {"code": "1"}, headers=OURS)
        assert (answer.status_code, mistake(answer.text)[:17]) == (422, "The code is wrong")
        answer = await browser.post("/password", data=hidden(page) | new | {"code": recovery[0]}, headers=OURS)
        assert answer.status_code == 303


async def test_the_api_asks_for_a_code_and_takes_it(city: Demanding):
    async with city.browser() as browser:
        await log_in(browser)
        secret, _ = await set_up(browser)
        login = {"name": "ani", "password": PASSWORD}
        browser.cookies.clear()
        asked = await browser.post("/api/v1/session", json=login)
        assert (asked.status_code, asked.json()["type"]) == (401, "urn:siaga:problem:code-needed")
        assert (await browser.post("/api/v1/session", json=login | {"code": code(secret, 1)})).status_code == 200
        again = await browser.post("/api/v1/session", json=login | {"code": code(secret, 1)})
        assert (again.status_code, again.json()["type"]) == (401, "urn:siaga:problem:wrong-code")


async def test_only_who_may_change_somebody_resets_their_codes(city: Demanding):
    async with city.browser() as browser:
        await log_in(browser)
        await set_up(browser)
        for role, sites, status in (
            (Role.ENGINEER, None, 403), (Role.ADMINISTRATOR, ["daruba"], 404), (Role.ADMINISTRATOR, None, 200),
        ):  # fmt: skip
            token = {"Authorization": f"Bearer {await city.token(role, sites=sites)}"}
            answer = await browser.delete("/api/v1/users/ani/totp", headers=token)
            assert answer.status_code == status, answer.text
        assert not await city.access.second_factors.is_set_up("ani")
