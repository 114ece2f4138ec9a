"""The loop without threads does the work itself, and an error is the awaiter's."""

import asyncio
import threading

import pytest

from demo.history.loop import LoopWithoutThreads


def test_work_is_done_in_the_thread_of_the_loop_and_its_error_is_raised_where_it_is_awaited():
    async def ask() -> int:
        with pytest.raises(ZeroDivisionError):
            await asyncio.to_thread(lambda: 1 // 0)
        return await asyncio.to_thread(threading.get_ident)

    with asyncio.Runner(loop_factory=LoopWithoutThreads) as runner:
        assert runner.run(ask()) == threading.get_ident()
