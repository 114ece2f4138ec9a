"""A modem in plain words."""

import pytest

from edge.modem.view import problem_of, sms_problem_of, view_in
from tests.unit.edge.modem.objects import PATH, UNKNOWN, objects


def samples(**said):
    return {each.quantity: each.value for each in view_in(objects(**said)).samples()}


def test_a_modem_on_lte_tells_its_network_and_its_signal():
    assert samples() == {
        "mobile_generation": 4.0, "signal_quality": 64.0, "rsrp": -98.0, "rsrq": -11.0, "signal_to_noise": 7.4,
        "signal": -71.0,
    }  # fmt: skip
    assert view_in(objects()).operator == "TELKOMSEL"
    assert problem_of(view_in(objects())) is sms_problem_of(view_in(objects())) is None


def test_what_is_not_known_now_is_no_reading():
    old_and_unknown = samples(SignalQuality=(64, False), radio={"Lte": {"rsrp": UNKNOWN, "rsrq": float("nan")}})
    assert old_and_unknown == {"mobile_generation": 4.0}


@pytest.mark.parametrize(
    ("technologies", "generation"),
    [
        (0, 0),
        (1 << 3, 2),
        (1 << 9 | 1 << 5, 3),
        (1 << 12, 3),
        (1 << 14 | 1 << 5, 4),
        (1 << 17, 4),
        (1 << 15 | 1 << 14, 5),
    ],
)
def test_the_newest_technology_is_the_generation(technologies, generation):
    assert samples(AccessTechnologies=technologies)["mobile_generation"] == generation


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({"State": -1, "StateFailedReason": 2}, "finds no SIM"),
        ({"State": -1, "StateFailedReason": 3}, "cannot be used"),
        ({"State": -1, "StateFailedReason": 4}, "reason 4"),
        ({"State": 2, "UnlockRequired": 2}, "locked by its SIM-PIN"),
        ({"State": 2, "UnlockRequired": 4}, "locked by its SIM-PUK"),
        ({"State": 2, "UnlockRequired": 8}, "locked to another network"),
        ({"State": 3}, "the modem is off"),
        ({"State": 7, "network": {"RegistrationState": 2}}, "no mobile network is found"),
        ({"State": 6, "network": {"RegistrationState": 3}}, "refuses the SIM"),
        ({"State": 6, "network": {"RegistrationState": 8}}, "only emergency calls"),
    ],
)  # fmt: skip
def test_each_trouble_has_a_sentence_and_no_network(said, sentence):
    view = view_in(objects(**said))
    assert sentence in str(problem_of(view))
    assert problem_of(view) == sms_problem_of(view)


@pytest.mark.parametrize("lock", [0, 1, 3, 5])
def test_a_second_pin_keeps_nobody_from_the_network(lock):
    assert problem_of(view_in(objects(UnlockRequired=lock))) is None


def test_in_no_network_the_generation_is_none_and_the_signal_not_told():
    told = samples(State=7, network={"RegistrationState": 2}, radio={"Lte": {}})
    assert told == {"mobile_generation": 0.0}


def test_sms_alone_are_a_network_too():
    assert sms_problem_of(view_in(objects(State=8, network={"RegistrationState": 6}))) is None


def test_a_modem_without_messages_sends_none():
    view = view_in(objects(messages=False))
    assert problem_of(view) is None
    assert "sends no SMS" in str(sms_problem_of(view))


def test_of_several_modems_the_one_that_came_furthest_is_taken_under_any_path():
    second = "/org/freedesktop/ModemManager1/Modem/7"
    both = objects(State=3) | objects(second)
    assert view_in(both).path == second
    assert view_in({"/org/freedesktop/ModemManager1/SIM/0": {}}) is None
    assert "has no modem" in str(problem_of(None))


@pytest.mark.parametrize(
    "wrong",
    [
        {"State": "on", "SignalQuality": 64, "AccessTechnologies": None, "Bearers": "none"},
        {"Model": 7, "SignalQuality": (1 << 40, True), "radio": {"Lte": "weak", "Rate": "often"}},
        {"network": {"RegistrationState": "home", "OperatorName": "x\n" * 1_000}},
    ],
)
def test_what_no_modemmanager_says_is_taken_for_nothing(wrong):
    view = view_in(objects(**wrong))
    assert view.path == PATH
    assert len(view.operator) <= 64
    assert "\n" not in view.operator
    list(view.samples())
