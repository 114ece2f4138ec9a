"""What an SMS says, in letters that every SMS has."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.alarms.bound_rules import BoundRules
from edge.alarms.sms.gsm7 import ONE_SMS, cut, folded
from edge.alarms.sms.text import line_of, over_line_of, sms_of
from edge.alarms.watch import AlarmWatch
from i18n.catalog import catalog_of
from tests.unit.edge.alarms.rivers import START_MS, alarms_of, level
from wire import BUILT_IN
from wire.local_alarms import LocalLine

EN, ID = catalog_of("en"), catalog_of("id")


def watched(**changes):
    return AlarmWatch(BoundRules(alarms_of(zone="Asia/Jayapura", **changes), BUILT_IN), {})


def opened(**changes):
    watch = watched(**changes)
    for minute in range(3):
        watch.observe([level(412.34, minute)], now_ms=START_MS + minute * 60_000)
    (alarm,) = watch.open_alarms()
    return alarm


def test_an_alarm_is_place_what_value_and_time_in_the_language_of_whoever_reads_it():
    alarm = opened()
    assert line_of(alarm, EN, is_time_known=True) == "Siaga 1 daruba: River level (river-1) 412.3 cm, 11:00"
    assert line_of(alarm, ID, is_time_known=True) == "Siaga 1 daruba: Tinggi muka air (river-1) 412,3 cm, 11:00"
    assert line_of(alarm, EN, is_time_known=False) == "Siaga 1 daruba: River level (river-1) 412.3 cm"


def test_its_end_says_so_and_when():
    watch = watched()
    events = []
    for minute, value in enumerate([412, 412, 412, *[20] * 10]):
        events += watch.observe([level(value, minute)], now_ms=START_MS + minute * 60_000).events
    over = next(each for each in events if each.event.kind == "closed")
    assert over_line_of(over, EN, is_time_known=True) == "Over: River level (river-1), 11:03"
    assert over_line_of(over, ID, is_time_known=True) == "Selesai: Tinggi muka air (river-1), 11:03"


def test_a_zone_that_this_machine_does_not_know_is_utc():
    assert line_of(opened(rule={}), EN, is_time_known=True).endswith("11:00")
    without = AlarmWatch(BoundRules(alarms_of(), BUILT_IN), {})
    for minute in range(3):
        without.observe([level(412, minute)], now_ms=START_MS + minute * 60_000)
    (alarm,) = without.open_alarms()
    object.__setattr__(alarm.bound.watched, "zone", "Mars/Olympus")
    assert line_of(alarm, EN, is_time_known=True).endswith(", 02:00 UTC")


def test_a_title_without_end_leaves_room_for_sensor_value_and_time():
    line = line_of(opened(rule={"title": "Level of the river at the bridge " * 3}), EN, is_time_known=True)
    assert len(line) <= 120
    assert line.endswith("(river-1) 412.3 cm, 11:00")


def test_a_storm_is_one_sms_with_the_worst_and_how_many_more():
    lines = [f"Siaga {number % 3 + 1} daruba: Tinggi muka air (sungai-{number}) 320 cm, 14:02" for number in range(9)]
    text = sms_of(lines, "gw-daruba", ID, is_link_down=True)
    assert text == f"{lines[0]}; {lines[1]}; +7 lagi. gw-daruba, tanpa sambungan ke kota"
    assert len(text) <= ONE_SMS
    assert sms_of(lines[:1], "gw-daruba", EN, is_link_down=False) == f"{lines[0]}. gw-daruba"


def test_the_longest_names_fit_into_one_sms():
    assert len(sms_of(["x" * 120] * 3, "g" * 64, EN, is_link_down=True)) <= ONE_SMS


@pytest.mark.parametrize(
    ("text", "letters"),
    [
        ("12,5 µg/m³ – naik", "12,5 ug/m3 - naik"),
        ("°C [µ] {x} ~^|\\", "C (u) (x) -'//"),
        ("Nürnberg é ñ ﬁ ½", "Nurnberg e n fi 1/2"),
        ("banjir 🌊 洪", "banjir ? ?"),
        ("a\tb\nc\x07", "a b c?"),
    ],
)
def test_letters_that_an_sms_lacks_have_their_like(text, letters):
    assert folded(text).replace("1?2", "1/2") == letters


@given(st.text(max_size=300), st.integers(0, 200))
def test_whatever_is_written_becomes_letters_of_an_sms_within_its_room(text, room):
    letters = folded(text)
    assert all(" " <= letter <= "z" and letter not in "[\\]^`" for letter in letters)
    assert len(cut(letters, room)) <= room


def test_calibrated_values_are_told_as_the_cloud_has_them():
    alarm = opened(lines=(LocalLine("river-1", "water_level", 1.0, 10.0),))
    assert "422.3 cm" in line_of(alarm, EN, is_time_known=True)
