import msgspec
import pytest

from cloud.console.view_models.alarms import (
    STATES,
    alarm_view,
    unacknowledged,
    worst_first,
)
from cloud.situation import domain_of
from i18n.catalog import catalog_of
from rules.marks import Mark
from rules.rule import Level, RuleKind, Severity
from tests.unit.cloud.console.alarms_made import NOON_MS, RIVER, a_reading, an_alarm, around
from wire import BUILT_IN, Domain

EN, ID = catalog_of("en"), catalog_of("id")


def test_an_alarm_says_what_where_since_when_and_how_bad():
    view = alarm_view(EN, an_alarm(), around(a_reading("river", "water_level", 264.04)))
    assert (view.level.word, view.severity_name, view.title) == ("Siaga 2", "Severe", "River level")
    assert view.where == "Daruba river bridge · River gauge"
    assert view.since == "24 Nov 11:58:05 WIT"
    assert view.lasting == "for 12 min"
    assert (view.value, view.value_age, view.limit) == ("264 cm", "1 s ago", "limit 250 cm")
    assert view.state_text == "goes on"
    assert view.advice == "Look at the camera."


def test_an_alarm_speaks_indonesian_where_the_rule_does():
    view = alarm_view(ID, an_alarm(), around())
    assert view.title == "Tinggi muka air sungai"
    assert view.state_text == "berlangsung"
    assert view.lasting == "selama 12 mnt"
    assert view.advice == "Look at the camera.", "what was not translated is better than nothing"


def test_a_silent_sensor_keeps_its_alarm_and_says_so():
    view = alarm_view(EN, an_alarm(state="silent"), around(a_reading("river", "water_level", 90.0, age_s=900)))
    assert view.state_text == "the sensor says nothing: the alarm stays"
    assert view.sure == "not sure: the last value is old"
    assert view.value == "262 cm", "an older reading is not the value of the alarm"


def test_doubts_come_from_the_marks_of_the_newest_reading():
    marks = int(Mark.SPIKE | Mark.CLOCK_ESTIMATED)
    view = alarm_view(EN, an_alarm(), around(a_reading("river", "water_level", 264.0, marks=marks)))
    assert view.doubts == ("time estimated", "spike")
    assert view.sure == "not sure: time estimated, spike"
    assert alarm_view(EN, an_alarm(), around()).sure == "sure: it lasted 1 min before the alarm"


def test_nobody_is_sure_of_a_value_that_is_old():
    old = alarm_view(EN, an_alarm(), around(a_reading("river", "water_level", 264.0, age_s=300)))
    assert old.sure == "not sure: the last value is old"


@pytest.mark.parametrize(
    ("newest", "value", "sure"),
    [
        ((), "262 cm", "a person has read it, since the sensor is doubted or silent"),
        ((a_reading("river", "water_level", 400.0, marks=int(Mark.SPIKE)),), "262 cm", "a person has read it, since"),
        ((a_reading("river", "water_level", 258.0),), "258 cm", "sure: it lasted"),
    ],
    ids=["silent", "doubted", "plain again"],
)
def test_what_a_person_has_read_stands_until_the_sensor_speaks_plainly(newest, value: str, sure: str):
    view = alarm_view(EN, an_alarm(read_by="ani", read_ms=NOON_MS - 120_000), around(*newest))
    assert (view.value, view.sure[: len(sure)]) == (value, sure)
    assert view.read == ("" if value == "258 cm" else "read by ani at 24 Nov 12:08 (person)")


def test_after_its_hour_nobody_is_sure_of_what_a_person_has_read():
    view = alarm_view(EN, an_alarm(read_by="ani", read_ms=NOON_MS - 3_700_000, state="silent"), around())
    assert view.sure.startswith("not sure: a person has read it over an hour ago")


def test_late_test_and_withdrawn_alarms_are_told_apart():
    view = alarm_view(EN, an_alarm(late=True, test=True, withdrawn=True), around())
    assert "detected late" in view.late
    assert view.test == "test alarm"
    assert "withdrawn" in view.withdrawn


def test_what_people_did_is_told_with_names_and_words():
    alarm = an_alarm(
        acknowledged_ms=NOON_MS, acknowledged_by="ani", acknowledged_word="pompa jalan", assigned_to="budi",
        shelved_until_ms=NOON_MS + 3_600_000,
    )  # fmt: skip
    view = alarm_view(EN, alarm, around())
    assert view.acknowledged == "ani, 24 Nov 12:10:05 WIT: “pompa jalan”"
    assert view.assigned == "budi"
    assert view.shelved == "until 24 Nov 13:10:05 WIT"
    over = msgspec.structs.replace(alarm, shelved_until_ms=NOON_MS - 1)
    assert alarm_view(EN, over, around()).shelved == "", "its time has come"


def test_an_alarm_that_has_eased_or_ended_says_how_bad_it_was():
    eased = alarm_view(EN, an_alarm(level=0, worst=2), around())
    assert (eased.level.word, eased.level.colour, eased.worst) == ("Siaga 3", "#f2c500", "at worst Siaga 1")
    closed = alarm_view(EN, an_alarm(state="closed", level=0, worst=2, closed_ms=NOON_MS), around())
    assert (closed.level.word, closed.open, closed.state_text) == ("Siaga 1", False, "over")
    assert (closed.ended, closed.sure, closed.value_age) == ("24 Nov 12:10:05 WIT", "", "")


def test_a_rise_and_a_silence_are_told_in_their_own_terms():
    rise = msgspec.structs.replace(RIVER, kind=RuleKind.RISE, levels=(Level("Fast", Severity.SEVERE, 30.0),))
    view = alarm_view(
        EN, an_alarm(rule=rise, level=0, worst=0, value=45.0), around(a_reading("river", "water_level", 264))
    )
    assert (view.value, view.limit) == ("+45 cm in 10 min", "limit +30 cm in 10 min")
    trend = msgspec.structs.replace(RIVER, kind=RuleKind.TREND, target=400.0, levels=(Level("x", Severity.MINOR, 5.0),))
    view = alarm_view(
        EN, an_alarm(rule=trend, level=0, worst=0, value=3.84), around(a_reading("river", "water_level", 264))
    )
    assert (view.value, view.limit) == ("400 cm in 3.8 days", "limit 5 days")
    quiet = msgspec.structs.replace(
        RIVER, kind=RuleKind.SILENCE, quantity="", levels=(Level("Quiet", Severity.MINOR, 5.0),)
    )
    view = alarm_view(EN, an_alarm(rule=quiet, quantity="", level=0, worst=0, value=7.25), around())
    assert (view.value, view.limit) == ("7.2 expected intervals", "limit 5 expected intervals")


def test_an_alarm_on_what_is_computed_of_a_site_names_the_site_alone():
    view = alarm_view(EN, an_alarm(sensor="daruba", quantity="ispu"), around())
    assert view.where == "Daruba river bridge"


def test_the_worst_stand_first_and_among_equals_those_that_nobody_knows():
    alarms = [
        an_alarm(id=1, level=0),
        an_alarm(id=2, level=2, acknowledged_ms=1),
        an_alarm(id=3, level=2),
        an_alarm(id=4, level=2, opened_ms=NOON_MS),
    ]
    assert [alarm.id for alarm in worst_first(alarms)] == [4, 3, 2, 1]


def test_only_alarms_that_nobody_knows_or_has_put_aside_wait():
    alarms = [
        an_alarm(id=1),
        an_alarm(id=2, acknowledged_ms=1),
        an_alarm(id=3, shelved_until_ms=NOON_MS + 1),
        an_alarm(id=4, shelved_until_ms=NOON_MS),
    ]
    assert [alarm.id for alarm in unacknowledged(alarms, NOON_MS)] == [1, 4]


def test_an_alarm_on_all_that_a_sensor_measures_counts_in_the_sensors_domain():
    sensors = around().sensors
    assert domain_of(an_alarm(), sensors, BUILT_IN) == Domain.FLOOD
    assert domain_of(an_alarm(quantity="", sensor="ferry"), sensors, BUILT_IN) == Domain.FOOTFALL
    assert domain_of(an_alarm(quantity="", sensor="gone"), sensors, BUILT_IN) == Domain.GATEWAY


def test_every_state_of_the_engine_has_a_word():
    assert STATES.keys() == {"alarming", "silent", "recovering", "closed"}


@pytest.mark.parametrize(
    ("seconds", "told"), [(45, "45 s"), (3_599, "59 min"), (5_400, "1.5 h"), (100_000, "27.7 h"), (400_000, "4 days")]
)
def test_how_long_it_lasts_is_told_as_people_would(seconds, told):
    alarm = an_alarm(opened_ms=NOON_MS - seconds * 1_000)
    assert alarm_view(EN, alarm, around()).lasting == f"for {told}"
