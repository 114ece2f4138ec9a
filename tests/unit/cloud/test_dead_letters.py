"""The dead letters."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest

from cloud.alarms.journal import Actor
from cloud.dead_letters import ROW_BYTES, DeadLetters, DeadLettersFull, Refusal
from cloud.health import Condition
from cloud.registry.database import Database
from tests.registries import on_each_registry, registry_in

pytestmark = on_each_registry()


def refusal(raw: bytes = b"raw", *, reason: str = "unknown_sensor", gateway: str = "gw") -> Refusal:
    return Refusal(gateway, reason, "sensor x is not in the city file", raw, 1)


class Post:
    """Dead letters on a real database."""

    def __init__(self, folder: Path, max_bytes: int) -> None:
        self.database = Database(registry_in(folder))
        self.letters = DeadLetters(self.database, max_bytes=max_bytes)

    async def __aenter__(self) -> "Post":
        await self.database.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.database.close()

    async def write(self, refusals: Sequence[Refusal], *, now_ms: int = 5) -> None:
        held = await self.database.run(lambda connection: self.letters.write(connection, refusals, now_ms=now_ms))
        self.letters.accept(held)


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


def test_at_the_limit_nothing_of_the_transaction_is_kept_and_health_says_so(tmp_path: Path):
    async def scenario() -> None:
        async with Post(tmp_path, 2 * (ROW_BYTES + 100)) as post:
            await post.write([refusal(b"1")])
            with pytest.raises(DeadLettersFull, match=r"raise dead_letters\.max_mb"):
                await post.write([refusal(b"2"), refusal(b"3")])
            assert [letter.raw for letter in await post.letters.page()] == [b"1"]
            assert post.letters.component().status is Condition.DEGRADED
            await post.write([refusal(b"1"), refusal(b"2")])
            assert post.letters.component().status is Condition.OK

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
