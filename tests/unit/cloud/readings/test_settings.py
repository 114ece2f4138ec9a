from typing import Any

import pytest

from cloud.readings.retention import Keep
from cloud.readings.settings import SqliteSettings
from runtime.settings import SettingsError, parse_settings
from wire.durations import DAY_MS


def parsed(document: dict[str, Any]) -> SqliteSettings:
    return parse_settings(document, SqliteSettings, "cloud.toml")


def test_all_is_kept_where_nothing_is_said():
    assert parsed({}).keep == Keep(None, None, None)


def test_days_and_years():
    found = parsed({"keep_readings": "400d", "keep_minutes": "2y"}).keep
    assert found == Keep(400 * DAY_MS, 732 * DAY_MS, None)


@pytest.mark.parametrize(
    ("document", "said"),
    [
        pytest.param({"keep_readings": "39d"}, 'write at least "40d"', id="too short"),
        pytest.param({"keep_readings": "2 years"}, 'as "400d" or "5y"', id="words"),
        pytest.param({"keep_readings": "0d"}, 'as "400d" or "5y"', id="nothing"),
        pytest.param({"keep_readings": True}, "keep_readings", id="no length"),
        pytest.param({"keep_minutes": "400d"}, "keep_readings is for ever", id="readings are not said"),
        pytest.param({"keep_readings": "400d", "keep_hours": "5y"}, "keep_minutes is for ever", id="minutes neither"),
        pytest.param({"keep_readings": "2y", "keep_minutes": "400d"}, "keep_minutes is 400 days", id="minutes shorter"),
    ],
)
def test_what_cannot_be_is_one_sentence(document: dict[str, Any], said: str):
    with pytest.raises(SettingsError) as raised:
        parsed(document)
    (problem,) = raised.value.problems
    assert said in str(problem)
