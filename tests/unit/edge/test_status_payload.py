"""A status that must be short: what is left out, in which order, and that an alarm is kept longest."""

import msgspec
import pytest

from edge.status_payload import encoded_within
from wire import SourceState, SourceStatus, SpoolState, Status, decode_status, encode_status
from wire.gateway_update import UpdateState, UpdateStatus
from wire.local_alarms import RaisedAlarm

OPEN = tuple(
    RaisedAlarm("river-level", f"river-{n}", 10**12 + n, 10**12 + n, 2, 212.0, sounded_ms=10**12, sounded_by="siren")
    for n in range(3)
)
ENDED = tuple(
    RaisedAlarm("river-level", f"creek-{n}", 10**12, 10**12, 1, 99.0, closed_ms=10**12 + 5, problem="p" * 200)
    for n in range(3)
)
UPDATE = UpdateStatus("1.2.0", UpdateState.ROLLED_BACK, "no ack came " * 20)
WHOLE = Status(
    1, True, "gw-daruba", "0.1.0", "b" * 32, "s" * 16, 10**12,
    spool=SpoolState(7, 10**12, 3, 10**6, 10**9, "disk " * 60),
    sources=tuple(SourceState(f"source-{n}", SourceStatus.OK, "word " * 40, 9, 9) for n in range(40)),
    notes=("first " * 30, "second " * 30), alarms=(*OPEN, *ENDED), update=UPDATE,
)  # fmt: skip


def within(most_bytes: int) -> Status:
    payload = encoded_within(WHOLE, most_bytes)
    assert len(payload) <= most_bytes
    return decode_status(payload)


def test_a_status_that_fits_is_whole():
    assert encoded_within(WHOLE, 64 * 1024) == encode_status(WHOLE)


def test_sentences_of_sources_go_first_and_then_the_sources():
    assert {source.detail for source in within(6_000).sources} == {""}
    short = within(4_000)
    assert (short.sources, short.notes) == ((), WHOLE.notes[:1])
    assert short.alarms == WHOLE.alarms


def test_alarms_are_kept_longer_than_any_other_sentence():
    short = within(1_600)
    assert (short.notes, short.spool.problem) == ((), "")
    assert short.update == UpdateStatus("1.2.0", UpdateState.ROLLED_BACK, "")
    assert [alarm.sensor for alarm in short.alarms] == [alarm.sensor for alarm in WHOLE.alarms]
    assert [alarm.sounded_ms for alarm in short.alarms[:3]] == [10**12] * 3


def test_where_not_all_alarms_have_room_those_that_ended_go_first():
    short = within(1_024)
    assert len(short.alarms) >= len(OPEN)
    assert not any(alarm.closed_ms for alarm in short.alarms[: len(OPEN)])


@pytest.mark.parametrize("most_bytes", [0, 100, 450])
def test_what_is_said_in_any_case_is_said(most_bytes: int):
    short = decode_status(encoded_within(WHOLE, most_bytes))
    assert (short.gateway, short.spool.depth, short.spool.lost) == ("gw-daruba", 7, 3)
    assert len(encoded_within(WHOLE, most_bytes)) < 450


def test_the_shorter_it_must_be_the_less_it_says():
    sizes = [len(encoded_within(WHOLE, most)) for most in range(300, len(encode_status(WHOLE)), 97)]
    assert sizes == sorted(sizes)
    assert msgspec.json.decode(encoded_within(WHOLE, 300))["online"] is True
