"""A spool at work for a while, to be watched: python -m tests.spool_at_work FOLDER SEED STEPS

FOLDER/said    "forced 120": what is in the spool up to 120 is on the disk     "acked 31 60": these may be forgotten
"""

import asyncio
import os
import random
import sys
from pathlib import Path

from edge.spool.file import SpoolFile
from edge.spool.limits import Limits
from edge.spool.spool import Spool
from edge.spool.spooler import Spooler
from edge.spool.write_batch import Origin
from tests.damaged_spool import reading

STREAM = "before"
LIMITS = Limits(max_bytes=200_000, min_free_bytes=0, fsync_s=0.01)
"""A WAL of 25 kB: it is moved into the file now and then."""


async def work(folder: Path, seed: int, steps: int) -> None:
    """Append and acknowledge, as an agent does."""
    dice, said = random.Random(seed), os.open(folder / "said", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    spool = Spool(Origin(STREAM, "boot", 0), LIMITS)
    spooler = Spooler(spool, SpoolFile(folder / "spool.db"), on_change=lambda: None)
    await spooler.start()
    was_forced = spool.forced

    def forced(highest: int) -> None:
        was_forced(highest)
        os.write(said, b"forced %d\n" % highest)

    spool.forced = forced
    for step in range(steps):
        first = spool.ledger.next_seq
        count = dice.choice((1, 1, 2, 5, 40))
        keep = {"decoder.board": str(step)} if dice.random() < 0.3 else None
        spooler.append([reading(STREAM, seq) for seq in range(first, first + count)], keep=keep)
        span = spool.ledger.pop_live(dice.choice((1, 5, 60)), spool.sendable) if dice.random() < 0.5 else None
        if span is not None:
            os.write(said, b"acked %d %d\n" % (span.first, span.last))
            spooler.ack(span)
        await asyncio.sleep(dice.choice((0.0, 0.01, 0.12)))
    await spooler.stop()


if __name__ == "__main__":
    asyncio.run(work(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])))
