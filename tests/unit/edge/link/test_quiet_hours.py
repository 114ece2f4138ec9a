"""Which hours are quiet, at a place that is not in UTC."""

import pytest

from edge.link.quiet_hours import QuietHours, minutes_of, offset_of

HOUR_MS = 3_600_000


@pytest.mark.parametrize(
    ("text", "minutes"),
    [("22:00-05:00", (1320, 300)), ("00:00-05:30", (0, 330)), ("12:00-24:00", (720, 1440)), ("05:00-05:00", None),
     ("22-05", None), ("25:00-05:00", None), ("22:00-24:30", None), ("", None)],
)  # fmt: skip
def test_a_span_of_the_day(text: str, minutes: tuple[int, int] | None):
    assert minutes_of(text) == minutes


@pytest.mark.parametrize(
    ("zone", "minutes"), [("+09:00", 540), ("-03:30", -210), ("Z", 0), ("WIT", None), ("+15:00", None)]
)
def test_an_offset(zone: str, minutes: int | None):
    assert offset_of(zone) == minutes


@pytest.mark.parametrize(
    ("hour_utc", "quiet"), [(12, False), (13, True), (19, True), (20, False)]
)  # 21, 22, 04 and 05 o'clock there
def test_a_span_over_midnight_is_one_of_the_place(hour_utc: int, quiet: bool):
    hours = QuietHours(["22:00-05:00"], "+09:00")
    assert hours.contain(hour_utc * HOUR_MS) is quiet
    assert hours.contain((hour_utc + 24 * 365) * HOUR_MS) is quiet


def test_two_spans_and_none():
    hours = QuietHours(["01:00-02:00", "12:00-13:00"], "Z")
    assert [hour for hour in range(24) if hours.contain(hour * HOUR_MS)] == [1, 12]
    assert all(QuietHours().contain(hour * HOUR_MS) for hour in range(24))
