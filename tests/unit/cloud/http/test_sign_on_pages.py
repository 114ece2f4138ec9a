"""Single sign-on as a browser meets it: the button, the way there and back, and every way astray."""

import contextlib
import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from cloud.access.authenticator import COOKIE, SECURE_COOKIE, Authenticator
from cloud.access.principal import Role
from cloud.access.settings import AccessSettings
from cloud.access.sign_on import SingleSignOn
from cloud.api.app import make_api
from tests.unit.cloud.access.house import BOSS, HOUR_MS, PASSWORD, cheap_passwords
from tests.unit.cloud.access.provider_stand_in import NOW_S, SETTINGS, ProviderStandIn
from tests.unit.cloud.api.morotai import Morotai

HOST = "127.0.0.1:8080"


class Signing(Morotai):
    """A city with a provider, and ani with a password."""

    def __init__(self, folder: Path, url: str = f"http://{HOST}") -> None:
        super().__init__(folder)
        self.provider = ProviderStandIn()
        self.now_ms = NOW_S * 1_000
        settings = SETTINGS.model_copy(update={"url": url})
        self.access = self.platform.access = Authenticator(
            self.database, AccessSettings(oidc=settings), passwords=cheap_passwords(), clock_ms=lambda: self.now_ms
        )
        self.access.sign_on = SingleSignOn(settings, now_s=lambda: NOW_S, transport=self.provider.transport)
        self.app = make_api(self.platform)

    @contextlib.asynccontextmanager
    async def browser(self, url: str = f"http://{HOST}") -> AsyncIterator[httpx.AsyncClient]:
        transport = httpx.ASGITransport(self.app, client=("10.0.0.7", 40_000), raise_app_exceptions=False)
        headers = {"Accept-Language": "en", "Accept": "text/html"}
        async with httpx.AsyncClient(transport=transport, base_url=url, headers=headers) as client:
            yield client


@pytest_asyncio.fixture
async def city(tmp_path: Path) -> AsyncIterator[Signing]:
    async with Signing(tmp_path) as city:
        await city.access.users.add("ani", PASSWORD, Role.ADMINISTRATOR, actor=BOSS)
        yield city


async def log_in(city: Signing, browser: httpx.AsyncClient, wanted: str = "/docs", **answer: str) -> httpx.Response:
    begun = await browser.get("/login/sso", params={"next": wanted})
    assert begun.status_code == 303, begun.text
    back = city.provider.authorize(begun.headers["location"]) | answer
    cross_site = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    return await browser.get("/login/sso/callback", params=back, headers=cross_site)


def mistake(page: str) -> str:
    (told,) = re.findall(r'class="mistake" role="alert">([^<]*)<', page)
    return told


async def test_the_login_page_offers_it_beside_the_password_and_without_a_script(city: Signing):
    async with city.browser() as browser:
        page = await browser.get("/login?next=/console/en?a=1%26b=2")
        assert 'href="http://127.0.0.1:8080/login/sso?next=%2Fconsole%2Fen%3Fa%3D1%26b%3D2"' in page.text
        assert "Log in with Akun Morotai" in page.text
        assert "<script" not in page.text
        assert "Masuk dengan Akun Morotai" in (await browser.get("/login?language=id")).text


async def test_without_a_provider_there_is_no_button_and_no_route(tmp_path: Path):
    async with Morotai(tmp_path) as city:
        transport = httpx.ASGITransport(make_api(city.platform), raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url=f"http://{HOST}") as browser:
            assert "/login/sso" not in (await browser.get("/login")).text
            for path in ("/login/sso", "/login/sso/callback", "/login/sso/out"):
                assert (await browser.get(path)).status_code == 404


async def test_somebody_logs_in_at_the_provider_and_goes_on_to_what_they_wanted(city: Signing):
    async with city.browser() as browser:
        answer = await log_in(city, browser, "/console/en?a=1")
        assert (answer.status_code, answer.headers["location"]) == (303, "/console/en?a=1")
        assert {"siaga_sso", COOKIE} & set(browser.cookies) == {COOKIE}, "what bound the answer is used up"
        session = (await browser.get("/api/v1/session")).json()
        assert (session["name"], session["role"], session["sites"]) == ("sso:budi", "operator", ["daruba"])
        users = {"Authorization": f"Bearer {await city.token(Role.ADMINISTRATOR)}"}
        listed = (await browser.get("/api/v1/users", headers=users)).json()
        assert [(user["name"], user["from_provider"]) for user in listed] == [("ani", False), ("sso:budi", True)]


async def test_a_session_by_it_ends_after_its_hours_however_much_it_is_used(city: Signing):
    async with city.browser() as browser:
        await log_in(city, browser)
        for _hour in range(11):
            city.now_ms += HOUR_MS
            assert (await browser.get("/api/v1/session")).status_code == 200
        city.now_ms += HOUR_MS
        city.access.sessions.clear_cache()
        assert (await browser.get("/api/v1/session")).status_code == 401


async def test_the_session_that_was_there_before_ends_and_its_cookie_is_not_taken_over(city: Signing):
    async with city.browser() as browser:
        planted = await city.access.sessions.log_in("ani", PASSWORD, address="10.6.6.6")
        browser.cookies.set(COOKIE, planted.cookie, domain="127.0.0.1")
        answer = await log_in(city, browser)
        assert planted.cookie not in str(answer.headers)
        assert await city.access.sessions.find(planted.cookie) is None


@pytest.mark.parametrize(
    "wanted", ["https://evil.example", "//evil.example", "/\\evil.example", "/login", "javascript:alert(1)", "/\n"]
)
async def test_it_leads_nowhere_else(city: Signing, wanted: str):
    async with city.browser() as browser:
        answer = await log_in(city, browser, wanted)
        assert (answer.status_code, answer.headers["location"]) == (303, "/")


async def test_a_cookie_that_somebody_has_changed_leads_nowhere_else_either(city: Signing):
    async with city.browser() as browser:
        begun = await browser.get("/login/sso")
        back = city.provider.authorize(begun.headers["location"])
        secret = browser.cookies["siaga_sso"].partition(".")[0]
        browser.cookies.clear()
        forged = {"Cookie": f"siaga_sso={secret}.aHR0cHM6Ly9ldmlsLmV4YW1wbGU"}  # https://evil.example
        answer = await browser.get("/login/sso/callback", params=back, headers=forged)
        assert answer.headers["location"] == "/"


async def test_an_answer_that_this_browser_did_not_ask_for_logs_in_nobody(city: Signing):
    async with city.browser() as attacker, city.browser() as victim:
        begun = await attacker.get("/login/sso")
        back = city.provider.authorize(begun.headers["location"])
        for _each in range(2):
            answer = await victim.get("/login/sso/callback", params=back)
            assert (answer.status_code, COOKIE in answer.cookies) == (403, False)
            assert mistake(answer.text).startswith("This login was begun elsewhere")
            await victim.get("/login/sso")  # now with a cookie of their own


async def test_an_answer_is_good_once(city: Signing):
    async with city.browser() as browser:
        begun = await browser.get("/login/sso")
        back = city.provider.authorize(begun.headers["location"])
        kept = browser.cookies["siaga_sso"]
        assert (await browser.get("/login/sso/callback", params=back)).status_code == 303
        browser.cookies.clear()
        assert (await browser.get("/login/sso/callback", params=back)).status_code == 403
        again = await browser.get("/login/sso/callback", params=back, headers={"Cookie": f"siaga_sso={kept}"})
        assert (again.status_code, COOKIE in again.cookies) == (403, False)


async def test_what_the_provider_says_is_shown_as_text(city: Signing):
    async with city.browser() as browser:
        answer = await log_in(city, browser, code="", error="<script>alert(1)</script>")
        assert "<script" not in answer.text
        assert "&lt;script&gt;" in answer.text
        assert COOKIE not in answer.cookies


async def test_while_the_provider_is_away_the_page_says_so_and_passwords_let_in(city: Signing):
    city.provider.answers["/.well-known/openid-configuration"] = httpx.ConnectError("away")
    async with city.browser() as browser:
        answer = await browser.get("/login/sso?next=/docs")
        assert answer.status_code == 503
        assert mistake(answer.text).startswith("Nobody can log in by Akun Morotai now")
        assert "Akun Morotai does not answer now." in (await browser.get("/login")).text
        form = {"name": "ani", "password": PASSWORD, "next": "/docs"}
        let_in = await browser.post("/login", data=form, headers={"Origin": f"http://{HOST}"})
        assert (let_in.status_code, let_in.headers["location"]) == (303, "/docs")


async def test_over_https_the_cookies_are_of_this_host_alone(tmp_path: Path):
    async with Signing(tmp_path, "https://siaga.example") as city, city.browser("https://siaga.example") as browser:
        begun = await browser.get("/login/sso")
        (cookie,) = begun.headers.get_list("set-cookie")
        assert cookie.startswith("__Host-siaga_sso=")
        for attribute in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=600"):
            assert attribute in cookie
        plain = {"Cookie": f"siaga_sso={browser.cookies['__Host-siaga_sso']}"}
        back = city.provider.authorize(begun.headers["location"])
        browser.cookies.clear()
        assert (await browser.get("/login/sso/callback", params=back, headers=plain)).status_code == 403
        assert SECURE_COOKIE in (await log_in(city, browser)).cookies


async def test_whoever_came_by_it_is_led_to_its_logout_and_others_are_not(city: Signing):
    async with city.browser() as browser:
        await log_in(city, browser)
        csrf = {"X-CSRF-Token": (await browser.get("/api/v1/session")).json()["csrf"]}
        out = await browser.delete("/api/v1/session", headers=csrf)
        assert (out.status_code, out.headers["location"]) == (204, "/login/sso/out")
        led = await browser.get(out.headers["location"])
        assert led.headers["location"].startswith("https://login.example/logout?client_id=siaga&")
        login = await browser.post("/api/v1/session", json={"name": "ani", "password": PASSWORD})
        out = await browser.delete("/api/v1/session", headers={"X-CSRF-Token": login.json()["csrf"]})
        assert "location" not in out.headers


async def test_the_pages_for_passwords_and_codes_send_who_came_by_it_elsewhere(city: Signing):
    async with city.browser() as browser:
        await log_in(city, browser)
        for path, filled in (
            ("/password", {"old": "x", "new": "another river", "again": "another river"}),
            ("/totp", {"password": "x", "code": "123456"}),
        ):
            page = (await browser.get(path)).text
            form = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page)) | filled
            answer = await browser.post(path, data=form, headers={"Origin": f"http://{HOST}"})
            assert (answer.status_code, mistake(answer.text)[:36]) == (422, "you come from single sign-on; change")
