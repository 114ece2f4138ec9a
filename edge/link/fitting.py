"""As many readings as fit into a batch:  500 readings ─► 300 kB ─► 250 readings ─► 150 kB."""

import zlib

from edge.spool.spans import SeqRange
from wire import Lost, Reading, encode_batch
from wire.batch import MAX_BATCH_BYTES, MAX_INFLATED_BYTES

_NEVER_TOO_LONG = 5_000
"""Readings that never inflate beyond the wire's 2 MB: 400 bytes each would, and two names and two numbers are 200."""


def encode_within_limits(
    span: SeqRange,
    readings: list[Reading],
    *,
    backfill: bool,
    lost: tuple[Lost, ...],
    most_bytes: int = MAX_BATCH_BYTES,
) -> tuple[bytes, int]:
    """The payload of as many of the first `readings` as fit into one batch, one at least, and how many those are."""
    count = len(readings)
    while True:
        payload = encode_batch(span.stream, span.first, readings[:count], backfill=backfill, lost=lost)
        if count <= 1 or (len(payload) <= most_bytes and _inflated_fits(payload, count)):
            return payload, count
        count //= 2


def _inflated_fits(payload: bytes, count: int) -> bool:
    return count <= _NEVER_TOO_LONG or len(zlib.decompress(payload)) <= MAX_INFLATED_BYTES
