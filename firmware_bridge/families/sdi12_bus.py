"""The master of an SDI-12 bus: whom to ask what, and when, without a clock or a port of its own.

0M! ─► 00013⏎ … 0⏎ ─► 0D0! ─► values ─► 0D1! ─► values        M: the bus is the sensor's until it has them, or said so
0C! ─► 001203⏎  1C! ─► … 12 s ─► 0D0! ─► …                     C: others are started meanwhile

A question without an answer is asked three times, and from the next turn on once: a silent address stops nobody.
"""

from collections import deque
from collections.abc import Mapping, Sequence
from math import inf
from typing import Any

import msgspec

from firmware_bridge.family import Option, Poll
from firmware_bridge.poller import every_s
from i18n.message import LocalizedMessage

_ANSWER_S = 1.5
"""At 1200 baud a line of 80 characters takes 0.7 s; an adapter has its own delays."""
_TRIES = 3
_PATIENCE = 3
_MOST_PAGES = 10
_LATE_S = 1.0
"""A sensor may be so late with its values, or its service request, after the time that it gave."""
ALL = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

MASTER_OPTIONS = (
    Option(
        "command",
        str,
        LocalizedMessage("how values are asked for where values does not say: M, C (others measure too), MC, CC (CRC)"),
        default="M",
        choices=("M", "MC", "C", "CC", "R0", "RC0", *(f"{letter}{n}" for letter in ("M", "MC") for n in range(1, 10))),
    ),
    Option(
        "addresses",
        str,
        LocalizedMessage("addresses that are asked besides those in values; without any, all 62 are looked for once"),
        default="",
        doubt=lambda text: (
            None
            if all(letter in ALL for letter in text)
            else LocalizedMessage("write addresses in a row, such as 01a: 0 to 9, A to Z, a to z")
        ),
    ),
    every_s(30.0),
)


class Reply(msgspec.Struct, frozen=True):
    """A line of a sensor: values, or how soon (s) how many will be there, or who it is, or just that it is there."""

    address: str
    values: tuple[float, ...] = ()
    has_crc: bool = False
    ready_s: int | None = None
    count: int = 0
    identity: str = ""

    def words(self) -> str:
        """What it says besides values."""
        if self.identity:
            return f"address {self.address} is {self.identity}"
        if self.ready_s is not None:
            return f"address {self.address} measures: {self.count} values in {self.ready_s} s"
        return f"address {self.address} answers"


class _Task(msgspec.Struct):
    """One address that is asked for one set of values, or who it is (`command` I); times are monotonic."""

    address: str
    command: str
    send: str = ""
    until_s: float = inf
    ready_s: float = inf
    tries: int = 0
    count: int = 0
    got: int = 0
    page: int = 0

    @property
    def is_alone(self) -> bool:
        """Whether nobody else may be asked until it is through."""
        return not self.command.startswith("C")


class BusMaster:
    """Asks the addresses of one bus in turn; `places` are pairs of address and command."""

    def __init__(self, places: Sequence[tuple[str, str]], chosen: Mapping[str, Any]) -> None:
        self._command: str = chosen["command"]
        self._every_s: float = chosen["every_s"]
        known = {address for address, _ in places}
        more = [(address, self._command) for address in dict.fromkeys(chosen["addresses"]) if address not in known]
        self._places = [*places, *more]
        self._todo = deque(_Task(address, "I") for address in dict.fromkeys(place[0] for place in self._places) or ALL)
        self._waiting: list[_Task] = []
        self._hand: _Task | None = None
        self._turn_s = -inf
        self._now_s = 0.0
        self._missed: dict[str, int] = {}
        self._looks = not self._places
        """Whether it looks for addresses, of which most are nobody's."""

    def is_own(self, text: str) -> bool:
        """Whether this command was sent from here."""
        return self._hand is not None and text == self._hand.send

    def poll(self, now_s: float) -> Poll:
        """What to send at `now_s`."""
        self._now_s = now_s
        hand = self._hand
        if hand is not None:
            if now_s < hand.until_s:
                return Poll(b"", hand.until_s - now_s, self.trouble())
            if hand.send and not self._again(hand):
                self._miss(hand)
            elif not hand.send:
                return self._ask(hand, f"{hand.address}D{hand.page}!")  # its time is over without a service request
            else:
                return self._ask(hand, hand.send)
        return self._next(now_s)

    def _again(self, task: _Task) -> bool:
        is_looked_for = task.command == "I" and self._looks
        most = 1 if is_looked_for or self._missed.get(task.address, 0) >= _PATIENCE else _TRIES
        return task.tries < most

    def _next(self, now_s: float) -> Poll:
        due = min(self._waiting, key=lambda task: task.ready_s, default=None)
        if due is not None and due.ready_s <= now_s:
            self._waiting.remove(due)
            return self._ask(due, f"{due.address}D{due.page}!")
        if not self._todo and not self._waiting and self._places and now_s - self._turn_s >= self._every_s:
            self._turn_s = now_s
            self._todo.extend(_Task(address, command) for address, command in self._places)
        at = next((n for n, task in enumerate(self._todo) if not (self._waiting and task.is_alone)), None)
        if at is not None:
            task = self._todo[at]
            del self._todo[at]
            return self._ask(task, f"{task.address}{task.command}!")
        again_s = due.ready_s - now_s if due is not None else self._turn_s + self._every_s - now_s
        return Poll(b"", max(0.0, again_s) if due is not None or self._places else inf, self.trouble())

    def _ask(self, task: _Task, text: str) -> Poll:
        if text != task.send:
            task.tries = 0
        task.send, task.tries, task.until_s = text, task.tries + 1, self._now_s + _ANSWER_S
        self._hand = task
        return Poll(text.encode(), _ANSWER_S, self.trouble())

    def _miss(self, task: _Task) -> None:
        self._hand = None
        if not (self._looks and task.command == "I"):
            self._missed[task.address] = min(_PATIENCE, self._missed.get(task.address, 0) + 1)

    def on_reply(self, reply: Reply) -> tuple[str, int] | str:
        """A line came: the command that its values answer and how many came before them; or what else it says."""
        task = self._hand
        if task is None or task.address != reply.address:
            if any(waiting.address == reply.address for waiting in self._waiting) and not reply.values:
                return reply.words()
            return f"address {reply.address} speaks without being asked: does another master ask on this bus?"
        self._missed.pop(task.address, None)
        if task.command == "I":
            return self._on_identity(task, reply)
        if not task.send:
            return self._on_service(task, reply)
        if task.send[1] == "D" or task.command.startswith("R"):
            return self._on_values(task, reply)
        return self._on_start(task, reply)

    def _on_identity(self, task: _Task, reply: Reply) -> str:
        self._hand = None
        if self._looks and len(self._places) < len(ALL):
            self._places.append((task.address, self._command))
        return reply.words()

    def _on_start(self, task: _Task, reply: Reply) -> str:
        if reply.ready_s is None:
            return f"{reply.words()}, and not how soon it has values for {task.command}"
        task.count = reply.count
        self._hand = None
        if not task.count:
            return f"address {task.address} has no values for {task.command}"
        task.ready_s = self._now_s + reply.ready_s + (_LATE_S if reply.ready_s else 0.0)
        if not task.is_alone:
            self._waiting.append(task)
        else:
            task.send, task.until_s, self._hand = "", task.ready_s, task
        return reply.words()

    def _on_service(self, task: _Task, reply: Reply) -> str:
        if reply.values or reply.ready_s is not None:
            return f"address {reply.address} speaks while it measures: does another master ask on this bus?"
        task.until_s = self._now_s
        return f"address {task.address} has measured"

    def _on_values(self, task: _Task, reply: Reply) -> tuple[str, int] | str:
        if reply.ready_s is not None or reply.identity:
            return f"{reply.words()}, which answers another command: does another master ask on this bus?"
        if not reply.values:
            self._hand = None
            return f"address {task.address} has {task.got} of {task.count} values: its measurement was broken off"
        if "C" in task.command[1:] and not reply.has_crc:
            self._hand = None
            return f"address {task.address} gives no CRC with {task.command}; write another command"
        if task.count and task.got + len(reply.values) > task.count:
            self._hand = None
            return f"address {task.address} gives more than the {task.count} values that it said: they are not used"
        before, task.got = task.got, task.got + len(reply.values)
        task.page += 1
        self._hand = None
        if task.got < task.count and task.page < _MOST_PAGES and not task.command.startswith("R"):
            task.ready_s = self._now_s
            self._waiting.append(task)
        return task.command, before

    def trouble(self) -> str:
        """Who does not answer, in a sentence; "" while all do."""
        silent = [address for address, missed in self._missed.items() if missed >= _PATIENCE]
        if not silent:
            return ""
        who = f"address {silent[0]} does" if len(silent) == 1 else f"addresses {', '.join(silent[:8])} do"
        return f"{who} not answer: look at its power, its data line, and that it has this address"
