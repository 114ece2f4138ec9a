"""The agent's end of a guard (guard.py): relays and lines of chips, one guard for each port and each chip.

drive(duty) ─► {"id":7,"output":"horn","on":true,"for_s":15} ─► guard ─► {"id":7,"on":true,"problem":""} ─► "" | why
A guard that died, or hangs and was killed for it, is started again: it switches off first, and is told at once what
should be on.
"""

import asyncio
import contextlib
import json
import logging
import sys
from collections.abc import Callable, Iterable

import msgspec

from edge.alarms.duty import OutputDuty
from edge.alarms.output import HOLD_S
from edge.alarms.relay import lcus, modbus_coil
from edge.output_settings import LCUS_BAUD, GpioOutput, LcusOutput, ModbusOutput, OutputSettings
from runtime.backoff import Backoff

ANSWER_S = 3.0
ENDS_WITHIN_S = 0.8
HANGS_S = 30.0
"""A guard that answers nothing at all for so long switches nothing off either: it is killed, and another started."""
_log = logging.getLogger(__name__)


class GuardedDevice:
    """A port or a chip with all outputs on it; `on_start` is called when its guard runs."""

    def __init__(self, name: str, outputs: dict[str, dict[str, object]], on_start: Callable[[], None]) -> None:
        self.name = name
        self._wiring = json.dumps({"outputs": outputs})
        self._on_start = on_start
        self._process: asyncio.subprocess.Process | None = None
        self._pending: dict[int, asyncio.Future[str]] = {}
        self._number = 0
        self._unheard_since_s: float | None = None

    async def run(self) -> None:
        """Keep a guard running until cancelled; it ends with us."""
        backoff, failed = Backoff(0.2, 10.0, spread=(1.0, 1.0)), 0
        while True:
            try:
                began_s = asyncio.get_running_loop().time()
                await self._run_once()
                failed = 1 if asyncio.get_running_loop().time() - began_s > ANSWER_S else failed + 1
                _log.error("the guard of %s ended; starting another", self.name)
            except OSError as error:
                failed += 1
                _log.error("the guard of %s cannot be started: %s", self.name, error)
            await asyncio.sleep(backoff.after(failed))

    async def switch(self, output: str, *, on: bool) -> str:
        """Switch an output, on for `HOLD_S`; why that cannot be, or empty."""
        process = self._process
        if process is None or process.stdin is None:
            return f"the guard of {self.name} does not run yet"
        self._number = number = self._number + 1
        answered: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._pending[number] = answered
        request = {"id": number, "output": output, "on": on, "for_s": HOLD_S}
        process.stdin.write(json.dumps(request).encode() + b"\n")
        now_s = asyncio.get_running_loop().time
        if self._unheard_since_s is None:
            self._unheard_since_s = now_s()
        try:
            async with asyncio.timeout(ANSWER_S):
                return await answered
        except TimeoutError:
            if self._unheard_since_s is not None and now_s() - self._unheard_since_s >= HANGS_S:
                _log.error("the guard of %s hangs; it is killed", self.name)
                process.kill()
            return f"{self.name} does not answer"
        finally:
            self._pending.pop(number, None)

    async def _run_once(self) -> None:
        self._process = process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "edge.alarms.guard", self._wiring,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, start_new_session=True,
        )  # fmt: skip
        self._unheard_since_s = None
        try:
            self._on_start()
            while process.stdout is not None and (line := await process.stdout.readline()):
                self._apply(line)
        finally:
            self._process = None
            for answered in self._pending.values():
                if not answered.done():
                    answered.set_result(f"the guard of {self.name} has ended")
            if process.stdin is not None:
                process.stdin.close()  # which ends it, once all is off
            with contextlib.suppress(TimeoutError):  # then it goes on trying, without us
                async with asyncio.timeout(ENDS_WITHIN_S):
                    await process.wait()

    def _apply(self, line: bytes) -> None:
        self._unheard_since_s = None
        with contextlib.suppress(ValueError, TypeError, KeyError):
            said = json.loads(line)
            answered = self._pending.get(said["id"])
            if answered is not None and not answered.done():
                answered.set_result(str(said["problem"]))


class GuardedLine:
    """One output on a device with a guard."""

    def __init__(self, device: GuardedDevice, output: str) -> None:
        self._device, self._output = device, output

    async def drive(self, duty: OutputDuty, *, test: bool) -> str:
        """Put it as `duty` says, read back where it can be; a silent test reads back what is off."""
        return await self._device.switch(self._output, on=duty.on and not test)


def devices_of(
    outputs: Iterable[OutputSettings], on_start: Callable[[str], None]
) -> tuple[list[GuardedDevice], dict[str, GuardedLine]]:
    """The devices of those outputs that need a guard, and the lines by output; `on_start` gets each output's name."""
    wiring: dict[str, dict[str, dict[str, object]]] = {}
    for each in outputs:
        match each:
            case GpioOutput():
                given: dict[str, object] = {"chip": each.chip, "line": each.line, "active_low": each.active_low}
                wiring.setdefault(each.chip, {})[each.name] = given
            case LcusOutput():
                given = {"port": each.port, "baud": LCUS_BAUD, "frames": msgspec.to_builtins(lcus(each.channel))}
                wiring.setdefault(each.port, {})[each.name] = given
            case ModbusOutput():
                frames = msgspec.to_builtins(modbus_coil(each.address, each.coil))
                given = {"port": each.port, "baud": each.baud, "frames": frames}
                wiring.setdefault(each.port, {})[each.name] = given
    devices: list[GuardedDevice] = []
    lines: dict[str, GuardedLine] = {}
    for name, on_it in wiring.items():
        device = GuardedDevice(name, on_it, _starter(on_start, list(on_it)))
        devices.append(device)
        lines |= {output: GuardedLine(device, output) for output in on_it}
    return devices, lines


def _starter(on_start: Callable[[str], None], outputs: list[str]) -> Callable[[], None]:
    def started() -> None:
        for output in outputs:
            on_start(output)

    return started
