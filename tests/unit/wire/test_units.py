"""Units as devices write them, and what becomes of their values."""

import pytest
from msgspec import structs

from wire import QUANTITIES
from wire.ucum import is_ucum
from wire.units import code_of, conversion, convert


@pytest.mark.parametrize(
    ("value", "unit", "quantity", "expected"),
    [
        (68.9, "°F", "temperature", 20.5),
        (68.9, "F", "temperature", 20.5),
        (293.65, "K", "temperature", 20.5),
        (20.5, "°C", "temperature", 20.5),
        (20.5, "C", "temperature", 20.5),
        (760.0, "mmHg", "pressure", 1_013.250144),
        (29.92, "inHg", "pressure", 1_013.207589),
        (98_920.23, "Pa", "pressure", 989.2023),
        (1.009, "bar", "pressure", 1_009.0),
        (1_953, "mm", "distance", 195.3),
        (1.5, "m", "water_level", 150.0),
        (10, "ft", "water_level", 304.8),
        (2, "in", "rainfall", 50.8),
        (1, "inch", "rainfall", 25.4),
        (36, "km/h", "wind_speed", 10.0),
        (10, "mph", "wind_speed", 4.4704),
        (0.2, "kn", "wind_speed", 0.1028888889),
        (0.05, "mg/m³", "pm2_5", 50.0),
        (12.3, "μg/m³", "pm2_5", 12.3),
        (12.3, "ug/m^3", "pm2_5", 12.3),
        (60, "%RH", "humidity", 60.0),
        (50, "ppb", "o3", 98.1595092),
        (1, "ppm", "co", 1_145.603272),
        (0.0408, "%", "co2", 408.0),
        (447, "ppm", "co2", 447),
        (0.000447, "1", "co2", 447.0),
        (5e-8, "kg/m3", "pm10", 50.0),
        (6.15, "B[SPL]", "noise", 61.5),
        (1e-6, "m/s", "rain_rate", 3.6),
        (0.01, "m/h", "rain_rate", 10.0),
        (-110, "dB{W}", "signal", -80.0),
        (2, "h", "dwell", 7_200.0),
        (1, "in/h", "rain_rate", 25.4),
        (26.3141, "#/cm³", "particles_0_5", 2_631.41),
        (12.5, "L/m²", "rainfall", 12.5),
        (900.0, "mg/m3", "co2", 500.0),
        (21.0, "ºC", "temperature", 21.0),
        (70.0, "Deg F", "temperature", 21.11111111),
        (5, "PPM", "co2", 5.0),
        (3, "℃", "water_temperature", 3.0),
    ],
)
def test_a_value_is_brought_into_the_unit_of_its_quantity(value, unit, quantity, expected):
    assert convert(value, unit, QUANTITIES[quantity]) == expected


@pytest.mark.parametrize(
    ("value", "unit", "wanted", "expected"),
    [(20.5, "C", "[degF]", 68.9), (68.9, "°F", "K", 293.65), (1_013.25, "hPa", "[in_i'Hg]", 29.9212524)],
)
def test_a_quantity_that_a_city_added_may_have_any_unit(value, unit, wanted, expected):
    own = structs.replace(QUANTITIES["temperature"], name="cellar", unit=wanted)
    assert convert(value, unit, own) == expected


@pytest.mark.parametrize(
    ("unit", "quantity"),
    [
        ("ft", "temperature"),
        ("%", "pm2_5"),
        ("ppb", "pm2_5"),
        ("ppb", "voc"),
        ("bananas", "pm2_5"),
        ("", "pm2_5"),
        ("s", "pressure"),
    ],
)
def test_a_unit_that_does_not_fit_gives_no_value_and_says_so(unit, quantity):
    assert conversion(unit, QUANTITIES[quantity]) is None
    sentence = convert(1.0, unit, QUANTITIES[quantity])
    assert sentence == f"is in {unit!r}, which is no unit of {quantity} ({QUANTITIES[quantity].unit})"


@pytest.mark.parametrize("quantity", QUANTITIES.values(), ids=lambda quantity: quantity.name)
def test_the_unit_of_each_quantity_is_taken_as_it_is(quantity):
    assert convert(1.25, quantity.unit, quantity) == 1.25


@pytest.mark.parametrize("text", ["\0", "°" * 50, "1e999", "[[", "💧", "m/s/s/s/s"])
def test_any_text_may_stand_for_a_unit(text):
    code = code_of(text)
    assert code is None or is_ucum(code)
