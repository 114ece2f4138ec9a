import asyncio

import pytest

from runtime.backoff import Backoff, doubled_s, retry


@pytest.mark.parametrize(
    ("attempt", "wait_s"), [(-1, 0.5), (0, 0.5), (1, 0.5), (2, 1), (4, 4), (5, 8), (6, 8), (10**9, 8)]
)
def test_a_wait_is_twice_as_long_each_time_up_to_the_longest(attempt, wait_s):
    assert doubled_s(attempt, first_s=0.5, longest_s=8.0) == wait_s
    assert Backoff(first_s=0.5, longest_s=8.0).after(attempt) == wait_s


def test_waits_are_spread_between_the_bounds_that_are_given():
    backoff = Backoff(first_s=1.0, longest_s=8.0, spread=(0.5, 1.5))
    waits = {backoff.after(2) for _ in range(100)}
    assert len(waits) > 50
    assert all(1.0 <= wait_s <= 3.0 for wait_s in waits)


class Work:
    """Fails as often as it is told, then gives its outcome."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.slept: list[float] = []
        self.told: list[object] = []

    async def do(self) -> str:
        if self.errors:
            raise self.errors.pop(0)
        return "done"

    async def sleep(self, pause_s: float) -> None:
        self.slept.append(pause_s)

    async def retried(self) -> str:
        return await retry(
            self.do,
            passing=(OSError, TimeoutError),
            wait_s=Backoff(first_s=0.5, longest_s=1.5).wait_s,
            on_failure=lambda error: self.told.append(str(error)),
            sleep=self.sleep,
        )


async def test_what_passes_is_waited_out_and_each_failure_is_told():
    work = Work(OSError("away"), TimeoutError("slow"), OSError("away"))
    assert await work.retried() == "done"
    assert work.slept == [0.5, 1.0, 1.5]
    assert work.told == ["away", "slow", "away"]


async def test_what_does_not_pass_is_raised_at_once():
    work = Work(OSError("away"), KeyError("our bug"))
    with pytest.raises(KeyError):
        await work.retried()
    assert work.slept == [0.5]


async def test_the_wait_may_depend_on_the_error():
    work = Work(OSError("away"), TimeoutError("ask again later"))
    await retry(
        work.do,
        passing=(OSError,),
        wait_s=lambda error, failures: 30.0 if isinstance(error, TimeoutError) else float(failures),
        on_failure=work.told.append,
        sleep=work.sleep,
    )
    assert work.slept == [1.0, 30.0]


async def test_a_task_that_waits_can_be_cancelled():
    work = Work(OSError("away"))
    task = asyncio.create_task(
        retry(work.do, passing=(OSError,), wait_s=lambda *_: 3_600.0, on_failure=work.told.append)
    )
    while not work.told:
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_sleep_that_raises_ends_it():
    async def ends(_pause_s: float) -> None:
        raise RuntimeError("stop")

    work = Work(OSError("away"))
    with pytest.raises(RuntimeError, match="stop"):
        await retry(work.do, passing=(OSError,), wait_s=lambda *_: 0.0, on_failure=work.told.append, sleep=ends)
