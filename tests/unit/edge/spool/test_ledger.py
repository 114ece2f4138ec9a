"""Where each reading is."""

from edge.spool.ledger import MOST_AGAIN, Ledger, Requeued
from edge.spool.spans import SeqRange, Spans


def test_live_readings_are_taken_in_order_and_fly():
    ledger = Ledger("now")
    ledger.grow(10)
    assert ledger.pop_live(4, 10) == SeqRange("now", 1, 4)
    assert ledger.pop_live(4, 6) == SeqRange("now", 5, 6)
    assert ledger.pop_live(4, 6) is None
    assert ledger.depth == 10


def test_readings_that_grow_old_become_backlog_behind_former_streams():
    ledger = Ledger("now")
    ledger.adopt("first", 9, [(5, 9)])
    ledger.adopt("second", 3, [(1, 3)])
    ledger.grow(4)
    ledger.age(3)
    assert [ledger.pop_backlog(100) for _ in range(4)] == [
        SeqRange("first", 5, 9), SeqRange("second", 1, 3), SeqRange("now", 1, 2), None,
    ]  # fmt: skip
    assert ledger.pop_live(100, 100) == SeqRange("now", 3, 4)


def test_a_range_without_an_ack_is_sent_again_as_the_same_range_when_it_is_due():
    ledger = Ledger("now")
    ledger.grow(10)
    span = ledger.pop_live(6, 10)
    assert span is not None
    ledger.requeue(span, tries=1, due_s=5.0)
    assert ledger.pop_due(4.9) is None
    assert ledger.pop_due(5.0) == Requeued(span, 1, 5.0)
    assert ledger.pop_due(5.0) is None


def test_what_waits_to_be_sent_again_is_due_at_once_when_it_is_hastened():
    ledger = Ledger("now")
    ledger.grow(10)
    for due_s in (600.0, 1.0):
        span = ledger.pop_live(5, 10)
        assert span is not None
        ledger.requeue(span, tries=7, due_s=due_s)
    ledger.hasten(5.0)
    assert ledger.pop_due(5.0) == Requeued(SeqRange("now", 1, 5), 7, 5.0)
    assert ledger.pop_due(5.0) == Requeued(SeqRange("now", 6, 10), 7, 1.0)


def test_what_was_acknowledged_meanwhile_is_not_sent_again():
    ledger = Ledger("now")
    ledger.grow(10)
    span = ledger.pop_live(10, 10)
    assert span is not None
    ledger.requeue(span, tries=1, due_s=0.0)
    ledger.ack(SeqRange("now", 4, 6))
    again = [ledger.pop_due(0.0), ledger.pop_due(0.0), ledger.pop_due(0.0)]
    assert [requeued.span for requeued in again if requeued] == [SeqRange("now", 1, 3), SeqRange("now", 7, 10)]


def test_an_ack_lands_over_several_batches_and_beyond_them():
    ledger = Ledger("now")
    ledger.grow(10)
    ledger.pop_live(3, 10)
    ledger.pop_live(3, 10)
    assert ledger.ack(SeqRange("now", 0, 100)) == [SeqRange("now", 1, 6)]
    assert list(ledger.outstanding("now")) == [(7, 10)]


def test_readings_that_were_never_sent_cannot_be_acknowledged():
    ledger = Ledger("now")
    ledger.grow(10)
    ledger.age(6)
    assert ledger.ack(SeqRange("now", 1, 10)) == []
    assert ledger.ack(SeqRange("stranger", 1, 10)) == []
    assert ledger.depth == 10


def test_a_late_ack_for_a_former_stream_counts():
    ledger = Ledger("now")
    ledger.adopt("former", 9, [(1, 9)])
    assert ledger.ack(SeqRange("former", 3, 4)) == [SeqRange("former", 3, 4)]


def test_the_oldest_go_first_but_never_those_in_flight():
    ledger = Ledger("now")
    ledger.adopt("former", 9, [(1, 9)])
    ledger.pop_backlog(3)
    ledger.grow(5)
    assert ledger.oldest(8) == [SeqRange("former", 4, 9), SeqRange("now", 1, 2)]


def test_what_may_have_reached_the_cloud_is_known():
    ledger = Ledger("now")
    ledger.grow(9)
    first = ledger.pop_live(3, 9)
    ledger.pop_live(2, 9)
    assert first is not None
    ledger.requeue(first, tries=1, due_s=0.0)
    assert ledger.sent("now") == Spans([(1, 5)])


def test_ranges_to_be_sent_again_are_bounded():
    ledger = Ledger("now")
    for _ in range(MOST_AGAIN + 5):
        ledger.grow(1)
        span = ledger.pop_live(1, ledger.next_seq)
        assert span is not None
        ledger.requeue(span, tries=1, due_s=100.0)
    assert ledger.pop_backlog(100) == SeqRange("now", 1, 5)
