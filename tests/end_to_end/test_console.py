"""The console in a real Chromium, on a real platform without a broker: what people see, and what is asked for it."""

import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, expect, sync_playwright

from cloud.console.frame.live import STILL_TRUE_S
from cloud.console.view_models.fleet import PAGE_ROWS
from dashboards.installation import DEMO_COAST
from tests.servers import PATIENCE_S, Program, free_port, require, wait_until
from tests.unit.cloud.console.served import PASSWORD

DESK: ViewportSize = {"width": 1440, "height": 900}
PHONE: ViewportSize = {"width": 390, "height": 844}
WATER_LEVEL = '[data-sensor="river"][data-quantity="water_level"]'
CURVE = ".site-chart .plot-line"
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


COUNTED = """
    const listen = EventSource.prototype.addEventListener;
    window.heard = 0;
    EventSource.prototype.addEventListener = function (kind, tell) {
      listen.call(this, kind, (event) => { tell(event); if (kind === "fragments") window.heard += 1; });
    };
"""
"""Counts in `heard` what a page has been told and has had its say about."""


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


def test_nothing_moves_under_a_finger_and_what_came_meanwhile_is_shown_when_it_lets_go(look: OpenPage):
    page = look()
    page.add_init_script(COUNTED)
    page.reload()
    value = page.locator(f"{WATER_LEVEL} .figure-value")
    wait_until(lambda: page.evaluate("heard") > 0, "the page is live")
    page.locator("#strip").hover()
    page.mouse.down()
    first, heard = value.inner_text(), page.evaluate("heard")
    wait_until(lambda: page.evaluate("heard") > heard + 1, "more came")
    assert value.inner_text() == first
    page.mouse.up()
    wait_until(lambda: value.inner_text() != first, "the water level moves again")


def test_the_age_of_a_reading_grows(look: OpenPage):
    page = look("/console/en/sites/daruba")
    age = page.locator(".card", has_text="PM2.5").locator(".sensor-age time")
    expect(age).to_have_text(re.compile(r"ago$|^just now$"))
    first = age.inner_text()
    wait_until(lambda: age.inner_text() != first, "the age of the reading that came once moves")


def test_nothing_is_asked_of_another_host(look: OpenPage, served: Program):
    asked: list[str] = []
    page = look(asked=asked)
    page.locator(".mark-label").first.wait_for()
    page.locator(WATER_LEVEL).click()
    page.locator(CURVE).first.wait_for(state="attached")
    look("/docs", asked=asked).get_by_text("/api/v1/health").first.wait_for()
    hosts = {urlsplit(url).netloc for url in asked if urlsplit(url).scheme not in {"data", "blob"}}
    assert hosts == {f"127.0.0.1:{served.port}"}
    assert any("live=" in url for url in asked), "the page is live"


def test_a_click_on_a_reading_opens_its_chart(look: OpenPage):
    page = look()
    page.locator(WATER_LEVEL).click()
    expect(page).to_have_url(re.compile(r"/sites/daruba\?series=river%2Fwater_level$"))
    expect(page.locator(".site-chart .panel-title")).to_have_text("Water level")
    page.locator(CURVE).first.wait_for(state="attached")
    expect(page.locator(".summary dt").first).to_have_text("Lowest")
    page.get_by_role("link", name="7 days").click()
    expect(page.get_by_role("link", name="7 days")).to_have_attribute("aria-current", "true")
    page.get_by_text("As a table").click()
    expect(page.locator(".chart-table tbody tr").first).to_be_visible()
    expect(page.locator(".chart-table thead")).to_contain_text("WIT")


def test_the_map_shows_every_place_by_name_and_leads_to_it(look: OpenPage):
    page = look()
    expect(page.locator(".mark-label")).to_have_text(["Sangowo", "Dodola island ferry", "Daruba river bridge"])
    expect(page.locator(".map path.land")).to_be_attached()
    page.locator('.mark[data-site="sangowo"]').focus()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/sites/sangowo$"))


def test_the_map_is_moved_by_hand_and_by_its_buttons(look: OpenPage):
    page = look()
    page.get_by_role("link", name="Closer").click()
    expect(page).to_have_url(re.compile(r"[?&]z="))
    page.get_by_role("link", name="All places").click()
    expect(page.locator(".mark")).to_have_count(3)
    area = page.locator(".map")
    box = area.bounding_box()
    assert box is not None
    before = area.get_attribute("data-x")
    page.mouse.move(box["x"] + 150, box["y"] + 120)
    page.mouse.down()
    page.mouse.move(box["x"] + 260, box["y"] + 180, steps=5)
    page.mouse.up()
    expect(page).to_have_url(re.compile(r"[?&]at="))
    expect(area).not_to_have_attribute("data-x", before or "")
    moved = page.locator('.mark[data-site="daruba"] circle').bounding_box()
    assert moved is not None
    assert page.evaluate("document.querySelector('.map-layers').style.transform") == ""


def test_a_place_is_looked_for_by_name(look: OpenPage):
    page = look("/console/id", size=PHONE)
    page.get_by_label("Cari lokasi").fill("ferry")
    page.keyboard.press("Enter")
    expect(page.locator(".card-title")).to_have_text(["Dodola island ferry"])
    expect(page.get_by_role("heading", name="1 lokasi ditemukan")).to_be_visible()
    page.locator(".places-head").get_by_role("link", name="Kembali").click()
    expect(page.locator(".card-title")).to_have_count(3)


def test_without_a_script_all_of_it_can_be_reached(served: Program, chromium: Browser):
    context = chromium.new_context(viewport=PHONE, java_script_enabled=False)
    context.request.post(
        f"http://127.0.0.1:{served.port}/api/v1/session", data={"name": "viewer", "password": PASSWORD}
    )
    page = context.new_page()
    page.goto(f"http://127.0.0.1:{served.port}/console/en")
    page.get_by_label("Look for a place").fill("river")
    page.get_by_role("button", name="Search").click()
    page.get_by_role("link", name="Closer").click()
    expect(page.locator(".card-title")).to_have_text(["Daruba river bridge"])
    page.locator(WATER_LEVEL).click()
    expect(page.locator(CURVE).first).to_be_attached()
    page.goto(f"http://127.0.0.1:{served.port}/console/en/wall?view=gateways")
    expect(page.locator(".wall-view[data-view=gateways]")).to_be_visible()
    context.close()


def capitals_px(page: Page, selector: str) -> float:
    """How high the capitals of an element's letters are."""
    return page.evaluate(
        """(selector) => {
          const element = [...document.querySelectorAll(selector)].find((one) => one.getClientRects().length);
          const style = getComputedStyle(element), pen = document.createElement("canvas").getContext("2d");
          pen.font = `${style.fontWeight} ${style.fontSize} ${style.fontFamily}`;
          return pen.measureText("H").actualBoundingBoxAscent;
        }""",
        selector,
    )


WALLS: dict[str, ViewportSize] = {"4K": {"width": 3840, "height": 2160}, "HD": {"width": 1920, "height": 1080}}
WALL_WORDS = {
    "city": [".wall-city", ".state-text", ".wall-clock", ".wall-name", ".wall-state", ".wall-where"],
    "domain-flood": [".wall-title", ".wall-view[data-shown] .wall-chip", ".wall-view[data-shown] .wall-words"],
    "gateways": [".wall-title", ".wall-view[data-shown] .wall-words"],
}


@pytest.mark.parametrize("screen", WALLS)
@pytest.mark.parametrize("language", ["id", "en"])
def test_the_wall_fills_its_screen_and_is_read_from_five_metres(look: OpenPage, language: str, screen: str):
    size = WALLS[screen]
    for view, selectors in WALL_WORDS.items():
        page = look(f"/console/{language}/wall?view={view}", size=size)
        page.locator(".wall-view[data-shown]").wait_for()
        scrolls = "[document.documentElement.scrollWidth, document.documentElement.scrollHeight]"
        assert page.evaluate(scrolls) == [size["width"], size["height"]]
        lowest = page.evaluate(
            "Math.max(...[...document.querySelectorAll('.wall-view[data-shown] *')]"
            ".filter(e => e.offsetParent && !e.closest('svg')).map(e => e.getBoundingClientRect().bottom))"
        )
        assert lowest <= size["height"]
        for selector in selectors:
            assert capitals_px(page, selector) >= 62 * size["width"] / 3840, selector
        page.close()


def test_the_wall_turns_by_itself_and_says_when_it_is_cut_off(tmp_path: Path, chromium: Browser):
    with console_in(tmp_path, free_port()) as program:
        context = logged_in(chromium, program, "viewer", size=WALLS["HD"])
        page = context.new_page()
        page.clock.install()
        page.goto(f"http://127.0.0.1:{program.port}/console/en/wall")
        expect(page.locator(".wall-view[data-view=city]")).to_be_visible()
        page.clock.run_for(16_000)
        expect(page.locator(".wall-view[data-view=domain-flood]")).to_be_visible()
        expect(page.locator(".wall-view[data-view=city]")).to_be_hidden()
        program.kill()
        page.clock.run_for(40_000)
        expect(page.locator("#away")).to_contain_text("No connection since")
        assert capitals_px(page, "#away") >= 31
        context.close()
        program.start()


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
    page.locator(".person > summary").click()
    page.get_by_role("button", name="Dark or light").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "light")
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-theme", "light")


@pytest.mark.parametrize("language", ["id", "en"])
@pytest.mark.parametrize("size", [PHONE, DESK, {"width": 1024, "height": 768}], ids=lambda size: str(size["width"]))
def test_the_page_fits_its_screen_in_both_languages(look: OpenPage, language: str, size: ViewportSize):
    page = look(f"/console/{language}", size=size)
    page.locator(".mark").first.wait_for()
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
    other = page.context.new_page()
    other.goto(page.url)
    expect(other.locator(WATER_LEVEL)).to_be_visible()
    page.locator(".person > summary").click()
    page.get_by_role("button", name="Log out").click()
    expect(page).to_have_url(re.compile(r"/login$"))
    ended = "You are not logged in any more; log in again."
    expect(other.locator("#away")).to_have_text(ended, timeout=(STILL_TRUE_S + PATIENCE_S) * 1_000)
    page.goto(other.url)
    expect(page).to_have_url(re.compile(r"/login\?next="))


def test_gateways_are_listed_worst_first_found_and_led_to(look: OpenPage):
    page = look("/console/id/fleet", size=PHONE)
    rows = page.locator("[data-gateway]")
    expect(rows).to_have_count(2)
    expect(rows.first).to_contain_text("belum ada kabar")
    page.get_by_role("link", name="tersambung").click()
    expect(rows).to_have_count(1)
    elements = page.evaluate(
        "[document.querySelectorAll('*').length, document.querySelectorAll('[data-gateway] *').length]"
    )
    assert elements[0] + PAGE_ROWS * elements[1] <= 3_000, "however many gateways there are"
    page.get_by_label("Cari").fill("daruba")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Tidak ada gateway seperti itu.")).to_be_visible()
    page.get_by_label("Cari").fill("sangowo")
    page.keyboard.press("Enter")
    expect(rows).to_have_count(1)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    rows.first.get_by_role("link").click()
    expect(page.locator(".one-gateway")).to_contain_text("the cloud refuses readings of air-pier")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_gateway_is_set_asked_and_let_in_from_its_page(look: OpenPage):
    page = look("/console/en/fleet/gw-east", role="administrator")
    form = page.get_by_role("group", name="Want a setting")
    form.get_by_label("Setting").select_option("sources.silent_s")
    form.get_by_label("Name").fill("air")
    form.get_by_label("Value").fill("900")
    form.get_by_label("Why").fill("it is slow")
    form.get_by_role("button", name="Want it").click()
    expect(page.locator('[data-setting="sources.air.silent_s"] .value-words')).to_have_text("900")
    page.get_by_role("button", name="Ping").click()
    expect(page.locator(".asked-command").first).to_contain_text('"connected_s": 4021.5')
    enrol = page.locator(".enrol")
    enrol.get_by_label("Password").fill("not asked of anybody")
    enrol.get_by_role("button", name="Make the bundle").click()
    expect(enrol.get_by_role("alert")).to_have_text("cloud.toml has no [enrol] with host and password_file.")
    expect(enrol.get_by_label("Password")).to_have_value("")
