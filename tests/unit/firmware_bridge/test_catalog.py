"""Every family and dialect in the catalog: golden bytes, quantities that the wire knows, options with a meaning."""

import pytest

from firmware_bridge import MQTT_DIALECTS, REQUIRED, SERIAL_FAMILIES, Frame
from firmware_bridge.family import problems
from tests.unit.firmware_bridge import laws
from tests.unit.firmware_bridge.examples import MQTT, SERIAL
from wire import QUANTITIES


def test_every_family_and_dialect_has_examples():
    assert SERIAL.keys() == SERIAL_FAMILIES.keys()
    assert MQTT.keys() == MQTT_DIALECTS.keys()


@pytest.mark.parametrize("name", SERIAL_FAMILIES)
def test_golden_frames_mean_what_their_source_says(name):
    laws.check_golden_frames(SERIAL_FAMILIES[name], SERIAL[name])


@pytest.mark.parametrize("name", MQTT_DIALECTS)
def test_golden_messages_mean_what_their_source_says(name):
    laws.check_golden_messages(MQTT_DIALECTS[name], MQTT[name])


@pytest.mark.parametrize("name", SERIAL_FAMILIES)
def test_a_family_gives_only_the_quantities_it_names_and_the_wire_knows(name):
    family = SERIAL_FAMILIES[name]
    given = {sample.quantity for samples in SERIAL[name].means for sample in samples}
    assert given <= set(family.quantities) <= set(QUANTITIES)


@pytest.mark.parametrize("name", SERIAL_FAMILIES)
def test_a_family_says_whether_its_samples_carry_channels(name):
    channels = {sample.channel for samples in SERIAL[name].means for sample in samples}
    assert (channels != {""}) is SERIAL_FAMILIES[name].channels


@pytest.mark.parametrize("entry", [*SERIAL_FAMILIES.values(), *MQTT_DIALECTS.values()], ids=lambda entry: entry.name)
def test_every_default_is_a_value_that_its_own_option_allows(entry):
    given = {option.name: option.default for option in entry.options if option.default is not REQUIRED}
    assert problems(tuple(option for option in entry.options if option.name in given), given) == []
    assert all(option.meaning for option in entry.options)


@pytest.mark.parametrize("name", SERIAL_FAMILIES)
def test_a_frame_without_samples_says_why(name):
    decoder = SERIAL_FAMILIES[name].decoder(SERIAL[name].options, {})
    empty = [
        outcome
        for frame, samples in zip(SERIAL[name].frames, SERIAL[name].means, strict=True)
        for outcome in decoder.feed(frame)
        if not samples
    ]
    assert empty
    assert all(isinstance(outcome, Frame) and outcome.note for outcome in empty)
