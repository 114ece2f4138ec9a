"""Trying again, each wait twice as long as the one before it: 0.5 s, 1 s, 2 s, 4 s … up to the longest.

    pauses = Backoff(first_s=0.5, longest_s=8.0)
    rows = await retry(read, passing=(DatabaseUnavailable,), wait_s=pauses.wait_s, on_failure=log)

A failure that is not `passing` is raised at once. The waits are those of the event loop, whose clock is monotonic, and
end when the task that waits is cancelled.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import NamedTuple, TypeVar

_MOST_DOUBLINGS = 32
"""A float is exact far beyond, and every longest wait is reached long before."""
_T = TypeVar("_T")


def doubled_s(attempt: int, *, first_s: float, longest_s: float) -> float:
    """The wait after `attempt` failures in a row (from 1), in seconds: twice as long each time."""
    return min(first_s * 2.0 ** min(max(attempt, 1) - 1, _MOST_DOUBLINGS), longest_s)


class Backoff(NamedTuple):
    """How long to wait; with a `spread` such as (0.5, 1.0), so that not all who failed together come back together."""

    first_s: float
    longest_s: float
    spread: tuple[float, float] = (1.0, 1.0)

    def after(self, failures: int) -> float:
        """The wait after so many failures in a row, in seconds."""
        doubled = doubled_s(failures, first_s=self.first_s, longest_s=self.longest_s)
        return doubled * random.uniform(*self.spread)  # noqa: S311 - jitter, not a secret

    def wait_s(self, _error: Exception, failures: int) -> float:
        """The same for `retry`: how long to wait does not depend on the error."""
        return self.after(failures)


async def retry(
    work: Callable[[], Awaitable[_T]],
    *,
    passing: tuple[type[Exception], ...],
    wait_s: Callable[[Exception, int], float],
    on_failure: Callable[[Exception], object],
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
) -> _T:
    """Do `work` as often as it takes, and give its outcome.

    After each failure that is `passing`, `on_failure` gets the error, and `wait_s` the error and the number of failures
    in a row. `sleep` may raise, to end it all.
    """
    failures = 0
    while True:
        try:
            return await work()
        except passing as error:
            failures += 1
            on_failure(error)
            pause_s = wait_s(error, failures)
        await sleep(pause_s)
