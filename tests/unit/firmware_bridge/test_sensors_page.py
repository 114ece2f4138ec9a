"""docs/sensors.md is what the catalog says, and its configurations are read by a gateway without a mistake."""

import tomllib
from pathlib import Path

import pytest

from edge.sources.configured import mistakes_in
from firmware_bridge import MQTT_DIALECTS, SERIAL_FAMILIES, SerialFamily
from firmware_bridge.sensors_page import configuration, page
from wire import BUILT_IN

PAGE = Path(__file__).parents[3] / "docs" / "sensors.md"
ENTRIES = [*SERIAL_FAMILIES.values(), *MQTT_DIALECTS.values()]
each_entry = pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)


def test_the_page_is_what_the_catalog_says():
    assert PAGE.read_text(encoding="utf-8") == page(), "python -m firmware_bridge.sensors_page > docs/sensors.md"


@each_entry
def test_every_entry_says_how_it_is_wired_and_what_surprises(entry):
    assert entry.guide.wiring
    assert entry.guide.quirks
    assert bool(entry.guide.topic) is not isinstance(entry, SerialFamily)


@each_entry
def test_the_smallest_configuration_has_no_mistake(entry):
    where = 'port = "/dev/ttyX"' if isinstance(entry, SerialFamily) else f'topic = "{entry.guide.topic}"'
    sensor = "" if "channels" in entry.guide.example else "sensor-1"
    table = tomllib.loads("\n".join(configuration(entry, where, sensor=sensor)))
    assert list(mistakes_in(table, BUILT_IN)) == []
