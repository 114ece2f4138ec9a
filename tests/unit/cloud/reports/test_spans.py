"""Alarms as stretches of time: where each begins and ends, what it is, and who did something about it."""

from collections.abc import Sequence
from typing import Any

from cloud.alarms.records import Alarm, AlarmChange, Maintenance
from cloud.reports.points import ReportPoint
from cloud.reports.spans import AlarmHistory, Silencing, maintenance_points, span_points
from tests.unit.cloud.console.alarms_made import NOON_MS, an_alarm
from tests.unit.cloud.reports.city import REGISTRY, checked

MINUTE_MS = 60_000


def change(kind: str, minute: int, level: int = 0) -> AlarmChange:
    time_ms = NOON_MS + minute * MINUTE_MS
    return AlarmChange(kind, time_ms, level, 262.0, False, time_ms)


def spans_of(alarm: Alarm, *changes: AlarmChange, whole: bool = True, **history: Any) -> list[ReportPoint]:
    known = AlarmHistory(changes, **history)
    return checked(list(span_points(alarm, known, REGISTRY, now_ms=NOON_MS, whole=whole)))


def minutes(points: Sequence[ReportPoint], kind: str = "level") -> list[tuple[float, float, Any]]:
    """From when to when, in minutes before noon, with the severity."""
    return [
        ((point.time_ms - NOON_MS) / MINUTE_MS, (int(str(point.fields["until_ms"])) - NOON_MS) / MINUTE_MS,
         point.fields["severity"])
        for point in points if point.tags["kind"] == kind
    ]  # fmt: skip


def test_each_level_is_a_stretch_and_the_last_goes_on_until_now():
    points = spans_of(an_alarm(), change("raised", -12, 0), change("worsened", -5, 1))
    assert minutes(points) == [(-12, -5, 2), (-5, 0, 3)]
    tags = {"domain": "flood", "kind": "level", "rule": "river-level", "sensor": "river", "site": "daruba"}
    assert (points[1].tags, points[1].fields["subject"]) == (tags, "river")
    assert points[1].fields["title"] == "Siaga 2 · River gauge"
    assert str(points[1].fields["text_id"]).startswith("Tinggi muka air 262 cm (batas 250 cm), River gauge")


def test_what_is_the_same_level_is_one_stretch_and_no_stretch_is_empty():
    changes = (
        change("raised", -30, 0), change("worsened", -30, 1), change("silent", -25, 1), change("heard", -20, 1),
        change("recovering", -15, 1), change("resumed", -10, 1),
    )  # fmt: skip
    assert minutes(spans_of(an_alarm(), *changes)) == [(-30, 0, 3)]


def test_what_is_over_ends_at_its_end():
    over = an_alarm(state="closed", closed_ms=NOON_MS - 3 * MINUTE_MS)
    assert minutes(spans_of(over, change("raised", -12, 1), change("closed", -3, 1))) == [(-12, -3, 3)]


def test_between_changes_only_what_goes_on_is_written_again():
    points = spans_of(an_alarm(), change("raised", -12, 0), change("worsened", -5, 1), whole=False)
    assert minutes(points) == [(-5, 0, 3)]


def test_what_was_withdrawn_is_written_over_and_its_true_beginning_stands():
    changes = (change("raised", -20, 1), change("withdrawn", -20, 1), change("raised", -12, 1))
    assert minutes(spans_of(an_alarm(), *changes)) == [(-12, 0, 3), (-20, -20, 0)]
    withdrawn = an_alarm(state="closed", closed_ms=NOON_MS, withdrawn=True)
    assert minutes(spans_of(withdrawn, *changes[:2])) == [(-20, -20, 0)]


def test_an_alarm_whose_changes_are_gone_still_has_its_stretch():
    assert minutes(spans_of(an_alarm())) == [(-12, 0, 3)]


def test_an_acknowledgement_is_a_moment_with_its_word():
    seen = an_alarm(acknowledged_ms=NOON_MS - 6 * MINUTE_MS, acknowledged_by="ani", acknowledged_word="the pump runs")
    points = spans_of(seen, change("raised", -12, 1), whole=False)
    assert minutes(points, "acknowledged") == [(-6, -6, 0)]
    (point,) = [point for point in points if point.tags["kind"] == "acknowledged"]
    assert (point.fields["title"], point.fields["text"]) == ("Acknowledged by ani · River gauge", "the pump runs")
    assert point.fields["title_id"] == "Diakui oleh ani · River gauge"


def test_a_silence_grows_until_it_is_over_or_taken_back_or_the_alarm_ends():
    silencing = Silencing(NOON_MS - 10 * MINUTE_MS, "ani", "sensor is cleaned")

    def silence(**changes: Any) -> list[tuple[float, float, Any]]:
        return minutes(spans_of(an_alarm(**changes), change("raised", -12, 1), silencing=silencing), "silenced")

    assert silence(shelved_until_ms=NOON_MS + 60 * MINUTE_MS) == [(-10, 0, 0)]
    assert silence(shelved_until_ms=NOON_MS - 4 * MINUTE_MS) == [(-10, -4, 0)]
    assert silence(shelved_until_ms=NOON_MS, closed_ms=NOON_MS - 7 * MINUTE_MS) == [(-10, -7, 0)]
    assert silence(shelved_until_ms=None) == []


def test_maintenance_is_told_once_it_has_begun_of_a_site_or_of_a_sensor():
    def window(site: str | None, sensor: str | None, begun: int, until: int) -> Maintenance:
        times = (NOON_MS + begun * MINUTE_MS, NOON_MS + until * MINUTE_MS)
        return Maintenance(3, site, sensor, *times, "budi", "the gauge is cleaned")

    given = [window("daruba", None, -30, 30), window(None, "river", -30, -10), window("daruba", None, 5, 30)]
    of_site, of_sensor = checked(list(maintenance_points(given, REGISTRY, now_ms=NOON_MS)))
    assert minutes([of_site, of_sensor], "maintenance") == [(-30, 0, 0), (-30, -10, 0)]
    assert [of_site.tags[name] for name in ("site", "sensor", "domain")] == ["daruba", "", "all"]
    assert [of_sensor.tags[name] for name in ("site", "sensor", "domain")] == ["daruba", "river", "flood"]
    assert (of_site.fields["subject"], of_sensor.fields["subject"]) == ("all", "river")
    assert of_site.fields["title"] == "Maintenance, budi · Daruba river bridge"
