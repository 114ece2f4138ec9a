"""Handover notes over HTTP."""

from pathlib import Path

import pytest

from cloud.access.principal import Role
from tests.unit.cloud.api.conftest import api_of
from tests.unit.cloud.api.morotai import Morotai

NOTES = "/api/v1/handover"


async def test_notes_are_written_read_and_turned_over(tmp_path: Path):
    async with Morotai(tmp_path) as city, api_of(city, Role.OPERATOR) as ani, api_of(city, Role.OPERATOR) as budi:
        for text in ("The pump leaks.", "The tide is high at six."):
            written = await ani.post(NOTES, json={"text": text})
            assert (written.status_code, written.json()["read"]) == (201, None)
        page = (await budi.get(NOTES, params={"limit": 1})).json()
        assert [note["text"] for note in page["notes"]] == ["The tide is high at six."]
        older = (await budi.get(NOTES, params={"limit": 1, "before_id": page["next_before_id"]})).json()
        assert [note["text"] for note in older["notes"]] == ["The pump leaks."]
        assert older["next_before_id"] is None
        own = await ani.post(f"{NOTES}/1/read")
        assert (own.status_code, own.json()["type"]) == (409, "urn:siaga:problem:handover-refused")
        read = await budi.post(f"{NOTES}/1/read")
        assert (read.status_code, read.json()["read_by"]) == (200, "token:test-2")
        gone = await budi.post(f"{NOTES}/9/read")
        assert (gone.status_code, gone.json()["type"]) == (404, "urn:siaga:problem:unknown-handover")
        empty = await ani.post(NOTES, json={"text": " "})
        assert (empty.status_code, empty.json()["detail"][:14]) == (422, "text: is empty")


@pytest.mark.parametrize(
    ("role", "sites"), [(Role.TECHNICIAN, None), (Role.ENGINEER, ["daruba"])], ids=["technician", "one-site"]
)
async def test_notes_are_for_operators_who_may_see_all_sites(tmp_path: Path, role: Role, sites: list[str] | None):
    async with Morotai(tmp_path) as city, api_of(city, Role.OPERATOR) as ani, api_of(city, role, sites=sites) as other:
        await ani.post(NOTES, json={"text": "The pump leaks."})
        for answer in (
            await other.get(NOTES),
            await other.post(NOTES, json={"text": "a"}),
            await other.post(f"{NOTES}/1/read"),
        ):
            assert (answer.status_code, answer.json()["type"]) == (403, "urn:siaga:problem:not-allowed")
        (note,) = (await ani.get(NOTES)).json()["notes"]
        assert note["read"] is None
