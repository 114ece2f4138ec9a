"""The console in a real Chromium, on a real platform without a broker: what people see, and what is asked for it."""

import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, expect, sync_playwright

from cloud.console.view_models.chart import PALETTES
from dashboards.installation import DEMO_COAST
from tests.servers import PATIENCE_S, Program, free_port, require, wait_until
from tests.unit.cloud.console.served import PASSWORD

DESK: ViewportSize = {"width": 1440, "height": 900}
PHONE: ViewportSize = {"width": 390, "height": 844}
WATER_LEVEL = '[data-sensor="river"][data-quantity="water_level"]'
CURVE = f'.chart path[stroke="{PALETTES["dark"].line}"]'
# a browser has errands of its own, which are not the page's
QUIET = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--no-first-run",
]  # fmt: skip
OpenPage = Callable[..., Page]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    program = require("chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=QUIET)
        yield browser
        browser.close()


def console_in(folder: Path, port: int) -> Program:
    command = [sys.executable, "-m", "tests.unit.cloud.console.served", str(port), str(folder), str(DEMO_COAST)]
    return Program("console", command, folder, port=port)


def logged_in(
    chromium: Browser, served: Program, role: str = "engineer", *, size: ViewportSize = DESK
) -> BrowserContext:
    """A browser of its own in which the user of `role` has logged in; with an empty role nobody has."""
    context = chromium.new_context(viewport=size)
    if role:
        answer = context.request.post(
            f"http://127.0.0.1:{served.port}/api/v1/session", data={"name": role, "password": PASSWORD}
        )
        assert answer.ok, answer.text()
    return context


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, chromium: Browser) -> Iterator[Program]:
    with console_in(tmp_path_factory.mktemp("console"), free_port()) as program:
        yield program


@pytest.fixture
def look(served: Program, chromium: Browser) -> Iterator[OpenPage]:
    """Open a path of the server in a browser of its own; mistakes of the page fail the test."""
    contexts, mistakes = [], []

    def open_page(
        path: str = "/console/en",
        *,
        role: str = "engineer",
        size: ViewportSize = DESK,
        asked: list[str] | None = None,
    ) -> Page:
        context = logged_in(chromium, served, role, size=size)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE_S * 1_000)
        page.on("pageerror", lambda error: mistakes.append(str(error)))
        if asked is not None:
            page.on("request", lambda request: asked.append(request.url))
            page.on("websocket", lambda socket: asked.append(socket.url))
        page.goto(f"http://127.0.0.1:{served.port}{path}")
        return page

    yield open_page
    for context in contexts:
        context.close()
    served.must_live()
    assert mistakes == []


def test_a_reading_is_shown_and_its_figures_move_without_being_built_anew(look: OpenPage):
    page = look()
    value = page.locator(f"{WATER_LEVEL} .figure-value")
    expect(value).to_have_text(re.compile(r"^13\d\.\d$"))
    handle, first = value.element_handle(), value.inner_text()
    wait_until(lambda: value.inner_text() != first, "the water level moves")
    assert handle.evaluate("element => element.isConnected"), "the element was replaced instead of changed"


def test_the_age_of_a_reading_grows(look: OpenPage):
    page = look()
    age = page.locator(".sensor", has_text="PM2.5").locator(".sensor-age").first
    expect(age).to_have_text(re.compile(r"ago$|^just now$"))
    first = age.inner_text()
    wait_until(lambda: age.inner_text() != first, "the age of the reading that came once moves")


def test_nothing_is_asked_of_another_host(look: OpenPage, served: Program):
    asked: list[str] = []
    page = look(asked=asked)
    page.locator(".site-pin b").first.wait_for()
    page.locator(WATER_LEVEL).click()
    page.locator(CURVE).wait_for(state="attached")
    look("/docs", asked=asked).get_by_text("/api/v1/health").first.wait_for()
    hosts = {urlsplit(url).netloc for url in asked if urlsplit(url).scheme not in {"data", "blob"}}
    assert hosts == {f"127.0.0.1:{served.port}"}
    assert any(url.startswith("ws:") for url in asked), "the page is live over a websocket"


def test_a_click_on_a_reading_opens_its_chart(look: OpenPage):
    page = look()
    page.locator(WATER_LEVEL).click()
    panel = page.locator(".side-panel")
    expect(panel.locator(".side-title")).to_have_text("Water level")
    page.locator(CURVE).wait_for(state="attached")
    expect(panel.locator(".summary dt").first).to_have_text("Lowest")
    panel.get_by_role("button", name="7 days").click()
    expect(panel.get_by_role("button", name="7 days")).to_have_attribute("aria-pressed", "true")
    expect(panel).to_contain_text("WIT")
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()


def test_the_map_shows_every_site_by_name_and_selects_its_card(look: OpenPage):
    page = look()
    expect(page.locator(".site-pin b")).to_have_text(["Daruba river bridge", "Dodola island ferry", "Sangowo"])
    page.locator('.site-pin[data-site="sangowo"] i').click()
    expect(page.locator("#site-sangowo")).to_have_attribute("data-selected", "true")
    expect(page.locator('.site-pin[data-site="sangowo"]')).to_have_attribute("data-selected", "true")
    expect(page.locator(".map path.land").first).to_be_attached()


def test_the_language_is_switched_and_remembered(look: OpenPage):
    page = look("/")
    expect(page.locator("html")).to_have_attribute("lang", "id")
    expect(page.locator(".tile-name").first).to_have_text("Banjir")
    page.get_by_title("English").click()
    expect(page.locator(".tile-name").first).to_have_text("Flooding")
    expect(page.locator("html")).to_have_attribute("lang", "en-US")
    page.goto(page.url.replace("/console/en", "/"))
    expect(page.locator(".tile-name").first).to_have_text("Flooding")


def test_dark_and_light_are_switched_and_remembered(look: OpenPage):
    page = look()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.get_by_role("button", name="Dark or light").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "light")
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-theme", "light")


def test_a_gateway_opens_to_its_sources(look: OpenPage):
    page = look()
    row = page.locator(".gateways .entry", has_text="Sangowo gateway").locator(".row")
    expect(row).to_contain_text("1,204")
    expect(page.get_by_text("nothing for 7 min")).to_be_hidden()
    row.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("nothing for 7 min")).to_be_visible()


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_what_a_gateway_wants_looked_at_is_seen_without_a_click_and_its_numbers_with_one(look: OpenPage, size):
    page = look("/console/id", size=size)
    entry = page.locator(".gateways .entry", has_text="Sangowo gateway")
    expect(entry.get_by_label("Perlu diperhatikan")).to_contain_text("the cloud refuses readings of air-pier")
    expect(entry.locator(".source-count").first).to_be_hidden()
    entry.locator(".row").click()
    expect(entry.locator(".source-count")).to_have_text(["Masuk1,2 MB", "Bingkai8.802", "Data8.740", "Ditolak12"])
    expect(entry.locator(".source-count").last).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_refused_reading_is_tried_again_and_the_outcome_shown(look: OpenPage):
    page = look()
    row = page.locator(".letters .rows .row").first
    expect(row).to_contain_text("unknown sensor")
    row.get_by_role("button", name="Try again").click()
    expect(row.locator(".outcome")).to_contain_text("still refused")
    expect(row.get_by_role("button", name="Try again")).to_be_enabled()


@pytest.mark.parametrize("language", ["id", "en"])
@pytest.mark.parametrize("size", [PHONE, DESK, {"width": 1024, "height": 768}], ids=lambda size: str(size["width"]))
def test_the_page_fits_its_screen_in_both_languages(look: OpenPage, language: str, size: ViewportSize):
    page = look(f"/console/{language}", size=size)
    page.locator(".site-pin b").first.wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    cut = page.evaluate(
        "[...document.querySelectorAll('.figure-value, .figure-unit, .pair-value, .state-text')]"
        ".filter(e => e.getBoundingClientRect().right > e.parentElement.getBoundingClientRect().right + 1)"
        ".map(e => e.textContent)"
    )
    assert cut == [], "these run out of their place"


def test_a_page_finds_its_server_again_after_a_restart(tmp_path: Path, chromium: Browser):
    with console_in(tmp_path, free_port()) as program:
        page = logged_in(chromium, program).new_page()
        page.goto(f"http://127.0.0.1:{program.port}/console/en")
        value = page.locator(f"{WATER_LEVEL} .figure-value")
        expect(value).to_be_visible()
        program.kill()
        program.start()
        first = value.inner_text()
        wait_until(lambda: value.is_visible() and value.inner_text() != first, "the page lives again")
        page.context.close()


def test_the_server_stops_cleanly_while_pages_are_open(tmp_path: Path, chromium: Browser):
    program = console_in(tmp_path, free_port()).start()
    page = logged_in(chromium, program).new_page()
    page.goto(f"http://127.0.0.1:{program.port}/console/en")
    expect(page.locator(WATER_LEVEL)).to_be_visible()
    assert program.stop() == 0, program.tail()
    page.context.close()


@pytest.mark.parametrize("size", [PHONE, DESK], ids=lambda size: str(size["width"]))
def test_somebody_logs_in_and_out_and_then_sees_nothing_more(look: OpenPage, size: ViewportSize):
    page = look("/console/en?a=1", role="", size=size)
    expect(page).to_have_url(re.compile(r"/login\?next="))
    page.get_by_role("link", name="English").click()
    page.get_by_label("Name").fill("viewer")
    page.get_by_label("Password").fill("not the password")
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("alert")).to_have_text("Name or password is wrong.")
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/console/en\?a=1$"))
    expect(page.locator(WATER_LEVEL)).to_be_visible()
    expect(page.locator(".person-name")).to_have_text("viewer")
    other, sockets = page.context.new_page(), []
    other.on("websocket", lambda socket: sockets.append(socket))
    other.goto(page.url)
    expect(other.locator(WATER_LEVEL)).to_be_visible()
    page.get_by_role("button", name="Log out").click()
    expect(page).to_have_url(re.compile(r"/login$"))
    wait_until(lambda: other.title() and all(socket.is_closed() for socket in sockets), "the other page hears no more")
    page.goto(other.url)
    expect(page).to_have_url(re.compile(r"/login\?next="))
