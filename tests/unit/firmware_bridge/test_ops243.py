"""OPS243: the question, its answers, what is no count, totals that begin again."""

from typing import Any

import pytest

from firmware_bridge import SERIAL_FAMILIES, Frame, Noise
from firmware_bridge.families import ops243
from firmware_bridge.family import Asking


def decoder(memory: dict[str, int] | None = None, **options: Any):
    made = SERIAL_FAMILIES["ops243"].decoder(options, memory or {})
    assert isinstance(made, Asking)
    return made


def counts(outcomes: list[Frame | Noise]) -> list[tuple[str, float]]:
    return [(s.quantity, s.value) for outcome in outcomes if isinstance(outcome, Frame) for s in outcome.samples]


def answers(*totals: int) -> bytes:
    return b"".join(map(ops243.build, totals))


def test_it_is_asked_for_its_count_and_what_comes_on_top_is_counted():
    made = decoder()
    assert made.poll(0.0).send == b"N?"
    assert counts(made.feed(answers(3))) == []
    assert made.poll(0.1).send == b""
    assert made.poll(10.0).send == b"N?"
    assert counts(made.feed(answers(5))) == [("people_in", 2)]


def test_a_radar_that_is_silent_is_named():
    made = decoder()
    for now in range(60):
        trouble = made.poll(float(now)).trouble
    assert trouble.startswith("the radar does not answer: asked ")


def test_objects_on_their_way_out_are_counted_as_such():
    assert counts(decoder(counts="people_out").feed(answers(3, 4))) == [("people_out", 1)]


def test_a_count_that_is_at_0_again_is_believed_when_the_next_answer_confirms_it():
    assert counts(decoder().feed(answers(40, 1, 2, 4))) == [("people_in", 2), ("people_in", 2)]
    assert counts(decoder().feed(answers(40, 4, 41))) == [("people_in", 1)]  # a line that lost a digit
    assert counts(decoder().feed(answers(40, 40_000, 41))) == [("people_in", 1)]


def test_the_count_survives_a_restart_of_the_gateway():
    before = decoder()
    before.feed(answers(3))
    assert counts(decoder(before.memory()).feed(answers(9))) == [("people_in", 6)]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (b'{"speed":0.58, "direction":"inbound", "time":105, "tick":135}', "speed or range, no count"),
        (b'{"range":"1.2"}', "speed or range, no count"),
        (b"-0.58", "speed or range, no count"),
        (b'"mps",0.58', "speed or range, no count"),
        (b"137.429,3.6", "speed or range, no count"),
        (b'{"MotionSignal":"Status", "CountToPass":2, "CountToFail":4}', "setting, no count"),
        (b'{"DetectedObjectCount":null}', "count is 'None', no number"),
        (b'{"DetectedObjectCount":-1}', "count -1 cannot be"),
        (b'{"DetectedObjectCount":true}', "count is 'True', no number"),
    ],
)
def test_what_else_a_radar_writes_is_no_count(line: bytes, said: str):
    assert decoder().feed(line + b"\r\n") == [Frame((), said)]


@pytest.mark.parametrize(
    "line",
    [b'{"DetectedObjectCount":"4"}', b'{"DetectedObjectCount": 4}', b'"DetectedObjectCount",4',
     b"DetectedObjectCount: 4", b'{"Detec{"DetectedObjectCount":4}'],
)  # fmt: skip
def test_a_count_may_be_written_in_several_ways(line: bytes):
    assert counts(decoder({"people_in": 3}).feed(line + b"\r\n")) == [("people_in", 1)]


@pytest.mark.parametrize("line", [b"hello", b"{", b"}", b"[3]", b'{"DetectedObjectCount":}', b"\xff\xfe\x00"])
def test_other_lines_are_noise(line: bytes):
    assert decoder().feed(line + b"\n") == [Noise(len(line) + 1, "line is none of a radar")]
