"""Handover notes on the page of duty."""

from pathlib import Path

import pytest

from cloud.access.principal import Role
from cloud.console.pages.duty.handover import PAGE_NOTES
from cloud.database.audit_log import Actor
from tests.unit.cloud.api.morotai import Morotai
from tests.unit.cloud.console.asked import asked

DUTY = "/console/en/duty"
BUDI = Actor("budi")


async def test_a_note_is_written_for_the_next_shift_and_ticked_by_somebody_else(tmp_path: Path):
    async with Morotai(tmp_path) as city, asked(city, Role.OPERATOR) as browser:
        page = await browser.open(DUTY)
        assert page.words("panel-empty")[0] == "No shift has written a note yet."
        empty = await browser.send(page, "hand-over", text=" ")
        assert (empty.status, empty.words("mistake")) == (422, ["text: is empty; write what the next shift must know."])
        after = await browser.send(page, "hand-over", text="The pump leaks.\r\nThe tide is high at six.")
        assert after.words("said") == ["The note is written for the next shift."]
        assert after.words("note-text") == ["The pump leaks. The tide is high at six."]
        assert after.words("note-unread") == ["not read yet"]
        own = await browser.send(after, "read", note=1)
        assert (own.status, own.words("mistake")) == (
            422,
            ["handover note 1 is your own; whoever comes next ticks it."],
        )
        await city.platform.handover.mark_read(1, actor=BUDI)
        (other,) = (await browser.send(after, "read", note=1)).words("note-read")
        assert other.startswith("read by budi, ")
        gone = await browser.send(after, "read", note=99)
        assert gone.words("mistake") == ["There is no such note; load the page again."]


async def test_a_note_that_nobody_has_read_is_counted_beside_duty_on_every_page(tmp_path: Path):
    async with Morotai(tmp_path) as city, asked(city, Role.OPERATOR) as browser:
        assert (await browser.open("/console/en/health")).words("count") == []
        page = await browser.send(await browser.open(DUTY), "hand-over", text="The pump leaks.")
        assert page.words("count") == ["1"]
        await city.platform.handover.mark_read(1, actor=BUDI)
        assert (await browser.send(page, "hand-over", text="The tide is high.")).words("count") == ["1"]
    async with Morotai(tmp_path) as city, asked(city, Role.TECHNICIAN) as browser:
        assert (await browser.open(DUTY)).words("count") == [], "whom no note is for is told of none"


async def test_older_notes_are_a_page_further(tmp_path: Path):
    async with Morotai(tmp_path) as city, asked(city, Role.OPERATOR) as browser:
        for number in range(PAGE_NOTES + 1):
            await city.platform.handover.write(f"note {number}", actor=BUDI)
        page = await browser.open(DUTY)
        assert page.words("note-text") == [f"note {number}" for number in range(PAGE_NOTES, 0, -1)]
        assert f"{DUTY}?before=2" in page.text
        assert (await browser.open(f"{DUTY}?before=2")).words("note-text") == ["note 0"]
        assert (await browser.open(f"{DUTY}?before=x")).words("note-text") == page.words("note-text")


@pytest.mark.parametrize(
    ("role", "sites"), [(Role.TECHNICIAN, None), (Role.ENGINEER, ["daruba"])], ids=["technician", "one-site"]
)
async def test_who_is_no_operator_of_the_whole_city_sees_and_writes_no_note(
    tmp_path: Path, role: Role, sites: list[str] | None
):
    async with Morotai(tmp_path) as city, asked(city, role, sites=sites) as browser:
        await city.platform.handover.write("The pump leaks.", actor=BUDI)
        page = await browser.open(DUTY)
        assert "The pump leaks." not in page.text
        assert "Handover" not in page.text
        for action, field in (("hand-over", {"text": "a"}), ("read", {"note": 1})):
            assert (await browser.send(page, action, **field)).status == 403
        (note,) = await city.platform.handover.newest(limit=2)
        assert note.read_ms is None
