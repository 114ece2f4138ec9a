"""What a gateway says to a board that listens: hello each minute, and its settings until it has answered.  Pure.

line is open, nothing heard ─► H 1 2 · N                  whoever listens answers at once, and not in a minute
frame with the flag "talks" ─► H 1 2 · C 1 interval_s 5 · C 2 debounce_ms 50        another boot number: all of it again
A 1 done ─► the setting stands        A 1 refused ─► trouble        no answer in two seconds ─► once more
"""

from collections.abc import Mapping

from firmware_bridge.families import board_link
from firmware_bridge.family import Poll

HELLO_EACH_S = 60.0
"""A board goes back to version 1 after five minutes without one."""
ANSWERS_WITHIN_S = 2.0
ATTEMPTS = 5


class BoardTalk:
    """One board's side of the talk; `settings` by board_link.KEYS are what it is to be set to. Times are monotonic."""

    def __init__(self, settings: Mapping[str, int]) -> None:
        self._settings = dict(settings)
        self._listens = False
        self._boot: int | None = None
        self._hello_s = float("-inf")
        self._number = 0
        self._asked: tuple[str, float] | None = None
        self._attempts = 0
        self._left: list[str] = []
        self._trouble: dict[str, str] = {}

    def heard(self, boot: int, *, listens: bool) -> None:
        """A frame came, of this start of the board."""
        if listens and boot != self._boot:
            self._left, self._asked, self._hello_s = list(self._settings), None, float("-inf")
            self._trouble.clear()
        self._boot, self._listens = boot, listens
        if not listens and self._settings:
            self._trouble = {"": f"the board does not listen, so {', '.join(self._settings)} cannot be set: upgrade it"}

    def answered(self, answer: board_link.Answer) -> None:
        """The board has answered a command."""
        if self._asked is None or answer.number != self._number:
            return
        key, _ = self._asked
        self._asked = None
        if answer.status != board_link.DONE:
            status = board_link.STATUS.get(answer.status, f"ends with status {answer.status}")
            self._trouble[key] = f"{key} = {self._settings[key]} {status}"

    def poll(self, now_s: float) -> Poll:
        """What is to be said now."""
        if self._boot is not None and not self._listens:
            return Poll(again_s=HELLO_EACH_S, trouble=self._sentence())
        send = b""
        if now_s - self._hello_s >= HELLO_EACH_S:
            self._hello_s, send = now_s, board_link.hello()
            if self._boot is None:
                send += board_link.read_now(0)
        send += self._setting(now_s)
        waits_s = HELLO_EACH_S if self._asked is None and not self._left else ANSWERS_WITHIN_S
        return Poll(send, min(waits_s, self._hello_s + HELLO_EACH_S - now_s), self._sentence())

    def _setting(self, now_s: float) -> bytes:
        """The command that is due: one at a time, so that an answer is of the command before it."""
        if self._asked is not None:
            key, asked_s = self._asked
            if now_s - asked_s < ANSWERS_WITHIN_S:
                return b""
            if self._attempts >= ATTEMPTS:
                self._trouble[key] = f"the board does not answer to {key} = {self._settings[key]}"
                self._asked = None
            else:
                return self._ask(key, now_s)
        if not self._left:
            return b""
        self._attempts = 0
        return self._ask(self._left.pop(0), now_s)

    def _ask(self, key: str, now_s: float) -> bytes:
        self._number = self._number % 255 + 1
        self._asked, self._attempts = (key, now_s), self._attempts + 1
        return board_link.configure(self._number, key, self._settings[key])

    def _sentence(self) -> str:
        return "; ".join(self._trouble.values())
