"""How large a batch may be: a broker with a limit of its own is found out, an outage is not taken for one."""

import pytest

from edge.batch_size import SMALLEST_BYTES, TRY_AGAIN_S, BatchSize


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
    assert (size.limit, size.note) == (8_000, "")


def test_what_was_found_is_known_to_the_next_start_and_tried_again_after_hours():
    size = BatchSize()
    for _ in range(60):
        send(size, 150_000, 2_000)
    again = BatchSize()
    again.remember(size.memory(), now_s=0.0)
    assert again.limit == size.limit
    again.acked(1_000, now_s=TRY_AGAIN_S + 1)
    assert again.limit > 2_000


def test_a_limit_that_is_lowered_while_we_run_is_found():
    size = BatchSize()
    for _ in range(5):
        send(size, 20_000, 100_000)
    attempts = [send(size, 20_000, 3_000) for _ in range(200)]
    assert all(attempts[-20:])


@pytest.mark.parametrize("broker_takes", [1_500, 3_000, 20_000])
def test_a_limit_is_learnt_within_three_failures_while_batches_grow_as_a_links_do(broker_takes: int):
    size, wanted, failures = BatchSize(), 1_300, 0
    for number in range(60):
        if send(size, wanted, broker_takes, now_s=float(number)):
            wanted = 300_000
        else:
            wanted, failures = 1_300, failures + 1  # the connection is new
    assert size.refused is not None
    assert failures <= 3
    assert size.limit > broker_takes / 2


def test_a_link_that_breaks_now_and_then_under_batches_that_pass_at_other_times_leaves_no_limit():
    size, wanted = BatchSize(), 1_300
    for number in range(1_000):
        sent = min(wanted, size.limit)
        if number % 25 == 24:
            size.failed(sent)
            wanted = 1_300
        else:
            size.acked(sent, now_s=2.0 * number)
            wanted = min(2 * wanted, 40_000)
    assert (size.refused, size.note) == (None, "")


def test_two_accidents_hours_apart_are_no_limit():
    size = BatchSize()
    for now_s in (0.0, 7_200.0):
        size.failed(30_000)
        size.acked(10_000, now_s=now_s)
        size.acked(12_000, now_s=now_s + 3_600)
    assert size.refused is None
