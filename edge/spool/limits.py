"""How much room the spool may use, and how many of the oldest readings go when it is out of it; pure."""

import msgspec

from wire.status import SPOOL_BYTES_A_READING

SLACK_BYTES = 64 * 1024
"""Room kept free inside the file when it may not grow, so that the oldest go in handfuls."""
FLOOR_BYTES = 256 * 1024
"""What the spool may use of even the fullest disk."""
LONGEST_WAL_BYTES = 4 * 1024 * 1024
"""A longer WAL is forced and moved into the file, and starts anew: at ten commits a second, every two minutes."""


class SpoolUsage(msgspec.Struct, frozen=True):
    """How much of its limit the file uses, in bytes; `reusable` are free pages inside it."""

    used: int
    reusable: int
    wal: int
    disk_free: int


class Limits(msgspec.Struct, frozen=True):
    """What the spool may use, in bytes; `live_s` is how long an unsent reading goes before the backlog."""

    max_bytes: int
    min_free_bytes: int
    fsync_s: float
    live_s: float = 10.0

    @property
    def wal_bytes(self) -> int:
        """How long the WAL may become."""
        return min(LONGEST_WAL_BYTES, self.max_bytes // 8)


def readings_to_drop(room: SpoolUsage, limits: Limits) -> int:
    """How many of the oldest readings must go so that the file keeps to its limits."""
    over = room.used + limits.wal_bytes - limits.max_bytes
    may_grow = room.disk_free - limits.min_free_bytes
    if may_grow <= 0 and room.used > FLOOR_BYTES:
        over = max(over, SLACK_BYTES - room.reusable)
    return 0 if over <= 0 else max(over, SLACK_BYTES) // SPOOL_BYTES_A_READING
