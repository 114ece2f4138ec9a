"""When the time is found, what was stamped before moves; and what is known of it outlives the agent, not the machine.

kept in the spool:  clock.known_in_boot     "BOOT"                      the system's clock was vouched for in this boot
                    clock.receiver_in_boot  "BOOT OFFSET UPTIME NAME"   a receiver told the time, and no more than that
                    clock.cloud_in_boot     "BOOT OFFSET UPTIME"        the cloud told it, in its acks, and nobody else

They are told apart, since the system's clock may still be in 1970 when a receiver or the cloud has told the time.
"""

import logging
from collections.abc import Callable

import msgspec

from edge.clock import tick
from edge.cloud_time import CloudTime
from edge.receiver_time import ReceiverTime
from edge.spool.spooler import Spooler
from edge.stamp_times import MOVED, offset_found
from edge.stamping import Stamper
from wire import Clock

_log = logging.getLogger(__name__)

SENT_UNKNOWN = "clock.sent_unknown"
"""Streams of which something may have been sent while the time was unknown: it must not move any more."""
_KNOWN_SINCE = "clock.known_in_boot"
_RECEIVER = "clock.receiver_in_boot"
_CLOUD = "clock.cloud_in_boot"
_MOVED_MS = 100
"""What is kept of an offset is written again when it is off by more."""
_KEPT_EVERY_MS = 300_000
_UNCONFIRMED = (
    "the clock is not confirmed: no time server was reached since the machine started, so readings are marked as of "
    "unknown time; open NTP (UDP 123), or write trust_system = true under [clock] where a clock chip keeps the time"
)
_UNCONFIRMED_YET = (
    "the clock is not confirmed: since the machine started no time server was reached, and the receiver {name!r} has "
    "told no time to go by, so readings are marked as of unknown time; let its antenna see the sky, or open NTP (UDP "
    "123)"
)
_BY_THE_CLOUD = (
    "the time comes from the cloud's acknowledgements, since nothing else has told it since the machine started, so "
    "readings are marked as estimated; open NTP (UDP 123), or write trust_system = true under [clock] where a clock "
    "chip keeps the time"
)


class Timekeeper:
    """Knows where the time of `stamper` comes from; `monotonic_s` are the seconds by which the spool commits."""

    def __init__(
        self, stamper: Stamper, spooler: Spooler, receiver: ReceiverTime | None, *, boot: str,
        monotonic_s: Callable[[], float],
    ) -> None:  # fmt: skip
        self.receiver = receiver
        self.cloud = CloudTime()
        self.moved_before_ms = 0
        """What earlier starts have moved has no times after it."""
        self._stamper = stamper
        self._clock = stamper.clock
        self._spooler = spooler
        self._boot = boot
        self._monotonic_s = monotonic_s
        self._kept_offset_ms: int | None = None
        self._kept_at_ms = 0

    @property
    def offset_ms(self) -> int:
        """UTC minus uptime, as readings are stamped now."""
        now = tick(synced=True)
        return self._clock.stamp_ms(now) - now.monotonic_ms

    def recall(self) -> int | None:
        """Take over what earlier starts have left, once the file is open; the true offset where that tells it."""
        spool = self._spooler.spool
        self._stamper.remember(spool.kept, self._boot)
        self.moved_before_ms = self._stamper.times.reserved_ms[MOVED]
        if spool.ledger.next_seq == 1:
            spool.origin = msgspec.structs.replace(spool.origin, offset_ms=self._clock.offset_ms)
        uptime_ms = tick(synced=False).monotonic_ms
        if self.receiver is not None:
            self.receiver.remember(spool.kept.get(_RECEIVER, ""), self._boot, uptime_ms=uptime_ms)
        self.cloud.remember(spool.kept.get(_CLOUD, ""), self._boot, uptime_ms=uptime_ms)
        if spool.kept.get(_KNOWN_SINCE) != self._boot and self._clock.state is Clock.SYNCED:
            self._put_right(self.offset_ms)  # what an earlier start of this boot has left
        return self.find(synced=spool.kept.get(_KNOWN_SINCE) == self._boot)

    def find(self, *, synced: bool) -> int | None:
        """Ask the system's clock, which may be `synced`, the receiver and the cloud; the offset when it is found."""
        now = tick(synced=synced)
        whence, before_ms = self.whence, self._clock.stamp_ms(now) - now.monotonic_ms
        offset_ms = self._clock.poll(now)
        if offset_ms is None and self.receiver is not None:
            offset_ms = self._clock.poll_receiver(self.receiver.offset_ms)
        if offset_ms is None:
            offset_ms = self._clock.poll_cloud(self.cloud.offset_ms)
        if offset_ms is not None:
            _log.info("the time is known now, from %s; readings since the machine started move with it", self.whence)
            self._put_right(offset_ms)
        elif whence != self.whence:
            _log.info(
                "the time comes from %s now; that of %s was %d ms beside it",
                self.whence,
                whence,
                before_ms - self.offset_ms,
            )
        self._record_that_time_is_known()
        return offset_ms

    def on_answer(self, time_ms: int, took_s: float) -> None:
        """The cloud has told its time (UTC) in an answer that took so long."""
        heard_ms = tick(synced=False).monotonic_ms
        self.cloud.on_answer(time_ms, sent_ms=heard_ms - int(took_s * 1_000), heard_ms=heard_ms)

    @property
    def whence(self) -> str:
        """Where the time comes from: "the system", the name of a receiver, "the cloud", or "nowhere"."""
        if self._clock.is_the_systems:
            return "the system"
        if self.receiver is not None and self._clock.receiver_offset_ms is not None:
            return self.receiver.name
        return "nowhere" if self._clock.cloud_offset_ms is None else "the cloud"

    @property
    def note(self) -> str:
        """What somebody should look at; empty: nothing."""
        if self._clock.state is Clock.UNKNOWN:
            return _UNCONFIRMED if self.receiver is None else _UNCONFIRMED_YET.format(name=self.receiver.name)
        if self._clock.cloud_offset_ms is not None:
            return self.cloud.doubt or _BY_THE_CLOUD
        if self.receiver is None:
            return ""
        now = tick(synced=True)
        if self._clock.is_the_systems:
            return self.receiver.contradiction(offset_ms=now.offset_ms)
        return self.receiver.doubt(uptime_ms=now.monotonic_ms)

    def _put_right(self, offset_ms: int) -> None:
        """Move what this boot has stamped without knowing the time; UTC is uptime and `offset_ms`."""
        spool, offset_ms = self._spooler.spool, offset_found(offset_ms)
        if self._stamper.times.may_move(offset_ms):
            sent = spool.kept.get(SENT_UNKNOWN, "").split()
            spool.clock_found(offset_ms, now_s=self._monotonic_s(), sent=sent)
        shift_ms = offset_ms - spool.origin.offset_ms
        self._stamper.times.move(shift_ms, now_ms=self._stamper.now_ms())

    def _record_that_time_is_known(self) -> None:
        if self._clock.is_the_systems and self._spooler.spool.kept.get(_KNOWN_SINCE) != self._boot:
            self._keep({_KNOWN_SINCE: self._boot})
        elif self.receiver is not None and self._clock.receiver_offset_ms is not None:
            self._record_anothers(_RECEIVER, self.receiver, self._clock.receiver_offset_ms)
        elif self._clock.cloud_offset_ms is not None:
            self._record_anothers(_CLOUD, self.cloud, self._clock.cloud_offset_ms)

    def _record_anothers(self, key: str, source: ReceiverTime | CloudTime, offset_ms: int) -> None:
        kept = {key: source.kept(self._boot)}
        if self._kept_offset_ms is None or abs(offset_ms - self._kept_offset_ms) > _MOVED_MS:
            self._keep(kept)
        elif source.agreed_ms - self._kept_at_ms > _KEPT_EVERY_MS:
            self._spooler.record(kept)  # that it still agreed, which tells how far the crystal can have drifted
        else:
            return
        self._kept_offset_ms, self._kept_at_ms = offset_ms, source.agreed_ms

    def _keep(self, kept: dict[str, str]) -> None:
        self._spooler.append((), keep={**(self._stamper.memory(self._boot) or {}), **kept})
