import pytest

from cloud.console.view_models.day_times import day_start, moment_text, next_hour, parse_moment
from cloud.console.view_models.typed_number import InvalidInput
from i18n.catalog import catalog_of
from tests.unit.cloud.console.alarms_made import NOON_MS, WIT

EN = catalog_of("en")


def test_a_chosen_time_is_that_of_the_city():
    assert moment_text(NOON_MS, WIT) == "2026-11-24T12:10"
    assert parse_moment(EN, "2026-11-24T12:10", WIT) == NOON_MS - 5_000
    assert day_start(NOON_MS, WIT) == parse_moment(EN, "2026-11-24T00:00", WIT)
    assert day_start(NOON_MS, WIT, days=8) == parse_moment(EN, "2026-12-02T00:00", WIT)
    assert moment_text(next_hour(NOON_MS, WIT), WIT) == "2026-11-24T13:00"
    for wrong in ("", "tomorrow", "2026-13-01T00:00", "9" * 5_000):
        with pytest.raises(InvalidInput):
            parse_moment(EN, wrong, WIT)
