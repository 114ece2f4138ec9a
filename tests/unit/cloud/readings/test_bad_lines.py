"""Finding the bad lines of a write, on a store of the test's own that says what it does with each of them."""

from collections.abc import Callable

import pytest

from cloud.readings.bad_lines import ALIKE, CONFIRM_S, BadLineFinder, BadLines
from cloud.readings.contract import StoreUnavailable

FAULT = "answered 500: engine: index 7 out of range"


class Scene:
    """A store of lines: those that are `bad` fail a whole write, as often as `fails` says."""

    def __init__(self, *bad: bytes, words: Callable[[bytes], str] = lambda _line: FAULT) -> None:
        self.bad, self.words = set(bad), words
        self.refused: set[bytes] = set()
        self.is_up = True
        self.recovers_after: int | None = None
        self.goes_down_after: int | None = None
        self.stored: list[bytes] = []
        self.writes: list[int] = []
        self.taken: list[int] = []
        self.waits: list[float] = []

    def finder(self, lines: list[bytes]) -> BadLineFinder:
        return BadLineFinder(lines, store=self._store, probe=self._probe, sleep=self._sleep)

    async def _store(self, lines: list[bytes]) -> BadLines:
        self.writes.append(len(lines))
        failing = [line for line in lines if line in self.bad]
        if failing or not self.is_up:
            raise StoreUnavailable(self.words(failing[0]) if failing else "starting")
        self.stored += [line for line in lines if line not in self.refused]
        self.taken.append(len(lines))
        return {place: "400: field type conflict" for place, line in enumerate(lines) if line in self.refused}

    async def _probe(self) -> None:
        if not self.is_up:
            raise StoreUnavailable("starting")

    async def _sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        if self.recovers_after is not None and len(self.waits) >= self.recovers_after:
            self.bad.clear()
        if self.goes_down_after is not None and len(self.waits) >= self.goes_down_after:
            self.is_up = False


def lines_of(series: str, count: int) -> list[bytes]:
    return [f"{series} pm10=1 {number}".encode() for number in range(count)]


async def test_one_bad_line_is_found_in_halves_and_all_others_are_stored():
    lines = lines_of("air", 64)
    scene = Scene(lines[37])
    assert await scene.finder(lines).find() == {37: FAULT}
    assert sorted(scene.stored) == sorted(lines[:37] + lines[38:])
    assert len(scene.writes) <= 2 * 6 + 1 + len(CONFIRM_S), "two halves each time, and the last tries"


async def test_lines_are_parted_by_series_first_since_one_is_bad_most_often():
    lines = [line for pair in zip(lines_of("air", 8), lines_of("river", 8), strict=True) for line in pair]
    scene = Scene(*lines[::2])
    assert await scene.finder(lines).find() == dict.fromkeys(range(0, 16, 2), FAULT)
    assert scene.stored == lines[1::2]
    assert scene.taken == [8], "the sound series at once"


async def test_what_the_store_names_by_itself_is_taken_by_its_number_among_all_lines():
    lines = lines_of("air", 3) + lines_of("river", 3)
    scene = Scene(lines[0])
    scene.refused = {lines[4]}
    assert await scene.finder(lines).find() == {0: FAULT, 4: "400: field type conflict"}


async def test_a_line_that_fails_alone_is_tried_again_after_each_wait_before_it_counts_as_bad():
    scene = Scene(b"air pm10=1 0")
    assert await scene.finder([b"air pm10=1 0"]).find() == {0: FAULT}
    assert scene.waits == list(CONFIRM_S)
    assert scene.writes == [1] * (1 + len(CONFIRM_S))


async def test_a_line_that_is_taken_in_the_end_is_not_bad():
    scene = Scene(b"air pm10=1 0")
    scene.recovers_after = 2
    assert await scene.finder([b"air pm10=1 0"]).find() == {}
    assert scene.stored == [b"air pm10=1 0"]


async def test_the_second_line_that_fails_with_the_same_words_is_tried_again_once():
    lines = lines_of("air", 4)
    scene = Scene(lines[0], lines[3], words=lambda line: f"answered 500: index {line[-1]} out of range")
    bad = await scene.finder(lines).find()
    assert bad == {0: "answered 500: index 48 out of range", 3: "answered 500: index 51 out of range"}
    assert scene.waits == [*CONFIRM_S, CONFIRM_S[0]], "numbers in the words make no other failure"


async def test_a_failure_in_other_words_is_looked_at_from_the_start():
    lines = lines_of("air", 2)
    scene = Scene(*lines, words=lambda line: "timed out" if line == lines[1] else FAULT)
    assert await scene.finder(lines).find() == {0: FAULT, 1: "timed out"}
    assert scene.waits == [*CONFIRM_S, *CONFIRM_S]


async def test_after_so_many_that_failed_alike_all_that_fails_so_is_bad_without_another_try():
    lines = lines_of("air", 4 * ALIKE)
    scene = Scene(*lines)
    assert await scene.finder(lines).find() == dict.fromkeys(range(4 * ALIKE), FAULT)
    assert scene.writes.count(1) <= 2 * ALIKE + len(CONFIRM_S)


async def test_while_the_store_takes_nothing_no_line_is_bad():
    scene = Scene()
    scene.is_up = False
    with pytest.raises(StoreUnavailable, match="starting"):
        await scene.finder(lines_of("air", 8)).find()
    assert scene.writes == [8]


async def test_a_store_that_goes_down_while_a_line_is_tried_again_makes_it_no_bad_one():
    scene = Scene(b"air pm10=1 0")
    scene.goes_down_after = 1
    with pytest.raises(StoreUnavailable, match="starting"):
        await scene.finder([b"air pm10=1 0"]).find()
    assert scene.waits == [CONFIRM_S[0]]
