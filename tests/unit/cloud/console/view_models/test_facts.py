import pytest

from cloud.access.principal import Role
from cloud.console.view_models.facts import parse_value, troubles_of, whats_of
from cloud.console.view_models.typed_number import InvalidInput
from i18n.catalog import catalog_of
from tests.unit.cloud.api.morotai import Morotai, now_ms
from tests.unit.cloud.console.visitors import visitor_of
from wire import BUILT_IN, Reading

EN, ID = catalog_of("en"), catalog_of("id")


async def test_a_gateway_that_reckons_otherwise_is_told_to_who_may_see_its_site(city: Morotai):
    now = now_ms()
    pair = [Reading("river", "distance", now, 100.0), Reading("river", "water_level", now, -95.8)]
    await city.send("gw-daruba", pair)
    here = (await visitor_of(city, Role.VIEWER, sites=["daruba"])).principal
    away = (await visitor_of(city, Role.VIEWER, sites=["sangowo"])).principal
    (sentence,) = troubles_of(ID, city.platform.heights.problems(), here)
    assert "gerbangnya memakai tinggi 4,2 cm dan registri 450" in sentence
    assert troubles_of(EN, city.platform.heights.problems(), away) == ()


def test_values_are_read_as_people_write_them():
    assert parse_value(EN, "mounting_height_cm", " 420,5 ") == 420.5
    assert parse_value(EN, "mounting_height_cm", "") is None
    assert parse_value(EN, "calibration.pm2_5", "1.02; -3") == {"scale": 1.02, "offset": -3}
    assert parse_value(EN, "site", "pier") == "pier"
    for bad in ("1.02", "a b", "1 2 3"):
        with pytest.raises(InvalidInput):
            parse_value(EN, "calibration.pm2_5", bad)


def test_every_kind_of_fact_has_words():
    words = dict(whats_of(ID, BUILT_IN))
    assert words["mounting_height_cm"] == "Tinggi pemasangan"
    assert words["calibration.pm2_5"].startswith("Kalibrasi: ")
