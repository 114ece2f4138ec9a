"""What the spool decides, with the time handed in; its law stands in tests/property/test_spool.py."""

import pytest

from edge.spool import spool as spool_module
from edge.spool.limits import Limits, SpoolUsage
from edge.spool.spans import SeqRange, Spans
from edge.spool.spool import GATHER_S, HURRY_MESSAGES, HURRY_S, LAZY_S, RETRY_S, SPACE_S, Spool
from edge.spool.write_batch import OpenedSpool, Origin, PreviousStream, TimeCorrection
from wire import Clock, Lost, Reading

LIMITS = Limits(max_bytes=2**40, min_free_bytes=0, fsync_s=1.0)
ROOM = SpoolUsage(used=0, reusable=0, wal=0, disk_free=2**40)


def readings(count: int, clock: Clock = Clock.SYNCED) -> list[Reading]:
    return [Reading("air-1", "co2", 1_000 + number, float(number), clock) for number in range(count)]


@pytest.fixture
def spool() -> Spool:
    return Spool(Origin("now", "boot", 500), LIMITS)


def commit(spool: Spool, *, now_s: float) -> None:
    batch = spool.write_batch()
    assert batch is not None
    spool.committed(batch, ROOM, now_s=now_s)


def test_a_commit_waits_for_company_but_not_long(spool: Spool):
    spool.append(readings(1), now_s=10.0)
    assert spool.commit_due_s == pytest.approx(10.0 + GATHER_S)
    spool.append(readings(1), now_s=10.05)
    assert spool.commit_due_s == pytest.approx(10.0 + GATHER_S)
    assert GATHER_S < 0.1


def test_a_message_that_waits_for_its_puback_is_committed_at_once_but_not_more_often_than_they_gather(spool: Spool):
    spool.append(readings(1), now_s=10.0, safe=lambda: None)
    assert spool.commit_due_s == pytest.approx(10.0)
    commit(spool, now_s=10.0)
    spool.append(readings(1), now_s=10.01, safe=lambda: None)
    assert spool.commit_due_s == pytest.approx(10.0 + SPACE_S)
    commit(spool, now_s=10.0 + SPACE_S)
    spool.append(readings(1), now_s=11.0, safe=lambda: None)
    assert spool.commit_due_s == pytest.approx(11.0)


def test_messages_that_wait_for_their_puback_hurry_the_commit(spool: Spool):
    spool.append(readings(1), now_s=10.0)
    commit(spool, now_s=10.0)
    for _ in range(HURRY_MESSAGES):
        spool.append(readings(1), now_s=10.0, safe=lambda: None)
    assert spool.commit_due_s == pytest.approx(10.0 + HURRY_S)


def test_a_message_is_safe_after_the_commit_and_not_before(spool: Spool):
    safe: list[str] = []
    spool.append(readings(2), now_s=0.0, safe=lambda: safe.append("first"))
    batch = spool.write_batch()
    spool.append(readings(1), now_s=0.0, safe=lambda: safe.append("second"))
    assert batch is not None
    assert safe == []
    spool.committed(batch, ROOM, now_s=0.1)
    assert safe == ["first"]


def test_what_is_kept_without_a_reading_is_safe_after_its_commit_and_not_before(spool: Spool):
    safe: list[str] = []
    spool.append((), now_s=0.0, keep={"total": "1"}, safe=lambda: safe.append("first"))
    batch = spool.write_batch()
    spool.append((), now_s=0.0, keep={"total": "2"}, safe=lambda: safe.append("second"))
    assert batch is not None
    assert safe == []
    spool.committed(batch, ROOM, now_s=0.1)
    assert safe == ["first"]
    commit(spool, now_s=0.2)
    assert safe == ["first", "second"]


def test_what_is_kept_without_a_reading_is_held_up_by_no_disk_that_takes_nothing(spool: Spool):
    safe: list[str] = []
    spool.append((), now_s=0.0, keep={"total": "1"}, safe=lambda: safe.append("first"))
    spool.failed(spool.write_batch(), "disk full", now_s=0.1)
    spool.append((), now_s=0.2, keep={"total": "2"}, safe=lambda: safe.append("second"))
    assert safe == ["first", "second"]


def test_a_message_is_safe_when_the_cloud_has_it_though_the_disk_takes_nothing(spool: Spool):
    safe: list[str] = []
    spool.append(readings(2), now_s=0.0, safe=lambda: safe.append("first"))
    spool.append(readings(1), now_s=0.0, safe=lambda: safe.append("second"))
    spool.failed(spool.write_batch(), "disk full", now_s=0.1)
    for limit in (2, 1):
        spool.ledger.pop_live(limit, spool.sendable)
    spool.ack(SeqRange("now", 3, 3), now_s=0.2)
    assert safe == []
    spool.ack(SeqRange("now", 1, 2), now_s=0.2)
    assert safe == ["first", "second"]


def test_what_the_cloud_has_before_the_commit_never_touches_the_disk(spool: Spool):
    spool.append(readings(3), now_s=0.0)
    spool.ledger.pop_live(3, spool.sendable)
    spool.ack(SeqRange("now", 1, 3), now_s=0.01)
    assert spool.write_batch() is None


def test_counts_are_not_sent_before_the_commit_that_keeps_their_total(spool: Spool):
    spool.append(readings(2), now_s=0.0)
    spool.append(readings(1), now_s=0.0, keep={"decoder.board": "7"})
    assert spool.sendable == 2
    assert spool.commit_due_s == 0.0
    batch = spool.write_batch()
    assert batch is not None
    assert batch.kept == {"decoder.board": "7"}
    assert spool.sendable == 2
    spool.committed(batch, ROOM, now_s=0.1)
    assert spool.sendable == 3


def test_a_disk_that_takes_nothing_holds_no_count_up(spool: Spool):
    spool.append(readings(1), now_s=0.0, keep={"decoder.board": "7"})
    spool.failed(spool.write_batch(), "disk full", now_s=0.1)
    assert spool.sendable == 1


def test_work_that_failed_is_done_again_whole(spool: Spool):
    spool.append(readings(2), now_s=0.0, keep={"k": "1"})
    batch = spool.write_batch()
    spool.failed(batch, "disk full", now_s=5.0)
    assert spool.problem == "disk full"
    assert spool.commit_due_s == 5.0 + RETRY_S
    assert spool.write_batch() == batch


def test_readings_are_forced_only_if_no_ack_came_in_time(spool: Spool):
    spool.append(readings(3), now_s=10.0)
    commit(spool, now_s=10.1)
    assert spool.force_due_s() == pytest.approx(11.0)
    spool.ledger.pop_live(3, 3)
    spool.ack(SeqRange("now", 1, 3), now_s=10.5)
    assert spool.force_due_s() is None


def test_what_is_forced_needs_no_force_again(spool: Spool):
    spool.append(readings(3), now_s=10.0)
    commit(spool, now_s=10.1)
    checkpoint = spool.sync_checkpoint()
    spool.append(readings(1), now_s=10.2)
    spool.forced(spool.committed_last)
    assert spool.force_due_s() is None
    assert checkpoint["now"] == (1, 3)


def test_memory_is_bounded_while_the_disk_takes_nothing(spool: Spool, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(spool_module, "MOST_IN_MEMORY", 100)
    spool.failed(None, "disk full", now_s=0.0)
    for _ in range(30):
        spool.append(readings(10), now_s=0.0)
    assert spool.losses.pending() == (Lost("now", 1, 200, "disk and memory full"),)
    assert list(spool.ledger.outstanding("now")) == [(201, 300)]
    _, kept = spool.in_memory(SeqRange("now", 201, 300))
    assert len(kept) == 100


def test_an_earlier_start_of_this_boot_is_moved_with_the_step_and_what_was_sent_is_not(spool: Spool):
    opened = OpenedSpool(
        [
            PreviousStream("same-boot", "boot", 300, 9, Spans([(1, 9)])),
            PreviousStream("older", "elsewhen", 1, 4, Spans([(1, 4)])),
        ],
        [],
        0,
        {},
    )
    spool.adopt(opened, {}, now_s=0.0)
    spool.append(readings(4, Clock.UNKNOWN), now_s=0.0)
    spool.ledger.pop_live(2, 4)
    spool.clock_found(10_500, now_s=0.1)
    _, tail = spool.in_memory(SeqRange("now", 1, 4))
    assert [(reading.time_ms, reading.clock) for reading in tail] == [
        (1_000, Clock.UNKNOWN), (1_001, Clock.UNKNOWN), (11_002, Clock.ESTIMATED), (11_003, Clock.ESTIMATED),
    ]  # fmt: skip
    batch = spool.write_batch()
    assert batch is not None
    assert batch.corrections == [
        TimeCorrection("same-boot", 10_200, ((1, 9),)),
        TimeCorrection("now", 10_000, ((3, 4),)),
    ]


def test_rows_that_vanish_from_a_damaged_file_are_declared_lost_unless_memory_has_them(spool: Spool):
    spool.append(readings(6), now_s=0.0)
    spool.ledger.pop_live(3, 6)
    commit(spool, now_s=0.1)
    spool.salvaged(OpenedSpool([], [], 0, {}, "damaged"), now_s=0.2)
    assert spool.losses.pending() == (Lost("now", 1, 3, "spool file damaged"),)
    batch = spool.write_batch()
    assert batch is not None
    assert [(first, len(run)) for first, run in batch.runs] == [(4, 3)]


def test_a_stream_that_was_done_with_and_comes_out_of_a_damaged_file_again_is_forgotten_again(spool: Spool):
    spool.append(readings(6), now_s=0.0)
    commit(spool, now_s=0.1)
    left_over = PreviousStream("done", "boot", 0, 20, Spans([(11, 20)]))
    here = PreviousStream("now", "boot", 0, 6, Spans([(1, 6)]))
    spool.salvaged(OpenedSpool([left_over, here], [], 0, {}, "damaged"), now_s=0.2)
    batch = spool.write_batch()
    assert batch is not None
    assert batch.forget == [SeqRange("done", 11, 20)]
    assert batch.finished == ["done"]
    assert not spool.losses


def test_losses_are_said_until_the_cloud_has_acknowledged_them(spool: Spool):
    spool.adopt(OpenedSpool([], [Lost("old", 1, 5, "spool full")], 5, {}), {}, now_s=0.0)
    said = spool.losses.pending()
    spool.confirm_losses(said, now_s=1.0)
    batch = spool.write_batch()
    assert batch is not None
    assert batch.losses == ()
    assert batch.ever_lost == 5


def test_readings_that_cannot_be_taken_in_are_declared_lost_and_sent_by_nobody(spool: Spool):
    spool.append(readings(2), now_s=0.0)
    spool.refuse(readings(3), "more than can be", now_s=0.1)
    spool.append(readings(1), now_s=0.2)
    assert spool.losses.pending() == (Lost("now", 3, 5, "more than can be"),)
    assert spool.ledger.pop_live(10, spool.sendable) == SeqRange("now", 1, 2)
    assert spool.ledger.pop_live(10, spool.sendable) == SeqRange("now", 6, 6)


def test_old_news_is_backlog_from_the_start_and_does_not_hold_live_readings_up(spool: Spool):
    spool.append(readings(2), now_s=0.0, backlog=True)
    spool.append(readings(2), now_s=0.0)
    spool.append(readings(2), now_s=0.0, backlog=True)
    assert spool.ledger.live_count(spool.sendable) == 2
    assert spool.ledger.pop_live(10, spool.sendable) == SeqRange("now", 3, 4)
    assert spool.ledger.pop_live(10, spool.sendable) is None
    assert spool.ledger.pop_backlog(10, spool.sendable) == SeqRange("now", 1, 2)
    assert spool.ledger.pop_backlog(10, spool.sendable) == SeqRange("now", 5, 6)


def test_what_must_be_committed_with_readings_holds_backlog_back_too(spool: Spool):
    spool.append(readings(2), now_s=0.0, keep={"taken": "1"}, safe=lambda: None, backlog=True)
    assert spool.ledger.pop_backlog(10, spool.sendable) is None
    commit(spool, now_s=0.1)
    assert spool.ledger.pop_backlog(10, spool.sendable) == SeqRange("now", 1, 2)


def test_a_disk_that_failed_is_tried_again_though_the_cloud_has_what_it_did_not_take(spool: Spool):
    spool.append(readings(1), now_s=10.0)
    batch = spool.write_batch()
    spool.failed(batch, "disk full", now_s=10.1)
    assert spool.ledger.pop_live(1, 1) is not None
    spool.ack(SeqRange("now", 1, 1), now_s=10.2)
    assert spool.write_batch() is None
    spool.append(readings(1), now_s=20.0)
    assert spool.commit_due_s == pytest.approx(20.0 + GATHER_S)


def test_what_is_kept_without_readings_forces_no_later_reading(spool: Spool):
    spool.append((), now_s=10.0, keep={"a": "1"})
    commit(spool, now_s=10.0)
    spool.append(readings(1), now_s=100.0)
    commit(spool, now_s=100.1)
    assert spool.force_due_s() == pytest.approx(101.0)


def test_an_ack_that_comes_during_a_commit_waits_for_company_as_any(spool: Spool):
    spool.append(readings(1), now_s=10.0)
    commit(spool, now_s=10.1)
    spool.ledger.pop_live(1, 1)
    spool.append(readings(1), now_s=10.2)
    batch = spool.write_batch()
    assert batch is not None
    spool.ack(SeqRange("now", 1, 1), now_s=10.2)
    spool.committed(batch, ROOM, now_s=10.3)
    assert spool.commit_due_s == pytest.approx(10.2 + LAZY_S)
