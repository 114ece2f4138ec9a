"""Notes and photos on the page of a place: written, removed, brought back; by role, and where the database is away."""

import httpx
import pytest
from lxml import html as lxml_html

from cloud.access.principal import Role
from cloud.console.pages.site.notebook import PAGE_NOTES
from cloud.database.audit_log import Actor
from cloud.database.engine import DatabaseUnavailable
from cloud.site_notes.photo_image import photo_images
from tests.unit.cloud.api.morotai import Morotai
from tests.unit.cloud.console.asked import Browser, Opened, asked
from tests.unit.cloud.site_notes.made_photos import jpeg

PAGE = "/console/en/sites/daruba"


@pytest.fixture(autouse=True)
def decoded_here(city: Morotai) -> None:
    """Photos are decoded in this process: tests of their own start another."""

    async def decode(content: bytes):
        return photo_images(content)

    city.platform.site_photos._decode = decode


async def send_photo(browser: Browser, page: Opened, content: bytes, **fields: str) -> Opened:
    path = httpx.URL(page.url).path
    form = {"csrf": page.csrf, "back": page.back, **fields}
    files = {"photo": ("photo.jpg", content, "image/jpeg")} if content else {"photo": ("", b"", "image/jpeg")}
    return Opened(await browser.client.post(f"{path}/add-photo", data=form, files=files, follow_redirects=True))


async def test_a_note_is_written_removed_and_brought_back(city: Morotai):
    async with asked(city, Role.TECHNICIAN) as browser:
        page = await browser.open(PAGE)
        page = await browser.send(page, "add-note", note="the key is <b>with</b> Siti")
        assert page.words("said") == ["The note is kept."]
        assert page.words("remark-words") == ["the key is <b>with</b> Siti"]
        page = await browser.send(page, "remove-note", id=1)
        assert page.words("said") == ["The note is removed; for 30 days it can be brought back."]
        assert "Removed (1)" in page.text
        page = await browser.send(page, "restore-note", id=1)
        assert "Removed (1)" not in page.text
        empty = await browser.send(page, "add-note", note="  ")
        assert (empty.status, empty.words("mistake")) == (
            422, ["text: is empty; write what others should know of this place."],
        )  # fmt: skip
        gone = await browser.send(page, "remove-note", id=77)
        assert gone.words("mistake") == ["It is gone already."]


async def test_what_others_wrote_is_removed_by_operators_alone(city: Morotai):
    await city.platform.site_notes.add("daruba", "mind the dog", actor=Actor("siti"))
    async with asked(city, Role.TECHNICIAN) as browser:
        page = await browser.send(await browser.open("/console/id/sites/daruba"), "remove-note", id=1)
        assert (page.status, page.words("mistake")) == (403, ["ini milik siti; minta operator melakukannya."])
    async with asked(city, Role.OPERATOR) as browser:
        assert (await browser.send(await browser.open(PAGE), "remove-note", id=1)).status == 200


async def test_notes_are_turned_page_by_page(city: Morotai):
    for number in range(PAGE_NOTES + 2):
        await city.platform.site_notes.add("daruba", f"note {number}", actor=Actor("siti"))
    async with asked(city, Role.TECHNICIAN) as browser:
        page = await browser.open(PAGE)
        assert page.words("remark-words")[0] == f"note {PAGE_NOTES + 1}"
        assert len(page.words("remark-words")) == PAGE_NOTES
        older = await browser.open(f"{PAGE}?notes=3")
        assert older.words("remark-words") == ["note 1", "note 0"]
        assert f"{PAGE}?notes=3" in page.text


async def test_a_photo_is_chosen_with_a_form_and_seen_by_all_who_see_the_place(city: Morotai):
    async with asked(city, Role.TECHNICIAN) as browser:
        page = await browser.open(PAGE)
        page = await send_photo(browser, page, jpeg(), caption="the box, from the road")
        assert page.words("said") == ["The photo is kept."]
        refused = await send_photo(browser, page, b"no photo", caption="the box")
        assert refused.status == 422
        assert refused.words("mistake") == ["the photo cannot be read; send a JPEG, PNG or WebP that a browser shows."]
        assert 'value="the box"' in refused.text
        assert (await send_photo(browser, page, b"")).words("mistake") == ["Choose a photo first."]
        forged = await send_photo(browser, page, jpeg(), csrf="of another session")
        assert forged.status == 403
    async with asked(city, Role.VIEWER) as browser:
        page = await browser.open(PAGE)
        (image,) = lxml_html.fromstring(page.text).xpath("//figure/a/img")
        assert image.get("alt") == "the box, from the road"
        shown = await browser.client.get(image.get("src"))
        assert (shown.status_code, shown.headers["content-type"]) == (200, "image/jpeg")
        assert page.words("photo-remove") == page.words("remark") == page.words("note-form") == []
        assert (await browser.send(page, "add-note", note="a")).status == 403


async def test_a_photo_is_removed_and_brought_back(city: Morotai):
    await city.platform.site_photos.add("daruba", jpeg(), caption="", actor=Actor("technician"))
    async with asked(city, Role.TECHNICIAN) as browser:
        page = await browser.send(await browser.open(PAGE), "remove-photo", id=1)
        assert "No photos yet." in page.text
        page = await browser.send(page, "restore-photo", id=1)
        assert (page.words("said"), len(page.words("photo"))) == (["The photo is back."], 1)


async def test_where_the_database_is_away_the_readings_are_shown_and_the_page_says_so(
    city: Morotai, monkeypatch: pytest.MonkeyPatch
):
    async def away(*_: object, **_more: object) -> list[object]:
        raise DatabaseUnavailable("the registry database does not answer")

    monkeypatch.setattr(city.platform.site_notes, "notes", away)
    async with asked(city, Role.TECHNICIAN) as browser:
        page = await browser.open(PAGE)
    assert page.status == 200
    assert "notes and photos cannot be shown now" in page.text
    assert "No notes yet." not in page.text
    assert "No photos yet." not in page.text
