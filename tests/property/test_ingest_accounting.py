"""The accounts agree with plain sets of numbers, whatever comes in whatever order."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from cloud.core.ranges import Ranges
from cloud.gateways.accounting import Accounts, Receipt
from wire import Lost

SPANS = st.tuples(st.integers(1, 60), st.integers(0, 12)).map(lambda span: (span[0], span[0] + span[1] - 1))
STREAMS = st.sampled_from(["a", "b"])
LOSSES = st.lists(
    st.builds(lambda stream, span: (stream, *span), STREAMS, SPANS.filter(lambda s: s[1] >= s[0])), max_size=2
)
RECEIPTS = st.lists(st.tuples(STREAMS, SPANS, LOSSES), max_size=12)


def loss_of(stream: str, first: int, last: int) -> Lost:
    return Lost(stream, first, last, "full")


def numbers(first: int, last: int) -> set[int]:
    return set(range(first, last + 1))


@given(st.lists(SPANS), SPANS)
def test_ranges_are_the_set_of_their_numbers(spans: list[tuple[int, int]], asked: tuple[int, int]):
    ranges, plain = Ranges(), set[int]()
    for first, last in spans:
        ranges, plain = ranges.add(first, last), plain | numbers(first, last)
    assert {number for span in ranges.spans for number in numbers(*span)} == plain
    assert ranges.size == len(plain)
    assert ranges.within(*asked) == len(plain & numbers(*asked))
    assert all(earlier[1] + 1 < later[0] for earlier, later in zip(ranges.spans, ranges.spans[1:], strict=False))


@given(RECEIPTS, st.integers(1, 12))
def test_accounts_agree_with_plain_sets_however_receipts_are_grouped(receipts: list[Any], group: int):
    accounts = Accounts()
    sent = [Receipt("gw", s, f, last, tuple(loss_of(*loss) for loss in lost)) for s, (f, last), lost in receipts]
    for start in range(0, len(sent), group):
        accounts.apply(accounts.plan(sent[start : start + group]))
    received: dict[str, set[int]] = {"a": set(), "b": set()}
    declared: dict[str, set[int]] = {"a": set(), "b": set()}
    duplicates = 0
    for stream, span, lost in receipts:
        duplicates += len(received[stream] & numbers(*span))
        received[stream] |= numbers(*span)
        for other, first, last in lost:
            declared[other] |= numbers(first, last)
    account = accounts.account("gw")
    assert account.duplicates == duplicates
    assert account.received == sum(map(len, received.values()))
    assert account.declared_lost == sum(len(declared[s] - received[s]) for s in "ab")
    assert account.missing == sum(
        len(numbers(1, max(received[s] | declared[s], default=0)) - received[s] - declared[s]) for s in "ab"
    )
