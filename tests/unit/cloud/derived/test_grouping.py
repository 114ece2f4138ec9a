"""What comes in one turn of the event loop is done at once, and what fails so is done apart."""

import asyncio
from collections.abc import Sequence

import pytest

from cloud.derived.grouping import Grouping, together


class _Server:
    """Gives ten times each item, and fails for a group with one that is `bad`."""

    def __init__(self, bad: dict[int, type[Exception]]) -> None:
        self.bad, self.groups = bad, list[list[int]]()
        self.grouping = Grouping(self._act, most=3, away=(OSError,))

    async def _act(self, items: Sequence[int]) -> list[int]:
        self.groups.append(list(items))
        for item in items:
            if item in self.bad:
                raise self.bad[item](item)
        return [10 * item for item in items]

    async def outcomes(self, items: Sequence[int]) -> list[object]:
        found = await asyncio.gather(*map(self.grouping.add, items), return_exceptions=True)
        return [type(each) if isinstance(each, Exception) else each for each in found]


async def test_items_of_one_turn_are_done_at_once_so_many_at_a_time():
    server = _Server({})
    assert await server.outcomes([1, 2, 3, 4]) == [10, 20, 30, 40]
    assert server.groups == [[1, 2, 3], [4]]
    assert await server.outcomes([5]) == [50]


@pytest.mark.parametrize("error", [OSError, ValueError])
async def test_an_item_that_always_fails_stops_no_other(error: type[Exception]):
    server = _Server({2: error})
    assert await server.outcomes([1, 2, 3]) == [10, error, 30]
    assert server.groups == [[1, 2, 3], [1], [2], [3]]


async def test_a_first_item_that_fails_by_itself_stops_no_other():
    assert await _Server({1: ValueError}).outcomes([1, 2]) == [ValueError, 20]


async def test_a_server_that_is_away_is_tried_twice_for_all():
    server = _Server({1: OSError, 2: OSError})
    assert await server.outcomes([1, 2]) == [OSError, OSError]
    assert server.groups == [[1, 2], [1]]


async def test_all_work_is_over_when_the_first_error_is_raised():
    done: list[int] = []

    async def work(number: int) -> int:
        await asyncio.sleep(0)
        if number == 1:
            raise ZeroDivisionError
        await asyncio.sleep(0)
        done.append(number)
        return number

    with pytest.raises(ZeroDivisionError):
        await together(map(work, (1, 2, 3)))
    assert done == [2, 3]
    assert await together(map(work, (2, 3))) == [2, 3]
