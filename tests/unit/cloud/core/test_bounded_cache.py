"""A dict that forgets: never more than it may hold, and the entry that was put in first goes first."""

from cloud.core.bounded_cache import BoundedCache


def test_what_was_put_in_first_makes_room():
    held = BoundedCache[str, int](2)
    held["a"], held["b"] = 1, 2
    held["a"] = 3
    held["c"] = 4
    assert dict(held) == {"a": 3, "c": 4}
    assert held.get("b") is None
