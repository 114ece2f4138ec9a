"""How a place is doing in a domain that the city added: dead, doubted and unlimited is never green."""

from typing import Any

import pytest

from cloud.readings.contract import StoredReading
from cloud.registry.records import Sensor
from cloud.situation import DomainState, domain_of, states_of
from i18n.catalog import catalog_of
from rules.colours import CALM, UNKNOWN
from rules.marks import Mark
from rules.rule import Level, Rule, RuleKind, Severity
from tests.own_quantities import TABLE
from tests.unit.cloud.console.alarms_made import NOON_MS, an_alarm
from tests.unit.cloud.examples import GATEWAY, SITE

MIC = Sensor("mic", "Mic", "daruba", GATEWAY, ("leq", "horn_count", "battery"), interval_s=60)
OTHER = Sensor("mic-2", "Mic 2", "daruba", GATEWAY, ("leq",), interval_s=60)
LIMITED = {("mic", "leq"), ("mic-2", "leq")}
LOUD = Rule(
    family="loud", quantity="leq", kind=RuleKind.ABOVE, title="Loud", levels=(Level("Loud", Severity.SEVERE, 85.0),)
)


def heard(quantity: str = "leq", value: float = 60.0, *, of: str = "mic", age_s: int = 10, marks: int = 0):
    return StoredReading("daruba", of, GATEWAY, quantity, NOON_MS - age_s * 1_000, value, marks)


def states(*readings: StoredReading, sensors: Any = (MIC, OTHER), limited: Any = LIMITED, **more: Any):
    found = states_of(
        SITE, readings=readings, sensors={sensor.id: sensor for sensor in sensors}, alarms=more.pop("alarms", ()),
        now_ms=NOON_MS, table=TABLE, limited=limited, **more,
    )  # fmt: skip
    return {state.domain: state for state in found}


def noise(*readings: StoredReading, **more: Any) -> tuple[int, str, str, bool]:
    state: DomainState = states(*readings, **more)["noise"]
    return state.rank, catalog_of("en").said(state.text), state.colour, state.doubted


def test_heard_now_and_within_its_limits_it_is_calm():
    assert noise(heard(value=60.0)) == (0, "no alarm", CALM, False)


def test_one_of_two_sensors_of_a_quantity_is_enough():
    assert noise(heard(of="mic", age_s=9_000), heard(of="mic-2"))[0] == 0


def test_an_open_alarm_is_its_level_and_stays_when_the_sensor_falls_silent():
    alarm = an_alarm(family="loud", sensor="mic", quantity="leq", rule=LOUD, level=0, worst=0)
    assert noise(heard(value=90.0), alarms=[alarm])[:2] == (3, "Loud")
    assert noise(heard(value=90.0, age_s=9_000), alarms=[alarm])[:2] == (3, "Loud")
    of_hour = an_alarm(family="loud", sensor="mic", quantity="leq_hour", rule=LOUD, level=0, worst=0)
    assert domain_of(of_hour, {"mic": MIC}, TABLE) == "noise"


@pytest.mark.parametrize(
    ("readings", "more", "word"),
    [
        ((), {}, "no current reading"),
        ((heard(age_s=9_000),), {}, "no current reading"),
        ((heard("horn_count"),), {}, "no current reading"),
        ((heard(),), {"limited": set()}, "no limits set"),
        ((heard(),), {"refused": {("mic", "leq")}}, "readings are refused"),
        ((heard(),), {"limited": LIMITED | {("mic", "horn_count")}}, "no current reading"),
    ],
    ids=["never", "silent", "another quantity", "no limit", "refused", "one of two is missing"],
)
def test_what_nobody_can_know_is_grey(readings: Any, more: Any, word: str):
    assert noise(*readings, **more) == (-1, word, UNKNOWN, False)


def test_what_is_doubted_is_grey_and_says_its_value_in_the_citys_unit():
    rank, word, colour, doubted = noise(heard(value=139.0, marks=int(Mark.SPIKE)))
    assert (rank, word, colour, doubted) == (-1, "doubted: 139.0 dB(A)", UNKNOWN, True)
    assert noise(heard(of="mic-2", value=139.0, marks=int(Mark.SPIKE)), heard())[3]


def test_a_domain_of_which_nothing_is_to_be_measured_has_no_state():
    assert "volcano" not in states(heard())
    assert "noise" not in states(heard(), sensors=())
