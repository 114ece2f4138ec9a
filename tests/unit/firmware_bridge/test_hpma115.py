"""Honeywell HPMA115: commands, whose frame it is, what it is asked and when, and what is no measurement."""

from typing import Any

import pytest

from firmware_bridge import Frame, Noise
from firmware_bridge.catalog import find
from firmware_bridge.families import hpma115, plantower
from firmware_bridge.simulated.hpma115 import SimulatedHpma115

S0 = {"pm2_5": 12.0, "pm10": 23.0}
C0 = {"pm1": 4.0, "pm2_5": 7.0, "pm4": 9.0, "pm10": 23.0}
START, STOP, READ, STOP_SENDING, SEND = map(hpma115.encode, (0x01, 0x02, 0x04, 0x20, 0x40))


def decoder(name: str = "hpma115", **options: Any):
    found = find(name)
    assert found is not None
    return found.entry.decoder({**found.options, **options}, {})


def values(outcome: Frame | Noise) -> dict[str, float]:
    assert isinstance(outcome, Frame)
    return {sample.quantity: sample.value for sample in outcome.samples}


def test_commands_are_those_of_the_data_sheet():
    assert [command.hex() for command in (START, STOP, READ, STOP_SENDING, SEND)] == [
        "68010196", "68010295", "68010493", "68012077", "68014057",
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["HPMA115S0", "hpma115-c0", "HPMA115"])
@pytest.mark.parametrize("make", [hpma115.build, hpma115.build_answer])
def test_each_model_is_read_by_its_name_and_by_that_of_its_family(name: str, make: Any):
    is_c0 = "c0" in name.lower()
    air, model = (C0, "hpma115c0") if is_c0 else (S0, "hpma115s0")
    [frame] = decoder(name).feed(make(air, model=model))
    assert values(frame) == air


@pytest.mark.parametrize("make", [hpma115.build, hpma115.build_answer])
@pytest.mark.parametrize(("label", "air", "other"), [("hpma115s0", C0, "hpma115c0"), ("hpma115c0", S0, "hpma115s0")])
def test_a_wrong_model_is_a_sentence_and_no_reading(make: Any, label: str, air: dict[str, float], other: str):
    [frame] = decoder(label).feed(make(air, model=other))
    if (label, make) == ("hpma115s0", hpma115.build):
        return  # the words behind those of an S0 are reserved: they may be anything
    assert frame == Frame((), f'frame is of another model; write model = "{other}"')


@pytest.mark.parametrize(
    "words", [[9, 7, 8, 12], [4, 7, 9, 8], [4, 7, 9, 12, 0, 5]], ids=["pm1 largest", "pm10 smaller", "more words"]
)
def test_a_frame_that_may_be_of_either_model_needs_the_model(words: list[int]):
    frame = plantower.build(words + [0] * (13 - len(words)))
    [outcome] = decoder().feed(frame)
    assert outcome == Frame((), "frame may be of either model; write model as the label says")
    assert values(decoder("hpma115s0").feed(frame)[0]) == {"pm2_5": words[1], "pm10": words[2]}


@pytest.mark.parametrize("name", ["hpma115", "hpma115s0", "hpma115c0"])
def test_a_plantower_on_the_line_is_named(name: str):
    [frame] = decoder(name).feed(plantower.build([5, 13, 22, 5, 13, 22, 765, 252, 29, 15, 6, 6, 0x9700]))
    assert frame == Frame((), "frame counts particles, as a Plantower's does; write its model as family")


def test_as_a_plantower_it_is_no_clean_air():
    [frame] = decoder("pms5003").feed(hpma115.build(S0, model="hpma115s0"))
    assert values(frame) == {}
    assert isinstance(frame, Frame)
    assert "a Honeywell HPMA115 sends such frames" in frame.note


def test_what_it_cannot_measure_is_no_frame_of_it():
    beyond, usual = (hpma115.build_answer({"pm2_5": n, "pm10": n}, model="hpma115s0") for n in (5_001, 5_000))
    [first, last] = decoder().feed(beyond + usual)
    assert values(last) == {"pm2_5": 5_000.0, "pm10": 5_000.0}
    assert isinstance(first, Noise)
    assert first.reason == "5001 ug/m3 is beyond what the sensor can measure: is it of this family?"


def test_a_torn_answer_makes_no_reading_with_the_next_one_behind_it():
    for model, air in (("hpma115s0", S0), ("hpma115c0", C0)):
        whole = hpma115.build_answer(air, model=model)
        for size in range(1, len(whole)):
            found = [values(one) for one in decoder().feed(whole[:size] + whole) if isinstance(one, Frame)]
            assert found == [air]


def test_a_sensor_that_is_asked_is_told_to_wait_and_to_measure_first():
    made = decoder("hpma115s0", mode="query", every_s=20.0)
    assert made.poll(0.0).send == STOP_SENDING
    made.feed(hpma115.build(S0, model="hpma115s0"))  # it still sends by itself
    assert made.poll(0.1).send == b""
    made.feed(hpma115.DONE)
    assert made.poll(0.2).send == START
    made.feed(hpma115.DONE)
    assert made.poll(0.3).send == READ
    [frame] = made.feed(hpma115.build_answer(S0, model="hpma115s0"))
    assert values(frame) == S0
    assert made.poll(0.4).again_s == pytest.approx(19.9)


def test_one_that_refuses_to_be_read_is_started_again():
    made = decoder("hpma115s0", mode="query", every_s=20.0)
    for now_s in (0.0, 0.1):
        made.poll(now_s)
        made.feed(hpma115.DONE)
    assert made.poll(0.2).send == READ
    assert made.feed(hpma115.REFUSED) == [Frame((), "the sensor refused a command")]
    assert made.poll(0.3).send == START


def test_a_sensor_that_sleeps_is_started_half_a_minute_before_it_is_asked():
    made = decoder("hpma115c0", mode="query", sleep=True, every_s=300.0)
    device = SimulatedHpma115(lambda _: C0, "hpma115c0")
    sent: list[tuple[float, bytes]] = []
    for step in range(400):
        poll = made.poll(step / 10)
        if poll.send:
            sent.append((step / 10, poll.send))
            made.feed(device.feed(poll.send, step / 10))
    assert [command for _, command in sent] == [STOP_SENDING, START, START, READ, STOP]
    assert not device.is_measuring
    assert not device.is_sending
    assert sent[3][0] - sent[2][0] == pytest.approx(30.0, abs=0.2)


def test_silence_is_said():
    made = decoder("hpma115s0", mode="query")
    for now_s in (0.0, 1.0, 3.0, 4.0, 6.0, 7.0):
        made.poll(now_s)
    assert "does not answer: asked 3 times (to wait for questions)" in made.poll(7.1).trouble
