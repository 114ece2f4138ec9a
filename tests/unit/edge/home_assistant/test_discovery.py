"""What Home Assistant is announced: one message a sensor and quantity, in its own words for units and classes."""

import json

import pytest

from edge.home_assistant.discovery import Discovery, state
from firmware_bridge.dialects.homeassistant import HomeAssistantParser
from firmware_bridge.sample import Frame
from wire import MEASURED, Quantity

DISCOVERY = Discovery("gw-1", prefix="homeassistant", language="en", version="1.2")

CLASSES_OF_2024 = {
    "temperature": {"°C"}, "humidity": {"%"}, "atmospheric_pressure": {"hPa"}, "pm1": {"µg/m³"}, "pm25": {"µg/m³"},
    "pm10": {"µg/m³"}, "carbon_dioxide": {"ppm"}, "nitrogen_dioxide": {"µg/m³"}, "ozone": {"µg/m³"},
    "sulphur_dioxide": {"µg/m³"}, "volatile_organic_compounds": {"µg/m³"}, "illuminance": {"lx"},
    "irradiance": {"W/m²"}, "wind_speed": {"m/s"}, "precipitation_intensity": {"mm/h"}, "distance": {"cm"},
    "sound_pressure": {"dB"}, "battery": {"%"}, "signal_strength": {"dBm", "dB"}, "speed": {"m/s"},
    "precipitation": {"mm"}, "voltage": {"V"}, "duration": {"s"}, "data_size": {"MiB", "B"},
}  # fmt: skip
"""Units of homeassistant/components/sensor/const.py, 2024.3, of those that are announced."""


def announced(sensor: str, quantity: str, discovery: Discovery = DISCOVERY) -> dict[str, object]:
    _, payload = discovery.announce((sensor, quantity), MEASURED[quantity])
    found: dict[str, object] = json.loads(payload)
    return found


def test_a_series_is_announced_with_all_that_home_assistant_wants_to_know():
    topic, _ = DISCOVERY.announce(("river-1", "water_level"), MEASURED["water_level"])
    assert topic == "homeassistant/sensor/siaga-gw-1/river-1_water_level/config"
    assert announced("river-1", "water_level") == {
        "name": "Water level",
        "unique_id": "siaga-gw-1-river-1-water_level",
        "state_topic": "siaga-edge/gw-1/values/river-1/water_level",
        "value_template": "{{ value_json.value }}",
        "json_attributes_topic": "siaga-edge/gw-1/values/river-1/water_level",
        "json_attributes_template": "{{ {'time': value_json.time} | tojson }}",
        "availability_topic": "siaga-edge/gw-1/availability",
        "device_class": "distance",
        "state_class": "measurement",
        "unit_of_measurement": "cm",
        "suggested_display_precision": 1,
        "device": {"identifiers": ["siaga-gw-1-river-1"], "name": "river-1", "via_device": "siaga-gw-1"},
        "origin": {"name": "Siaga", "sw_version": "1.2"},
    }


@pytest.mark.parametrize("quantity", sorted(MEASURED))
def test_a_class_stands_beside_a_unit_that_it_has_in_home_assistant(quantity: str):
    found = announced("s", quantity)
    if "device_class" in found:
        assert found["unit_of_measurement"] in CLASSES_OF_2024[str(found["device_class"])]


def test_amounts_are_announced_as_their_total_and_directions_without_a_mean():
    assert announced("rain-1", "rainfall")["state_class"] == "total_increasing"
    assert announced("rain-1", "rainfall")["name"] == "Rainfall, total"
    assert "state_class" not in announced("wind-1", "wind_direction")


def test_what_is_of_the_device_itself_is_a_diagnostic():
    assert announced("gw-1", "disk_free")["entity_category"] == "diagnostic"
    assert announced("gw-1", "disk_free")["device"] == {
        "identifiers": ["siaga-gw-1"], "name": "gw-1", "manufacturer": "Siaga", "model": "siaga-edge",
        "sw_version": "1.2",
    }  # fmt: skip
    assert "entity_category" not in announced("air-1", "pm2_5")


def test_names_are_in_the_language_of_the_settings():
    indonesian = Discovery("gw-1", prefix="homeassistant", language="id", version="1")
    assert announced("air-1", "temperature", indonesian)["name"] == "Suhu"
    assert json.loads(indonesian.announce_gateway()[1])["name"] == "Terhubung"


def test_a_citys_own_quantity_has_its_unit_and_no_class():
    row = Quantity("turbidity", "city", "{NTU}", 1, 0, 1e6, "turbidity", "turbidity")
    found = json.loads(DISCOVERY.announce(("river-1", "turbidity"), row)[1])
    assert (found["unit_of_measurement"], found.get("device_class")) == ("{NTU}", None)


def test_an_announcement_says_which_series_it_is_of_and_others_do_not():
    for series in (("river-1", "water_level"), ("a_b", "pm2_5"), ("a", "b_pm2_5")):
        _, payload = DISCOVERY.announce(series, MEASURED["pm2_5"])
        assert DISCOVERY.series_in(payload) == series
        assert Discovery("gw-2", prefix="homeassistant", language="en", version="1").series_in(payload) is None
    for payload in (DISCOVERY.announce_gateway()[1], b"", b"{}", b"\xff", b'{"state_topic":"siaga-edge/gw-1/values/"}'):
        assert DISCOVERY.series_in(payload) is None


def test_what_is_announced_here_is_read_by_the_dialect_of_the_same_name():
    parser = HomeAssistantParser({"state_topics": "siaga-edge/gw-1/values/+/+"})
    wrong = {}
    for quantity in (
        "water_level",
        "distance",
        "pm2_5",
        "co2",
        "temperature",
        "pressure",
        "wind_gust",
        "flow",
        "noise",
    ):
        parser.parse(*DISCOVERY.announce(("s", quantity), MEASURED[quantity]))
        outcome = parser.parse(DISCOVERY.state_topic(("s", quantity)), state(12.5, "2026-11-29T12:00:00.000Z"))
        assert isinstance(outcome, Frame)
        found = [(sample.quantity, sample.value, sample.channel) for sample in outcome.samples]
        if found != [(quantity, 12.5, "siaga-gw-1-s")]:
            wrong[quantity] = found
    assert wrong == {}
    outcome = parser.parse(DISCOVERY.state_topic(("s", "pm2_5")), state(None, None))
    assert isinstance(outcome, Frame)
    assert outcome.samples == ()
