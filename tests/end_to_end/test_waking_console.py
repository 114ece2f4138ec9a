"""Alarms that wake, in a real Chromium: sound and flashing until somebody takes them, and a browser that is muted.

What is heard is what the page's audio context says of itself: `data-sounds` on the body is true while it runs.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.end_to_end.conftest import Visit
from tests.end_to_end.test_alarms_console import keep_picture, must_fit
from tests.end_to_end.test_console import PHONE, QUIET
from tests.servers import PATIENCE_S, Program, require, wait_until

ALARMS = "/console/en/alarms"


def browser_with(policy: str) -> Iterator[Browser]:
    program = require("chromium")
    expect.set_options(timeout=PATIENCE_S * 1_000)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=[*QUIET, f"--autoplay-policy={policy}"])
        yield browser
        browser.close()


@pytest.fixture(params=["no-user-gesture-required"])
def chromium(request: pytest.FixtureRequest) -> Iterator[Browser]:
    """A browser that lets pages sound, or one that mutes them until somebody presses something."""
    yield from browser_with(request.param)


def raise_a_severe_alarm(visit: Visit, *, advice: str = "Look at the camera.") -> None:
    """Let the river stand at Siaga 2, by a rule of its gauge."""
    page = visit("engineer", "/console/en/duty")
    base, token = page.url.split("/console")[0], page.locator("body").get_attribute("data-csrf")
    found = page.request.get(f"{base}/api/v1/readings/latest?site=daruba").json()
    level_cm = next(one["value"] for one in found if one["quantity"] == "water_level")
    limits = {"moderate": level_cm - 9, "severe": level_cm - 1, "extreme": level_cm + 500}
    names = dict(zip(limits, ("Siaga 3", "Siaga 2", "Siaga 1"), strict=True))
    levels = [{"name": names[one], "severity": one, "limit": round(limit, 1)} for one, limit in limits.items()]
    answer = page.request.put(
        f"{base}/api/v1/rules/river-level/sensor:river",
        data={"fields": {"levels": levels, "advice": advice}, "reason": "to be heard"},
        headers={"X-CSRF-Token": token or ""},
    )
    assert answer.ok, answer.text()
    alarms = f"{base}/api/v1/alarms?open=true"
    wait_until(lambda: page.request.get(alarms).json()["alarms"], "the alarm is open")
    page.close()


def sounds(page: Page, heard: bool) -> None:
    expect(page.locator("body")).to_have_attribute("data-sounds", str(heard).lower())


def test_an_alarm_sounds_in_one_page_of_a_browser_until_it_is_acknowledged_on_a_phone(visit: Visit, served: Program):
    desk = visit("operator", ALARMS)
    other = visit("operator", "/console/en/duty")
    sounds(desk, False)
    expect(desk.locator("#muted")).to_be_hidden()
    raise_a_severe_alarm(visit)
    expect(desk.locator("body[data-wakes]")).to_be_attached()
    sounds(desk, True)
    expect(other.locator("body[data-wakes]")).to_be_attached()
    sounds(other, False)
    expect(desk.locator(".waking-words")).to_contain_text("Siaga 2 · River level · Daruba river bridge")
    expect(desk.locator("#waking-said")).to_have_text("Siaga 2 · River level · Daruba river bridge")
    expect(desk).to_have_title(re.compile(r"^\(!\) Siaga 2"))
    expect(desk.locator("#favicon")).to_have_attribute("href", re.compile("favicon-alarm"))
    must_fit(desk)
    keep_picture(desk, "waking-1440")

    phone = visit("operator", ALARMS, size=PHONE)
    must_fit(phone)
    keep_picture(phone, "waking-390")
    phone.locator("summary", has_text="Acknowledge").click()
    phone.get_by_label("A word for the next shift").first.fill("the sluice is open")
    phone.locator(".alarm-form:visible").get_by_role("button", name="Acknowledge").click()
    sounds(desk, False)
    for page in (desk, other, phone):
        expect(page.locator(".waking-words")).to_have_count(0)
        expect(page.locator("body[data-wakes]")).to_have_count(0)
    expect(desk).to_have_title(re.compile("^Alarms"))


def test_a_browser_chooses_from_which_severity_on_it_sounds_and_can_be_tested(visit: Visit):
    page = visit("operator", ALARMS)
    page.locator("#sound summary").click()
    page.get_by_role("button", name="Test the sound").click()
    sounds(page, True)
    expect(page.locator("#sound-said")).to_contain_text("You hear it now")
    keep_picture(page, "sound-panel")
    sounds(page, False)
    page.get_by_label("This browser sounds from").select_option("4")
    raise_a_severe_alarm(visit)
    expect(page.locator(".waking-words")).to_be_visible()
    expect(page.locator("body[data-wakes]")).to_have_count(0)
    sounds(page, False)
    page.reload()
    expect(page.locator("#sound-from")).to_have_value("4")
    page.locator("#sound summary").click()
    page.get_by_label("This browser sounds from").select_option("3")
    sounds(page, True)


def test_the_page_that_sounds_may_be_closed_and_another_one_goes_on(visit: Visit):
    first = visit("operator", ALARMS)
    expect(first.locator("body[data-alert]")).to_be_attached()
    second = visit("operator", "/console/en/duty")
    raise_a_severe_alarm(visit)
    sounds(first, True)
    sounds(second, False)
    first.close()
    sounds(second, True)


def asked_without_a_gesture(page: Page) -> Callable[[str], Any]:
    """Asks a page without a gesture, which Playwright's own questions count as."""
    seen = page.context.new_cdp_session(page)

    def answer(expression: str) -> Any:
        said = seen.send("Runtime.evaluate", {"expression": expression, "userGesture": False, "returnByValue": True})
        return said["result"]["value"]

    return answer


@pytest.mark.parametrize("chromium", ["document-user-activation-required"], indirect=True)
def test_a_browser_that_has_muted_siaga_says_so_until_somebody_presses_anywhere(visit: Visit):
    page = visit("operator", ALARMS)
    holds = asked_without_a_gesture(page)
    wait_until(lambda: holds("!document.getElementById('muted').hidden"), "the page says that it is muted")
    raise_a_severe_alarm(visit)
    wait_until(lambda: holds("document.body.hasAttribute('data-wakes')"), "the alarm is there")
    assert holds("document.body.dataset.sounds === 'false'")
    assert holds("document.getElementById('muted').textContent.includes('press anywhere')")
    keep_picture(page, "muted")
    page.get_by_role("button", name="Let it sound").click()
    sounds(page, True)
    expect(page.locator("#muted")).to_be_hidden()
    must_fit(page)


@pytest.mark.parametrize("chromium", ["document-user-activation-required"], indirect=True)
def test_the_press_that_lets_a_muted_page_sound_counts_for_what_was_pressed(visit: Visit):
    page = visit("operator", ALARMS)
    ask = asked_without_a_gesture(page)
    raise_a_severe_alarm(visit)
    wait_until(lambda: ask("document.body.hasAttribute('data-wakes')"), "the alarm is there")
    wait_until(lambda: ask("!document.getElementById('muted').hidden"), "the page says that it is muted")
    place = ask("document.querySelector('.alarm summary').getBoundingClientRect().toJSON()")
    page.mouse.move(place["x"] + place["width"] / 2, place["y"] + place["height"] / 2)
    page.mouse.down()
    wait_until(lambda: ask("document.body.dataset.sounds === 'true'"), "it is heard at the press")
    page.mouse.up()
    expect(page.locator(".alarm details").first).to_have_attribute("open", "")
    expect(page.locator("#muted")).to_be_hidden()
