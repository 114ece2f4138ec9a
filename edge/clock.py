"""Time on a machine without a clock of its own:  UTC = uptime + offset, and the offset may be unknown.

    unknown:  time = uptime + the offset that the machine started with      Clock.UNKNOWN
    found:    what is unsent moves by the size of the step                  Clock.ESTIMATED
    after it: time = the system's clock, once somebody vouches for it       Clock.SYNCED
              time = uptime + the offset that a receiver tells, until then  Clock.SYNCED
              time = uptime + the offset that the cloud tells, until then   Clock.ESTIMATED

Once found in a boot it stays known: a crystal that is off by 50 ppm drifts 4 s in a day without a server. A clock
before 2020 is never believed, whoever vouches for it; an unknown time starts no earlier than the last one that was
known. Uptime is CLOCK_BOOTTIME, which counts a suspended machine's sleep.
"""

import ctypes
from pathlib import Path
from typing import NamedTuple

from runtime.clock import boot_ms, wall_ms
from wire import Clock
from wire.reading import EARLIEST_MS

_STA_UNSYNC = 0x0040  # linux/timex.h
_TIME_ERROR = 5
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


class Tick(NamedTuple):
    """The system's clock (UTC) and the time since boot, in ms, and whether somebody vouches for the system's clock."""

    wall_ms: int
    monotonic_ms: int
    synced: bool

    @property
    def offset_ms(self) -> int:
        """UTC minus the time since boot."""
        return self.wall_ms - self.monotonic_ms

    @property
    def is_known(self) -> bool:
        """Whether the system's clock is vouched for, and shows a time that can be."""
        return self.synced and self.wall_ms >= EARLIEST_MS


class GatewayClock:
    """Stamps readings; pure, the system's clocks are handed in as ticks."""

    def __init__(self, tick: Tick) -> None:
        self.offset_ms = tick.offset_ms
        """The offset used while the time is unknown; fixed, so that one step puts all right."""
        self.state = Clock.SYNCED if tick.is_known else Clock.UNKNOWN
        self.receiver_offset_ms: int | None = None
        """UTC minus uptime as a receiver tells it, while the time comes from there and not from the system's clock."""
        self.cloud_offset_ms: int | None = None
        """UTC minus uptime as the cloud tells it, while the time comes from there: nobody else has told it."""

    @property
    def is_the_systems(self) -> bool:
        """Whether the time is known, and is that of the system's clock."""
        return self.state is Clock.SYNCED and self.receiver_offset_ms is None

    def run_on(self, tick: Tick, *, offset_ms: int | None, known_ms: int) -> None:
        """While the time is unknown: keep to this boot's `offset_ms`, or start no earlier than at `known_ms`."""
        floor_ms = known_ms - tick.monotonic_ms
        self.offset_ms = max(self.offset_ms, floor_ms) if offset_ms is None else offset_ms

    def stamp_ms(self, tick: Tick) -> int:
        """The time (UTC) of what happens at `tick`."""
        if self.receiver_offset_ms is not None:
            return tick.monotonic_ms + self.receiver_offset_ms
        if self.cloud_offset_ms is not None:
            return tick.monotonic_ms + self.cloud_offset_ms
        return tick.wall_ms if self.state is Clock.SYNCED else tick.monotonic_ms + self.offset_ms

    def poll(self, tick: Tick) -> int | None:
        """The true offset, when `tick` is the first to know it; others' time gives way to the system's."""
        if self.is_the_systems or not tick.is_known:
            return None
        self.receiver_offset_ms = self.cloud_offset_ms = None
        return self._found(tick.offset_ms, Clock.SYNCED)

    def poll_receiver(self, offset_ms: int | None) -> int | None:
        """Go by `offset_ms`, which a receiver tells, unless the system's clock is known; it, when it is the first."""
        if offset_ms is None or self.is_the_systems:
            return None
        self.receiver_offset_ms, self.cloud_offset_ms = offset_ms, None
        return self._found(offset_ms, Clock.SYNCED)

    def poll_cloud(self, offset_ms: int | None) -> int | None:
        """Go by `offset_ms`, which the cloud tells, where nobody else has told the time; it, when it is the first."""
        if offset_ms is None or self.state is Clock.SYNCED:
            return None
        self.cloud_offset_ms = offset_ms
        return self._found(offset_ms, Clock.ESTIMATED)

    def _found(self, offset_ms: int, state: Clock) -> int | None:
        """The offset, unless the time was known before."""
        before, self.state = self.state, state
        return offset_ms if before is Clock.UNKNOWN else None


class _Timex(ctypes.Structure):
    # linux/timex.h as far as the status; the rest is room for the kernel to write to
    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("rest", ctypes.c_char * 512),
    )


def kernel_is_synced() -> bool:
    """Whether an NTP client has told the kernel that the clock is right."""
    timex = _Timex()
    try:
        state: int = ctypes.CDLL(None).adjtimex(ctypes.byref(timex))
    except (OSError, AttributeError):  # a C library without it
        return False
    return 0 <= state < _TIME_ERROR and not timex.status & _STA_UNSYNC


def tick(*, synced: bool) -> Tick:
    """The system's clocks now."""
    return Tick(wall_ms(), boot_ms(), synced)


def boot_id() -> str:
    """Tells this start of the machine from the next; "unknown" where the kernel does not say."""
    try:
        return _BOOT_ID.read_text(encoding="ascii").strip()
    except OSError:
        return "unknown"
