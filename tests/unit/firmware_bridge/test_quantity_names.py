"""What devices call a quantity: what is understood, and above all what is not."""

import pytest

from firmware_bridge.names import Meant, meant
from firmware_bridge.quantity_names import _SHORT, _TELLING_UNITS, quantity_called, quantity_of, with_its_usual_unit
from wire import BUILT_IN, MEASURED, QUANTITIES
from wire.units import conversion


@pytest.mark.parametrize(
    ("name", "quantity"),
    [
        ("temperature", "temperature"), ("Temp", "temperature"), ("airTemperature", "temperature"),
        ("Outdoor temperature", "temperature"), ("temperature-2", "temperature"), ("suhu", "temperature"),
        ("water_temperature", "water_temperature"), ("RH", "humidity"), ("relative-humidity", "humidity"),
        ("PM2.5", "pm2_5"), ("pm25", "pm2_5"), ("pm2_5", "pm2_5"), ("PM 2.5", "pm2_5"), ("pm02.5", "pm2_5"),
        ("PM1.0", "pm1"), ("pm1", "pm1"), ("pm1_0", "pm1"), ("pm10", "pm10"), ("PM10.0", "pm10"), ("pm4", "pm4"),
        ("CO2", "co2"), ("light", "illuminance"), ("wind", "wind_speed"),
        ("carbon_dioxide", "co2"), ("carbon_monoxide", "co"),
        ("atmospheric_pressure", "pressure"), ("wind-speed", "wind_speed"), ("waterLevel", "water_level"),
        ("signal_strength", "signal"), ("battery", "battery"), ("precipitation_intensity", "rain_rate"),
    ],
)  # fmt: skip
def test_names_are_understood_however_they_are_written(name, quantity):
    assert quantity_called(name) == quantity


@pytest.mark.parametrize(
    "name",
    [
        "setpoint", "target_temperature", "cpu temperature", "soil moisture", "battery temperature", "temperature max",
        "pm25_aqi", "pm2.5 cf1", "pm3", "pm100.5", "co2 alarm", "", "\n", "漢字", "p", "x" * 10_000, "dew_point",
    ],
)  # fmt: skip
def test_what_may_be_something_else_is_not_guessed(name):
    assert quantity_called(name) is None


@pytest.mark.parametrize(
    ("names", "unit", "quantity"),
    [
        (["value", "Level"], "m", "water_level"),
        (["value"], "%RH", "humidity"),
        (["value"], "°C", "temperature"),
        ([""], "hPa", "pressure"),
        (["1"], "lx", "illuminance"),
        (["value"], "%", None),
        (["value"], "", None),
        (["setpoint", "temperature"], "°C", None),
        (["t1x\nTemperature"], "°C", "temperature"),
    ],
)
def test_the_first_name_that_says_anything_counts_and_the_unit_only_after_all(names, unit, quantity):
    assert quantity_of(names, unit) == quantity


def test_the_tables_have_quantities_of_the_wire_in_units_of_theirs():
    assert set(_SHORT.values()) <= MEASURED.keys()
    assert all(conversion(unit, QUANTITIES[quantity]) is not None for unit, quantity in _TELLING_UNITS.items())


def test_a_short_name_stands_here_only_because_names_py_cannot_have_it():
    assert [name for name in _SHORT if meant(name) is not None] == []


def test_the_usual_unit_is_that_of_names_py_or_counts():
    assert with_its_usual_unit("temperature", BUILT_IN) == Meant("temperature", "Cel")
    assert with_its_usual_unit("people_in", BUILT_IN) == Meant("people_in", "{person}")
    assert with_its_usual_unit("flow", BUILT_IN) == Meant("flow", "")
