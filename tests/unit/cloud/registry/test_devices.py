"""The device at a sensor: which values name one, and when another took its place."""

import pytest

from cloud.registry.devices import DEVICE, device_mistake, device_text
from cloud.registry.facts import Fact, Facts
from cloud.registry.history import FactHistory

OLD, NEW = {"serial": "A-17", "model": "MB7389", "make": "MaxBotix"}, {"serial": "B-03"}


def fact(number: int, value: object, since: int) -> Fact:
    return Fact(number, "sensor:river", DEVICE, value, since, "ani", "by hand", "wet", number)


@pytest.mark.parametrize("value", [None, OLD, NEW])
def test_a_device_is_named_by_its_serial_number_or_nobody_knows_it(value: object):
    assert device_mistake(value) is None


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("B-03", "write {"),
        ({}, "write {"),
        ({"serial": "B", "colour": "red"}, "write {"),
        ({"serial": " "}, "value.serial: is empty"),
        ({"serial": "x" * 81}, "value.serial: write at most 80"),
        ({"serial": "B", "make": 7}, "value.make: write at most 80"),
        ({"serial": "B\n03"}, "on one line"),
    ],
)
def test_what_is_no_device_is_refused_in_a_sentence(value: object, words: str):
    assert words in str(device_mistake(value))


def test_a_device_is_read_by_its_make_its_model_and_its_number():
    assert [device_text(each) for each in (OLD, NEW, None)] == ["MaxBotix MB7389 (A-17)", "(B-03)", ""]


def test_another_device_begins_wherever_the_timeline_names_another():
    facts = [fact(1, None, 0), fact(2, OLD, 100), fact(3, OLD, 150), fact(4, NEW, 200)]
    assert FactHistory(Facts(facts[:1])).replacements() == {}
    assert FactHistory(Facts(facts)).replacements() == {"river": [100, 200]}
