"""The clocks of a machine, and what each is for.

wall_ms   UTC           what readings and people's plans are dated in     steps: an NTP client, a person, a dead battery
boot_ms   since boot    what every wait is measured on                    never steps, and counts a suspend
boot_id   this boot     so that what was kept of `boot_ms` is not taken for another boot's
"""

import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


def wall_ms() -> int:
    """The time that the machine believes in, UTC milliseconds."""
    return time.time_ns() // 1_000_000


def boot_ms() -> int:
    """Milliseconds since the machine was booted, those that it was suspended for included (CLOCK_BOOTTIME)."""
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000


class Clocks(NamedTuple):
    """The two clocks by which a part works, handed in where it may work in another time than this machine's."""

    wall_ms: Callable[[], int] = wall_ms
    boot_ms: Callable[[], int] = boot_ms


MACHINE = Clocks()
"""The clocks of this machine."""


def boot_s() -> float:
    """The same in seconds."""
    return boot_ms() / 1_000


def boot_id() -> str:
    """Tells this boot of the machine from any other; "unknown" where the kernel does not say."""
    try:
        return _BOOT_ID.read_text(encoding="ascii").strip()
    except OSError:
        return "unknown"
