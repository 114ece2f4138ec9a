"""Handover notes in the registry database of each engine."""

from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest
import pytest_asyncio
from sqlalchemy import insert

from cloud.alarms.tables import AlarmRow
from cloud.database.audit_log import Actor, read_entries
from cloud.database.engine import Database
from cloud.handover.notes import LONGEST_TEXT, LOOKED_AT, MOST_LISTED, HandoverNotes, HandoverRejected
from cloud.handover.tables import HandoverNoteRow
from tests.registries import on_each_registry, registry_in
from tests.unit.cloud.console.alarms_made import NOON_MS, RIVER

pytestmark = on_each_registry()
ANI, BUDI, CITRA = Actor("ani", "10.0.0.7"), Actor("budi"), Actor("citra")
LEAK = "The pump at the bridge leaks.\nThe technician comes at nine."


@pytest_asyncio.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    database = Database(registry_in(tmp_path))
    await database.open()
    yield database
    await database.close()


@pytest.fixture
def notes(database: Database) -> HandoverNotes:
    return HandoverNotes(database, clock=lambda: NOON_MS)


async def open_alarms(database: Database, *, ranks: range, test: bool = False) -> None:
    """An open alarm for each of `ranks`, the later the worse."""
    rows = [
        {
            "family": "river-level", "sensor": f"river-{rank}", "quantity": "water_level", "site": "daruba",
            "gateway": "gw-daruba", "opened_ms": NOON_MS, "at_ms": NOON_MS, "state": "alarming", "level": 1,
            "worst": 1, "rank": rank, "value": 262.0, "value_ms": NOON_MS, "changed_ms": NOON_MS, "late": False,
            "test": test, "versions": "", "rule": msgspec.json.encode(RIVER).decode(),
        }
        for rank in ranks
    ]  # fmt: skip
    await database.run(lambda connection: connection.execute(insert(AlarmRow), rows))


async def test_a_note_lists_the_worst_alarms_that_are_open_and_says_how_many_there_are(
    database: Database, notes: HandoverNotes
):
    await open_alarms(database, ranks=range(MOST_LISTED + 3))
    await open_alarms(database, ranks=range(100, 101), test=True)
    written = await notes.write(f"  {LEAK}\r\n", actor=ANI)
    assert (written.text, written.author, written.at_ms) == (LEAK, "ani", NOON_MS)
    assert written.alarms == tuple(range(MOST_LISTED + 3, 3, -1))
    assert written.open_alarms == MOST_LISTED + 3
    assert await notes.newest(limit=5) == [written]


async def test_the_first_of_the_next_shift_who_reads_it_stays_and_both_stand_in_the_journal(
    database: Database, notes: HandoverNotes
):
    note = await notes.write(LEAK, actor=ANI)
    with pytest.raises(HandoverRejected, match="handover note 1 is your own; whoever comes next ticks it"):
        await notes.mark_read(note.id, actor=ANI)
    read = await notes.mark_read(note.id, actor=BUDI)
    assert (read.read_by, read.read_ms) == ("budi", NOON_MS)
    assert await notes.mark_read(note.id, actor=CITRA) == read
    entries = await database.run(lambda connection: read_entries(connection, subject=f"handover:{note.id}"))
    assert [(entry.action, entry.actor) for entry in entries] == [("read-handover", "budi"), ("write-handover", "ani")]
    assert "technician comes at nine" in entries[1].after
    with pytest.raises(LookupError, match="there is no handover note 99"):
        await notes.mark_read(99, actor=BUDI)


async def test_a_note_that_is_sent_twice_is_one_until_somebody_has_read_it(notes: HandoverNotes):
    first = await notes.write(LEAK, actor=ANI)
    assert await notes.write(LEAK, actor=ANI) == first
    assert (await notes.write(LEAK, actor=BUDI)).id != first.id
    again = await notes.write(LEAK, actor=ANI)
    await notes.mark_read(again.id, actor=BUDI)
    assert (await notes.write(LEAK, actor=ANI)).id != again.id
    found = await notes.newest(limit=2)
    assert [note.id for note in found] == [4, 3]
    assert [note.id for note in await notes.newest(before_id=3, limit=9)] == [2, 1]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (" \r\n ", "text: is empty; write what the next shift must know"),
        ("a\x00b", "text: has characters that cannot be printed; write it in plain text"),
        ("safe \u202eevil", "text: has characters that cannot be printed; write it in plain text"),
        ("x" * (LONGEST_TEXT + 1), "text: has 2001 characters; write at most 2000"),
    ],
    ids=["empty", "nul", "right-to-left", "long"],
)
async def test_a_note_that_cannot_be_written_is_refused_in_one_sentence(notes: HandoverNotes, text: str, sentence: str):
    with pytest.raises(HandoverRejected) as rejected:
        await notes.write(text, actor=ANI)
    assert str(rejected.value.sentence) == sentence
    assert await notes.newest(limit=1) == []


async def test_unread_notes_are_counted_among_the_newest(notes: HandoverNotes):
    assert await notes.count_unread() == 0
    for number in range(3):
        await notes.write(f"note {number}", actor=ANI)
    await notes.mark_read(2, actor=BUDI)
    assert await notes.count_unread() == 2


async def test_no_more_notes_are_looked_at_than_a_shift_can_have_left(database: Database, notes: HandoverNotes):
    row = {"at_ms": 1, "author": "ani", "text": "x", "alarms": "[]", "open_alarms": 0}
    await database.run(lambda connection: connection.execute(insert(HandoverNoteRow), [row] * (LOOKED_AT + 20)))
    assert await notes.count_unread() == LOOKED_AT
