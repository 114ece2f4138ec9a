import asyncio
from functools import partial

import pytest

from cloud.console.pages.thresholds.preview_turns import MOST_AT_ONCE, PreviewTurns


async def test_of_those_who_wait_only_the_newest_runs():
    turns, began, go_on = PreviewTurns(), list[int](), asyncio.Event()

    async def work(number: int) -> int:
        began.append(number)
        await go_on.wait()
        return number

    tasks = [asyncio.create_task(turns.run("ani", partial(work, number))) for number in range(4)]
    await asyncio.sleep(0)
    go_on.set()
    assert await asyncio.gather(*tasks) in ([0, None, None, 3], [None, None, None, 3])
    assert set(began) <= {0, 3}
    assert await turns.run("ani", lambda: work(7)) == 7


async def test_few_run_at_once_whoever_asks():
    turns, running, most = PreviewTurns(), 0, 0

    async def work() -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0)
        running -= 1

    await asyncio.gather(*(turns.run(f"person {number}", work) for number in range(9)))
    assert most == MOST_AT_ONCE


async def test_one_that_fails_leaves_the_next_its_turn():
    turns = PreviewTurns()

    async def fail() -> None:
        raise ValueError("broken")

    async def work() -> str:
        return "done"

    with pytest.raises(ValueError, match="broken"):
        await turns.run("ani", fail)
    assert await turns.run("ani", work) == "done"
