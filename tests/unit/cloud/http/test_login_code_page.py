"""The page of a demo's link, as browsers, what fetches ahead of them, other machines and other sites meet it."""

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from cloud.access.authenticator import COOKIE, Authenticator
from cloud.access.login_code import issue
from cloud.access.principal import Role
from cloud.access.settings import AccessSettings
from cloud.api.app import make_api
from tests.unit.cloud.access.house import BOSS, PASSWORD, cheap_passwords
from tests.unit.cloud.api.morotai import Morotai

HOST = "127.0.0.1:8080"


class Demo(Morotai):
    """A city whose settings turn the link on."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.file = folder / "login.code"
        self.access = self.platform.access = Authenticator(
            self.database, AccessSettings(code_file=self.file), passwords=cheap_passwords()
        )
        self.app = make_api(self.platform)

    @contextlib.asynccontextmanager
    async def browser(self, *, address: str = "127.0.0.1", host: str = HOST) -> AsyncIterator[httpx.AsyncClient]:
        transport = httpx.ASGITransport(self.app, client=(address, 40_000), raise_app_exceptions=False)
        headers = {"Accept-Language": "en", "Accept": "text/html"}
        async with httpx.AsyncClient(transport=transport, base_url=f"http://{host}", headers=headers) as client:
            yield client

    def link(self) -> str:
        return f"/login/code/{issue(self.file, 'boss')}"


@pytest_asyncio.fixture
async def demo(tmp_path: Path) -> AsyncIterator[Demo]:
    async with Demo(tmp_path) as demo:
        await demo.access.users.add("boss", PASSWORD, Role.ADMINISTRATOR, actor=BOSS)
        yield demo


async def test_the_link_shows_a_button_which_logs_in_once(demo: Demo):
    link = demo.link()
    async with demo.browser() as browser:
        page = await browser.get(link)
        assert f'action="{link}"' in page.text
        assert "This link logs in once" in page.text
        answer = await browser.post(link, headers={"Origin": f"http://{HOST}", "Sec-Fetch-Site": "same-origin"})
        assert (answer.status_code, answer.headers["location"]) == (303, "/")
        assert COOKIE in answer.cookies
        assert (await browser.get("/api/v1/session")).json()["role"] == "administrator"
    async with demo.browser() as other:
        answer = await other.post(link)
        assert answer.status_code == 401
        assert "This link has been used, or is too old." in answer.text
        assert not answer.cookies


async def test_what_fetches_a_link_ahead_or_looks_at_its_head_uses_nothing_up(demo: Demo):
    link = demo.link()
    async with demo.browser() as browser:
        for _ in range(10):
            assert COOKIE not in (await browser.get(link, headers={"Sec-Purpose": "prefetch"})).cookies
            assert COOKIE not in (await browser.head(link)).cookies
        assert (await browser.post(link)).status_code == 303


async def test_the_page_tells_nobody_else_its_address_and_nobody_keeps_it(demo: Demo):
    async with demo.browser() as browser:
        page = await browser.get(demo.link())
        assert page.headers["referrer-policy"] == "same-origin"
        assert page.headers["cache-control"] == "no-store"
        assert "default-src 'none'" in page.headers["content-security-policy"]
        assert "http" not in page.text.replace("http://www.w3.org/2000/svg", ""), "it leads to no other place"


async def test_a_shown_page_says_nothing_of_whether_its_code_is_right(demo: Demo):
    link = demo.link()
    async with demo.browser() as browser:
        right, wrong = (await browser.get(link)).text, (await browser.get("/login/code/wrong")).text
    assert right.count(link) == wrong.count("/login/code/wrong")
    assert len(right) - right.count(link) * len(link) == len(wrong) - wrong.count("/login/code/wrong") * 17


async def test_who_is_logged_in_goes_on_and_keeps_the_code_for_another_browser(demo: Demo):
    async with demo.browser() as browser, demo.browser() as other:
        await browser.post(demo.link())
        link = demo.link()
        answer = await browser.get(link)
        assert (answer.status_code, answer.headers["location"]) == (303, "/")
        assert (await other.post(link)).status_code == 303


@pytest.mark.parametrize(
    ("address", "host", "headers"),
    [
        ("192.168.1.5", HOST, {}),
        ("fe80::1", HOST, {}),
        ("127.0.0.1", "siaga.example", {}),
        ("127.0.0.1", "127.0.0.1.siaga.example:8080", {}),
        ("127.0.0.1", HOST, {"X-Forwarded-For": "127.0.0.1"}),
        ("127.0.0.1", HOST, {"Forwarded": "for=127.0.0.1"}),
    ],
)
async def test_on_another_machine_by_another_name_or_through_a_proxy_there_is_no_such_page(
    demo: Demo, address: str, host: str, headers: dict[str, str]
):
    link = demo.link()
    async with demo.browser(address=address, host=host) as browser:
        for method in ("GET", "POST"):
            answer = await browser.request(method, link, headers=headers)
            assert (answer.status_code, COOKIE in answer.cookies) == (404, False)
    async with demo.browser(host="localhost:8080") as browser:
        assert (await browser.post(link)).status_code == 303, "the code is as good as before"


@pytest.mark.parametrize("headers", [{"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}])
async def test_another_site_s_page_logs_nobody_in(demo: Demo, headers: dict[str, str]):
    link = demo.link()
    async with demo.browser() as browser:
        answer = await browser.post(link, headers=headers)
        assert (answer.status_code, COOKIE in answer.cookies) == (403, False)
        assert (await browser.post(link)).status_code == 303


async def test_who_tries_codes_is_told_to_wait(demo: Demo):
    link = demo.link()
    async with demo.browser() as browser:
        for number in range(4):
            assert (await browser.post(f"/login/code/{number}")).status_code == 401
        answer = await browser.post(link)
        assert (answer.status_code, answer.headers["retry-after"]) == (429, "1")
        assert "Try again in 1 s." in answer.text


@pytest.mark.parametrize("code", ["%22%3E%3Cscript%3E", "a" * 5_000, "%00", "%ff", "..%2f..%2fetc"])
async def test_a_strange_code_is_a_wrong_one(demo: Demo, code: str):
    async with demo.browser() as browser:
        for method in ("GET", "POST"):
            answer = await browser.request(method, f"/login/code/{code}")
            assert answer.status_code in (200, 303, 401, 404)
            assert COOKIE not in answer.cookies
            assert "<script" not in answer.text


async def test_without_the_setting_there_is_no_such_page(tmp_path: Path):
    async with Morotai(tmp_path) as city:
        issue(tmp_path / "login.code", "boss")
        app = make_api(city.platform)
        transport = httpx.ASGITransport(app, client=("127.0.0.1", 40_000))
        async with httpx.AsyncClient(transport=transport, base_url=f"http://{HOST}") as client:
            for method in ("GET", "POST"):
                assert (await client.request(method, "/login/code/x")).status_code == 404
