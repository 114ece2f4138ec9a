"""The page of a place in a real Chromium: a note and a photo from a phone, seen by others as they come.

SIAGA_SCREENSHOTS=folder keeps pictures of the page, to be looked at.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.end_to_end.conftest import Visit
from tests.end_to_end.test_alarms_console import keep_picture, must_fit
from tests.end_to_end.test_console import PHONE, console_in
from tests.servers import Program, free_port

PAGE = "/console/en/sites/daruba"
NOTE = "The key of the box is with Siti, in the second house after the bridge."


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    with console_in(tmp_path_factory.mktemp("places"), free_port()) as program:
        yield program


def test_a_photo_is_made_small_on_the_phone_and_is_seen_by_who_looks(visit: Visit, tmp_path: Path):
    photo = tmp_path / "gauge.png"
    Image.effect_noise((2_000, 1_500), 40).convert("RGB").save(photo)
    viewer, phone = visit("viewer", PAGE), visit("technician", PAGE, size=PHONE)
    phone.locator(".photo-add > summary").click()
    phone.get_by_label("Photo", exact=True).set_input_files(str(photo))
    send = phone.get_by_role("button", name="Send the photo")
    expect(send).to_be_enabled()
    sent = phone.locator("#f-photo").evaluate("input => [input.files[0].type, input.files[0].size]")
    assert sent[0] == "image/jpeg"
    assert sent[1] < photo.stat().st_size / 3
    phone.get_by_label("What it shows").fill("The gauge, from the bridge")
    send.click()
    expect(phone.locator(".said")).to_have_text("The photo is kept.")
    image = viewer.get_by_alt_text("The gauge, from the bridge")
    expect(image).to_be_visible()
    image.scroll_into_view_if_needed()
    expect(image).to_have_js_property("naturalWidth", 320)
    expect(viewer.get_by_role("button", name="Remove this photo")).to_have_count(0)
    must_fit(phone)
    keep_picture(phone, "site-about-phone")
    keep_picture(viewer, "site-about-desk")


def test_a_note_is_written_and_taken_back_without_a_new_page(visit: Visit):
    technician = visit("technician", PAGE)
    technician.get_by_label("What others should know of this place").fill(NOTE)
    technician.get_by_role("button", name="Keep the note").click()
    expect(technician.locator(".remark-words")).to_have_text(NOTE)
    expect(technician.get_by_label("What others should know of this place")).to_have_value("")
    operator = visit("operator", PAGE)
    operator.get_by_role("button", name="Remove this note").click()
    expect(operator.locator(".removed summary")).to_have_text("Removed (1)")
    expect(technician.locator(".removed summary")).to_have_text("Removed (1)")
    technician.locator(".removed summary").click()
    technician.get_by_role("button", name="Bring back").click()
    expect(technician.locator(".removed")).to_have_count(0)
    expect(operator.locator(".removed")).to_have_count(0)
    expect(operator.locator(".remark-words")).to_have_text(NOTE)
