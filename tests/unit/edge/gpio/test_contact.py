"""What edges mean: states told however short they were, pulses counted by the kernel's numbers, hum that is no rain."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.gpio.abi import Edge
from edge.gpio.contact import PulseContact, StateContact

S, MS = 1_000_000_000, 1_000_000


def rain() -> PulseContact:
    return PulseContact("rainfall", 0.2, apart_s=0.5)


def said(contact: PulseContact, now_ns: int = 0) -> float:
    (sample,) = contact.samples(on=False, now_ns=now_ns)
    contact.said()
    return sample.value


def test_a_door_that_was_open_for_a_moment_is_told():
    door = StateContact("door_open")
    door.feed([Edge(10 * S, True, 1), Edge(10 * S + 300 * MS, False, 2)])
    samples = door.samples(on=False, now_ns=11 * S)
    assert [(sample.value, sample.age_ms) for sample in samples] == [(1.0, 1_000), (0.0, 700)]
    door.said()
    assert [(sample.value, sample.age_ms) for sample in door.samples(on=False, now_ns=12 * S)] == [(0.0, 0)]


def test_how_the_line_stands_now_counts_where_its_edges_say_otherwise():
    door = StateContact("door_open")
    door.feed([Edge(10 * S, True, 1)])
    assert [sample.value for sample in door.samples(on=False, now_ns=11 * S)] == [1.0, 0.0]


def test_tips_are_counted_and_said_with_the_age_of_the_last():
    gauge = rain()
    gauge.feed([Edge(10 * S, True, 1), Edge(14 * S, True, 2), Edge(20 * S, True, 3)])
    (sample,) = gauge.samples(on=True, now_ns=21 * S)
    assert (sample.quantity, sample.value, sample.age_ms) == ("rainfall", 0.6, 1_000)
    gauge.said()
    assert not gauge.waits
    assert said(gauge) == 0.0


def test_pulses_that_the_kernel_had_no_room_for_are_counted_by_their_numbers():
    gauge = rain()
    gauge.feed([Edge(10 * S, True, 1), Edge(70 * S, True, 11)])
    assert said(gauge) == pytest.approx(2.2)
    gauge.feed([Edge(71 * S, True, 1_011)])  # a thousand in a second are none
    assert said(gauge) == 0.0


def test_a_line_that_was_opened_again_counts_from_one():
    gauge = rain()
    gauge.feed([Edge(10 * S, True, 40)])
    gauge.said()
    gauge.opened()
    gauge.feed([Edge(70 * S, True, 1)])
    assert said(gauge) == 0.2


def test_a_number_that_wraps_is_one_more():
    gauge = rain()
    gauge.feed([Edge(10 * S, True, (1 << 32) - 1)])
    gauge.said()
    gauge.feed([Edge(20 * S, True, 0)])
    assert said(gauge) == 0.2


def test_a_bounce_is_no_tip():
    gauge = rain()
    gauge.feed([Edge(10 * S + n * 3 * MS, True, n + 1) for n in range(5)])
    assert said(gauge) == 0.2
    assert gauge.trouble == ""


def test_hum_on_an_open_wire_is_one_tip_at_most_and_is_told():
    gauge = rain()
    gauge.feed([Edge(10 * S + n * 20 * MS, True, n + 1) for n in range(3_000)])  # 50 Hz for a minute
    assert said(gauge) == 0.2
    assert gauge.trouble.startswith("pulses come without a pause")
    gauge.feed([Edge(80 * S, True, 3_001)])
    assert (said(gauge), gauge.trouble) == (0.2, "")


edges = st.lists(st.integers(0, 2 * S), max_size=60).map(
    lambda steps: [Edge(sum(steps[: n + 1]), True, n + 1) for n in range(len(steps))]
)


@given(edges, st.lists(st.integers(0, 60)))
def test_however_edges_are_cut_into_reads_the_count_is_the_same(all_edges, cuts):
    whole, cut = rain(), rain()
    whole.feed(all_edges)
    places = sorted({0, len(all_edges), *(min(place, len(all_edges)) for place in cuts)})
    total = 0.0
    for start, end in pairwise(places):
        cut.feed(all_edges[start:end])
        total += said(cut)
    assert total == pytest.approx(said(whole))


@given(edges, st.sets(st.integers(0, 59)))
def test_no_loss_of_edges_counts_more_than_all_of_them(all_edges, lost):
    whole, holed = PulseContact("people_in", 1.0, apart_s=0.0), PulseContact("people_in", 1.0, apart_s=0.0)
    whole.feed(all_edges)
    kept = [edge for n, edge in enumerate(all_edges) if n not in lost or n == len(all_edges) - 1]
    holed.feed(kept)
    assert said(holed) == said(whole) == float(len(all_edges))
