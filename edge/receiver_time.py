"""UTC from a receiver of GPS, where no time server is in reach:  offset = the time of a fix - the uptime when it came

believed   5 fixes in a row agree within a second, so an old one that is told again, or came late, starts nothing
kept to    each later one moves the offset by a ms at most, to their median: late by what the line takes, under a second
a jump     a fix further away changes nothing, until 600 in a row agree on another time (10 minutes at the soonest)
no fix     uptime runs on: a crystal that is off by 50 ppm drifts 4 s in a day; what it can have drifted is no jump

One fix a second is looked at, however many sentences come. Pure: uptimes are handed in. Weeks that rolled over and
times without a fix are refused before, by the family that reads the sentences (`ReceiverFix.time_ms` is then None).
"""

from collections import deque

from wire.durations import HOUR_MS
from wire.reading import EARLIEST_MS

STEP_EVERY_MS = 1_000
AGREE_MS = 1_000
BELIEVED_AFTER = 5
FOLLOWED_AFTER = 600
_SLEW_MS = 1
_DRIFT_PARTS = 10_000
"""A crystal drifts by less than a ten-thousandth of the time: 9 s in a day."""
_QUIET_MS = HOUR_MS
_CONTRADICTS_MS = 5_000
_NO_BOOT = "unknown"


class ReceiverTime:
    """What the fixes of the source `name` say of UTC; `offset_ms` is UTC minus uptime, None until it is believed."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.offset_ms: int | None = None
        self.agreed_ms = 0
        """The uptime when a fix last agreed with the offset."""
        self._fix_ms = -1
        self._looked_ms = -STEP_EVERY_MS
        self._run_ms = 0  # what the first fix of a run has said
        self._run_since_ms = 0
        self._run: deque[int] = deque(maxlen=BELIEVED_AFTER)
        self._run_length = 0

    def on_fix(self, time_ms: int, uptime_ms: int) -> None:
        """A fix that tells `time_ms` (UTC) came at `uptime_ms`."""
        if time_ms == self._fix_ms or uptime_ms - self._looked_ms < STEP_EVERY_MS or time_ms < EARLIEST_MS:
            return
        self._fix_ms, self._looked_ms = time_ms, uptime_ms
        offset_ms = time_ms - uptime_ms
        if self.offset_ms is not None and abs(offset_ms - self.offset_ms) <= AGREE_MS:
            self.offset_ms += max(-_SLEW_MS, min(_SLEW_MS, offset_ms - self.offset_ms))
            self.agreed_ms, self._run_length = uptime_ms, 0
        else:
            self._add_to_run(offset_ms, uptime_ms)

    def _add_to_run(self, offset_ms: int, uptime_ms: int) -> None:
        if not self._run_length or abs(offset_ms - self._run_ms) > AGREE_MS:
            self._run_ms, self._run_since_ms, self._run_length = offset_ms, uptime_ms, 0
            self._run.clear()
        self._run.append(offset_ms)
        self._run_length += 1
        if self._run_length >= self._needed:
            self.offset_ms, self.agreed_ms, self._run_length = sorted(self._run)[BELIEVED_AFTER // 2], uptime_ms, 0

    @property
    def _needed(self) -> int:
        """How many fixes in a row must agree before what they say counts."""
        if self.offset_ms is None:
            return BELIEVED_AFTER
        drift_ms = (self._run_since_ms - self.agreed_ms) // _DRIFT_PARTS
        return BELIEVED_AFTER if abs(self._run_ms - self.offset_ms) <= AGREE_MS + drift_ms else FOLLOWED_AFTER

    # --- over a restart of the agent

    def kept(self, boot: str) -> str:
        """The offset as the spool keeps it; it holds for this start of the machine and this receiver."""
        return f"{boot} {self.offset_ms} {self.agreed_ms} {self.name}"

    def remember(self, kept: str, boot: str, *, uptime_ms: int) -> None:
        """Take over what an earlier start of the agent has `kept` in this boot, unless fixes have already said more."""
        words = kept.split(" ", 3)
        if self.offset_ms is not None or len(words) != 4 or words[0] != boot or boot == _NO_BOOT:
            return
        numbers = [int(word) for word in words[1:3] if word.isdecimal() and len(word) < 16]
        if words[3] != self.name or len(numbers) != 2:
            return
        offset_ms, agreed_ms = numbers
        if agreed_ms <= uptime_ms and offset_ms + uptime_ms >= EARLIEST_MS:
            self.offset_ms, self.agreed_ms = offset_ms, agreed_ms

    # --- what there is to say of it

    def sentence(self, *, system_is_known: bool) -> str:
        """What becomes of its time, said beside its position."""
        if system_is_known:
            return "the gateway's time is the system's, which counts more"
        if self.offset_ms is not None:
            return "the gateway's time comes from here"
        if not self._run_length:
            return "no sentence with a date was heard (RMC or ZDA), so the gateway has no time from it"
        return f"its time counts when {BELIEVED_AFTER} fixes agree, so far {self._run_length}"

    def doubt(self, *, uptime_ms: int) -> str:
        """What somebody should look at while the gateway's time comes from here; empty: nothing."""
        if self.offset_ms is None:
            return ""
        if self._run_length > BELIEVED_AFTER:
            return (
                f"the receiver {self.name!r} tells a time that is {_apart(self._run_ms - self.offset_ms)} what it told "
                f"before, which the gateway keeps to; it follows when {FOLLOWED_AFTER} fixes agree, so far "
                f"{self._run_length}: look at the receiver"
            )
        quiet_ms = uptime_ms - self.agreed_ms
        if quiet_ms < _QUIET_MS:
            return ""
        return (
            f"the receiver {self.name!r}, from which the gateway has its time, has told none for {quiet_ms // HOUR_MS} "
            "h; the machine's own crystal keeps it, and drifts by seconds a day: look at the antenna and the line"
        )

    def contradiction(self, *, offset_ms: int) -> str:
        """That it contradicts the system's clock, which counts and has `offset_ms`; empty: it does not."""
        if self.offset_ms is None or abs(self.offset_ms - offset_ms) < _CONTRADICTS_MS:
            return ""
        return (
            f"the receiver {self.name!r} tells a time that is {_apart(self.offset_ms - offset_ms)} the system's clock, "
            "which counts since it is synchronised: look at the receiver"
        )


def _apart(ms: int) -> str:
    """How far one time is from another: "17 s ahead of"."""
    return f"{abs(ms) / 1_000:.0f} s {'ahead of' if ms > 0 else 'behind'}"
