"""A line that is listened to and asked, as the search has it: a tty of this machine, or a device in a test.

set_baud(9_600)      exchange(b"", 3.0, quiet_s=inf) ─► all that comes in 3 s
                     exchange(question, 0.4, quiet_s=0.08) ─► the answer, as soon as it is over
"""

from typing import Protocol


class SearchedLine(Protocol):
    """An open port. `has_baud` says that its rate means something: a pseudo-terminal and many USB devices take any."""

    has_baud: bool

    def set_baud(self, baud: int) -> None:
        """Go on at another rate; what was not read is let go."""

    def exchange(self, send: bytes, wait_s: float, *, quiet_s: float) -> bytes:
        """Write, and read for `wait_s` at most, or until something came and then nothing for `quiet_s`."""

    def now_s(self) -> float:
        """Monotonic seconds."""

    def framing_errors(self) -> int:
        """How many characters the adapter found to be none since the line was opened; 0 where it does not say."""
