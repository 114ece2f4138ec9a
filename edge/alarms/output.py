"""An output, driven: what it has to do is said again before it forgets it, and what it answers is written down.

changed ─► drive ─► answered: settled("")      on: again each RENEW_S, for HOLD_S each time      off: each CHECK_S
                 └► no answer: settled("why"), and again after RETRY_S

What is on goes off by itself HOLD_S after the last word: a gateway that is killed, or hangs, leaves nothing sounding.
"""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Protocol

from edge.alarms.duty import OFF, OutputDuty

HOLD_S = 15.0
RENEW_S = 5.0
RETRY_S = 3.0
CHECK_S = 600.0
"""How often an output that is off is told so, which shows that it still answers."""


class Line(Protocol):
    """A siren, a relay or a line of a chip."""

    async def drive(self, duty: OutputDuty, *, test: bool) -> str:
        """Do it, for HOLD_S where it is on; why that cannot be, or empty. `test`: answer, and do not sound."""


class OutputDriver:
    """Drives one output; `settled(duty, problem)` is called after each attempt."""

    def __init__(self, name: str, line: Line, settled: Callable[[str, OutputDuty, str, bool], None]) -> None:
        self.name = name
        self.problem = "it was not asked yet"
        self.test_problem = ""
        self._line = line
        self._settled = settled
        self._duty = OFF
        self._changed = asyncio.Event()
        self._test_due = False
        self._asked_to: OutputDuty | None = None

    @property
    def duty(self) -> OutputDuty:
        """What it has to do."""
        return self._duty

    @property
    def is_unsettled(self) -> bool:
        """Whether it has not answered yet for what it has to do now."""
        return self._asked_to != self._duty or self._test_due

    @property
    def test_begun(self) -> bool:
        """Whether it is to be tested as soon as may be."""
        return self._test_due

    def put(self, duty: OutputDuty) -> None:
        """Let it do `duty` from now on."""
        if duty != self._duty:
            self._duty = duty
            self._changed.set()

    def begin_again(self) -> None:
        """It is there again, and may have forgotten all."""
        self._changed.set()

    def test(self) -> None:
        """Test it silently; one that sounds is being tested anyway."""
        self._test_due = True
        self._changed.set()

    async def run(self) -> None:
        """Drive it until cancelled."""
        while True:
            self._changed.clear()
            duty, test = self._duty, self._test_due and not self._duty.on
            if await self._until_changed(self._drive(duty, test=test)):
                continue  # what was asked meanwhile does not wait for an answer
            wait_s = RETRY_S if self.problem else RENEW_S if duty.on else CHECK_S
            await self._until_changed(asyncio.sleep(wait_s))

    async def _drive(self, duty: OutputDuty, *, test: bool) -> None:
        self.problem = await self._line.drive(duty, test=test)
        self._asked_to = duty
        if test:
            self.test_problem = self.problem
        self._test_due = self._test_due and not (test or duty.on)
        self._settled(self.name, duty, self.problem, test)

    async def _until_changed(self, waiting: Coroutine[None, None, None]) -> bool:
        """Do `waiting` to its end, or until something changes; whether that was first."""
        doing, changed = asyncio.ensure_future(waiting), asyncio.ensure_future(self._changed.wait())
        try:
            await asyncio.wait((doing, changed), return_when=asyncio.FIRST_COMPLETED)
            if doing.done():
                doing.result()
            return not doing.done()
        finally:
            for each in (doing, changed):
                each.cancel()
            await asyncio.gather(doing, changed, return_exceptions=True)
