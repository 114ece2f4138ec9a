"""The gateway's own readings:  sensor = gateway id; spool_depth, spool_age, lost, disk_free, memory_used, …

What this machine does not tell (a processor without a thermometer) is left out.
"""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from edge.under_voltage import SYS, under_voltage
from firmware_bridge.sample import Sample

MIB = 1024 * 1024
_THERMOMETER = Path("/sys/class/thermal/thermal_zone0/temp")
_MEMORY = Path("/proc/self/statm")
_UPTIME = Path("/proc/uptime")


def of_the_spool(*, depth: int, age_s: float, lost: int, noise_bytes: int) -> list[Sample]:
    """What the agent knows of itself; `age_s` is that of the oldest reading in the spool, 0 for an empty one."""
    return [
        Sample("spool_depth", float(depth)),
        Sample("spool_age", round(max(0.0, age_s), 1)),
        Sample("lost", float(lost)),
        Sample("noise_bytes", float(noise_bytes)),
    ]


def of_the_machine(spool_folder: Path, sys: Path = SYS) -> list[Sample]:
    """What the machine says of itself now; `sys` is where the kernel tells of its voltage."""
    return list(_machine(spool_folder, sys))


def _machine(spool_folder: Path, sys: Path) -> Iterator[Sample]:
    with contextlib.suppress(OSError):  # the folder is not made yet, or its disk is gone
        disk = os.statvfs(spool_folder)
        yield Sample("disk_free", round(disk.f_bavail * disk.f_frsize / MIB, 1))
    memory_pages = _numbers(_MEMORY)
    if len(memory_pages) > 1:
        yield Sample("memory_used", round(memory_pages[1] * os.sysconf("SC_PAGE_SIZE") / MIB, 1))
    millidegrees = _numbers(_THERMOMETER)
    if millidegrees:
        yield Sample("cpu_temperature", millidegrees[0] / 1_000)
    voltage = under_voltage(sys)
    if voltage is not None:
        yield Sample("under_voltage", float(voltage))
    uptime_s = _numbers(_UPTIME)
    if uptime_s:
        yield Sample("uptime", uptime_s[0])


def _numbers(path: Path) -> list[float]:
    try:
        return [float(word) for word in path.read_text(encoding="ascii").split()]
    except (OSError, ValueError):
        return []
