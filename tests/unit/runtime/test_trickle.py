"""How long messages wait for each other: a trickle does, a lone message and a flood do not."""

import pytest

from runtime.trickle import GATHER_S, TOGETHER, Trickle


def wakes(rate: float, *, seconds: float) -> tuple[int, int]:
    """How often a connection wakes up for evenly spaced messages, and how many it has read."""
    trickle, read, wake_ups, now_s = Trickle(), 0, 0, 0.0
    while now_s < seconds:
        wake_ups += 1
        waiting = int(now_s * rate + 1e-9) + 1 - read
        read += waiting
        rest_s = trickle.rest_s(waiting, now_s=now_s)
        now_s = now_s + rest_s if rest_s else max(now_s + 1e-6, read / rate)
    return wake_ups, read


@pytest.mark.parametrize("rate", [0.1, 1.0, 9.0])
def test_lone_messages_are_read_at_once_without_a_further_wake_up(rate: float):
    wake_ups, read = wakes(rate, seconds=100.0)
    assert wake_ups == read


@pytest.mark.parametrize("rate", [20.0, 50.0, 100.0])
def test_a_trickle_wakes_the_process_at_most_once_in_its_gathering_and_for_the_end_of_an_empty_one(rate: float):
    wake_ups, read = wakes(rate, seconds=10.0)
    assert read >= (10.0 - GATHER_S) * rate
    assert wake_ups <= 10.0 / GATHER_S + 2


@pytest.mark.parametrize("rate", [200.0, 1_000.0])
def test_more_messages_come_in_tens_so_that_a_broker_need_not_wait_for_pubacks(rate: float):
    wake_ups, read = wakes(rate, seconds=10.0)
    assert TOGETHER / 2 < read / wake_ups < 2 * TOGETHER


def test_a_flood_is_read_as_it_comes():
    trickle = Trickle()
    rests = [trickle.rest_s(20, now_s=number * 0.002) for number in range(100)]
    assert not any(rests[2:])


def test_nothing_read_means_to_wait_for_what_comes():
    trickle = Trickle()
    trickle.rest_s(1, now_s=0.0)
    assert trickle.rest_s(1, now_s=0.05) > 0
    assert trickle.rest_s(0, now_s=0.13) == 0
