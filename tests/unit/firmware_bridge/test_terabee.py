"""Terabee people counters: commands, totals that begin again, both orders of bytes, both lengths of frame."""

from typing import Any

import pytest

from firmware_bridge import SERIAL_FAMILIES, Frame, Noise, OptionError
from firmware_bridge.families import terabee
from firmware_bridge.family import Asking
from tests.vectors import cases


def decoder(memory: dict[str, int] | None = None, **options: Any):
    made = SERIAL_FAMILIES["terabee"].decoder(options, memory or {})
    assert isinstance(made, Asking)
    return made


def counts(outcomes: list[Frame | Noise]) -> list[tuple[float, ...]]:
    return [
        tuple(s.value for s in outcome.samples)
        for outcome in outcomes
        if isinstance(outcome, Frame) and outcome.samples
    ]


def frames(*totals: tuple[int, int], **how: Any) -> bytes:
    return b"".join(terabee.build(total_in=total_in, total_out=total_out, **how) for total_in, total_out in totals)


@pytest.mark.parametrize("case", cases("terabee"), ids=lambda case: case["id"])
def test_the_crc_is_that_of_the_published_commands(case: dict[str, Any]):
    command = bytes.fromhex(case["input"])
    assert command in (terabee.RESET, terabee.READ_PARAMETERS, terabee.READ_PARAMETERS_AS_TEXT)
    assert terabee.crc8(command[:-1]) == command[-1]


@pytest.mark.parametrize("how", [{"sensor": 7}, {}, {"byte_order": "little", "sensor": 7}, {"byte_order": "little"}])
def test_what_comes_on_top_of_the_first_totals_is_counted(how: dict[str, Any]):
    order = {key: value for key, value in how.items() if key == "byte_order"}
    found = counts(decoder(**order).feed(frames((7, 2), (8, 2), (8, 3), (12, 3), **how)))
    assert found == [(1, 0), (0, 1), (4, 0)]


def test_totals_that_are_at_0_again_after_a_loss_of_power_are_counted_from_0_on():
    found = decoder().feed(frames((483, 400), (1, 0), (2, 1), sensor=7))
    assert counts(found) == [(1, 0), (1, 1)]
    assert isinstance(found[1], Frame)
    assert found[1].note == "the device began again at 0, after 483, 400"


def test_a_way_that_did_not_fall_began_again_with_the_other():
    assert counts(decoder().feed(frames((10, 1), (0, 2), sensor=7))) == [(0, 2)]


def test_the_command_that_sets_the_totals_to_0_adds_nobody():
    assert counts(decoder().feed(frames((10, 1), (0, 0), (1, 0), sensor=7))) == [(0, 0), (1, 0)]


def test_a_total_that_wraps_goes_on():
    assert counts(decoder().feed(frames((65_530, 65_000), (65_540, 65_000), sensor=7))) == [(10, 0)]


def test_totals_survive_a_restart_of_the_gateway():
    before = decoder()
    before.feed(frames((7, 2), (8, 2), sensor=7))
    assert counts(decoder(before.memory()).feed(frames((11, 4), sensor=7))) == [(3, 2)]


def test_another_sensor_in_its_place_begins_with_its_own_totals():
    before = decoder()
    before.feed(frames((7, 2), sensor=7))
    found = decoder(before.memory()).feed(frames((90, 80), (91, 80), sensor=8))
    assert counts(found) == [(1, 0)]
    assert isinstance(found[0], Frame)
    assert found[0].note.startswith("sensor 00000008 is in the place of 00000007; first totals")


def test_a_wrong_order_of_bytes_is_said_and_gives_no_reading():
    found = decoder(byte_order="little").feed(frames((7, 2), (8, 2), sensor=7) + bytes(20))
    assert counts(found) == []
    assert found[0] == Noise(15, "counter is not in less out: are byte_order and model right?")


@pytest.mark.parametrize("byte_order", ["big", "little"])
def test_the_order_of_bytes_is_learnt_from_the_counter_and_kept(byte_order: str):
    made = decoder()
    found = made.feed(frames((3, 3), (4, 3), (4, 4), (5, 4), byte_order=byte_order, sensor=7))
    assert counts(found) == [(0, 1), (1, 0)]
    assert found[0] == Frame((), "in and out are equal, and no frame has shown the order of bytes yet")
    after = decoder(made.memory())
    assert counts(after.feed(frames((6, 6), byte_order=byte_order, sensor=7))) == [(1, 2)]


def test_another_order_of_bytes_than_before_is_no_reading():
    found = decoder().feed(frames((7, 2), sensor=7) + frames((8, 2), sensor=7, byte_order="little"))
    assert found[1] == Frame((), "order of bytes is another than before: is this one sensor?")


def test_a_sensor_that_hangs_the_other_way_round_is_turned():
    assert counts(decoder(swap=True).feed(frames((7, 2), (8, 2), sensor=7))) == [(0, 1)]


def test_a_frame_that_is_cut_anywhere_costs_itself_alone():
    whole = terabee.build(total_in=8, total_out=2, sensor=7)
    for size in range(1, len(whole)):
        made = decoder()
        made.feed(frames((7, 2), sensor=7))
        assert counts(made.feed(whole[:size] + terabee.build(total_in=9, total_out=2, sensor=7))) == [(2, 0)]


def test_a_sensor_that_sees_nobody_gives_zeros_each_minute():
    made, found = decoder(), []
    made.poll(0.0)
    made.feed(frames((7, 2), sensor=7))
    for second in range(1, 200):
        found += [(second, *count) for count in counts(made.feed(terabee.build_distances(1_200, 1_205)))]
        made.poll(float(second))
    assert found == [(61, 0, 0), (122, 0, 0), (183, 0, 0)]


def test_a_sensor_that_detects_presence_is_said():
    presence = b"TT\x04\xb0"
    [outcome] = decoder().feed(presence + bytes((terabee.crc8(presence),)))
    assert outcome == Frame((), "the sensor detects presence; set it to count people who pass (BPTD)")


def test_distances_between_which_people_pass_are_set_once():
    made = decoder(near_mm=100, far_mm=1_700)
    assert made.poll(0.0).send == bytes.fromhex("00550306a400646f")
    assert [made.poll(float(now)).send for now in range(1, 100)] == [b""] * 99


@pytest.mark.parametrize("options", [{"near_mm": 100}, {"far_mm": 1_000}, {"near_mm": 900, "far_mm": 1_000}])
def test_thresholds_that_the_sensor_would_refuse_are_one_sentence(options: dict[str, int]):
    with pytest.raises(OptionError, match=r"^far_mm: .* write near_mm and far_mm together"):
        decoder({}, **options)
