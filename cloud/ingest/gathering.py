"""Group commit: how long a group of messages waits for company before it is written.

group ─► write          a lone message, and the first after a pause: at once
group … 40 ms … write   a trickle: what comes meanwhile goes along, so at most 25 writes a second, from all gateways
group ─► write          much that waits; or a broker that hands no more over before it gets a PUBACK
"""

import asyncio

from cloud.ingest.ingest_queue import IngestQueue

GATHER_S = 0.04
"""From the beginning of one write to that of the next."""
MUCH_BYTES = 128 * 2**10
"""So much that waits is worth a write of its own."""
LULL_S = 0.005
"""Where many messages wait and none has come for so long, a broker's window is full: some allow 10 without a PUBACK."""


async def gather(queue: IngestQueue) -> None:
    """Wait, after a group has left `queue`, until the next may follow."""
    loop = asyncio.get_running_loop()
    end = loop.time() + GATHER_S
    await queue.until_many(GATHER_S)
    while (left_s := end - loop.time()) > 0 and queue.waiting_bytes < MUCH_BYTES:
        waited = len(queue)
        await asyncio.sleep(min(LULL_S, left_s))
        if len(queue) == waited:
            return
