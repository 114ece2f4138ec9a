"""Work on a store that is done again and again: why it does not go on, in one sentence, until a try succeeds.

attempt(work) ─► done ─► ""     store away ─► "rollups wait: InfluxDB at … cannot be reached"
                                our fault  ─► "making rollups failed with KeyError; …", and its traceback in the log
"""

import logging
from collections.abc import Awaitable, Callable

from cloud.readings.contract import StoreUnavailable
from i18n.message import LocalizedMessage, sentence_of

_log = logging.getLogger(__name__)

Saying = Callable[[str], LocalizedMessage]


class RepeatedWork:
    """Tries; `waits` says why the store is away (None: nobody needs to hear it), `fails` which error of ours it was."""

    def __init__(self, *, waits: Saying | None, fails: Saying) -> None:
        self._waits, self._fails = waits, fails
        self.problem: str = ""
        """Why the newest try did not succeed."""

    async def attempt(self, work: Callable[[], Awaitable[None]]) -> None:
        """Do it once, and note what came of it."""
        try:
            await work()
        except StoreUnavailable as error:
            self._note("" if self._waits is None else self._waits(sentence_of(error)))
        except Exception as error:
            said = self._fails(type(error).__name__)
            _log.exception("%s", said)
            self.problem = said
        else:
            self._note("")

    def _note(self, problem: str) -> None:
        if problem and problem != self.problem:
            _log.warning("%s", problem)
        self.problem = problem
