"""The part `alarms` of a configuration is bounded before it is believed; a status without alarms is as it was."""

import msgspec
import pytest

from wire import WireError, decode_status, encode_status
from wire.local_alarms import (
    MAX_LOCAL_ALARMS_BYTES,
    SEVERITIES,
    LocalAlarms,
    LocalRule,
    LocalStage,
    RaisedAlarm,
    decode_local_alarms,
    encode_local_alarms,
    weekly_minutes,
)
from wire.status import Status

WHOLE = (
    b'{"zone":"Asia/Jayapura","rules":[{"family":"river-level","sensor":"river-1","rule":{"quantity":"water_level"},'
    b'"site":"daruba","interval_s":60.0}],"heights_cm":{"river-1":450.0},'
    b'"lines":[{"sensor":"river-1","quantity":"water_level","offset":2.0}],'
    b'"outputs":[{"output":"siren","from_severity":"severe","test":"mon 09:00"}]}'
)


def test_the_bytes_of_the_part_are_as_they_were():
    assert encode_local_alarms(decode_local_alarms(WHOLE)) == WHOLE
    assert decode_local_alarms(b'{"new_field":1}') == LocalAlarms()


@pytest.mark.parametrize(
    ("payload", "sentence"),
    [
        (b"{", "do not parse"),
        (b'{"rules":[{"family":"a","sensor":"b","rule":[]}]}', "$.rules[0].rule"),
        (b'{"heights_cm":{"river-1":"high"}}', "heights_cm"),
        (b'{"outputs":[{"output":"siren","test":"monday"}]}', "output 'siren' is tested at 'monday'; write such as"),
        (b'{"outputs":[{"output":"siren","from_severity":"bad"}]}', "outputs[0].from_severity"),
        (b" " * (MAX_LOCAL_ALARMS_BYTES + 1), "send at most"),
    ],
)
def test_what_is_wrong_is_named(payload: bytes, sentence: str):
    with pytest.raises(WireError, match=r".+") as caught:
        decode_local_alarms(payload)
    assert sentence in str(caught.value)


def test_more_rules_than_a_gateway_takes_are_refused():
    rules = tuple(LocalRule("a", "b", {}) for _ in range(501))
    with pytest.raises(WireError, match=r"length <= 500"):
        decode_local_alarms(encode_local_alarms(LocalAlarms(rules=rules)))


@pytest.mark.parametrize(("text", "minutes"), [("mon 00:00", 0), ("tue 09:30", 2_010), ("sun 23:59", 10_079)])
def test_a_time_of_the_week_is_read(text: str, minutes: int):
    assert weekly_minutes(text) == minutes


@pytest.mark.parametrize(
    "text", ["", "mon", "mon 9:00", "Mon 09:00", "mon 24:00", "mon 09:60", "mon 09:0x", "mon ０9:00"]
)
def test_what_is_no_time_of_the_week_is_none(text: str):
    assert weekly_minutes(text) is None


def test_a_status_tells_of_local_alarms_and_an_old_one_of_none():
    status = Status(1, True, "gw-1", "1", "boot", "stream", 5)
    assert b"alarms" not in encode_status(status)
    alarm = RaisedAlarm("river-level", "river-1", 5, 6, 2, 325.0, sounded_ms=7, sounded_by="siren")
    with_alarm = msgspec.structs.replace(status, alarms=(alarm,))
    assert decode_status(encode_status(with_alarm)) == with_alarm


def test_the_severities_are_those_of_the_rules():
    assert LocalStage("siren", from_severity="severe").from_severity in SEVERITIES
