"""Alarms as dashboards show them: open at each sample, over once, and each event a sentence."""

from cloud.alarms.records import AlarmChange
from cloud.reports.alarms import alarm_points, event_point, event_points
from tests.unit.cloud.console.alarms_made import NOON_MS, a_reading, an_alarm
from tests.unit.cloud.reports.city import REGISTRY, checked, snapshot


def test_an_open_alarm_has_its_level_its_names_and_the_newest_value():
    (point,) = checked(alarm_points(snapshot(a_reading("river", "water_level", 271.5), alarms=[an_alarm()])))
    assert point.tags == {"gateway": "gw-daruba", "rule": "river-level", "sensor": "river", "site": "daruba"}
    assert point.fields == {
        "severity": 3, "state": "alarming", "level": "Siaga 2", "level_id": "Siaga 2", "title": "River level",
        "title_id": "Tinggi muka air sungai", "site_name": "Daruba river bridge", "sensor_name": "River gauge",
        "value": 271.5, "acknowledged": 0, "opened_ms": NOON_MS - 720_000,
    }  # fmt: skip


def test_a_value_older_than_the_alarms_own_does_not_replace_it():
    (point,) = alarm_points(snapshot(a_reading("river", "water_level", 90, age_s=600), alarms=[an_alarm()]))
    assert point.fields["value"] == 262.0


def test_an_alarm_that_has_ended_is_told_once_with_severity_0_at_the_time_of_the_sample():
    over = an_alarm(state="closed", closed_ms=NOON_MS - 90_000)
    (point,) = checked(alarm_points(snapshot(ended=[over])))
    assert (point.fields["severity"], point.fields["state"], point.time_ms) == (0, "closed", NOON_MS)
    assert alarm_points(snapshot()) == []


def test_the_end_of_an_alarm_does_not_hide_one_that_is_open_again():
    over = an_alarm(id=16, state="closed", closed_ms=NOON_MS - 90_000)
    (point,) = alarm_points(snapshot(alarms=[an_alarm()], ended=[over]))
    assert point.fields["severity"] == 3


def test_a_test_alarm_is_told_nowhere():
    change = AlarmChange("raised", NOON_MS, 1, 262.0, False, NOON_MS)
    assert alarm_points(snapshot(alarms=[an_alarm(test=True)], ended=[an_alarm(test=True, closed_ms=NOON_MS)])) == []
    assert list(event_points([(an_alarm(test=True), change)], REGISTRY)) == []


def test_an_event_is_a_sentence_in_both_languages_at_its_own_time():
    change = AlarmChange("worsened", NOON_MS - 300_000, 1, 262.0, True, NOON_MS)
    point = event_point(an_alarm(), change, REGISTRY)
    checked([point])
    assert (point.time_ms, point.tags["kind"]) == (NOON_MS - 300_000, "worsened")
    assert point.fields == {
        "severity": 3, "level": "Siaga 2", "level_id": "Siaga 2", "value": 262.0, "late": 1, "alarm": 17,
        "text": "WORSE · SEVERE · Siaga 2 · Daruba river bridge: "
        "Water level 262 cm (limit 250 cm), River gauge, Daruba; Flood Siaga: 1 is the worst",
        "text_id": "MEMBURUK · BERAT · Siaga 2 · Daruba river bridge: "
        "Tinggi muka air 262 cm (batas 250 cm), River gauge, Daruba; Siaga banjir: 1 terparah",
    }  # fmt: skip


def test_what_is_computed_for_a_whole_site_has_no_gateway():
    point = event_point(
        an_alarm(sensor="daruba", gateway=""), AlarmChange("closed", NOON_MS, 0, 1.0, False, NOON_MS), REGISTRY
    )
    assert point.tags["gateway"] == ""
    checked([point])
