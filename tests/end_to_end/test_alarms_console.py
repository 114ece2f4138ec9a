"""Thresholds and alarms in a real Chromium: set, seen, saved, crossed, acknowledged, journalled, undone.

SIAGA_SCREENSHOTS=folder keeps a picture of every step, in both sizes, to be looked at.
"""

import os
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from tests.end_to_end.conftest import Visit
from tests.end_to_end.test_console import DESK, PHONE

OWN_RULE = '.rule[data-family="river-level"][data-own="true"]'
SHOTS = os.environ.get("SIAGA_SCREENSHOTS")
RIVER = '[data-sensor="river"][data-quantity="water_level"]'


def keep_picture(page: Page, name: str) -> None:
    if SHOTS:
        Path(SHOTS).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=Path(SHOTS) / f"{name}.png", full_page=True)


def must_fit(page: Page) -> None:
    size = page.viewport_size
    assert size is not None
    width = page.locator("main").evaluate("main => main.ownerDocument.documentElement.scrollWidth")
    assert width <= size["width"], "the page scrolls sideways"


def set_level(page: Page, limit_cm: float, reason: str) -> None:
    """In the editor of the river's rule at its sensor: another limit for the mildest level, and why."""
    page.goto(page.url.split("?")[0].removesuffix("/") + "/river-level/sensor:river")
    page.get_by_label("From cm").first.fill(str(limit_cm))
    expect(page.locator("#rule-sentence")).to_contain_text(f"{limit_cm:g} cm (Siaga 3)")
    page.get_by_label("Why is it changed?").fill(reason)


def level_now(page: Page) -> float:
    return float(page.locator(f"{RIVER} .figure-value").inner_text())


@pytest.mark.parametrize("size", [DESK, pytest.param(PHONE, marks=pytest.mark.proof)], ids=["desk", "phone"])
def test_a_threshold_is_set_crossed_acknowledged_and_undone(visit: Visit, size: ViewportSize):
    shot = f"{size['width']}"
    limit_cm = round(level_now(visit("viewer", "/console/en", size=size)) + 2.0, 1)

    # the engineer sets it, and sees what it would have done
    engineer = visit("engineer", "/console/en/thresholds", size=size)
    keep_picture(engineer, f"{shot}-1-thresholds")
    set_level(engineer, 120, "a try")
    expect(engineer.locator(".preview-sentence")).to_have_text(
        re.compile(r"^\d+ alarms?, [\d.]+ hours a week; as it is now: no alarm$")
    )
    must_fit(engineer)
    keep_picture(engineer, f"{shot}-2-preview")
    engineer.get_by_label("From cm").first.fill(str(limit_cm))
    engineer.get_by_label("Why is it changed?").fill("the bridge is being repaired")
    engineer.get_by_role("button", name="Save").click()
    own = engineer.locator(OWN_RULE)
    expect(own).to_contain_text("set here: Levels")
    keep_picture(engineer, f"{shot}-3-saved")

    # a reading crosses it, and an operator acknowledges it with a word
    operator = visit("operator", "/console/en/alarms", size=size)
    alarm = operator.locator(".alarm")
    expect(alarm).to_have_count(1)
    expect(alarm.locator(".chip")).to_have_text("Siaga 3")
    expect(operator.locator(".page-link .count:not(:empty)")).to_have_text("1")
    must_fit(operator)
    keep_picture(operator, f"{shot}-4-alarm")
    alarm.locator("summary", has_text="Acknowledge").click()
    form = alarm.locator(".alarm-form:visible")
    form.get_by_role("button", name="Acknowledge").click()
    expect(alarm.locator(".mistake")).to_have_text("Write a word, so that the next shift knows.")
    form.get_by_label("A word for the next shift").fill("the sluice is open")
    form.get_by_role("button", name="Acknowledge").click()
    expect(alarm).to_contain_text("“the sluice is open”")
    expect(operator.locator(".page-link .count:not(:empty)")).to_have_count(0)

    # the journal shows it
    whole = visit("operator", "/console/en/alarms/1", size=size)
    line = whole.locator(".journal .line").first
    expect(line).to_contain_text("operator")
    expect(line).to_contain_text("acknowledged")
    expect(line).to_contain_text("the sluice is open")
    must_fit(whole)
    keep_picture(whole, f"{shot}-5-journal")

    # the situation says it in the domain's own term
    viewer = visit("viewer", "/console/en", size=size)
    expect(viewer.locator(".banner")).to_contain_text("Siaga 3")
    expect(viewer.locator('.mark[data-site="daruba"]')).to_contain_text("Siaga 3")
    expect(viewer.locator("#site-daruba .card-chips")).to_contain_text("Siaga 3")
    must_fit(viewer)
    keep_picture(viewer, f"{shot}-6-situation")
    viewer.locator(RIVER).click()
    expect(viewer.locator(".site-plot .plot-name").first).to_contain_text("Siaga 3")
    keep_picture(viewer, f"{shot}-7-chart")

    # the engineer takes it back
    own.get_by_role("link", name="Values and versions").click()
    version = engineer.locator(".version").first
    expect(version).to_contain_text("the bridge is being repaired")
    keep_picture(engineer, f"{shot}-8-versions")
    version.get_by_label("Why").fill("the repair is over")
    version.get_by_role("button", name="Undo").click()
    expect(own).to_have_count(0)
    expect(alarm).to_have_count(0)
    operator.get_by_role("link", name="Over").click()
    expect(operator.locator(".alarm")).to_contain_text("Siaga 3")
    keep_picture(operator, f"{shot}-9-over")


def raise_an_alarm(visit: Visit) -> None:
    limit_cm = round(level_now(visit("viewer", "/console/en")) - 1.0, 1)
    engineer = visit("engineer", "/console/en/thresholds")
    set_level(engineer, limit_cm, "to be seen")
    engineer.get_by_role("button", name="Save").click()
    expect(engineer.locator(OWN_RULE)).to_have_count(1)


@pytest.mark.parametrize(
    ("theme", "sizes"),
    [("dark", [PHONE]), pytest.param("light", [DESK, PHONE], marks=pytest.mark.proof)],
    ids=["dark on a phone", "light"],
)
def test_every_page_fits_its_screen_in_both_languages(visit: Visit, theme: str, sizes: list[ViewportSize]):
    raise_an_alarm(visit)
    for size in sizes:
        for language in ("id", "en"):
            shot = f"look-{theme}-{size['width']}-{language}"
            alarms = visit("operator", f"/console/{language}/alarms", size=size, theme=theme)
            expect(alarms.locator(".alarm .chip")).to_have_text("Siaga 3")
            alarms.locator(".alarm .actions summary").nth(2).click()
            expect(alarms.locator(".alarm-form select")).to_be_visible()
            must_fit(alarms)
            keep_picture(alarms, f"{shot}-alarms")
            thresholds = visit("engineer", f"/console/{language}/thresholds", size=size, theme=theme)
            expect(thresholds.locator(".rule")).to_have_count(1)
            must_fit(thresholds)
            keep_picture(thresholds, f"{shot}-thresholds")
            situation = visit("viewer", f"/console/{language}", size=size, theme=theme)
            expect(situation.locator(".banner")).to_contain_text("Siaga 3")
            must_fit(situation)
            keep_picture(situation, f"{shot}-situation")


def test_a_viewer_is_offered_nothing_to_do(visit: Visit):
    raise_an_alarm(visit)
    viewer = visit("viewer", "/console/en/alarms")
    expect(viewer.locator(".alarm")).to_have_count(1)
    expect(viewer.locator(".alarm form, .alarm summary")).to_have_count(0)


def test_the_link_of_a_message_leads_to_its_alarm_even_when_it_is_over(visit: Visit):
    raise_an_alarm(visit)
    open_page = visit("operator", "/console/en/alarms?alarm=1")
    expect(open_page.locator("#alarm-1")).to_be_in_viewport()
    expect(open_page.locator(".alarm")).to_have_count(1)
    engineer = visit("engineer", "/console/en/thresholds")
    engineer.goto(engineer.url + "/river-level/sensor:river?show=versions")
    engineer.get_by_role("button", name="Undo").click()
    expect(open_page.locator("#alarm-1")).to_have_attribute("data-state", "closed")
    over = visit("operator", "/console/en/alarms?alarm=1")
    expect(over.locator(".led-here #alarm-1")).to_contain_text("over")
