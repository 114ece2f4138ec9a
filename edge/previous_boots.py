"""What starts of the machine have left that never knew the time, and believed in 1970: it came before this start.

spool:  [boot 1: 1970-01-01 00:00:40 … 00:09:10]  [boot 2: 1970-01-01 00:00:38 … 00:02:00]      this boot: 2026
becomes          … one behind the other, the last ends when this machine started, as estimated
"""

from edge.spool.spooler import Spooler
from edge.stamp_times import offset_found
from wire.reading import EARLIEST_MS


async def place(spooler: Spooler, *, boot_ms: int, free_after_ms: int) -> int:
    """Move them before `boot_ms` (UTC), when this machine started, and none to `free_after_ms` or earlier.

    How many streams were moved. The cloud would refuse such times, and no replay could mend them.
    """
    end_ms, moved = boot_ms, 0
    for stream, seqs in reversed(list(spooler.spool.left_by_other_boots())):
        first_ms, last_ms = [await spooler.time_ms(stream, seq) for seq in seqs]
        if first_ms is None or last_ms is None or last_ms >= EARLIEST_MS:
            continue
        shift_ms = offset_found(end_ms - last_ms - 1)
        if first_ms + shift_ms <= free_after_ms:
            break
        spooler.move(stream, shift_ms)
        end_ms, moved = first_ms + shift_ms, moved + 1
    return moved
