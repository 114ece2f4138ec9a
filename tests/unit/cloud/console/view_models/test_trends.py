"""Arrows: of water, air and visitors, and none beside what is old, doubted or not known."""

from collections.abc import Mapping
from typing import Any

import pytest

from cloud.console.view_models.place_cards import CardMaker
from cloud.console.view_models.trends import Series, TrendView
from cloud.readings.contract import StoredReading
from i18n.catalog import catalog_of
from rules.marks import Mark
from tests.unit.cloud.api.morotai import SENSORS
from tests.unit.cloud.console.alarms_made import NOON_MS, a_reading
from wire import BUILT_IN

EARLIER = {("air", "pm2_5_hour"): 12.0, ("air-east", "pm2_5_hour"): 70.0, ("dodola", "capacity_used"): 31.0}
INDEX = a_reading("daruba", "ispu", 63.0, age_s=600)
HOUR = a_reading("air", "pm2_5_hour", 31.0, age_s=600)
SHARE = a_reading("dodola", "capacity_used", 46.0, site="dodola")


def trend(
    reading: StoredReading, *beside: StoredReading, language: str = "en", earlier: Mapping[Series, float] = EARLIER,
    capacity: int | None = 300,
) -> TrendView | None:  # fmt: skip
    sensors = {sensor.id: sensor for sensor in SENSORS}
    maker = CardMaker(catalog_of(language), BUILT_IN, sensors, NOON_MS, earlier, capacity)
    return maker.figure(reading, [reading, *beside]).trend


@pytest.mark.parametrize(
    ("reading", "arrow", "words"),
    [
        pytest.param(INDEX, "up", "PM2.5 of the hour: 31.0 µg/m³, 12.0 three hours before", id="an index"),
        pytest.param(
            a_reading("air", "pm2_5", 8.0), "up", "PM2.5 of the hour: 31.0 µg/m³, 12.0 three hours before", id="PM2.5"
        ),
        pytest.param(SHARE, "up", "31 % half an hour before", id="a share of 300"),
    ],
)
def test_air_and_visitors_have_an_arrow_and_what_was_before(reading: StoredReading, arrow: str, words: str):
    assert trend(reading, HOUR) == TrendView(arrow, words)


def test_an_arrow_speaks_indonesian():
    assert trend(SHARE, language="id") == TrendView("up", "31 % setengah jam sebelumnya")


def test_an_index_goes_by_the_worst_sensor_of_its_place_and_a_sensor_by_itself():
    other = a_reading("air-east", "pm2_5_hour", 40.0, age_s=600)
    assert trend(INDEX, HOUR, other) == TrendView("down", "PM2.5 of the hour: 40.0 µg/m³, 70.0 three hours before")
    assert trend(a_reading("air", "pm2_5", 8.0), HOUR, other) == trend(INDEX, HOUR)


@pytest.mark.parametrize(("share", "arrow"), [(31.0, "steady"), (37.0, "steady"), (38.0, "up"), (24.0, "down")])
def test_visitors_are_compared_as_people(share: float, arrow: str):
    found = trend(a_reading("dodola", "capacity_used", share, site="dodola"))
    assert found is not None
    assert found.arrow == arrow, "93 people: 19 more or fewer are chance"


@pytest.mark.parametrize(
    ("reading", "beside", "of"),
    [
        pytest.param(INDEX, (), {}, id="no hour of now"),
        pytest.param(INDEX, (HOUR,), {"earlier": {}}, id="nothing known of before"),
        pytest.param(INDEX, (a_reading("air", "pm2_5_hour", 31.0, age_s=6_000),), {}, id="an old hour"),
        pytest.param(
            INDEX, (a_reading("air", "pm2_5_hour", 31.0, age_s=600, marks=int(Mark.WITHDRAWN)),), {}, id="withdrawn"
        ),
        pytest.param(a_reading("air", "pm2_5", 8.0, age_s=900), (HOUR,), {}, id="an old reading"),
        pytest.param(a_reading("air", "pm2_5", 8.0, marks=int(Mark.SPIKE)), (HOUR,), {}, id="a doubted reading"),
        pytest.param(a_reading("air", "temperature", 28.0), (HOUR,), {}, id="no particles"),
        pytest.param(SHARE, (), {"capacity": None}, id="no capacity"),
    ],
)
def test_there_is_no_arrow_beside(reading: StoredReading, beside: tuple[StoredReading, ...], of: dict[str, Any]):
    assert trend(reading, *beside, **of) is None
