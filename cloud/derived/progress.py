"""How far computing has come: the present hour and the past are two figures.

indices: 96 % of the last two days, present hour up to date            the present hour behind: degraded
"""

import math
import time
from collections.abc import Callable

from i18n.message import LocalizedMessage

BEHIND_S = 60.0
"""The present hour is behind when nothing of it was computed for so long."""
PAST_BEHIND_S = 900.0
"""The past is behind when some of it has waited for so long."""


class Progress:
    """Notes what was computed when; `clock` is monotonic, in s."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._present_s = clock()
        self._past_done_s = clock()
        self._has_present = False
        self._looked_back = 0
        self._past = 0

    def look_back(self, hours: int) -> None:
        """A start looks back on so many hours of series."""
        self._looked_back = hours
        self.record_past(hours)

    def record_present(self) -> None:
        """All that was due of the present hour is computed."""
        self._present_s, self._has_present = self._clock(), True

    def record_past(self, waiting: int) -> None:
        """Of the past so many hours of series still wait."""
        self._past = waiting
        if not waiting:
            self._past_done_s = self._clock()

    @property
    def is_behind(self) -> bool:
        """Whether somebody should look: the present hour is not computed, or the past has waited for long."""
        return self._present_is_behind or (self._past > 0 and self._clock() - self._past_done_s > PAST_BEHIND_S)

    @property
    def in_words(self) -> LocalizedMessage:
        """How far it has come, present and past."""
        return LocalizedMessage(
            "indices: {percent} of the last two days, present hour {present}",
            percent=f"{self._percent} %", present=self._present,
        )  # fmt: skip

    @property
    def _percent(self) -> int:
        """How much of a start's two days is done, in %: 100 only when all is."""
        return 100 - math.ceil(100 * self._past / self._looked_back) if self._past else 100

    @property
    def _present(self) -> LocalizedMessage:
        if self._present_is_behind:
            return LocalizedMessage("{seconds:.0f} s behind", seconds=self._clock() - self._present_s)
        return LocalizedMessage("up to date") if self._has_present else LocalizedMessage("not computed yet")

    @property
    def _present_is_behind(self) -> bool:
        return self._clock() - self._present_s > BEHIND_S
