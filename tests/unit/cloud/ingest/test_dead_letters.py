"""The dead letters: kept, read, replayed and discarded."""

from pathlib import Path

import msgspec
import pytest

from cloud.database.audit_log import Actor, read_entries
from cloud.ingest.dead_letter_records import DeadLetterFilter
from cloud.ingest.dead_letters import LONGEST_SENTENCE
from i18n.message import LocalizedMessage
from tests.registries import on_each_registry
from tests.unit.cloud.ingest.dead_letter_box import DeadLetterBox, rejection

pytestmark = on_each_registry()


async def test_a_letter_keeps_the_raw_form_the_reason_the_sentence_and_the_time(tmp_path: Path):
    async with DeadLetterBox(tmp_path, 2**20) as box:
        await box.write([rejection(b"\x00\xff")], now_ms=7)
        (letter,) = await box.dead_letters.page()
        assert (letter.raw, letter.reason, letter.gateway, letter.time_ms, letter.count) == (
            b"\x00\xff", "unknown_sensor", "gw", 7, 1
        )  # fmt: skip
        assert letter.sentence == "sensor x is not in the city file"
        assert letter.replayed_ms is None


async def test_a_letter_keeps_what_its_sentence_is_made_of_and_an_old_one_its_text(tmp_path: Path):
    said = LocalizedMessage("sensor {sensor} is not there", sensor="x\u202ey")
    async with DeadLetterBox(tmp_path, 2**20) as box:
        new, long = (
            msgspec.structs.replace(rejection(b"%d" % number), sentence=sentence)
            for number, sentence in enumerate([said, LocalizedMessage("{x}", x="x" * 5_000)])
        )
        await box.write([rejection(b"old"), new, long])
        cut, kept, old = await box.dead_letters.page()
        assert isinstance(kept.sentence, LocalizedMessage)
        assert (kept.sentence.form, kept.sentence) == (said.form, "sensor x y is not there")
        assert cut.sentence == "x" * LONGEST_SENTENCE
        assert old.sentence == rejection().sentence


async def test_the_same_letter_again_raises_its_count_and_makes_no_row(tmp_path: Path):
    async with DeadLetterBox(tmp_path, 2**20) as box:
        await box.write([rejection(), rejection()])
        await box.write([rejection(), rejection(gateway="gw-b"), rejection(reason="fault")])
        assert sorted(letter.count for letter in await box.dead_letters.page()) == [1, 1, 3]


async def test_pages_go_from_the_newest_to_the_oldest(tmp_path: Path):
    async with DeadLetterBox(tmp_path, 2**20) as box:
        await box.write([rejection(str(number).encode()) for number in range(5)])
        first = await box.dead_letters.page(limit=2)
        second = await box.dead_letters.page(limit=9, before_id=first[-1].id)
        assert [letter.raw for letter in first + second] == [b"4", b"3", b"2", b"1", b"0"]


async def test_a_replayed_letter_is_open_no_more_until_it_comes_again(tmp_path: Path):
    async with DeadLetterBox(tmp_path, 2**20) as box:
        await box.write([rejection()])
        (letter,) = await box.dead_letters.page()
        await box.dead_letters.record_replay(letter.id, closed=True, actor=Actor("ani"), outcome="stored", now_ms=9)
        assert (await box.dead_letters.get(letter.id)).replayed_ms == 9
        assert await box.dead_letters.count() == 0
        await box.write([rejection()])
        assert await box.dead_letters.count() == 1


async def test_a_letter_that_is_not_there_is_a_lookup_error(tmp_path: Path):
    async with DeadLetterBox(tmp_path, 2**20) as box:
        with pytest.raises(LookupError, match="no dead letter 9"):
            await box.dead_letters.get(9)


async def test_letters_are_discarded_by_gateway_and_reason_and_the_journal_says_why(tmp_path: Path):
    async with DeadLetterBox(tmp_path, 2**20) as box:
        await box.write([rejection(b"1"), rejection(b"2", reason="fault"), rejection(b"3", gateway="gw-b")])
        assert await box.discard(DeadLetterFilter(frozenset({"gw-b"}), gateway="gw"), most=9) == 0
        assert await box.discard(DeadLetterFilter(gateway="gw", reason="fault"), most=9) == 1
        (left, last) = await box.dead_letters.page()
        assert await box.discard(DeadLetterFilter(), dead_letter_id=last.id) == 1
        assert [letter.raw for letter in await box.dead_letters.page()] == [left.raw] == [b"3"]
        entries = await box.database.run(read_entries)
        assert [(each.actor, each.action, each.subject, each.reason, each.after) for each in entries] == [
            ("ani", "discard", f"dead-letter:{last.id}", "a test", '{"letters":1}'),
            ("ani", "discard", "dead-letters:gw:fault", "a test", '{"letters":1}'),
        ]


async def test_letters_to_be_tried_again_are_found_oldest_first_and_page_by_page(tmp_path: Path):
    async with DeadLetterBox(tmp_path, 2**20) as box:
        await box.write([rejection(str(number).encode()) for number in range(4)])
        ids = await box.dead_letters.open_ids(DeadLetterFilter(gateway="gw"), after_id=0, limit=3)
        assert [(await box.dead_letters.get(each)).raw for each in ids] == [b"0", b"1", b"2"]
        await box.dead_letters.record_replay(ids[0], closed=True, actor=Actor("ani"), outcome="stored", now_ms=9)
        assert len(await box.dead_letters.open_ids(DeadLetterFilter(), after_id=0, limit=9)) == 3
        assert len(await box.dead_letters.open_ids(DeadLetterFilter(), after_id=ids[2], limit=9)) == 1
