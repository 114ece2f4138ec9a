from cloud.alarms.local_reports import SOUNDED, TEXTED
from cloud.alarms.records import AlarmChange
from cloud.database.audit_log import AuditEntry
from cloud.incidents.words import CHANGES, journal_lines, notified_lines
from cloud.notify.notified import Notified
from i18n.catalog import catalog_of
from rules.events import EventKind
from tests.unit.cloud.console.alarms_made import NOON_MS, WIT, an_alarm
from wire import BUILT_IN

EN = catalog_of("en")


def test_the_journal_has_what_was_found_and_what_was_done_in_the_order_of_time():
    changes = [
        AlarmChange("raised", NOON_MS - 720_000, 0, 151.0, True, NOON_MS),
        AlarmChange("worsened", NOON_MS - 300_000, 1, 251.0, False, NOON_MS),
    ]
    entries = [AuditEntry(1, NOON_MS - 100_000, "ani", "10.0.0.7", "acknowledge", "alarm:17", "the pump runs", "", "")]
    lines = journal_lines(EN, BUILT_IN, an_alarm(), changes, entries, WIT)
    assert [(line.who, line.what, line.word) for line in lines] == [
        ("ani", "acknowledged", "the pump runs"),
        ("", "got worse: Siaga 2, 251 cm", ""),
        ("", "began: Siaga 3, 151 cm", "detected late"),
    ]


def test_the_journal_says_who_has_read_what_no_sensor_has_measured():
    changes = [
        AlarmChange("raised", NOON_MS - 3_000, 0, 151.0, False, NOON_MS, "ani", NOON_MS - 60_000),
        AlarmChange("heard", NOON_MS - 2_000, 0, 152.0, False, NOON_MS, "ani", NOON_MS - 60_000),
        AlarmChange("heard", NOON_MS - 1_000, 0, 153.0, False, NOON_MS),
    ]
    said = "read by ani at 24 Nov 12:09 (person)"
    assert [(line.what, line.word) for line in journal_lines(EN, BUILT_IN, an_alarm(), changes, [], WIT)] == [
        ("the sensor speaks again: 153 cm", ""),
        ("a person has read it, while the sensor says nothing: 152 cm", said),
        ("began: Siaga 3, 151 cm", said),
    ]


def test_every_change_of_the_engine_has_a_word():
    assert CHANGES.keys() == {*EventKind, SOUNDED, TEXTED}


def test_who_was_told_is_said_with_what_became_of_it():
    made = Notified("ani", "telegram", NOON_MS, NOON_MS + 2_400, True, False, 1, "accepted")
    failed = Notified("", "siren", NOON_MS, NOON_MS + 9_000, False, False, 3, "gave up: no answer")
    waiting = Notified("budi", "email", NOON_MS, None, False, False, 2, "the server is busy")
    lines = notified_lines(EN, [made, failed, waiting], WIT)
    assert [(line.who, line.state, line.words, line.outcome) for line in lines] == [
        ("ani", "sent", "accepted after 2 s", ""),
        ("the channel itself", "failed", "did not arrive", "gave up: no answer"),
        ("budi", "waiting", "not yet: tried 2 times", "the server is busy"),
    ]
