"""How large a batch may be: a broker with a limit of its own is found out, an outage is not taken for one."""

import pytest

from edge.batch_size import SMALLEST_BYTES, TRY_AGAIN_S, BatchSize
from wire.batch import MAX_BATCH_BYTES


def send(size: BatchSize, wanted: int, broker_takes: int, *, now_s: float = 0.0) -> bool:
    """One attempt to send `wanted` bytes; whether it passed."""
    sent = min(wanted, size.limit)
    if sent <= broker_takes:
        size.acked(sent, now_s=now_s)
    else:
        size.failed(sent)
    return sent <= broker_takes


@pytest.mark.parametrize("broker_takes", [300, 2_000, 10_000, 100_000])
def test_batches_shrink_to_what_the_broker_takes_and_stay_there(broker_takes: int):
    size = BatchSize()
    attempts = [send(size, 150_000, broker_takes) for _ in range(120)]
    assert all(attempts[-20:])
    assert size.limit > broker_takes / 2
    assert f"below {size.limit}" in size.note


def test_an_outage_however_long_leaves_no_limit_behind():
    size = BatchSize()
    size.acked(4_000, now_s=0.0)
    for _ in range(50):
        size.failed(min(5_000, size.limit))
    assert size.limit == SMALLEST_BYTES
    size.acked(SMALLEST_BYTES, now_s=2.0)
    assert (size.limit, size.note) == (MAX_BATCH_BYTES, "")


def test_what_was_found_is_known_to_the_next_start_and_tried_again_after_hours():
    size = BatchSize()
    for _ in range(60):
        send(size, 150_000, 2_000)
    again = BatchSize()
    again.remember(size.memory(), now_s=0.0)
    assert again.limit == size.limit
    again.acked(1_000, now_s=TRY_AGAIN_S + 1)
    assert again.limit == MAX_BATCH_BYTES


def test_a_limit_that_is_lowered_while_we_run_is_found():
    size = BatchSize()
    for _ in range(5):
        send(size, 20_000, 100_000)
    attempts = [send(size, 20_000, 3_000) for _ in range(200)]
    assert all(attempts[-20:])
