"""Questions to a device that answers when asked, one at a time, each asked again until it is answered.

    start  mode? ─answer─► period? ─answer─►        settings, once after the line is open
    cycle  wake ─30 s─► read ─answer─► sleep        then each `every_s`, for as long as the line is open

    poll(now_s) ─► Poll(send, again_s, trouble)     answered() when the answer to the question in hand has come

A question of `start` is asked until it is answered; one of `cycle` that is not answered is passed over, and comes again
with the next cycle. After `PATIENCE` questions without an answer `trouble` says so. No clock is read here: whoever
owns the line hands in monotonic seconds.
"""

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Iterable
from math import inf

import msgspec

from firmware_bridge.family import Option, Poll
from firmware_bridge.framing import Framer, Framing
from firmware_bridge.sample import Frame, Noise
from i18n.message import LocalizedMessage

PATIENCE = 3
_AGAIN_S = 2.0
"""Between two askings of the same question."""


def every_s(default: float = 10.0, *, low: float = 1) -> Option:
    """The option that says how often a device is asked: seconds, `low` at least."""
    return Option("every_s", float, LocalizedMessage("seconds between two questions"), default, low, 86_400)


class PolledQuestion(msgspec.Struct, frozen=True):
    """Bytes to send, and `what` they ask, in words.

    `answer_s`: how long to wait for the answer; 0: none comes. `rest_s`: nothing is sent for so long after it.
    """

    send: bytes
    what: str
    answer_s: float = 1.0
    rest_s: float = 0.0


class Poller:
    """Asks the questions of `start` once, and those of `cycle` each `every_s` seconds; `device` names it in words."""

    def __init__(
        self,
        device: str,
        *,
        start: Iterable[PolledQuestion] = (),
        cycle: Iterable[PolledQuestion] = (),
        every_s: float = inf,
    ) -> None:
        self._device = device
        self._start = deque(start)
        self._cycle = tuple(cycle)
        self._every_s = every_s
        self._left: deque[PolledQuestion] = deque()
        self._hand: PolledQuestion | None = None
        self._sent_s = self._cycle_s = -inf
        self._free_s = -inf
        self._unanswered = 0
        self._missed = ""

    @property
    def in_hand(self) -> PolledQuestion | None:
        """The question that was asked last, while it waits for its answer."""
        return self._hand

    def ask(self, question: PolledQuestion) -> None:
        """Ask this too, before what the cycle has left: a setting that turned out to be another."""
        self._start.append(question)

    def answered(self) -> None:
        """The answer to the question in hand has come."""
        if self._hand is None:
            return
        self._unanswered, self._missed = 0, ""
        self._done()

    def poll(self, now_s: float) -> Poll:
        """What to send at `now_s`; see `family.Asking`."""
        hand = self._hand
        if hand is not None:
            waits_s = self._sent_s + hand.answer_s - now_s
            if waits_s > 0:
                return Poll(b"", waits_s, self._trouble())
            self._miss(hand, now_s)
        if now_s < self._free_s:
            return Poll(b"", self._free_s - now_s, self._trouble())
        question = self._next(now_s)
        if question is None:
            return Poll(b"", max(0.0, self._cycle_s + self._every_s - now_s) if self._cycle else inf, self._trouble())
        return self._send(question, now_s)

    def _send(self, question: PolledQuestion, now_s: float) -> Poll:
        self._sent_s, self._free_s, self._hand = now_s, now_s + question.rest_s, question
        if question.answer_s:
            return Poll(question.send, question.answer_s, self._trouble())
        self._done()
        return Poll(question.send, question.rest_s, self._trouble())

    def _next(self, now_s: float) -> PolledQuestion | None:
        if self._start:
            return self._start[0]
        if not self._left and self._cycle and now_s - self._cycle_s >= self._every_s:
            self._left.extend(self._cycle)
            self._cycle_s = now_s
        return self._left[0] if self._left else None

    def _done(self) -> None:
        if self._start and self._hand is self._start[0]:
            self._start.popleft()
        elif self._left:
            self._left.popleft()
        self._hand = None

    def _miss(self, hand: PolledQuestion, now_s: float) -> None:
        self._unanswered += 1
        self._missed = hand.what
        if self._start and hand is self._start[0]:
            self._free_s = now_s + _AGAIN_S
        else:
            self._left.popleft()
        self._hand = None

    def _trouble(self) -> str:
        if self._unanswered < PATIENCE:
            return ""
        return (
            f"{self._device} does not answer: asked {self._unanswered} times ({self._missed}); look at its power, at "
            "the wire to its RX, and at the baud rate"
        )


class PolledDecoder(ABC):
    """Reads the frames that `framing` finds, of a device that `poller` asks; `_accept` says what a frame means."""

    def __init__(self, framing: Framing, poller: Poller) -> None:
        self._poller = poller
        self._framer = Framer(framing, self._accept)

    @property
    def held(self) -> int:
        """Bytes that may yet become part of a frame."""
        return self._framer.held

    def feed(self, data: bytes) -> list[Frame | Noise]:
        """Take the next bytes."""
        return self._framer.feed(data)

    def poll(self, now_s: float) -> Poll:
        """What to send at `now_s`; see `family.Asking`."""
        return self._poller.poll(now_s)

    def memory(self) -> dict[str, int]:
        """Nothing: what was set is kept by the device, or set anew when the line opens."""
        return {}

    @abstractmethod
    def _accept(self, frame: bytes) -> Frame:
        """Read a whole frame, and tell the poller where it answers the question in hand."""
