"""A row of the spool with its check sum, so that what leaves the spool is what came in:

    stream id | seq | series id | time_ms | value | clock | crc
    crc = CRC-32 of (seq, time_ms, value, clock), begun with that of "stream/sensor/quantity"

The names are in it and not their numbers: a row of which a number, or a row of the small tables, was damaged, does not
come out under another sensor's name. Rows that an earlier version wrote have no crc.
"""

import math
import struct
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple
from zlib import crc32

from wire import Clock, Reading
from wire.batch import MAX_INTEGER

CLOCKS = (Clock.SYNCED, Clock.ESTIMATED, Clock.UNKNOWN)
NUMBER_OF_CLOCK = {clock: number for number, clock in enumerate(CLOCKS)}
LATEST_MS = MAX_INTEGER // 4
"""So that the difference of two times in a batch is within the wire's integers, too."""
_CHECKED = struct.Struct("<qqdB")

SeriesKey = tuple[str, str]
"""Sensor and quantity."""


class SpoolRow(NamedTuple):
    """A row as the file has it; of a damaged file each cell may be anything."""

    stream: int
    seq: int
    series: int
    time_ms: int
    value: float
    clock: int
    check: int | None


def seed_of(stream: str, key: SeriesKey) -> int:
    """What the checks of all rows of a stream's series begin with."""
    return crc32(f"{stream}/{key[0]}/{key[1]}".encode())


def check_of(seed: int, seq: int, time_ms: int, value: float, clock: int) -> int:
    """The crc of a row, as a signed number of 32 bits, which SQLite keeps in four bytes."""
    # + 0.0 makes 0.0 of -0.0, as SQLite does
    return (crc32(_CHECKED.pack(seq, time_ms, value + 0.0, clock), seed) ^ 0x8000_0000) - 0x8000_0000


def is_sound(row: tuple[Any, ...], seed: int, *, checked: bool) -> bool:
    """Whether a row is as it was written; where a stream is not `checked`, types and bounds must do."""
    _, seq, _, time_ms, value, clock, check = row
    if check is None:
        return not checked and _is_plausible(seq, time_ms, value, clock)
    try:
        return bool(check == check_of(seed, seq, time_ms, value, clock))
    except (TypeError, struct.error, OverflowError):  # cells that no row ever had
        return False


def _is_plausible(seq: object, time_ms: object, value: object, clock: object) -> bool:
    if not (isinstance(seq, int) and isinstance(time_ms, int) and 0 <= time_ms <= LATEST_MS):
        return False
    if not isinstance(value, int | float) or not math.isfinite(value):
        return False
    return isinstance(clock, int) and 0 <= clock < len(CLOCKS)


def readings_of(
    rows: Iterable[tuple[Any, ...]], series: Mapping[int, tuple[SeriesKey, int]], *, checked: bool
) -> list[tuple[int, Reading]]:
    """The readings of the rows that are as they were written, each with its seq.

    `series` has sensor, quantity and seed of each number. A backlog of millions goes through here, so that it is one
    loop: a call for each row would cost as much again as the check.
    """
    found = []
    pack = _CHECKED.pack
    for row in rows:
        _, seq, number, time_ms, value, clock, check = row
        known = series.get(number)
        if known is None:
            continue
        key, seed = known
        try:
            sound = check == (crc32(pack(seq, time_ms, value + 0.0, clock), seed) ^ 0x8000_0000) - 0x8000_0000
        except (TypeError, struct.error, OverflowError):  # cells that no row ever had
            continue
        if sound or (check is None and is_sound(row, seed, checked=checked)):
            found.append((seq, Reading(*key, time_ms, float(value), CLOCKS[clock])))
    return found


def check_of_words(*words: object) -> int:
    """The crc of a row of a small table."""
    return crc32("\0".join(map(str, words)).encode(errors="surrogateescape"))
