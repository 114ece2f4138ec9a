"""Each simulated device in a conversation with the decoder of its family, on a clock of their own, with faults too."""

from random import Random

import pytest

from firmware_bridge import Frame, Noise, Sample
from firmware_bridge.family import Asking, Poll
from firmware_bridge.simulated import SimulatedDevice, simulated
from firmware_bridge.simulated.curves import of_a_day, plausible
from firmware_bridge.simulated.device import CommandFinder, DuePace
from firmware_bridge.simulated.faults import FAULTS, Faulty
from tests.unit.firmware_bridge.examples import SERIAL, family_of
from wire import BUILT_IN

each_label = pytest.mark.parametrize("label", SERIAL)
START_S = 1_767_225_600.0
STEP_S = 0.05
LASTS_S = 90.0
VALUES = of_a_day(START_S)
COUNTED = {"rainfall", "rain_rate", "people_in", "people_out"}
"""What is added up, so that a frame does not say what it was made of."""
DERIVED = {"water_level", *(name for name in BUILT_IN if name.startswith("particles_"))}


def options_of(label: str) -> dict[str, object]:
    family = family_of(label)
    given = SERIAL[label].options
    return {option.name: given.get(option.name, option.default) for option in family.options}


def device_of(label: str, values: dict[str, float] = VALUES) -> SimulatedDevice:
    return simulated(family_of(label))(options_of(label), lambda _: values)


def answers_only(label: str) -> bool:
    """Whether the device says nothing by itself, so that a line without an answer is no silence of the device."""
    device = device_of(label)
    return not any(device.due(START_S + step * STEP_S) for step in range(200))


class Talk:
    """What came of `LASTS_S` seconds of a device and a decoder on one line."""

    def __init__(self, label: str, device: SimulatedDevice) -> None:
        decoder = family_of(label).decoder(SERIAL[label].options, {})
        self.outcomes: list[Frame | Noise] = []
        self.poll = Poll()
        again_s = 0.0
        for step in range(round(LASTS_S / STEP_S)):
            now_s = step * STEP_S
            written = device.due(START_S + now_s)
            if isinstance(decoder, Asking) and now_s >= again_s:
                self.poll = decoder.poll(now_s)
                again_s = now_s + self.poll.again_s
                written += device.feed(self.poll.send, START_S + now_s)
            if written:
                self.outcomes += decoder.feed(written)
                again_s = now_s  # as the line asks again when something came

    @property
    def samples(self) -> list[Sample]:
        return [sample for outcome in self.outcomes if isinstance(outcome, Frame) for sample in outcome.samples]


@each_label
def test_a_simulated_device_is_read_by_its_family(label: str):
    talk = Talk(label, device_of(label))
    if label != "sds011/sds198":  # whose quantity is a city's own
        assert talk.samples
    assert not [outcome for outcome in talk.outcomes if isinstance(outcome, Noise)]
    assert talk.poll.trouble == ""
    for sample in talk.samples:
        if sample.quantity not in COUNTED | DERIVED:
            assert sample.value == pytest.approx(VALUES.get(sample.quantity, 0.0), rel=0.02, abs=0.6), sample


@each_label
def test_a_simulated_device_gives_what_its_family_names(label: str):
    named = set(family_of(label).quantities)
    assert {sample.quantity for sample in Talk(label, device_of(label)).samples} <= named


@each_label
@pytest.mark.parametrize("fault", FAULTS)
def test_no_fault_of_a_line_breaks_a_decoder_and_silence_is_said(label: str, fault: str):
    talk = Talk(label, Faulty(device_of(label), fault, Random(7)))
    if fault == "silent":
        assert talk.outcomes == []
        assert bool(talk.poll.trouble) is answers_only(label)
    if fault in ("cut", "baud") and talk.outcomes:
        assert any(isinstance(outcome, Noise) for outcome in talk.outcomes)


@each_label
def test_noise_before_each_frame_costs_few_readings(label: str):
    clean, noisy = Talk(label, device_of(label)), Talk(label, Faulty(device_of(label), "noise", Random(7)))
    assert len(noisy.samples) >= 0.8 * len(clean.samples)


def test_a_fault_can_be_now_and_then():
    clean, spoilt = (Talk("sds011", Faulty(device_of("sds011"), "cut", Random(7), share=share)) for share in (0, 0.3))
    assert 0.5 < len(spoilt.samples) / len(clean.samples) < 0.9


def test_a_device_that_is_asked_late_speaks_once_and_goes_on_in_its_pace():
    pace = DuePace(1.0)
    assert [now for now in (0.0, 0.5, 1.2, 1.9, 2.0, 9.0, 9.5, 10.0) if pace.is_due(now)] == [0.0, 1.2, 2.0, 9.0, 10.0]


def test_a_device_whose_clock_is_set_back_goes_on():
    pace = DuePace(1.0)
    assert pace.is_due(1_000.0)
    assert pace.is_due(10.0)
    assert not pace.is_due(10.5)


def test_commands_are_found_in_pieces_and_behind_noise():
    commands = CommandFinder(b"\xff\x01", 4)
    assert commands.feed(b"\x00\xff") == []
    assert commands.feed(b"\x01ab\x07\xff\x01cd\xff") == [b"\xff\x01ab", b"\xff\x01cd"]
    assert commands.feed(b"\x01ef") == [b"\xff\x01ef"]


def test_a_day_has_the_same_values_wherever_it_is_made_and_none_that_cannot_be():
    hours = [of_a_day(START_S + 3_600 * hour) for hour in range(24)]
    assert hours[3] == of_a_day(START_S + 3 * 3_600)
    for values in hours:
        for quantity, value in values.items():
            if quantity in BUILT_IN:
                assert BUILT_IN[quantity].low <= value <= BUILT_IN[quantity].high, quantity
    assert plausible("leq", START_S) == plausible("leq", START_S)
