from zoneinfo import ZoneInfo

import pytest

from cloud.access.principal import Role
from cloud.console.view_models.facts import fact_views, parse_value, troubles_of, whats_of
from cloud.console.view_models.typed_number import InvalidInput
from i18n.catalog import catalog_of
from tests.unit.cloud.api.morotai import Morotai, now_ms
from tests.unit.cloud.console.visitors import principal_of
from wire import BUILT_IN, Reading

EN, ID = catalog_of("en"), catalog_of("id")


async def test_a_gateway_that_reckons_otherwise_is_told_to_who_may_see_its_site(city: Morotai):
    now = now_ms()
    pair = [Reading("river", "distance", now, 100.0), Reading("river", "water_level", now, -95.8)]
    await city.send("gw-daruba", pair)
    here = await principal_of(city, Role.VIEWER, sites=["daruba"])
    away = await principal_of(city, Role.VIEWER, sites=["sangowo"])
    (sentence,) = troubles_of(ID, city.platform.heights.problems(), here)
    assert "gerbangnya memakai tinggi 4,2 cm dan registri 450" in sentence
    assert troubles_of(EN, city.platform.heights.problems(), away) == ()


def test_values_are_read_as_people_write_them():
    assert parse_value(EN, "mounting_height_cm", " 420,5 ") == 420.5
    assert parse_value(EN, "mounting_height_cm", "") is None
    assert parse_value(EN, "calibration.pm2_5", "1.02; -3") == {"scale": 1.02, "offset": -3}
    assert parse_value(EN, "site", "pier") == "pier"
    epa = {"correction": "us_epa_2021", "input": "cf_atm"}
    assert parse_value(EN, "correction.pm2_5", " us_epa_2021 cf_atm ") == epa
    assert parse_value(EN, "correction.pm2_5", "us_epa_2021 cf_atm weather-1") == epa | {"humidity": "weather-1"}
    line = {"correction": "linear", "slope": 0.52, "offset": -3}
    assert parse_value(EN, "correction.pm10", "linear 0,52 -3") == line
    assert parse_value(EN, "correction.pm2_5", "none") is parse_value(EN, "correction.pm2_5", "") is None
    for bad in ("us_epa_2021", "linear 0.5", "linear a 3", "0.5 3", "none of it"):
        with pytest.raises(InvalidInput):
            parse_value(EN, "correction.pm2_5", bad)
    for bad in ("1.02", "a b", "1 2 3"):
        with pytest.raises(InvalidInput):
            parse_value(EN, "calibration.pm2_5", bad)


def test_every_kind_of_fact_has_words():
    words = dict(whats_of(ID, BUILT_IN))
    assert words["mounting_height_cm"] == "Tinggi pemasangan"
    assert words["calibration.pm2_5"].startswith("Kalibrasi: ")
    assert words["correction.pm2_5"] == "Koreksi: PM2,5"


async def test_a_correction_is_shown_as_it_can_be_written_again(city: Morotai):
    await city.platform.facts.load()
    ani = await principal_of(city, Role.ENGINEER)
    fitted = {
        "correction": "co_location", "slope": 0.52, "offset": 3.1, "n": 240, "r2": 0.934, "rmse": 2.14,
        "reference": "bam", "since": "2026-10-01T00:00:00Z", "until": "2026-10-11T00:00:00Z",
    }  # fmt: skip
    for value in ({"correction": "linear", "slope": 0.5, "offset": -3.0}, fitted, None):
        await city.platform.facts.record("sensor:air", "correction.pm2_5", value, actor=ani.actor, reason="co-located")
    views = fact_views(EN, city.registry, ani, now_ms(), ZoneInfo("Asia/Jayapura"))
    shown = [view.value for view in views if view.what == "Correction: PM2.5"]
    assert shown == ["none", "co_location 0.52 3.1 (bam, n 240, R² 0.93, RMSE 2.1)", "linear 0.5 -3", "none"]
