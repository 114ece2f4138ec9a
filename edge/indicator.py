"""A lamp and a file for whoever stands before the box:  1 flash well · 2 waiting · 3 refused · all the time trouble

/sys/class/leds/NAME   ▁█▁▁▁▁▁▁▁▁ well   ▁█▁█▁▁▁▁▁▁ waiting   ▁█▁█▁█▁▁▁▁ refused   ▁█▁█▁█▁█▁█ trouble       every 2 s
a file                 "waiting\\nno connection to the cloud: …\\n", written where it changed, its time anew each 30 s

The agent itself switches the lamp, and no trigger of the kernel: one that does not flash means that no agent runs, or
that it hangs, however it ended. A lamp or a file that cannot be written costs itself alone, and is tried again.
"""

import asyncio
import contextlib
import logging
import os
from collections.abc import Awaitable, Callable
from pathlib import Path

from edge.control.condition import GatewayCondition, GatewayVerdict
from edge.control.requests import RunningAgent
from edge.control.status import snapshot_of
from edge.indicator_settings import LEDS, IndicatorSettings

_log = logging.getLogger(__name__)

LOOK_EVERY_S = 5.0
FRESH_EVERY_S = 30.0
PATTERNS = {
    # seconds on, off, on, off, …
    GatewayCondition.WELL: (0.1, 1.9),
    GatewayCondition.WAITING: (0.1, 0.2, 0.1, 1.6),
    GatewayCondition.REFUSED: (0.1, 0.2, 0.1, 0.2, 0.1, 1.3),
    GatewayCondition.TROUBLE: (0.1, 0.1) * 10,
}


class Indicator:
    """Shows what `judge` says of the gateway, until it is cancelled; then the lamp is dark and the file gone."""

    def __init__(
        self, settings: IndicatorSettings, judge: Callable[[], Awaitable[GatewayVerdict]], *, leds: Path = LEDS
    ) -> None:
        self._led = None if settings.led is None else leds / settings.led
        self._file = settings.file
        self._judge = judge
        self._condition = GatewayCondition.WAITING
        self._written = ""
        self._loop = asyncio.get_running_loop()
        self._fresh_s = float("-inf")
        self._problem = ""

    async def run(self) -> None:
        """Look, and flash, until cancelled."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._follow())
                if self._led is not None:
                    group.create_task(self._flash(self._led))
        finally:
            self._end()

    async def _follow(self) -> None:
        while True:
            try:
                verdict = await self._judge()
            except Exception:  # a lamp ends no agent
                _log.exception("the lamp and its file stay as they are")
            else:
                self._condition = verdict.condition
                if self._file is not None:
                    self._tell(self._file, "".join(f"{line}\n" for line in (verdict.condition, *verdict.reasons)))
            await asyncio.sleep(LOOK_EVERY_S)

    async def _flash(self, led: Path) -> None:
        while True:
            try:
                (led / "trigger").write_text("none", encoding="ascii")  # the kernel's own use of the lamp ends
                brightest = (led / "max_brightness").read_text(encoding="ascii").strip() or "1"
                while True:
                    for step, seconds in enumerate(PATTERNS[self._condition]):
                        (led / "brightness").write_text("0" if step % 2 else brightest, encoding="ascii")
                        await asyncio.sleep(seconds)
                    self._say("")
            except OSError as error:
                self._say(f"the lamp {led} cannot be switched: {error.strerror}; docs/edge.md has the udev rule for it")
                await asyncio.sleep(FRESH_EVERY_S)

    def _tell(self, file: Path, text: str) -> None:
        try:
            if text != self._written:
                fresh = file.with_name(file.name + ".new")
                fresh.write_text(text, encoding="utf-8")
                fresh.replace(file)
                self._written = text
            elif self._loop.time() - self._fresh_s >= FRESH_EVERY_S:
                os.utime(file)
            else:
                return
            self._fresh_s = self._loop.time()
        except OSError as error:
            self._written = ""
            self._say(f"{file} cannot be written: {error.strerror}; name another file under [indicator]")

    def _end(self) -> None:
        with contextlib.suppress(OSError):
            if self._led is not None:
                (self._led / "brightness").write_text("0", encoding="ascii")
        with contextlib.suppress(OSError):
            if self._file is not None:
                self._file.unlink()

    def _say(self, problem: str) -> None:
        if problem and problem != self._problem:
            _log.warning("%s", problem)
        self._problem = problem


async def judged(agent: RunningAgent) -> GatewayVerdict:
    """How the gateway is doing now."""
    return GatewayVerdict(await snapshot_of(agent))
