"""Frames in a stream of bytes: found after junk, torn frames and false starts, however the bytes arrive.

    .. 3F AA C0 06 00 AA C0 09 00 09 00 58 D9 43 AB AA C0 ..
    junk  ╰ torn ───╯ ╰ whole frame, found inside ╯ ╰ kept
          ╰ looks like a frame, fails its check ╯     for the next call

A frame starts with a mark of one byte, or one of several. `judge` judges the bytes from a mark on; a false start costs
its first byte only, and the search goes on at the second: no whole frame is lost to the noise before it. At most
`longest` bytes are kept between calls.
"""

import re
from collections.abc import Callable

import msgspec

from firmware_bridge.sample import Frame, Noise

JUNK = "no frame starts here"
MAX_NOISE = 64
"""Bytes of junk in one Noise: enough to be cheap, few enough that a line of nothing but junk is soon known for one."""
_SLICE = 4_096

Verdict = int | str
"""Of the bytes from a mark on: the size of the whole frame; 0, too early to say; or a text, why none starts here."""
Judge = Callable[[bytes], Verdict]
"""Must stand by its word: a verdict other than 0 stays the same when more bytes follow."""


class Framing(msgspec.Struct, frozen=True):
    """How a family's frames are told from noise; `longest` is the size in bytes of its longest frame.

    Each byte of `mark` may start a frame; or else `start`, a regular expression that also fits a start that is cut off.
    """

    mark: bytes
    longest: int
    judge: Judge
    start: bytes = b""


def measured(*, size: Judge, check: Callable[[bytes], str]) -> Judge:
    """Binary frames: `size` reads the head (0: more needed), `check` says what is wrong with that many bytes."""

    def judge(window: bytes) -> Verdict:
        total = size(window)
        if isinstance(total, str) or total == 0 or total > len(window):
            return total if isinstance(total, str) else 0
        return check(window[:total]) or total

    return judge


def line(*, end: bytes, check: Callable[[bytes], str]) -> Judge:
    """Lines: up to and with the first byte `end`; `check` says what is wrong with such a line."""

    def judge(window: bytes) -> Verdict:
        total = window.find(end) + 1
        return (check(window[:total]) or total) if total else 0

    return judge


def _finder(mark: bytes, start: bytes) -> Callable[[bytes, int], int]:
    """Where in a stream, from a place on, the next mark is; -1 where none is."""
    if len(mark) == 1:
        return lambda stream, at: stream.find(mark, at)
    search = re.compile(start or b"[" + re.escape(mark) + b"]", re.DOTALL).search
    return lambda stream, at: -1 if (found := search(stream, at)) is None else found.start()


class Framer:
    """A decoder for families whose frames stand alone: `framing` finds a frame, `parse` reads it."""

    def __init__(self, framing: Framing, parse: Callable[[bytes], Frame]) -> None:
        self._framing = framing
        self._find_mark = _finder(framing.mark, framing.start)
        self._parse = parse
        self._held = b""
        self._noise = 0
        self._reason = JUNK
        self._untold: list[Frame | Noise] = []
        self.skipped = 0
        """Bytes that were no frame since the last one: what `parse` may want to know of the frame that it reads."""

    def feed(self, data: bytes) -> list[Frame | Noise]:
        """Take the next bytes; the outcomes come in the order of the stream."""
        outcomes, self._untold = self._untold, []
        for start in range(0, len(data), _SLICE):
            self._scan(self._held + data[start : start + _SLICE], outcomes)
        return outcomes

    @property
    def held(self) -> int:
        """Bytes that may yet become part of a frame."""
        return len(self._held)

    def memory(self) -> dict[str, int]:
        """Nothing: frames that stand alone need no memory."""
        return {}

    def give_up(self) -> None:
        """Take what is held for noise: its end will not come. It is told with the next bytes."""
        self._skip(len(self._held), self._untold)
        self._held = b""

    def settle(self) -> None:
        """Read what is held as if nothing followed, after a silence; what is found is told with the next bytes."""
        self._scan(self._held, self._untold, is_over=True)

    def _scan(self, stream: bytes, outcomes: list[Frame | Noise], *, is_over: bool = False) -> None:
        framing = self._framing
        at = 0
        while (found := self._find_mark(stream, at)) >= 0:
            self._skip(found - at, outcomes)
            at = found
            window = stream[at : at + framing.longest]
            verdict = framing.judge(window)
            if verdict == 0:
                if len(window) < framing.longest and not is_over:
                    break
                verdict = "frame has no end"
            at += self._judge(window, verdict, outcomes)
        else:
            self._skip(len(stream) - at, outcomes)
            at = len(stream)
        self._held = stream[at:]

    def _judge(self, window: bytes, verdict: Verdict, outcomes: list[Frame | Noise]) -> int:
        """Take a whole frame, or the first byte of what is none; returns how many bytes that used up."""
        if isinstance(verdict, int):
            self._flush(outcomes)
            outcomes.append(self._parse(window[:verdict]))
            self.skipped = 0
            return verdict
        if verdict != JUNK:
            self._flush(outcomes)  # a frame that failed its check is counted by itself
            self._reason = verdict
        self._skip(1, outcomes)
        return 1

    def _skip(self, size: int, outcomes: list[Frame | Noise]) -> None:
        self.skipped += size
        while size:
            taken = min(size, MAX_NOISE - self._noise)
            self._noise += taken
            size -= taken
            if self._noise == MAX_NOISE:
                self._flush(outcomes)

    def _flush(self, outcomes: list[Frame | Noise]) -> None:
        if self._noise:
            outcomes.append(Noise(self._noise, self._reason))
        self._noise, self._reason = 0, JUNK
