"""Readings by a person in a real Chromium on a phone: kept without a link, through a closed browser and an ended login.

SIAGA_SCREENSHOTS=folder keeps pictures of the page, to be looked at.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.end_to_end.test_alarms_console import SHOTS, keep_picture, must_fit
from tests.end_to_end.test_console import DESK, PHONE, QUIET, console_in, logged_in
from tests.servers import Program, free_port, require
from tests.unit.cloud.console.served import PASSWORD

READING = "/console/en/sites/daruba/reading"
LOOKS = [("dark", DESK, "en"), ("light", DESK, "id"), ("dark", PHONE, "id"), ("light", PHONE, "en")]
OpenPhone = Callable[[], BrowserContext]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    with console_in(tmp_path_factory.mktemp("readings"), free_port()) as program:
        yield program


@pytest.fixture
def phone(chromium: Browser, tmp_path: Path) -> Iterator[OpenPhone]:
    """A browser that forgets nothing when it is closed; opening it closes the one before."""
    opened: list[BrowserContext] = []

    def open_again() -> BrowserContext:
        for context in opened:
            context.close()
        opened[:] = [
            chromium.browser_type.launch_persistent_context(
                tmp_path / "phone", executable_path=require("chromium"), args=QUIET, viewport=PHONE
            )
        ]
        return opened[0]

    yield open_again
    for context in opened:
        context.close()


def log_in(context: BrowserContext, served: Program, name: str) -> None:
    answer = context.request.post(address(served, "/api/v1/session"), data={"name": name, "password": PASSWORD})
    assert answer.ok, answer.text()


def address(served: Program, path: str) -> str:
    return f"http://127.0.0.1:{served.port}{path}"


def open_page(context: BrowserContext, served: Program, path: str = READING) -> Page:
    page = context.pages[0] if context.pages else context.new_page()
    page.goto(address(served, path))
    return page


def enter(page: Page, value: str) -> None:
    page.get_by_label("Value").fill(value)
    page.get_by_role("button", name="Keep the reading").click()
    if page.locator("#sure-field").is_visible():  # the gauge of this city goes on rising
        page.get_by_label("I have looked again and am sure").check()
        page.get_by_role("button", name="Keep the reading").click()


def stored(context: BrowserContext, served: Program) -> list[dict[str, Any]]:
    answer = context.request.get(address(served, "/api/v1/readings/manual?sensor=river"))
    assert answer.ok, answer.text()
    found: list[dict[str, Any]] = answer.json()
    return found


def test_what_is_read_without_a_link_outlives_the_browser_and_the_login_and_is_stored_once(
    phone: OpenPhone, served: Program
):
    context = phone()
    log_in(context, served, "technician")
    page = open_page(context, served)
    expect(page.locator("#manual-reading")).to_have_attribute("data-opens", "without a link")
    before = len(stored(context, served))
    context.set_offline(True)
    enter(page, "131,5")
    expect(page.locator("#kept-count")).to_have_text("1 kept on this phone, not sent.")

    context = phone()
    context.set_offline(True)
    page = open_page(context, served)
    expect(page.locator("#kept-count")).to_have_text("1 kept on this phone, not sent.")
    enter(page, "132")
    expect(page.locator("#kept-count")).to_have_text("2 kept on this phone, not sent.")
    expect(page.locator("#kept-why")).to_contain_text("when there is a link")
    if SHOTS:
        keep_picture(page, "reading-kept-390-en")

    context.clear_cookies()
    context.set_offline(False)
    expect(page.locator("#kept-why")).to_have_text("Log in again, and they go out.")
    log_in(context, served, "technician")
    page.reload()
    expect(page.locator("#kept")).to_be_hidden()
    expect(page.locator(".seen-value")).to_have_count(before + 2)
    found = stored(context, served)[: len(stored(context, served)) - before]
    assert [one["value"] for one in found] == [132.0, 131.5]
    assert {one["person"] for one in found} == {"technician"}


def test_another_person_on_the_same_phone_sends_nothing_of_it(phone: OpenPhone, served: Program):
    context = phone()
    log_in(context, served, "technician")
    page = open_page(context, served)
    expect(page.locator("#manual-reading")).to_have_attribute("data-opens", "without a link")
    before = len(stored(context, served))
    context.set_offline(True)
    enter(page, "130")
    expect(page.locator("#kept")).to_be_visible()
    log_in_as = context.request  # requests of the test itself go on
    log_in_as.delete(address(served, "/api/v1/session"))
    context.clear_cookies()
    context.set_offline(False)
    log_in(context, served, "operator")
    page.reload()
    expect(page.locator("#kept-others")).to_have_text("1 kept for technician, who must log in to send them")
    expect(page.locator(".kept-entry")).to_have_count(0)
    assert len(stored(context, served)) == before


def test_what_the_server_refuses_stays_with_its_sentence_until_it_is_discarded(chromium: Browser, served: Program):
    context = logged_in(chromium, served, "technician", size=PHONE)
    page = open_page(context, served)
    entry = {
        "key": "a-key-of-no-sensor", "person": "technician", "action": address(served, READING + "/enter"),
        "series": "nobody/water_level", "value": "1", "time": 1, "sure": False, "what": "Gauge: 1", "state": "waits",
        "sentence": "",
    }  # fmt: skip
    page.evaluate("entry => siagaKept.keep(entry)", entry)
    page.reload()
    kept = page.locator(".kept-entry")
    expect(kept).to_contain_text("Choose what you have read.")
    page.reload()
    expect(kept).to_contain_text("Choose what you have read.")
    kept.get_by_role("button", name="Discard").click()
    expect(page.locator("#kept")).to_be_hidden()
    context.close()


def test_the_site_shows_what_people_read_beside_its_sensor(chromium: Browser, served: Program):
    context = logged_in(chromium, served, "operator", size=PHONE)
    page = open_page(context, served, "/console/en/sites/daruba")
    page.get_by_role("link", name="Enter a reading").click()
    enter(page, "129")
    expect(page.locator("#entry-said")).to_contain_text("Sent: River gauge · Water level (cm): 129")
    page.goto(address(served, "/console/en/sites/daruba"))
    seen = page.locator(".seen").filter(has_text="129")
    expect(seen.first).to_contain_text("read by operator")
    must_fit(page)
    context.close()
    for theme, size, language in LOOKS if SHOTS else ():
        context = logged_in(chromium, served, "technician", size=size)
        context.add_cookies([{"name": "siaga_theme", "value": theme, "url": address(served, "")}])
        page = open_page(context, served, READING.replace("/en/", f"/{language}/"))
        expect(page.locator(".seen").first).to_be_visible()
        must_fit(page)
        keep_picture(page, f"reading-{theme}-{size['width']}-{language}")
        page.goto(address(served, f"/console/{language}/sites/daruba"))
        expect(page.locator(".seen").first).to_be_visible()
        keep_picture(page, f"site-with-readings-{theme}-{size['width']}-{language}")
        context.close()
