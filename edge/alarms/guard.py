"""The guard: a small process that holds relays and lines of chips, and drops them when nobody renews them.

agent ─stdin─► {"id":7,"output":"horn","on":true,"for_s":15}        {"id":7,"on":true,"problem":""} ─stdout─► agent
on ─► renewed ─► renewed ─► for_s passes, or stdin ends since the agent is no more, however it was killed ─► off

It is no part of the agent's process, so that SIGKILL of the agent, or an agent that hangs, switches off what is on. It
obeys no SIGTERM: a stop ends the agent, and by that the guard.
"""

import contextlib
import json
import os
import select
import signal
import sys
import time
from collections.abc import Callable
from typing import Any, Protocol

from edge.alarms.serial_relay import SerialPort, SerialRelay
from edge.gpio.output_line import GpioLine

LONGEST_REQUEST = 4_096
LONGEST_HOLD_S = 60.0
AGAIN_S = 1.0
"""Between attempts to switch off what does not obey."""
GIVEN_UP_S = 300.0
"""So long a guard without its agent goes on trying to."""


class Switch(Protocol):
    """What can be switched; each raises OSError where it cannot."""

    def set(self, *, on: bool) -> None:
        """Switch it."""

    def is_on(self) -> bool | None:
        """How it stands; None where it does not say."""

    def close(self) -> None:
        """Let it go: it is opened anew."""


class OutputGuard:
    """Holds `switches` (opened when they are needed, by name) for as long as they are renewed; pure but for these."""

    def __init__(self, switches: dict[str, Callable[[], Switch]]) -> None:
        self._makers = switches
        self._open: dict[str, Switch] = {}
        self._due_s = dict.fromkeys(switches, 0.0)
        """When each is to be switched off; at the start all are, for nobody knows how they stand."""

    def answer(self, line: bytes, *, now_s: float) -> bytes:
        """Do what a request says."""
        try:
            asked = json.loads(line)
            number, output, on = int(asked["id"]), str(asked["output"]), asked["on"] is True
            for_s = min(LONGEST_HOLD_S, max(0.0, float(asked.get("for_s", 0.0))))
        except (ValueError, TypeError, KeyError, RecursionError):
            return b'{"id":0,"on":null,"problem":"the request does not parse"}\n'
        stands, problem = self._switch(output, on=on, off_s=now_s + for_s)
        return json.dumps({"id": number, "on": stands, "problem": problem}).encode() + b"\n"

    def drop_due(self, *, now_s: float) -> float | None:
        """Switch off what was not renewed; when to be called again, None: when something is asked."""
        for output, due_s in list(self._due_s.items()):
            if due_s <= now_s:
                _, problem = self._switch(output, on=False, off_s=now_s)
                if problem:
                    self._due_s[output] = now_s + AGAIN_S
        return min(self._due_s.values(), default=None)

    def drop_all(self, *, now_s: float) -> bool:
        """The agent is gone: switch all off; whether all is."""
        self._due_s |= dict.fromkeys(self._due_s, now_s)
        self.drop_due(now_s=now_s)
        return not self._due_s

    def _switch(self, output: str, *, on: bool, off_s: float) -> tuple[bool | None, str]:
        """Switch one, and see how it stands."""
        if output not in self._makers:
            return None, f"there is no output {output[:64]!r} here"
        try:
            if output not in self._open:
                self._open[output] = self._makers[output]()
            if on:
                self._due_s[output] = off_s  # before: of what fails halfway nobody knows how it stands
            self._open[output].set(on=on)
            stands = self._open[output].is_on()
        except OSError as error:
            self._due_s.setdefault(output, off_s)
            self._let_go(output)
            return None, str(error)[:300] or type(error).__name__
        if not on:
            self._due_s.pop(output, None)
        if stands is not None and stands is not on:
            return stands, f"it was switched {_word(on)} and stands {_word(stands)}"
        return stands, ""

    def _let_go(self, output: str) -> None:
        """What failed may have been unplugged, and comes back as another: it is opened anew at the next word."""
        switch = self._open.pop(output, None)
        if switch is not None:
            with contextlib.suppress(OSError):
                switch.close()


def _word(on: bool) -> str:
    return "on" if on else "off"


def switches_of(wiring: dict[str, Any]) -> dict[str, Callable[[], Switch]]:
    """What the agent says of the wiring: of each output a "chip" and its "line", or a "port" and the "frames"."""
    ports: dict[str, SerialPort] = {}

    def maker(given: dict[str, Any]) -> Callable[[], Switch]:
        if "chip" in given:
            return lambda: GpioLine(given["chip"], given["line"], active_low=given["active_low"])
        port = ports.setdefault(given["port"], SerialPort(given["port"], given["baud"]))
        return lambda: SerialRelay(port, given["frames"])

    return {name: maker(given) for name, given in wiring["outputs"].items()}


def serve(guard: OutputGuard, asked: int, answers: int) -> None:
    """Serve the agent at the other ends of two pipes until it is gone, and switch all off."""
    waiting = b""
    while True:
        due_s = guard.drop_due(now_s=time.monotonic())
        timeout_s = None if due_s is None else max(0.0, due_s - time.monotonic())
        if not select.select([asked], [], [], timeout_s)[0]:
            continue
        got = os.read(asked, LONGEST_REQUEST)
        if not got:
            break
        *lines, waiting = (waiting + got).split(b"\n")
        for line in lines:
            said = guard.answer(line, now_s=time.monotonic())
            with contextlib.suppress(OSError):  # the agent is gone: the next read says so
                os.write(answers, said)
        waiting = waiting[-LONGEST_REQUEST:]
    end_s = time.monotonic() + GIVEN_UP_S
    while not guard.drop_all(now_s=time.monotonic()) and time.monotonic() < end_s:
        time.sleep(AGAIN_S)


def main() -> None:
    """Run until the agent is gone."""
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGPIPE):
        signal.signal(number, signal.SIG_IGN)
    serve(OutputGuard(switches_of(json.loads(sys.argv[1]))), sys.stdin.fileno(), sys.stdout.fileno())


if __name__ == "__main__":
    main()
