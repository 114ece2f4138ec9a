"""The dead letters."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest

from cloud.core.health import Condition
from cloud.database.audit_log import Actor, read_entries
from cloud.database.engine import Database
from cloud.ingest.dead_letters import ROW_BYTES, DeadLetters, Discarded, Kept, Rejection, Wanted
from tests.registries import on_each_registry, registry_in

pytestmark = on_each_registry()


def refusal(raw: bytes = b"raw", *, reason: str = "unknown_sensor", gateway: str = "gw") -> Rejection:
    return Rejection(gateway, reason, "sensor x is not in the city file", raw, 1)


class Post:
    """Dead letters on a real database."""

    def __init__(
        self, folder: Path, max_bytes: int, *, gateway_bytes: int | None = None, known: Sequence[str] = ()
    ) -> None:
        self.database = Database(registry_in(folder))
        self.letters = DeadLetters(self.database, max_bytes=max_bytes, gateway_bytes=gateway_bytes, known=lambda: known)

    async def __aenter__(self) -> "Post":
        await self.database.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.database.close()

    async def write(self, refusals: Sequence[Rejection], *, now_ms: int = 5) -> Kept:
        kept = await self.database.run(lambda connection: self.letters.write(connection, refusals, now_ms=now_ms))
        self.letters.accept(kept)
        return kept

    async def discard(self, wanted: Wanted, *, letter_id: int | None = None, most: int = 1) -> int:
        return await self.letters.discard(
            wanted, letter_id=letter_id, most=most, by=Actor("ani"), word="a test", now_ms=9
        )


def test_a_letter_keeps_the_raw_form_the_reason_the_sentence_and_the_time(tmp_path: Path):
    async def scenario() -> None:
        async with Post(tmp_path, 2**20) as post:
            await post.write([refusal(b"\x00\xff")], now_ms=7)
            (letter,) = await post.letters.page()
            assert (letter.raw, letter.reason, letter.gateway, letter.time_ms, letter.count) == (
                b"\x00\xff", "unknown_sensor", "gw", 7, 1
            )  # fmt: skip
            assert letter.sentence == "sensor x is not in the city file"
            assert letter.replayed_ms is None

    asyncio.run(scenario())


def test_the_same_letter_again_raises_its_count_and_makes_no_row(tmp_path: Path):
    async def scenario() -> None:
        async with Post(tmp_path, 2**20) as post:
            await post.write([refusal(), refusal()])
            await post.write([refusal(), refusal(gateway="gw-b"), refusal(reason="fault")])
            assert sorted(letter.count for letter in await post.letters.page()) == [1, 1, 3]

    asyncio.run(scenario())


def test_pages_go_from_the_newest_to_the_oldest(tmp_path: Path):
    async def scenario() -> None:
        async with Post(tmp_path, 2**20) as post:
            await post.write([refusal(str(number).encode()) for number in range(5)])
            first = await post.letters.page(limit=2)
            second = await post.letters.page(limit=9, before_id=first[-1].id)
            assert [letter.raw for letter in first + second] == [b"4", b"3", b"2", b"1", b"0"]

    asyncio.run(scenario())


def test_a_replayed_letter_is_open_no_more_until_it_comes_again(tmp_path: Path):
    async def scenario() -> None:
        async with Post(tmp_path, 2**20) as post:
            await post.write([refusal()])
            (letter,) = await post.letters.page()
            await post.letters.note_replay(letter.id, closed=True, by=Actor("ani"), said="stored", now_ms=9)
            assert (await post.letters.letter(letter.id)).replayed_ms == 9
            assert await post.letters.count() == 0
            await post.write([refusal()])
            assert await post.letters.count() == 1

    asyncio.run(scenario())


def test_a_letter_that_is_not_there_is_a_lookup_error(tmp_path: Path):
    async def scenario() -> None:
        async with Post(tmp_path, 2**20) as post:
            with pytest.raises(LookupError, match="no dead letter 9"):
                await post.letters.letter(9)

    asyncio.run(scenario())


ONE = ROW_BYTES + len(b"1") + len("sensor x is not in the city file")
"""The size of one of these letters."""


def test_beyond_its_quota_a_gateway_s_letters_are_counted_and_not_kept_and_others_keep_theirs(tmp_path: Path):
    async def scenario() -> None:
        async with Post(tmp_path, 100 * ONE, gateway_bytes=2 * ONE, known=("gw", "gw-b")) as post:
            kept = await post.write([refusal(str(number).encode()) for number in range(9)], now_ms=7)
            assert [one.raw for one in kept.discarded] == [b"2", b"3", b"4", b"5", b"6", b"7", b"8"]
            assert not (await post.write([refusal(b"1", gateway="gw-b"), refusal(b"1")])).discarded
            assert [(each.gateway, each.raw, each.count) for each in await post.letters.page()] == [
                ("gw-b", b"1", 1), ("gw", b"1", 2), ("gw", b"0", 1)
            ]  # fmt: skip
            await post.write([refusal(b"9")], now_ms=9)
            assert await post.letters.discarded() == [Discarded("gw", "unknown_sensor", 8, 8, 7, 9)]
            assert await post.letters.discarded(gateways={"gw-b"}) == []

    asyncio.run(scenario())


def test_gateways_that_nobody_enrolled_share_one_quota(tmp_path: Path):
    async def scenario() -> None:
        async with Post(tmp_path, 100 * ONE, gateway_bytes=2 * ONE, known=("gw",)) as post:
            kept = await post.write([refusal(b"1", gateway=f"stranger-{number}") for number in range(5)])
            assert len(kept.discarded) == 3
            assert [(row.gateway, row.readings) for row in await post.letters.discarded()] == [("", 3)]
            assert not (await post.write([refusal(b"1")])).discarded
            assert "gateways that the registry does not know" in post.letters.component().detail

    asyncio.run(scenario())


def test_health_is_degraded_until_there_is_really_room_and_says_whose(tmp_path: Path):
    async def scenario() -> None:
        async with Post(tmp_path, 2**24, gateway_bytes=20 * ONE, known=("gw", "gw-b")) as post:
            await post.write([refusal(str(number)[-1:].encode(), reason=f"r{number}") for number in range(30)])
            component = post.letters.component()
            assert component.status is Condition.DEGRADED
            assert "gateway gw: 0.0104 MB of 0.0104 MB, 10 refused readings not kept" in component.detail
            await post.write([refusal(b"1", gateway="gw-b")])
            assert post.letters.component().status is Condition.DEGRADED
            assert (await post.discard(Wanted(gateway="gw"), most=1)) == 1
            assert post.letters.component().status is Condition.DEGRADED
            assert (await post.discard(Wanted(gateway="gw"), most=5)) == 5
            assert post.letters.component().status is Condition.OK

    asyncio.run(scenario())


def test_after_a_restart_health_knows_who_has_no_room(tmp_path: Path):
    async def scenario() -> None:
        async with Post(tmp_path, 2**24, gateway_bytes=2 * ONE, known=("gw",)) as post:
            await post.write([refusal(b"1"), refusal(b"2")])
        async with Post(tmp_path, 2**24, gateway_bytes=2 * ONE, known=("gw",)) as post:
            await post.database.run(post.letters.load)
            assert post.letters.component().status is Condition.DEGRADED

    asyncio.run(scenario())


def test_letters_are_discarded_by_gateway_and_reason_and_the_journal_says_why(tmp_path: Path):
    async def scenario() -> None:
        async with Post(tmp_path, 2**20) as post:
            await post.write([refusal(b"1"), refusal(b"2", reason="fault"), refusal(b"3", gateway="gw-b")])
            assert await post.discard(Wanted(frozenset({"gw-b"}), gateway="gw"), most=9) == 0
            assert await post.discard(Wanted(gateway="gw", reason="fault"), most=9) == 1
            (left, last) = await post.letters.page()
            assert await post.discard(Wanted(), letter_id=last.id) == 1
            assert [letter.raw for letter in await post.letters.page()] == [left.raw] == [b"3"]
            entries = await post.database.run(read_entries)
            assert [(each.actor, each.action, each.subject, each.word, each.after) for each in entries] == [
                ("ani", "discard", f"dead-letter:{last.id}", "a test", '{"letters":1}'),
                ("ani", "discard", "dead-letters:gw:fault", "a test", '{"letters":1}'),
            ]

    asyncio.run(scenario())


def test_letters_to_be_tried_again_are_found_oldest_first_and_page_by_page(tmp_path: Path):
    async def scenario() -> None:
        async with Post(tmp_path, 2**20) as post:
            await post.write([refusal(str(number).encode()) for number in range(4)])
            ids = await post.letters.open_ids(Wanted(gateway="gw"), after_id=0, limit=3)
            assert [(await post.letters.letter(each)).raw for each in ids] == [b"0", b"1", b"2"]
            await post.letters.note_replay(ids[0], closed=True, by=Actor("ani"), said="stored", now_ms=9)
            assert len(await post.letters.open_ids(Wanted(), after_id=0, limit=9)) == 3
            assert len(await post.letters.open_ids(Wanted(), after_id=ids[2], limit=9)) == 1

    asyncio.run(scenario())


def test_replayed_letters_make_room_for_new_ones(tmp_path: Path):
    async def scenario() -> None:
        async with Post(tmp_path, 2 * (ROW_BYTES + 100)) as post:
            await post.write([refusal(b"1"), refusal(b"2")])
            oldest = (await post.letters.page())[-1]
            await post.letters.note_replay(oldest.id, closed=True, by=Actor("ani"), said="stored", now_ms=9)
            await post.write([refusal(b"3")])
            assert [letter.raw for letter in await post.letters.page()] == [b"3", b"2"]

    asyncio.run(scenario())
