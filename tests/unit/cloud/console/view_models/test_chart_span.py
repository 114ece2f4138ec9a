import pytest

from cloud.console.view_models.chart_span import SPAN_NAMES, SPANS, ChartSpan, days_asked, span_asked
from cloud.console.view_models.typed_number import InvalidInput
from i18n.catalog import catalog_of
from tests.unit.cloud.console.alarms_made import NOON_MS, WIT
from wire.durations import DAY_MS, HOUR_MS

EN = catalog_of("en")
MIDNIGHT_MS = (NOON_MS + 9 * HOUR_MS) // DAY_MS * DAY_MS - 9 * HOUR_MS
"""0:00 WIT on 24 November 2026."""


@pytest.mark.parametrize(("query", "name"), [
    ({"span": "1y"}, "1y"), ({"span": "century"}, "24h"), ({}, "24h"), ({"from": " ", "to": "", "span": "7d"}, "7d")
])  # fmt: skip
def test_a_usual_span_is_asked_for_by_its_name(query: dict[str, str], name: str):
    span = span_asked(EN, query, NOON_MS, WIT)
    assert span is SPANS[name]
    assert span.times(NOON_MS) == (NOON_MS - span.length_ms, NOON_MS)


def test_every_span_has_a_name_and_no_more_steps_than_a_chart_has_pixels():
    assert list(SPANS) == list(SPAN_NAMES)
    for span in SPANS.values():
        for of_sums, most in ((False, 1_000), (True, 46)):
            assert 12 <= span.length_ms / span.step_ms(NOON_MS, of_sums=of_sums) <= most


@pytest.mark.parametrize(
    ("first", "last", "start_days", "end_ms"),
    [
        ("2026-11-20", "2026-11-22", -4, MIDNIGHT_MS - DAY_MS),
        ("2026-11-24", "2026-11-24", 0, NOON_MS),
        ("2026-11-23", "2027-01-31", -1, NOON_MS),
    ],
    ids=["past", "today", "until-a-day-to-come"],
)
def test_days_are_those_of_the_place_from_midnight_to_midnight_or_now(
    first: str, last: str, start_days: int, end_ms: int
):
    span = span_asked(EN, {"from": first, "to": last, "span": "1y"}, NOON_MS, WIT)
    assert span.times(NOON_MS) == (MIDNIGHT_MS + start_days * DAY_MS, end_ms)


@pytest.mark.parametrize(("first", "last", "sentence"), [
    ("2026-11-22", "2026-11-20", "The first day is after the last one: exchange them."),
    ("2026-11-22", "", "Choose both days, such as 2026-01-31."),
    ("", "2026-11-22", "Choose both days, such as 2026-01-31."),
    ("22/11/2026", "2026-11-22", "Choose both days, such as 2026-01-31."),
    ("0001-01-01", "0001-01-02", "Choose both days, such as 2026-01-31."),
    ("2026-01-01", "9999-12-31", "Choose both days, such as 2026-01-31."),
    ("2016-11-22", "2026-11-22", "That is longer than 10 years; choose days that are nearer."),
    ("1990-01-01", "2026-11-22", "That is longer than 10 years; choose days that are nearer."),
    ("2026-11-25", "2026-11-26", "That is still to come: choose a first day until today."),
])  # fmt: skip
def test_days_that_are_wrong_are_answered_with_what_is_wrong(first: str, last: str, sentence: str):
    with pytest.raises(InvalidInput) as refused:
        span_asked(EN, {"from": first, "to": last}, NOON_MS, WIT)
    assert str(refused.value) == sentence


def test_ten_years_less_a_day_are_not_too_long():
    assert span_asked(EN, {"from": "2016-11-23", "to": "2026-11-22"}, NOON_MS, WIT).is_long


def test_the_form_shows_the_days_again_and_not_more():
    assert days_asked({"span": "1y"}) is None
    days = days_asked({"from": "x" * 500, "to": "2026-01-01"})
    assert days is not None
    assert (len(days.first), days.last) == (20, "2026-01-01")


@pytest.mark.parametrize(
    ("name", "again_s", "is_long"),
    [("1h", 4.0, False), ("24h", 30.0, False), ("7d", 225.0, False), ("30d", 900.0, True), ("5y", 900.0, True)],
)
def test_a_long_span_is_asked_for_rarely_and_apart(name: str, again_s: float, is_long: bool):
    assert (SPANS[name].again_s(NOON_MS), SPANS[name].is_long) == (again_s, is_long)


def test_a_past_day_is_no_long_span():
    assert not ChartSpan(start_ms=MIDNIGHT_MS - 9 * DAY_MS, end_ms=MIDNIGHT_MS - 8 * DAY_MS).is_long
