"""Three days without a link, in made-up time, with the real spool in a real file:

100 sensors of two quantities, each every 10 s, for 72 h = 5,184,000 readings; committed each half minute of that
"""

import math
import time
from pathlib import Path
from typing import NamedTuple

from edge.spool.file import SpoolFile
from edge.spool.limits import Limits
from edge.spool.spool import Spool
from edge.spool.write_batch import Origin
from wire import Reading

SENSORS = [f"air-{number:03d}" for number in range(100)]
QUANTITIES = ("pm2_5", "pm10")
EVERY_S, COMMIT_EVERY_S = 10, 30
MAX_MB = 512
STREAM = "72hourswithout0"


class LongOutage(NamedTuple):
    """What the spool held at the end, in readings and bytes, and how much memory grew after its first tenth, in MB."""

    readings: int
    end_ms: int
    used_bytes: int
    lost: int
    grown_mb: float
    took_s: float


def long_outage(path: Path, *, hours: float, end_ms: int, max_mb: int = MAX_MB) -> LongOutage:
    """Fill a new spool at `path` with the readings of an outage that ends at `end_ms` (UTC)."""
    spool = Spool(Origin(STREAM, "before", 0), Limits(max_mb * 2**20, 0, fsync_s=1.0))
    file = SpoolFile(path)
    spool.adopt(file.open(), {}, now_s=0.0)
    began_s, first_mb, total = time.monotonic(), 0.0, 0
    rounds = int(hours * 3_600 / COMMIT_EVERY_S)
    for number in range(rounds):
        now_s = float(number * COMMIT_EVERY_S)
        readings = _readings(end_ms - (rounds - number) * COMMIT_EVERY_S * 1_000)
        spool.append(readings, now_s=now_s)
        total += len(readings)
        batch = spool.write_batch()
        assert batch is not None
        file.commit(batch)
        spool.committed(batch, file.room(), now_s=now_s + 0.1)
        if spool.wal_is_long:
            file.checkpoint()
            spool.wal_is_long = False
        first_mb = memory_mb() if number == rounds // 10 else first_mb
    file.close()
    return LongOutage(
        total, end_ms, spool.used_bytes, spool.losses.ever, memory_mb() - first_mb, time.monotonic() - began_s
    )


def memory_mb() -> float:
    """What this process holds now, in MB (10^6 bytes)."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4_096 / 1e6


def _readings(from_ms: int) -> list[Reading]:
    return [
        Reading(sensor, quantity, at_ms, _value(at, at_ms, offset))
        for at_ms in range(from_ms, from_ms + COMMIT_EVERY_S * 1_000, EVERY_S * 1_000)
        for at, sensor in enumerate(SENSORS)
        for offset, quantity in enumerate(QUANTITIES)
    ]


def _value(at: int, at_ms: int, offset: int) -> float:
    """A day's rise and fall, other at each sensor, with a tenth that looks like noise."""
    return round(
        40 + 30 * math.sin(at_ms / 13_750_000 + at) + (at_ms // 10_000 * 7_919 + at * 31 + offset) % 97 / 10, 1
    )
