"""Options: every mistake one sentence, with the key, the value and what to write."""

import pytest

from firmware_bridge import Option, OptionError
from firmware_bridge.family import check_channels, check_quantity, problems, settle
from i18n.message import LocalizedMessage
from wire import BUILT_IN, QUANTITIES

OPTIONS = (
    Option("port", str, LocalizedMessage("where it is")),
    Option("unit", str, LocalizedMessage("how it counts"), default="mm", choices=("mm", "cm")),
    Option("height_cm", float, LocalizedMessage("how high it hangs"), default=None, low=0, high=1_000),
    Option("count", int, LocalizedMessage("how many"), default=1, low=1),
    Option("loud", bool, LocalizedMessage("whether it beeps"), default=False),
    Option("names", dict, LocalizedMessage("who is who"), default={}),
)


def test_what_is_left_out_has_its_default():
    assert settle(OPTIONS, {"port": "a", "height_cm": 4}) == {
        "port": "a", "unit": "mm", "height_cm": 4, "count": 1, "loud": False, "names": {},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"port": 7}, "port: 7: write text in quotes: where it is"),
        ({"unit": "inch"}, "unit: 'inch': write one of: mm, cm"),
        ({"height_cm": "4 m"}, "height_cm: '4 m': write a number: how high it hangs"),
        ({"height_cm": float("nan")}, "height_cm: nan: write a number from 0 to 1000"),
        ({"height_cm": -1}, "height_cm: -1: write a number from 0 to 1000"),
        ({"count": 1.5}, "count: 1.5: write a whole number: how many"),
        ({"count": True}, "count: True: write a whole number: how many"),
        ({"count": None}, "count: None: write a whole number: how many"),
        ({"count": 0}, "count: 0: write a number from 1"),
        ({"loud": 1}, "loud: 1: write true or false: whether it beeps"),
        ({"names": []}, "names: []: write a table: who is who"),
    ],
)
def test_a_mistake_is_one_sentence(given, sentence):
    assert problems(OPTIONS, {"port": "a", **given}) == [sentence]


def test_all_mistakes_are_told_at_once_and_the_first_is_raised():
    assert len(problems(OPTIONS, {"unit": 1, "count": "x"})) == 3
    with pytest.raises(OptionError, match=r"^port: is missing; add it: where it is$"):
        settle(OPTIONS, {"unit": 1, "count": "x"})


def channels_of(named: dict[str, object]) -> dict[str, str]:
    return check_channels(named, lambda channel: channel.isalpha(), LocalizedMessage("write one letter"))


def test_channels_are_checked_with_their_sensors():
    assert channels_of({"a": "level-1", "B": "level-2"}) == {"a": "level-1", "B": "level-2"}
    with pytest.raises(OptionError, match=r"^channels: '7' is no channel; write one letter$"):
        channels_of({"7": "level-1"})
    for sensor in ("Level 1", "", 7, None):
        with pytest.raises(OptionError, match="is no sensor's name: use 1 to 64"):
            channels_of({"a": sensor})


DERIVED = sorted(name for name, row in QUANTITIES.items() if row.derived)


@pytest.mark.parametrize("quantity", DERIVED)
def test_a_source_of_a_gateway_refuses_every_derived_quantity(quantity):
    with pytest.raises(OptionError, match="is no quantity"):
        check_quantity("values", quantity, BUILT_IN)


def test_a_choice_is_understood_however_it_is_written():
    options = (Option("model", str, LocalizedMessage("which"), default="a", choices=("a", "jsn-sr04t")),)
    for written in ("JSN-SR04T", "jsn sr04t", "JSNSR04T"):
        assert problems(options, {"model": written}) == []
        assert settle(options, {"model": written}) == {"model": "jsn-sr04t"}
    assert problems(options, {"model": "jsn"}) == ["model: 'jsn': write one of: a, jsn-sr04t"]
