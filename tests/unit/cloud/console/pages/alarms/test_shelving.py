from zoneinfo import ZoneInfo

import pytest

from cloud.console.pages.alarms.shelving import parse_until, until
from cloud.console.view_models.typed_number import InvalidInput
from i18n.catalog import catalog_of
from tests.unit.cloud.console.alarms_made import NOON_MS, WIT

EN = catalog_of("en")
HOUR_MS = 3_600_000


def test_a_choice_ends_when_it_says():
    assert until("1h", NOON_MS, WIT) == NOON_MS + HOUR_MS
    assert until("4h", NOON_MS, WIT) == NOON_MS + 4 * HOUR_MS
    seven = 18 * HOUR_MS + 49 * 60_000 + 55_000  # from 12:10:05 to 07:00:00
    assert until("tomorrow", NOON_MS, WIT) == NOON_MS + seven


def test_tomorrow_is_a_day_of_the_place_when_clocks_change():
    berlin = ZoneInfo("Europe/Berlin")
    eve_ms = 1_774_724_400_000  # 28 March 2026, 20:00; the night is an hour short
    assert until("tomorrow", eve_ms, berlin) == eve_ms + 10 * HOUR_MS


@pytest.mark.parametrize(("text", "after_ms"), [("17:30", 19_195_000), ("17.30", 19_195_000), ("12:10", 86_395_000)])
def test_a_time_of_day_is_the_next_one(text, after_ms):
    assert parse_until(EN, text, NOON_MS, WIT) == NOON_MS + after_ms


def test_a_time_of_day_in_a_night_whose_hour_is_shown_twice_is_the_next_that_is_shown():
    berlin = ZoneInfo("Europe/Berlin")
    again_ms = 1_792_890_600_000  # 25 October 2026, 02:10, shown for the second time
    assert parse_until(EN, "02:30", again_ms, berlin) == again_ms + 24 * HOUR_MS + 20 * 60_000


@pytest.mark.parametrize("text", ["", "25:00", "noon", "12", "12:60"])
def test_a_time_of_day_that_is_none_is_named(text):
    with pytest.raises(InvalidInput, match="is no time of day"):
        parse_until(EN, text, NOON_MS, WIT)
