"""Thresholds in a real Chromium: found, changed with a try beside it, saved, compared, undone; by phone, by no script.

SIAGA_SCREENSHOTS=folder keeps a picture of every step, in both sizes, to be looked at.
"""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from tests.end_to_end.conftest import Visit
from tests.end_to_end.test_alarms_console import keep_picture, must_fit
from tests.end_to_end.test_console import DESK, PHONE
from tests.servers import Program
from tests.unit.cloud.console.served import PASSWORD

OWN = '[data-family="river-level"][data-own="true"]'


def open_editor(page: Page) -> None:
    """From the tree of places to the river's rule at its sensor."""
    page.locator('[data-key="box-site:daruba"] details:not([open]) > summary, details[open]').first.wait_for()
    for closed in page.locator('[data-key="box-site:daruba"] details:not([open]) > summary').all():
        closed.click(position={"x": 8, "y": 12})
    page.locator('.branch[data-scope="sensor:river"]').click()
    expect(page.locator(".rules-title")).to_have_text("River gauge")
    page.locator('[data-family="river-level"]').get_by_role("link", name="Change here").click()


@pytest.mark.parametrize("size", [DESK, pytest.param(PHONE, marks=pytest.mark.proof)], ids=["desk", "phone"])
def test_an_engineer_finds_changes_compares_and_undoes_a_threshold(visit: Visit, size: ViewportSize):
    shot = f"thresholds-{size['width']}"
    page = visit("engineer", "/console/en/thresholds", size=size)
    must_fit(page)
    keep_picture(page, f"{shot}-1-tree")
    page.get_by_role("searchbox").fill("river")
    page.get_by_role("searchbox").press("Enter")
    expect(page.locator(".tree [role=status]")).to_contain_text("found for “river”")
    page.get_by_role("link", name="All places").click()
    open_editor(page)
    expect(page.locator(".preview-sentence")).to_have_text("no alarm, the same as it is now")
    page.get_by_label("From cm").first.fill("120")
    expect(page.locator("#rule-sentence")).to_contain_text("120 cm (Siaga 3)")
    expect(page.locator(".preview-sentence")).to_have_text(
        re.compile(r"^\d+ alarms?, [\d.]+ hours a week; as it is now: no alarm$")
    )
    expect(page.locator("#preview .change-name")).to_have_text("Levels")
    must_fit(page)
    keep_picture(page, f"{shot}-2-editor")
    page.get_by_label("Why is it changed?").fill("the bridge is being repaired")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".said")).to_have_text("Saved: River level, River gauge.")
    expect(page.locator(OWN)).to_contain_text("set here: Levels")
    keep_picture(page, f"{shot}-3-saved")

    open_editor(page)
    page.get_by_label("From cm").first.fill("130")
    page.get_by_label("Why is it changed?").fill("a little higher")
    page.get_by_role("button", name="Save").click()
    page.locator(OWN).get_by_role("link", name="Values and versions").click()
    page.get_by_role("button", name="Compare").click()
    expect(page.locator(".compared .change-before")).to_contain_text("120 cm")
    expect(page.locator(".compared .change-after")).to_contain_text("130 cm")
    must_fit(page)
    keep_picture(page, f"{shot}-4-versions")
    page.get_by_label("Why", exact=True).fill("the repair is over")
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".said")).to_have_text("Version 2 is taken back.")
    expect(page.locator(OWN)).to_contain_text("120 cm (Siaga 3)")


def test_mistakes_are_named_beside_their_fields_while_one_writes(visit: Visit):
    page = visit("engineer", "/console/en/thresholds")
    open_editor(page)
    page.get_by_label("From cm").nth(1).fill("20")
    mistake = page.locator(".level-row").nth(1).locator(".mistake:not(:empty)")
    expect(mistake).to_contain_text("Siaga 2 at 20 is not above Siaga 3")
    expect(page.locator("#preview")).to_contain_text("The preview goes on when the mistakes are mended.")
    page.get_by_label("From cm").nth(1).fill("300")
    expect(mistake).to_have_count(0)
    page.get_by_label("From cm").first.fill("245")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".save-row .mistake:not(:empty)")).to_have_text(
        "Write why, so that others understand it later."
    )
    expect(page.get_by_label("From cm").first).to_have_value("245")


def test_a_level_comes_and_goes_and_what_is_written_stays(visit: Visit):
    page = visit("engineer", "/console/en/thresholds/river-level/sensor:river")
    page.get_by_label("Why is it changed?").fill("a fourth")
    page.get_by_role("button", name="One more level").click()
    expect(page.locator(".level-row")).to_have_count(4)
    expect(page.get_by_label("Why is it changed?")).to_have_value("a fourth")
    page.locator(".level-row").nth(3).get_by_role("button", name="Take this level out").click()
    expect(page.locator(".level-row")).to_have_count(3)


def test_a_place_goes_back_to_the_inherited_value(visit: Visit):
    page = visit("engineer", "/console/en/thresholds/river-level/sensor:river")
    page.get_by_label("From cm").first.fill("245")
    page.get_by_label("Why is it changed?").fill("a try")
    page.get_by_role("button", name="Save").click()
    page.locator(OWN).get_by_role("link", name="Change here").click()
    page.get_by_role("button", name="Levels: Use the inherited value").click()
    expect(page.get_by_label("From cm").first).to_have_value("250")
    expect(page.locator("#rule-sentence")).to_contain_text("250 cm (Siaga 3)")
    page.get_by_label("Why is it changed?").fill("as everywhere")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".rule .origin")).to_have_text("inherited from Pulau Morotai")


def test_an_engineer_makes_a_new_rule_for_one_place(visit: Visit):
    page = visit("engineer", "/console/en/thresholds?at=sensor:air")
    page.get_by_role("link", name="New rule").click()
    page.get_by_label("Title").fill("Fine dust")
    page.get_by_role("button", name="Go on").click()
    page.get_by_label("Name in English").fill("Dusty")
    page.get_by_label("From µg/m³").fill("55,4")
    expect(page.locator("#rule-sentence")).to_contain_text("Alarm when PM2.5 reaches 55.4 µg/m³ (Dusty).")
    page.get_by_label("Why is it changed?").fill("smoke season")
    page.get_by_role("button", name="Save").click()
    expect(page.locator('.rule[data-family="fine-dust"]')).to_contain_text("Dusty")


def test_an_engineer_asks_for_a_second_sensor_and_doubts_more_readings(visit: Visit):
    page = visit("engineer", "/console/en/thresholds/river-level/sensor:river")
    expect(page.get_by_label("Second sensor", exact=True)).to_be_hidden()
    page.get_by_text("Second sensor and doubt").click()
    page.get_by_label("Second sensor", exact=True).fill("air/temperature")
    expect(page.locator('[data-problem="also"]')).to_contain_text("is no number")
    page.get_by_label("its limit").fill("20")
    page.get_by_label("does not move").check()
    expect(page.locator("#rule-sentence")).to_contain_text("Only if Temperature of air is above 20 °C too")
    must_fit(page)
    page.get_by_label("Why is it changed?").fill("waves of boats")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(OWN)).to_contain_text("set here: Second sensor that must agree, Readings not believed")


def test_a_viewer_is_offered_nothing_to_do(visit: Visit):
    viewer = visit("viewer", "/console/en/thresholds")
    expect(viewer.locator(".rule")).to_have_count(1)
    expect(viewer.get_by_role("link", name="Change here")).to_have_count(0)
    expect(viewer.get_by_role("link", name="New rule")).to_have_count(0)
    viewer.goto(viewer.url + "/river-level/all")
    expect(viewer.locator(".value-row").first).to_be_visible()
    expect(viewer.locator("form[data-preview], .undo")).to_have_count(0)


def test_a_threshold_is_tried_and_saved_where_no_script_runs(served: Program, chromium: Browser):
    base = f"http://127.0.0.1:{served.port}"
    with chromium.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(base + "/login")
        page.locator('input[name="name"]').fill("engineer")
        page.locator('input[name="password"]').fill(PASSWORD)
        page.locator("button").first.click()
        page.goto(base + "/console/en/thresholds?at=site:daruba")
        page.locator('.branch[data-scope="sensor:river"]').click()
        page.get_by_role("link", name="Change here").click()
        page.locator('input[name="levels[0].limit"]').fill("120")
        page.locator("#editor").get_by_role("button", name="One more level").click()
        expect(page.locator(".level-row")).to_have_count(4)
        expect(page.locator('input[name="levels[0].limit"]')).to_have_value("120")
        page.get_by_role("button", name="Take this level out").last.click()
        page.locator(".preview").get_by_role("button", name="Try it").click()
        expect(page.locator(".preview-sentence")).to_contain_text("as it is now: no alarm")
        page.locator('input[name="reason"]').fill("without a script")
        page.get_by_role("button", name="Save").click()
        expect(page.locator(".said")).to_have_text("Saved: River level, River gauge.")
        expect(page.locator(OWN)).to_contain_text("120 cm (Siaga 3)")


def test_rules_are_taken_over_from_a_file_after_a_look_at_what_would_change(visit: Visit, tmp_path: Path):
    page = visit("engineer", "/console/en/thresholds")
    page.get_by_role("link", name="Rules as a file").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download what holds").click()
    held = Path(download.value.path()).read_text(encoding="utf-8")
    assert held.startswith("[[rules]]")
    file = tmp_path / "rules.toml"
    file.write_text(held.replace("limit = 250.0", "limit = 240.0"), encoding="utf-8")
    page.get_by_label("Choose a file").set_input_files(file)
    expect(page.get_by_label("Its text")).to_have_value(re.compile("limit = 240"))
    page.get_by_role("button", name="Show what would change").click()
    expect(page.locator(".difference")).to_contain_text("river-level · Pulau Morotai")
    must_fit(page)
    keep_picture(page, "thresholds-file")
    page.get_by_label("Why is it changed?").fill("the survey of November")
    page.get_by_role("button", name="Take it over").click()
    expect(page.locator(".said")).to_have_text("1 place has been changed.")
    expect(page.locator(".rule")).to_contain_text("Siaga 3 · 240 cm")
