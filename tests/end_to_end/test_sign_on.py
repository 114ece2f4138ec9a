"""Logins in a real Chromium, at a real cloud: by a real provider, and by a password with a one-time code."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from cloud.access.totp import code_at
from runtime.clock import wall_ms
from tests.end_to_end.one_gateway import CITY_OF_ONE_GATEWAY
from tests.end_to_end.test_console import DESK, PHONE
from tests.oidc_provider import oidc_provider, oidc_toml
from tests.servers import PATIENCE_S, Program, all_of, free_port, siaga_cloud

PASSWORD = "a boat on the river"
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
BUDI = {"sub": "4711", "preferred_username": "Budi", "name": "Budi Santoso", "groups": ["piket"]}


class City:
    """A cloud without a broker, its provider, and a page of a browser that runs no script of ours."""

    def __init__(self, folder: Path) -> None:
        self.port, provider_port = free_port(), free_port()
        self.base = f"http://127.0.0.1:{self.port}"
        settings = folder / "cloud.toml"
        settings.write_text(
            f'[broker]\nport = {free_port()}\n[api]\nport = {self.port}\n[access]\ntotp = "administrators"\n'
            + oidc_toml(provider_port, self.port)
        )
        (folder / "city.toml").write_text(CITY_OF_ONE_GATEWAY)
        (folder / "oidc.secret").write_text("s3cret\n")
        (folder / "password").write_text(PASSWORD)
        line = "user add ani --role administrator --password-file password --config cloud.toml"
        subprocess.run([sys.executable, "-m", "cloud.cli.main", *line.split()], cwd=folder, env=ENVIRONMENT, check=True)
        self.provider = oidc_provider(folder, provider_port, BUDI)
        self.cloud: Program = siaga_cloud(folder, settings, port=self.port)


@pytest.fixture
def city(tmp_path: Path) -> Iterator[City]:
    city = City(tmp_path)
    with all_of(city.provider, city.cloud):
        yield city


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    context = chromium.new_context(viewport=DESK, locale="en-US")
    page = context.new_page()
    page.set_default_timeout(PATIENCE_S * 1_000)
    yield page
    context.close()


def test_somebody_logs_in_at_the_provider_works_and_logs_out_of_both(city: City, page: Page):
    page.goto(f"{city.base}/console/en")
    expect(page).to_have_url(re.compile(r"/login\?next="))
    page.get_by_role("link", name="Log in with Akun Morotai").click()
    expect(page.get_by_role("heading", name="Authorize Client")).to_be_visible()
    page.get_by_role("button", name="4711").click()
    expect(page).to_have_url(f"{city.base}/console/en")
    expect(page.locator(".person-name")).to_have_text("sso:budi")
    assert not {cookie["name"] for cookie in page.context.cookies()} & {"siaga_sso"}
    page.locator(".person > summary").click()
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_role("heading", name="End Session")).to_be_visible()
    page.get_by_role("button").first.click()
    expect(page).to_have_url(f"{city.base}/login")
    page.goto(f"{city.base}/console/en")
    expect(page).to_have_url(re.compile(r"/login\?next="))


def test_a_provider_that_is_gone_is_told_of_on_the_login_page_and_a_password_lets_in(city: City, page: Page):
    city.provider.kill()
    page.goto(f"{city.base}/login?next=/docs&language=id")
    page.get_by_role("link", name="Masuk dengan Akun Morotai").click()
    expect(page.get_by_role("alert")).to_contain_text("Saat ini tidak ada yang dapat masuk lewat Akun Morotai")
    page.get_by_role("link", name="English").click()
    page.get_by_label("Name").fill("ani")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    expect(page).to_have_url(re.compile(r"/totp"))


@pytest.mark.parametrize(
    "size", [PHONE, pytest.param(DESK, marks=pytest.mark.proof)], ids=lambda size: str(size["width"])
)
def test_an_administrator_sets_up_codes_before_all_else_and_logs_in_with_one(city: City, page: Page, size):
    page.set_viewport_size(size)
    page.goto(f"{city.base}/login?next=/docs")
    log_in(page)
    expect(page.get_by_role("heading", name="Set up one-time codes")).to_be_visible()
    assert page.locator("img.qr").evaluate("image => image.decode().then(() => image.naturalWidth > 100)")
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    secret = page.locator("code").inner_text()
    page.get_by_label("Your password").fill(PASSWORD)
    page.get_by_label("Code that the app shows").fill(code_at(secret, wall_ms() // 30_000))
    page.get_by_role("button", name="Set up one-time codes").click()
    expect(page.locator(".codes li")).to_have_count(10)
    recovery = page.locator(".codes li").all_inner_texts()
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    page.get_by_role("link", name="I have kept them").click()
    page.context.clear_cookies()
    page.goto(f"{city.base}/login?next=/docs")
    log_in(page)
    page.get_by_label("Code of your authenticator app").fill("123")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_have_text(
        "The code is wrong or was used. Wait for the next one, or write a recovery code."
    )
    page.get_by_label("Code of your authenticator app").fill(recovery[0])
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{city.base}/docs")


def log_in(page: Page) -> None:
    page.get_by_label("Name").fill("ani")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
