"""Names of quantities: each is of the wire, in a unit that can be converted, and what only resembles one is none."""

import pytest

from firmware_bridge.names import _BY_NAME, Meant, meant, meant_at_end, plain, unit_of_air_pressure
from wire import QUANTITIES
from wire.units import conversion


def test_the_table_names_quantities_of_the_wire_and_units_that_can_be_converted():
    for name, known in _BY_NAME.items():
        assert plain(name) == name
        assert not known.unit or conversion(known.unit, QUANTITIES[known.quantity]) is not None


@pytest.mark.parametrize(
    ("name", "quantity"),
    [
        ("PM2.5", "pm2_5"),
        ("pm25", "pm2_5"),
        ("PM1.0", "pm1"),
        ("pm10", "pm10"),
        ("PM10.0", "pm10"),
        ("PM 10", "pm10"),
        ("Particulate Matter <10.0µm Concentration", "pm10"),
        ("Carbon Dioxide", "co2"),
        ("Relative-Humidity", "humidity"),
    ],
)
def test_a_name_is_known_however_it_is_written(name, quantity):
    assert meant(name) is not None
    assert meant(name).quantity == quantity


@pytest.mark.parametrize("name", ["", "pm", "dew_point", "temperature_1", "温度", "x" * 5_000, "_" * 5_000])
def test_what_is_no_name_is_none(name):
    assert meant(name) is None


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("bme280_temperature", Meant("temperature", "Cel")),
        ("living_room_pm_2_5", Meant("pm2_5", "ug/m3")),
        ("river_water_temperature", Meant("water_temperature", "Cel")),
        ("gate water level", Meant("water_level", "")),
        ("cpu_temperature", None),
        ("temperature_offset", None),
        ("min_temperature", None),
        ("dew_point_temperature", None),
        ("a_" * 60 + "temperature", None),
    ],
)
def test_a_name_may_begin_with_a_place_and_not_with_what_makes_it_another(name, known):
    assert meant_at_end(name) == known


@pytest.mark.parametrize(
    ("value", "unit"), [(1013, "hPa"), (101.3, "kPa"), (98_920.23, "Pa"), (120.5, ""), (-1013, ""), (0, "")]
)
def test_an_air_pressure_says_its_unit(value, unit):
    assert unit_of_air_pressure(value) == unit
