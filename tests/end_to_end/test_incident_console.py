"""One alarm whole, in a real Chromium: its checklist, its file, and all of it without a script."""

from io import BytesIO
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect
from pypdf import PdfReader

from tests.end_to_end.conftest import Visit
from tests.end_to_end.test_alarms_console import keep_picture, must_fit
from tests.end_to_end.test_console import DESK, PHONE
from tests.end_to_end.test_waking_console import raise_a_severe_alarm
from tests.servers import PATIENCE_S, Program
from tests.unit.cloud.console.served import PASSWORD

STEPS = "1. Call the village heads. 2. Close the bridge. 3. Look at the camera."
MOST_ELEMENTS = 3_000


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_steps_are_checked_off_and_stand_in_the_file_that_is_handed_on(visit: Visit, theme: str):
    raise_a_severe_alarm(visit, advice=STEPS)
    page = visit("operator", "/console/en/alarms", theme=theme)
    page.locator(".checklist summary").click()
    page.locator(".step").nth(1).get_by_role("button", name="Done").click()
    expect(page.locator(".step").nth(1)).to_have_attribute("data-done", "true")
    expect(page.locator(".checklist summary")).to_have_text("What to do: 1 of 3 done")
    assert page.evaluate("document.querySelectorAll('*').length") <= MOST_ELEMENTS
    page.get_by_role("link", name="All of it").click()
    expect(page.locator(".journal .line").first).to_contain_text("step 2 done")
    for size in (DESK, PHONE):
        page.set_viewport_size(size)
        must_fit(page)
        keep_picture(page, f"one-alarm-{theme}-{size['width']}")
    with page.expect_download() as download:
        page.get_by_role("link", name="Incident file (PDF)").click()
    found = PdfReader(BytesIO(Path(download.value.path()).read_bytes())).pages[0].extract_text()
    assert download.value.suggested_filename == "incident-1.pdf"
    assert "Close the bridge." in found
    assert "River level" in found


def test_everything_can_be_done_without_a_script(visit: Visit, served: Program, chromium: Browser):
    raise_a_severe_alarm(visit)
    base = f"http://127.0.0.1:{served.port}"
    with chromium.new_context(java_script_enabled=False, viewport=DESK) as context:
        assert context.request.post(f"{base}/api/v1/session", data={"name": "operator", "password": PASSWORD}).ok
        page = context.new_page()
        page.set_default_timeout(PATIENCE_S * 1_000)
        page.goto(f"{base}/console/en/alarms")
        page.locator("summary", has_text="Acknowledge").click()
        form = page.locator(".alarm-form:visible")
        form.get_by_role("button", name="Acknowledge").click()
        expect(page.locator(".alarm .mistake")).to_have_text("Write a word, so that the next shift knows.")
        form.get_by_label("A word for the next shift").fill("the sluice is open")
        form.get_by_role("button", name="Acknowledge").click()
        expect(page.locator(".said")).to_have_text("The alarm is acknowledged.")
        expect(page.locator(".alarm")).to_contain_text("“the sluice is open”")
        page.locator(".filter summary").click()
        page.get_by_label("Severity").select_option("extreme")
        page.get_by_role("button", name="Show", exact=True).click()
        expect(page.locator(".alarm")).to_have_count(0)
        expect(page.locator(".panel-empty")).to_have_text("No alarm is open.")
        page.get_by_role("link", name="Show all").click()
        expect(page.locator(".alarm")).to_have_count(1)
        page.get_by_role("link", name="Over").click()
        expect(page.locator(".panel-empty")).to_have_text("No alarm is over.")
