"""How old a broker's messages are: it gives our own word back behind all that it kept before.

    siaga-edge/gw-daruba/echo "3f9a 17"  ──►  broker: [kept][kept][kept]["3f9a 17"]  ──►  all before it came before it

While the newest echo is young, messages come live. Until the first one of a connection is back, and whenever echoes are
late (the process slept, a sensor floods), what comes may be as old as the last echo that came back.
"""

import os
from typing import NamedTuple

import msgspec

EVERY_MS = 2_000
LATE_MS = 5_000
OLD_MS = 30_000
"""A message that is late by less is news all the same: a rule takes readings in their order up to 60 s late."""
MUTE_MS = 30_000
"""A broker that has given nothing back for so long, though it handed out little else, does not give back."""
MOST_UNANSWERED = 5
"""Connections, one after the other, in which no word came back: what we ask may be why they end."""
_DRAIN_PER_S = 100
"""A broker that hands out what it kept is faster than this, on the smallest machine."""


class _Word(NamedTuple):
    text: bytes
    uptime_ms: int


class Echo(msgspec.Struct):
    """What is known of one broker's age; `topic` must be subscribed. Times are uptime, in ms.

    `received_until_ms`: everything that was at the broker by then has been heard; None where that is not known.
    """

    topic: str
    received_until_ms: int | None = None
    mute: bool = False
    """The broker does not give our word back: what it kept cannot be told from what is new."""
    given_up: bool = False
    """The connection ended each time we asked: there are brokers that throw out who uses a topic that is not his."""
    _unanswered: int = 0
    _connected_ms: int = 0
    _messages: int = 0
    _behind: bool = False
    _out: _Word | None = None
    _count: int = 0
    _run: str = msgspec.field(default_factory=lambda: os.urandom(4).hex())

    @property
    def is_level(self) -> bool:
        """Whether all that the broker had to deliver again on this connection has come."""
        return not self._behind

    def begin(self, now_ms: int) -> None:
        """A connection may begin: what the broker kept comes first."""
        self._connected_ms, self._messages, self._behind, self._out = now_ms, 0, True, None

    def connected(self) -> None:
        """The connection stands."""
        self._unanswered += 1
        if self._unanswered > MOST_UNANSWERED:
            self.given_up = self.mute = True

    def word(self, now_ms: int) -> bytes | None:
        """What to publish on `topic` now, if it is time for it."""
        if self.given_up:
            return None
        if self._out is not None and (self._behind or now_ms - self._out.uptime_ms < MUTE_MS):
            return None
        if not self._behind and now_ms - (self.received_until_ms or 0) < EVERY_MS:
            return None
        self._count += 1
        self._out = _Word(f"{self._run} {self._count}".encode(), now_ms)
        return self._out.text

    def on_message(self, text: bytes) -> bool:
        """A message on `topic` came; whether it was the word that we waited for."""
        if self._out is None or text != self._out.text:
            return False  # one of an earlier connection or start
        self.received_until_ms, self._behind, self.mute, self._out = self._out.uptime_ms, False, False, None
        self._unanswered = 0
        return True

    def since_ms(self, now_ms: int) -> int | None:
        """A message comes: None where it comes live, else the time since which it may have waited."""
        self._messages += 1
        if self.received_until_ms is None:
            return now_ms if self._behind and not self.mute else None
        if self.mute or (not self._behind and now_ms - self.received_until_ms <= LATE_MS):
            return None
        return self.received_until_ms

    def is_old(self, since_ms: int | None, now_ms: int) -> bool:
        """Whether a message that came since then is no news: the broker kept it, or it is half a minute late."""
        return since_ms is not None and (self._behind or now_ms - since_ms > OLD_MS)

    def poll(self, now_ms: int) -> None:
        """Notice a broker that does not give back."""
        waited_ms = now_ms - self._connected_ms
        if self._behind and waited_ms > MUTE_MS and self._messages * 1_000 < _DRAIN_PER_S * waited_ms:
            self.mute = True
