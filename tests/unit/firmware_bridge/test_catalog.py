"""Every family and dialect in the catalog: golden bytes, quantities that the wire knows, options with a meaning."""

import subprocess
import sys

import pytest

from firmware_bridge import MQTT_DIALECTS, REQUIRED, SERIAL_FAMILIES, Frame
from firmware_bridge.catalog import NAMES, find
from firmware_bridge.family import problems
from tests.unit.firmware_bridge import laws
from tests.unit.firmware_bridge.examples import MQTT, SERIAL, family_of
from wire import QUANTITIES


def test_every_family_and_dialect_has_examples():
    assert {label.partition("/")[0] for label in SERIAL} == set(SERIAL_FAMILIES)
    assert MQTT.keys() == MQTT_DIALECTS.keys()


@pytest.mark.parametrize("label", SERIAL)
def test_golden_frames_mean_what_their_source_says(label):
    laws.check_golden_frames(family_of(label), SERIAL[label])


@pytest.mark.parametrize("name", MQTT_DIALECTS)
def test_golden_messages_mean_what_their_source_says(name):
    laws.check_golden_messages(MQTT_DIALECTS[name], MQTT[name].messages)


@pytest.mark.parametrize("label", SERIAL)
def test_a_family_gives_only_the_quantities_it_names_and_the_wire_knows(label):
    given = {sample.quantity for samples in SERIAL[label].means for sample in samples}
    assert given <= set(family_of(label).quantities) <= set(QUANTITIES)


@pytest.mark.parametrize("label", SERIAL)
def test_a_family_says_whether_its_samples_carry_channels(label):
    channels = {sample.channel for samples in SERIAL[label].means for sample in samples}
    assert bool(channels - {""}) is family_of(label).channels


ENTRIES = [*SERIAL_FAMILIES.values(), *MQTT_DIALECTS.values()]
each_entry = pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)


@each_entry
def test_every_default_is_a_value_that_its_own_option_allows(entry):
    given = {option.name: option.default for option in entry.options if option.default is not REQUIRED}
    assert problems(tuple(option for option in entry.options if option.name in given), given) == []
    assert all(option.meaning for option in entry.options)


@pytest.mark.parametrize("name", SERIAL_FAMILIES)
def test_a_frame_without_samples_says_why(name):
    empty = [outcome for label in SERIAL if family_of(label).name == name for outcome in without_samples(label)]
    assert empty
    assert all(isinstance(outcome, Frame) and outcome.note for outcome in empty)


def without_samples(label):
    decoder = family_of(label).decoder(SERIAL[label].options, {})
    for frame, samples in zip(SERIAL[label].frames, SERIAL[label].means, strict=True):
        outcomes = decoder.feed(frame)
        if not samples:
            yield from outcomes


@each_entry
def test_a_model_is_found_by_its_name_however_it_is_written(entry):
    line = {name for name in NAMES if find(name).entry is entry}
    assert line == {entry.name, *entry.models}, "the line in catalog.py and the models of the file are not the same"
    options = {option.name: option for option in entry.options}
    for name, presets in entry.models.items():
        assert find(name.upper().replace("_", "-")) == (entry, presets)
        assert presets.keys() <= options.keys()
        assert problems(tuple(options[key] for key in presets), presets) == []


def test_no_two_entries_answer_to_one_name():
    assert len({name.replace("_", "").replace("-", "") for name in NAMES}) == len(NAMES)


@pytest.mark.parametrize("name", ["", "sds", "pm 2.5", "sds011x", "\0", "日本"])
def test_what_is_no_name_is_not_found(name):
    assert find(name) is None


def test_a_family_that_nobody_asked_for_is_not_loaded():
    listing = subprocess.run(
        [sys.executable, "-c", "import sys, edge.cli, edge.commands.run; print(*sys.modules)"],
        capture_output=True, text=True, check=True,
    ).stdout.split()  # fmt: skip
    assert "firmware_bridge.catalog" in listing
    assert not [name for name in listing if name.startswith(("firmware_bridge.families.", "firmware_bridge.dialects."))]
