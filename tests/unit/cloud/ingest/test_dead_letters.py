"""The dead letters."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from cloud.core.health import Condition
from cloud.database.audit_log import Actor, read_entries
from cloud.database.engine import Database
from cloud.ingest.dead_letter_records import DeadLetterFilter, Discarded
from cloud.ingest.dead_letters import DeadLetters, KeptRejections
from cloud.ingest.rejection import ROW_BYTES, Rejection
from tests.registries import on_each_registry, registry_in

pytestmark = on_each_registry()


def rejection(raw: bytes = b"raw", *, reason: str = "unknown_sensor", gateway: str = "gw") -> Rejection:
    return Rejection(gateway, reason, "sensor x is not in the city file", raw, 1)


class DeadLetterBox:
    """Dead letters on a real database."""

    def __init__(
        self, folder: Path, max_bytes: int, *, gateway_bytes: int | None = None, known: Sequence[str] = ()
    ) -> None:
        self.database = Database(registry_in(folder))
        self.dead_letters = DeadLetters(
            self.database, max_bytes=max_bytes, gateway_bytes=gateway_bytes, known_gateways=lambda: known
        )

    async def __aenter__(self) -> "DeadLetterBox":
        await self.database.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.database.close()

    async def write(self, rejections: Sequence[Rejection], *, now_ms: int = 5) -> KeptRejections:
        kept = await self.database.run(
            lambda connection: self.dead_letters.write(connection, rejections, now_ms=now_ms)
        )
        self.dead_letters.apply(kept)
        return kept

    async def discard(self, wanted: DeadLetterFilter, *, dead_letter_id: int | None = None, most: int = 1) -> int:
        return await self.dead_letters.discard(
            wanted, dead_letter_id=dead_letter_id, most=most, actor=Actor("ani"), reason="a test", now_ms=9
        )


async def test_a_letter_keeps_the_raw_form_the_reason_the_sentence_and_the_time(tmp_path: Path):
    async with DeadLetterBox(tmp_path, 2**20) as box:
        await box.write([rejection(b"\x00\xff")], now_ms=7)
        (letter,) = await box.dead_letters.page()
        assert (letter.raw, letter.reason, letter.gateway, letter.time_ms, letter.count) == (
            b"\x00\xff", "unknown_sensor", "gw", 7, 1
        )  # fmt: skip
        assert letter.sentence == "sensor x is not in the city file"
        assert letter.replayed_ms is None


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


ONE = ROW_BYTES + len(b"1") + len("sensor x is not in the city file")
"""The size of one of these letters."""


async def test_beyond_its_quota_a_gateway_s_letters_are_counted_and_not_kept_and_others_keep_theirs(tmp_path: Path):
    async with DeadLetterBox(tmp_path, 100 * ONE, gateway_bytes=2 * ONE, known=("gw", "gw-b")) as box:
        kept = await box.write([rejection(str(number).encode()) for number in range(9)], now_ms=7)
        assert [one.raw for one in kept.discarded] == [b"2", b"3", b"4", b"5", b"6", b"7", b"8"]
        assert not (await box.write([rejection(b"1", gateway="gw-b"), rejection(b"1")])).discarded
        assert [(each.gateway, each.raw, each.count) for each in await box.dead_letters.page()] == [
            ("gw-b", b"1", 1), ("gw", b"1", 2), ("gw", b"0", 1)
        ]  # fmt: skip
        await box.write([rejection(b"9")], now_ms=9)
        assert await box.dead_letters.discarded() == [Discarded("gw", "unknown_sensor", 8, 8, 7, 9)]
        assert await box.dead_letters.discarded(gateways={"gw-b"}) == []


async def test_gateways_that_nobody_enrolled_share_one_quota(tmp_path: Path):
    async with DeadLetterBox(tmp_path, 100 * ONE, gateway_bytes=2 * ONE, known=("gw",)) as box:
        kept = await box.write([rejection(b"1", gateway=f"stranger-{number}") for number in range(5)])
        assert len(kept.discarded) == 3
        assert [(row.gateway, row.readings) for row in await box.dead_letters.discarded()] == [("", 3)]
        assert not (await box.write([rejection(b"1")])).discarded
        assert "gateways that the registry does not know" in box.dead_letters.component().detail


async def test_health_is_degraded_until_there_is_really_room_and_says_whose(tmp_path: Path):
    async with DeadLetterBox(tmp_path, 2**24, gateway_bytes=20 * ONE, known=("gw", "gw-b")) as box:
        await box.write([rejection(str(number)[-1:].encode(), reason=f"r{number}") for number in range(30)])
        component = box.dead_letters.component()
        assert component.status is Condition.DEGRADED
        assert "gateway gw: 0.0104 MB of 0.0104 MB, 10 refused readings not kept" in component.detail
        await box.write([rejection(b"1", gateway="gw-b")])
        assert box.dead_letters.component().status is Condition.DEGRADED
        assert (await box.discard(DeadLetterFilter(gateway="gw"), most=1)) == 1
        assert box.dead_letters.component().status is Condition.DEGRADED
        assert (await box.discard(DeadLetterFilter(gateway="gw"), most=5)) == 5
        assert box.dead_letters.component().status is Condition.OK


async def test_after_a_restart_health_knows_who_has_no_room(tmp_path: Path):
    async with DeadLetterBox(tmp_path, 2**24, gateway_bytes=2 * ONE, known=("gw",)) as box:
        await box.write([rejection(b"1"), rejection(b"2")])
    async with DeadLetterBox(tmp_path, 2**24, gateway_bytes=2 * ONE, known=("gw",)) as box:
        await box.database.run(box.dead_letters.load)
        assert box.dead_letters.component().status is Condition.DEGRADED


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


async def test_replayed_letters_make_room_for_new_ones(tmp_path: Path):
    async with DeadLetterBox(tmp_path, 2 * (ROW_BYTES + 100)) as box:
        await box.write([rejection(b"1"), rejection(b"2")])
        oldest = (await box.dead_letters.page())[-1]
        await box.dead_letters.record_replay(oldest.id, closed=True, actor=Actor("ani"), outcome="stored", now_ms=9)
        await box.write([rejection(b"3")])
        assert [letter.raw for letter in await box.dead_letters.page()] == [b"3", b"2"]
