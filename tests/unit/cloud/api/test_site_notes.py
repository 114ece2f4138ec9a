"""Notes and photos of sites over the API: by role and site, bounded, a photo without what a phone wrote into it."""

import io

import httpx
import pytest
from PIL import Image

from cloud.access.principal import Role
from tests.unit.cloud.api.conftest import api_of
from tests.unit.cloud.api.morotai import Morotai
from tests.unit.cloud.site_notes.made_photos import jpeg

pytestmark = pytest.mark.asyncio(loop_scope="module")
PHOTOS = "/api/v1/sites/daruba/photos"


async def test_a_photo_is_sent_shown_removed_and_brought_back(client: httpx.AsyncClient):
    sent = await client.post(PHOTOS, params={"caption": "the box"}, content=jpeg(800, 600))
    assert sent.status_code == 201, sent.text
    photo = sent.json()
    assert (photo["caption"], photo["width"], photo["height"], photo["removed"]) == ("the box", 800, 600, None)
    shown = await client.get(f"{PHOTOS}/{photo['id']}/image", params={"small": True})
    assert (shown.headers["content-type"], shown.headers["x-content-type-options"]) == ("image/jpeg", "nosniff")
    assert shown.headers["cache-control"].startswith("private")
    assert Image.open(io.BytesIO(shown.content)).size == (320, 240)
    assert b"Daruba" not in (await client.get(f"{PHOTOS}/{photo['id']}/image")).content
    assert (await client.delete(f"{PHOTOS}/{photo['id']}")).json()["removed_by"] == photo["author"]
    assert (await client.get(f"{PHOTOS}/{photo['id']}/image")).status_code == 404
    assert [one["id"] for one in (await client.get(PHOTOS, params={"removed": True})).json()] == [photo["id"]]
    assert (await client.post(f"{PHOTOS}/{photo['id']}/restore", json={})).json() == photo


async def test_what_is_no_photo_is_refused_with_what_to_send_instead(client: httpx.AsyncClient):
    answer = await client.post(PHOTOS, content=b"<script>alert(1)</script>")
    assert (answer.status_code, answer.json()["type"]) == (422, "urn:siaga:problem:note-refused")
    assert "send a JPEG, PNG or WebP" in answer.json()["detail"]
    assert (await client.post(PHOTOS, content=bytes(12 * 2**20 + 1))).status_code == 413


async def test_notes_are_for_who_goes_there_and_photos_for_all_who_see_the_site(city: Morotai):
    async with api_of(city, Role.TECHNICIAN) as writer, api_of(city, Role.TECHNICIAN) as other:
        note = (await writer.post("/api/v1/sites/daruba/notes", json={"text": "mind the dog"})).json()
        refused = await other.delete(f"/api/v1/sites/daruba/notes/{note['id']}")
        assert (refused.status_code, refused.json()["type"]) == (403, "urn:siaga:problem:not-allowed")
    async with api_of(city, Role.OPERATOR) as operator:
        assert (await operator.delete(f"/api/v1/sites/daruba/notes/{note['id']}")).status_code == 200
    async with api_of(city, Role.VIEWER) as viewer:
        assert (await viewer.get("/api/v1/sites/daruba/notes")).status_code == 403
        assert (await viewer.get(PHOTOS)).json() == []
        assert (await viewer.post(PHOTOS, content=jpeg())).status_code == 403
    async with api_of(city, Role.TECHNICIAN, sites=["sangowo"]) as foreign:
        answers = [await foreign.get(f"/api/v1/sites/{site}/notes") for site in ("daruba", "nowhere")]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].json()["detail"].replace("daruba", "nowhere") == answers[1].json()["detail"]
