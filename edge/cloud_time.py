"""UTC from the cloud's acks, where neither the system nor a receiver tells it:  sent < when the ack was made < heard

offset      UTC - uptime is at least  time of the ack - uptime when it was heard,  at most  … - uptime when it was sent
believed    5 answers in a row agree, for 5 minutes: until then a time server may still tell. The quickest one counts
kept to     a later answer that excludes the offset moves it towards what it allows, by a ms in each second at most
a jump      an answer further away changes nothing, until they agree on another time for an hour
no answer   uptime runs on: a crystal that is off by 50 ppm drifts 4 s in a day

It is no better than the link: half of the time that an answer takes. So what is stamped by it is *estimated*. Pure:
uptimes are handed in.
"""

from typing import NamedTuple

from wire.durations import HOUR_MS, MINUTE_MS
from wire.reading import EARLIEST_MS

LONGEST_ANSWER_MS = 20_000
"""A batch whose ack took longer tells too little."""
BELIEVED_AFTER = 5
BELIEVED_AFTER_MS = 5 * MINUTE_MS
FOLLOWED_AFTER_MS = HOUR_MS
AGREE_MS = 1_000
_LATEST_MS = 4_102_444_800_000  # 2100-01-01 UTC
_SLEW_PARTS = 1_000
_DRIFT_PARTS = 10_000
"""A crystal drifts by less than a ten-thousandth of the time: 30 ms in 5 minutes."""
_NO_BOOT = "unknown"


class _Allowed(NamedTuple):
    """The offsets that an answer allows."""

    low_ms: int
    high_ms: int

    @property
    def middle_ms(self) -> int:
        """The best guess."""
        return (self.low_ms + self.high_ms) // 2

    def is_near(self, other: "_Allowed", *, within_ms: int) -> bool:
        """Whether both may be true, to `within_ms`."""
        return self.low_ms - other.high_ms <= within_ms and other.low_ms - self.high_ms <= within_ms


class CloudTime:
    """What the cloud's acks say of UTC; `offset_ms` is UTC minus uptime, None until it is believed."""

    def __init__(self) -> None:
        self.offset_ms: int | None = None
        self.agreed_ms = 0
        """The uptime when an answer last agreed with the offset."""
        self._best = _Allowed(0, 0)  # of a run, the quickest
        self._run_since_ms = 0
        self._run_length = 0

    def on_answer(self, time_ms: int, *, sent_ms: int, heard_ms: int) -> None:
        """An ack made at `time_ms` (UTC) was heard at the uptime `heard_ms`; its batch was sent at `sent_ms`."""
        if not 0 <= heard_ms - sent_ms <= LONGEST_ANSWER_MS or not EARLIEST_MS <= time_ms < _LATEST_MS:
            return
        allowed, offset_ms = _Allowed(time_ms - heard_ms, time_ms - sent_ms), self.offset_ms
        if offset_ms is not None and self._agrees(allowed, offset_ms, heard_ms):
            most_ms = 1 + (heard_ms - self.agreed_ms) // _SLEW_PARTS
            wanted_ms = min(max(offset_ms, allowed.low_ms), allowed.high_ms)
            self.offset_ms = offset_ms + max(-most_ms, min(most_ms, wanted_ms - offset_ms))
            self.agreed_ms, self._run_length = heard_ms, 0
        else:
            self._add_to_run(allowed, heard_ms)

    def _agrees(self, allowed: _Allowed, offset_ms: int, heard_ms: int) -> bool:
        within_ms = AGREE_MS + (heard_ms - self.agreed_ms) // _DRIFT_PARTS
        return allowed.is_near(_Allowed(offset_ms, offset_ms), within_ms=within_ms)

    def _add_to_run(self, allowed: _Allowed, heard_ms: int) -> None:
        within_ms = AGREE_MS + (heard_ms - self._run_since_ms) // _DRIFT_PARTS
        if not self._run_length or not allowed.is_near(self._best, within_ms=within_ms):
            self._best, self._run_since_ms, self._run_length = allowed, heard_ms, 0
        self._best = min(self._best, allowed, key=lambda each: each.high_ms - each.low_ms)
        self._run_length += 1
        needed_ms = BELIEVED_AFTER_MS if self.offset_ms is None else FOLLOWED_AFTER_MS
        if self._run_length >= BELIEVED_AFTER and heard_ms - self._run_since_ms >= needed_ms:
            self.offset_ms, self.agreed_ms, self._run_length = self._best.middle_ms, heard_ms, 0

    # --- over a restart of the agent

    def kept(self, boot: str) -> str:
        """The offset as the spool keeps it; it holds for this start of the machine."""
        return f"{boot} {self.offset_ms} {self.agreed_ms}"

    def remember(self, kept: str, boot: str, *, uptime_ms: int) -> None:
        """Take over what an earlier start of the agent has `kept` in this boot."""
        words = kept.split(" ")
        if self.offset_ms is not None or len(words) != 3 or words[0] != boot or boot == _NO_BOOT:
            return
        numbers = [int(word) for word in words[1:] if word.isdecimal() and len(word) < 16]
        if len(numbers) == 2 and numbers[1] <= uptime_ms and EARLIEST_MS <= numbers[0] + uptime_ms < _LATEST_MS:
            self.offset_ms, self.agreed_ms = numbers

    # --- what there is to say of it

    @property
    def doubt(self) -> str:
        """What somebody should look at while the gateway's time comes from here; empty: nothing."""
        if self.offset_ms is None or self._run_length < BELIEVED_AFTER:
            return ""
        ms = self._best.middle_ms - self.offset_ms
        return (
            f"the cloud tells a time that is {abs(ms) / 1_000:.0f} s {'ahead of' if ms > 0 else 'behind'} what it told "
            "before, which the gateway keeps to for an hour: look at the server's clock"
        )
