"""What is sent next, without a network and without waiting."""

import pytest

from edge.spool.spans import SeqRange
from edge.window import GATHER_S, LONGEST_PAUSE_S, InFlightBatch, Offer, SendStep, Window
from wire import Lost


def window(**changed: object) -> Window:
    chosen = {"size": 4, "ack_timeout_s": 10.0, "batch_s": 0.0, "batch_readings": 5, "jitter": lambda: 1.0, **changed}
    return Window(**chosen)  # type: ignore[arg-type]


def batch(first: int, last: int, *, at_s: float = 0.0, live: bool = True, lost: tuple[Lost, ...] = ()) -> InFlightBatch:
    return InFlightBatch(SeqRange("s", first, last), at_s, 1, live, lost)


def test_live_goes_before_the_backlog():
    assert window().plan(Offer(live=1, backlog=True), now_s=0.0) is SendStep.LIVE


def test_the_backlog_never_takes_the_place_kept_for_live():
    in_flight = window()
    for number in range(3):
        assert in_flight.plan(Offer(backlog=True), now_s=0.0) is SendStep.BACKLOG
        in_flight.sent(batch(number, number, live=False))
    assert in_flight.plan(Offer(backlog=True), now_s=0.0) is None
    assert in_flight.plan(Offer(live=1, backlog=True), now_s=0.0) is SendStep.LIVE


def test_live_never_takes_the_place_kept_for_the_backlog():
    in_flight = window()
    for number in range(3):
        in_flight.sent(batch(number, number))
    assert in_flight.plan(Offer(live=1, backlog=True), now_s=0.0) is SendStep.BACKLOG
    assert in_flight.plan(Offer(live=1), now_s=GATHER_S) is SendStep.LIVE


def test_what_was_sent_once_goes_before_the_rest_of_the_backlog():
    assert window().plan(Offer(again=True, backlog=True), now_s=0.0) is SendStep.AGAIN


def test_a_full_window_sends_nothing():
    in_flight = window()
    for number in range(4):
        in_flight.sent(batch(number, number))
    assert in_flight.plan(Offer(live=9, again=True, backlog=True, losses=True), now_s=0.0) is None


def test_readings_are_gathered_until_the_time_or_the_batch_is_full():
    in_flight = window(batch_s=60.0)
    offer = Offer(live=4, live_since_s=100.0)
    assert in_flight.plan(offer, now_s=159.9) is None
    assert in_flight.wake_s(offer, next_again_s=None, now_s=159.9) == pytest.approx(160.0)
    assert in_flight.plan(offer, now_s=160.0) is SendStep.LIVE
    assert in_flight.plan(Offer(live=5, live_since_s=100.0), now_s=100.0) is SendStep.LIVE


def test_while_an_ack_is_under_way_live_readings_are_gathered_until_it_comes():
    in_flight = window()
    assert in_flight.plan(Offer(live=1, live_since_s=0.0), now_s=0.0) is SendStep.LIVE
    in_flight.sent(batch(1, 1, at_s=0.0))
    offer = Offer(live=2, live_since_s=0.001)
    assert in_flight.plan(offer, now_s=0.002) is None
    in_flight.ack(SeqRange("s", 1, 1), now_s=0.003)
    assert in_flight.plan(offer, now_s=0.003) is SendStep.LIVE


def test_on_a_link_that_takes_long_live_readings_wait_no_longer_than_the_gathering():
    in_flight = window()
    in_flight.sent(batch(1, 1, at_s=10.0))
    offer = Offer(live=2, live_since_s=10.001)
    wake_s = in_flight.wake_s(offer, next_again_s=None, now_s=10.002)
    assert wake_s is not None
    assert wake_s == pytest.approx(10.0 + GATHER_S)
    assert in_flight.plan(offer, now_s=wake_s) is SendStep.LIVE


def test_a_full_batch_and_the_backlog_wait_for_no_ack():
    in_flight = window()
    in_flight.sent(batch(1, 1))
    assert in_flight.plan(Offer(live=5), now_s=0.0) is SendStep.LIVE
    assert in_flight.plan(Offer(live=1, backlog=True), now_s=0.0) is SendStep.BACKLOG


def test_losses_alone_get_a_batch_and_only_one_at_a_time():
    in_flight = window()
    assert in_flight.plan(Offer(losses=True), now_s=0.0) is SendStep.LOSSES
    in_flight.sent(batch(5, 4, live=False, lost=(Lost("s", 1, 2, "spool full"),)))
    assert in_flight.plan(Offer(losses=True), now_s=0.0) is None


def test_an_ack_ends_the_flights_that_it_covers_and_no_others():
    in_flight = window()
    for first, last in ((1, 3), (4, 6), (7, 9)):
        in_flight.sent(batch(first, last))
    assert [over.span for over in in_flight.ack(SeqRange("s", 1, 7), now_s=1.0)] == [
        SeqRange("s", 1, 3),
        SeqRange("s", 4, 6),
    ]
    assert in_flight.ack(SeqRange("other", 1, 9), now_s=1.0) == []
    assert list(in_flight.in_flight) == [SeqRange("s", 7, 9)]


def test_a_batch_of_losses_alone_is_acknowledged_by_its_own_ack_only():
    in_flight = window()
    losses = batch(10, 9, live=False, lost=(Lost("s", 1, 2, "spool full"),))
    in_flight.sent(losses)
    assert in_flight.ack(SeqRange("s", 1, 9), now_s=1.0) == []
    assert in_flight.ack(SeqRange("s", 10, 9), now_s=1.0) == [losses]


def test_a_flight_without_an_ack_is_overdue_after_its_time():
    in_flight = window()
    in_flight.sent(batch(1, 3))
    assert in_flight.overdue(now_s=9.9) == []
    assert [late.span for late in in_flight.overdue(now_s=10.0)] == [SeqRange("s", 1, 3)]
    assert in_flight.in_flight == {}


def test_a_cloud_that_is_silent_is_asked_by_one_probe_at_a_time_with_growing_pauses():
    in_flight = window()
    offer = Offer(live=9, again=True, backlog=True)
    now_s, pauses = 0.0, []
    for number in range(7):
        assert in_flight.plan(offer, now_s=now_s) is SendStep.LIVE
        in_flight.sent(batch(number, number, at_s=now_s))
        if number:
            assert in_flight.plan(offer, now_s=now_s) is None
        now_s += 10.0
        in_flight.overdue(now_s=now_s)
        wake_s = in_flight.wake_s(offer, next_again_s=None, now_s=now_s) or now_s
        pauses.append(wake_s - now_s)
        now_s = wake_s
    assert pauses == [0.0, 10.0, LONGEST_PAUSE_S, LONGEST_PAUSE_S, LONGEST_PAUSE_S, LONGEST_PAUSE_S, LONGEST_PAUSE_S]


def test_a_whole_window_that_was_sent_into_an_outage_is_one_doubt_so_that_the_first_probe_goes_at_once():
    in_flight = window()
    for number in range(3):
        in_flight.sent(batch(number, number, at_s=number))
    for number in range(3):
        assert [late.span.first for late in in_flight.overdue(now_s=10.0 + number)] == [number]
    assert in_flight.plan(Offer(live=1), now_s=12.0) is SendStep.LIVE


def test_two_ranges_without_an_ack_are_an_outage_until_the_next_ack_and_one_alone_is_none():
    in_flight = window()
    for now_s in (0.0, 10.0):
        in_flight.sent(batch(1, 1, at_s=now_s))
        in_flight.overdue(now_s=now_s + 10.0)
        assert not in_flight.is_outage
    in_flight.sent(batch(2, 2, at_s=20.0))
    in_flight.overdue(now_s=30.0)
    assert in_flight.is_outage
    in_flight.reconnected()
    assert in_flight.is_outage
    in_flight.ack(SeqRange("s", 3, 3), now_s=31.0)
    assert not in_flight.is_outage


def test_one_ack_ends_the_doubts():
    in_flight = window()
    in_flight.sent(batch(1, 1))
    in_flight.overdue(now_s=10.0)
    in_flight.sent(batch(2, 2, at_s=10.0))
    in_flight.overdue(now_s=20.0)
    assert in_flight.plan(Offer(live=1), now_s=20.0) is None
    in_flight.ack(SeqRange("s", 2, 2), now_s=21.0)
    assert in_flight.plan(Offer(live=1), now_s=21.0) is SendStep.LIVE


def test_a_lost_batch_among_acknowledged_ones_raises_no_doubt():
    in_flight = window()
    in_flight.sent(batch(1, 1))
    in_flight.sent(batch(2, 2))
    in_flight.ack(SeqRange("s", 2, 2), now_s=1.0)
    in_flight.overdue(now_s=10.0)
    assert in_flight.plan(Offer(live=1, again=True), now_s=10.0) is SendStep.LIVE
    in_flight.sent(batch(3, 3, at_s=10.0))
    assert in_flight.plan(Offer(again=True), now_s=10.0) is SendStep.AGAIN


def test_a_range_that_is_never_acknowledged_is_tried_ever_more_rarely():
    assert [window().pause_of_a_range_s(tries) for tries in (1, 2, 3, 20)] == [0.0, 10.0, 20.0, 600.0]


def test_a_new_connection_gives_all_flights_back():
    in_flight = window()
    in_flight.sent(batch(1, 1))
    in_flight.sent(batch(2, 2, live=False))
    assert [over.span for over in in_flight.reconnected()] == [SeqRange("s", 1, 1), SeqRange("s", 2, 2)]
    assert in_flight.plan(Offer(live=1), now_s=0.0) is SendStep.LIVE
