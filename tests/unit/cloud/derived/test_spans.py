"""Times, cut where there is a gap between them."""

from cloud.derived.spans import spans


def test_times_are_read_in_stretches():
    assert spans([9, 0, 1, 10], gap_ms=5) == [[0, 1], [9, 10]]
    assert spans([], gap_ms=5) == []
