"""How much refused matter of each gateway is kept."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from cloud.ingest.dead_letter_quota import DeadLetterQuota


def test_a_gateway_has_its_quota_and_not_more():
    room = DeadLetterQuota(max_bytes=1_000, quota_bytes=100, owners=3)
    assert room.has({"a": 60}, "a", 40)
    assert not room.has({"a": 60}, "a", 41)


def test_however_much_others_hold_a_gateway_has_its_own_share():
    room = DeadLetterQuota(max_bytes=1_000, quota_bytes=400, owners=5)
    held: Counter[str] = Counter()
    for owner in "abcd":
        while room.has(held, owner, 10):
            held[owner] += 10
    assert held == {"a": 400, "b": 300, "c": 100, "d": 100}
    assert room.has(held, "e", 100)
    assert not room.has(held, "e", 110)
    assert room.full(held, {}) == ["a", "b", "c", "d"]
    assert room.full({}, {"e": 401, "f": 400}) == ["e"]


@given(
    st.integers(1, 10_000), st.integers(1, 10_000), st.lists(st.tuples(st.sampled_from("abc"), st.integers(1, 3_000)))
)
def test_all_together_never_hold_more_than_the_limit(max_bytes, quota_bytes, letters):
    room, held = DeadLetterQuota(max_bytes, quota_bytes, 3), Counter[str]()
    for owner, size in letters:
        if room.has(held, owner, size):
            held[owner] += size
    assert sum(held.values()) <= max_bytes
    assert all(size <= quota_bytes for size in held.values())
