"""Ranges against plain sets, and the edges by hand."""

from hypothesis import given
from hypothesis import strategies as st

from edge.spool.spans import SeqRange, Spans

ranges = st.tuples(st.integers(0, 40), st.integers(0, 8)).map(lambda pair: (pair[0], pair[0] + pair[1] - 1))


@given(st.lists(st.tuples(st.booleans(), ranges), max_size=30), ranges)
def test_ranges_behave_as_a_set_of_numbers(steps, window):
    spans, numbers = Spans(), set()
    for adds, (first, last) in steps:
        members = set(range(first, last + 1))
        if adds:
            spans.add(first, last)
            numbers |= members
        else:
            taken = spans.remove(first, last)
            assert {n for start, end in taken for n in range(start, end + 1)} == numbers & members
            numbers -= members
        assert [n for start, end in spans for n in range(start, end + 1)] == sorted(numbers)
        assert spans.total == len(numbers)
    first, last = window
    assert {n for start, end in spans.within(first, last) for n in range(start, end + 1)} == numbers & set(
        range(first, last + 1)
    )
    assert spans.next_from(first) == min((n for n in numbers if n >= first), default=None)


def test_neighbours_become_one_range():
    assert list(Spans([(1, 3), (7, 9), (4, 6)])) == [(1, 9)]


def test_a_range_can_be_cut_in_the_middle():
    spans = Spans([(1, 9)])
    assert spans.remove(4, 5) == [(4, 5)]
    assert list(spans) == [(1, 3), (6, 9)]


def test_an_empty_range_has_nothing_within():
    assert Spans([(1, 9)]).within(5, 4) == []
    assert SeqRange("s", 5, 4).size == 0
