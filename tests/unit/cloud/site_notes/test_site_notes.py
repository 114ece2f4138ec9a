"""Notes and photos of sites in their database: bounded, in the journal, removed and brought back."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import func, select

from cloud.database.audit_log import Actor, read_entries
from cloud.database.engine import Database
from cloud.site_notes import photos as photos_module
from cloud.site_notes.notes import LONGEST_NOTE, SiteNotes
from cloud.site_notes.photo_image import PhotoImages, PhotoUnreadable
from cloud.site_notes.photos import MOST_WAITING, SitePhotos
from cloud.site_notes.removal import KEPT_REMOVED_MS, NOTES, PHOTOS, NoteRejected, Remover
from cloud.site_notes.tables import PhotoImageRow, SiteNoteRow
from i18n.message import LocalizedMessage
from tests.registries import on_each_registry, registry_in

pytestmark = on_each_registry()
ANI, BUDI = Actor("ani", "10.0.0.7"), Actor("budi")


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    database = Database(registry_in(tmp_path))
    await database.open()
    yield database
    await database.close()


async def decode(content: bytes) -> PhotoImages:
    if not content:
        raise PhotoUnreadable(LocalizedMessage("the photo cannot be read"))
    return PhotoImages(content * 10, content, 40, 30)


async def test_a_note_is_kept_with_who_wrote_it_and_stands_in_the_journal(database: Database):
    notes = SiteNotes(database, clock=lambda: 5)
    first = await notes.add("daruba", "  the key\nis with Siti ", actor=ANI)
    second = await notes.add("daruba", "beware of the dog", actor=BUDI)
    await notes.add("pier", "elsewhere", actor=ANI)
    assert await notes.notes("daruba") == [second, first]
    assert await notes.notes("daruba", before_id=second.id) == [first]
    assert (first.text, first.author, first.at_ms) == ("the key is with Siti", "ani", 5)
    (entry,) = await database.run(lambda connection: read_entries(connection, subject=f"note:{first.id}"))
    assert (entry.actor, entry.origin, entry.action) == ("ani", "10.0.0.7", "add-note")
    assert msgspec.json.decode(entry.after)["text"] == "the key is with Siti"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (" \n ", "text: is empty"),
        ("a" * (LONGEST_NOTE + 1), "write at most 1000"),
        ("a\x07", "characters"),
    ],
    ids=["empty", "long", "bell"],
)
async def test_a_text_that_cannot_be_kept_is_refused(database: Database, text: str, words: str):
    with pytest.raises(NoteRejected, match=words):
        await SiteNotes(database).add("daruba", text, actor=ANI)


async def test_one_s_own_note_is_removed_and_brought_back_and_another_s_by_operators(database: Database):
    notes = SiteNotes(database)
    note = await notes.add("daruba", "the key", actor=ANI)
    for site, number in (("pier", note.id), ("daruba", note.id + 1)):
        with pytest.raises(LookupError):
            await notes.remove(site, number, by=Remover(ANI))
    with pytest.raises(NoteRejected) as caught:
        await notes.remove("daruba", note.id, by=Remover(BUDI))
    assert caught.value.kind == "denied"
    gone = await notes.remove("daruba", note.id, by=Remover(BUDI, may_all=True), reason="old")
    assert (gone.removed_by, await notes.notes("daruba")) == ("budi", [])
    assert await notes.notes("daruba", removed=True) == [gone]
    with pytest.raises(LookupError):
        await notes.remove("daruba", note.id, by=Remover(ANI))
    assert await notes.restore("daruba", note.id, by=Remover(ANI)) == note
    assert await notes.notes("daruba") == [note]
    entries = await database.run(lambda connection: read_entries(connection, subject=f"note:{note.id}"))
    assert [(entry.action, entry.reason) for entry in entries] == [
        ("restore-note", ""), ("remove-note", "old"), ("add-note", ""),
    ]  # fmt: skip


async def test_a_site_has_so_many_notes_and_keeps_so_many_removed_ones(
    database: Database, monkeypatch: pytest.MonkeyPatch
):
    few = msgspec.structs.replace(NOTES, most=3, most_removed=2)
    monkeypatch.setattr("cloud.site_notes.notes.NOTES", few)
    notes = SiteNotes(database)
    made = [await notes.add("daruba", str(number), actor=ANI) for number in range(3)]
    with pytest.raises(NoteRejected, match="site daruba has 3 of these already"):
        await notes.add("daruba", "one more", actor=ANI)
    for note in made:
        await notes.remove("daruba", note.id, by=Remover(ANI))
    assert [note.text for note in await notes.notes("daruba", removed=True)] == ["2", "1"]
    made = [await notes.add("daruba", str(number), actor=ANI) for number in range(3)]
    with pytest.raises(NoteRejected, match="already"):
        await notes.restore("daruba", (await notes.notes("daruba", removed=True))[0].id, by=Remover(ANI))


async def test_what_was_removed_long_ago_is_gone_for_good(database: Database):
    now = [1_000]
    notes = SiteNotes(database, clock=lambda: now[0])
    for site in ("daruba", "pier"):
        note = await notes.add(site, "the key", actor=ANI)
        await notes.remove(site, note.id, by=Remover(ANI))
        now[0] += KEPT_REMOVED_MS + 1
    count = select(func.count()).select_from(SiteNoteRow)
    assert await database.run(lambda connection: connection.execute(count).scalar()) == 1
    assert await notes.notes("daruba", removed=True) == []


async def test_a_photo_is_kept_small_removed_with_its_pictures_and_brought_back(database: Database):
    photos = SitePhotos(database, decode=decode, clock=lambda: 7)
    photo = await photos.add("daruba", b"pixels", caption=" the box ", actor=ANI)
    assert (photo.caption, photo.width, photo.size) == ("the box", 40, 66)
    assert await photos.photos("daruba") == [photo]
    assert await photos.image("daruba", photo.id, small=True) == b"pixels"
    assert await photos.image("daruba", photo.id) == b"pixels" * 10
    with pytest.raises(LookupError):
        await photos.image("pier", photo.id)
    await photos.remove("daruba", photo.id, by=Remover(ANI))
    with pytest.raises(LookupError):
        await photos.image("daruba", photo.id)
    assert await photos.restore("daruba", photo.id, by=Remover(ANI)) == photo
    assert await photos.image("daruba", photo.id, small=True) == b"pixels"


async def test_pictures_of_what_was_removed_do_not_pile_up(database: Database):
    photos = SitePhotos(database, decode=decode)
    for _ in range(PHOTOS.most_removed + 3):
        photo = await photos.add("daruba", b"pixels", caption="", actor=ANI)
        await photos.remove("daruba", photo.id, by=Remover(ANI))
    count = select(func.count()).select_from(PhotoImageRow)
    assert await database.run(lambda connection: connection.execute(count).scalar()) == PHOTOS.most_removed


async def test_photos_have_room_at_a_site_and_in_the_city(database: Database, monkeypatch: pytest.MonkeyPatch):
    photos = SitePhotos(database, decode=decode)
    for _ in range(PHOTOS.most):
        await photos.add("daruba", b"pixels", caption="", actor=ANI)
    with pytest.raises(NoteRejected, match="site daruba has 12 of these already"):
        await photos.add("daruba", b"pixels", caption="", actor=ANI)
    monkeypatch.setattr(photos_module, "MOST_TOTAL_BYTES", 700)
    with pytest.raises(NoteRejected, match="the photos of all sites take"):
        await photos.add("pier", b"pixels", caption="", actor=ANI)


async def test_one_photo_is_decoded_at_a_time_a_few_wait_and_more_are_sent_away(database: Database):
    at_once, most_at_once, go_on = 0, 0, asyncio.Event()

    async def slowly(content: bytes) -> PhotoImages:
        nonlocal at_once, most_at_once
        at_once += 1
        most_at_once = max(most_at_once, at_once)
        await go_on.wait()
        at_once -= 1
        return await decode(content)

    photos = SitePhotos(database, decode=slowly)
    sent = [
        asyncio.create_task(photos.add("daruba", b"pixels", caption="", actor=ANI)) for _ in range(MOST_WAITING + 2)
    ]
    while sum(task.done() for task in sent) < 2:
        await asyncio.sleep(0)
    go_on.set()
    found = await asyncio.gather(*sent, return_exceptions=True)
    busy = [one.kind for one in found if isinstance(one, NoteRejected)]
    assert (busy, most_at_once) == (["busy", "busy"], 1)
    with pytest.raises(NoteRejected, match="cannot be read"):
        await photos.add("daruba", b"", caption="", actor=ANI)
    assert len(await photos.photos("daruba")) == MOST_WAITING
