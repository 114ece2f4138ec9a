"""What a change of the registry changes on the board: the places of what came, went or moved, and nothing else."""

import msgspec
import pytest

from cloud.board.known_places import KnownPlaces
from cloud.registry.records import City, Sensor
from cloud.registry.snapshot import Registry
from tests.own_quantities import TABLE
from tests.unit.cloud.api.morotai import GATEWAYS, SENSORS, SITES, ZONE
from tests.unit.cloud.board.city import MIC


def registry(sensors: list[Sensor]) -> Registry:
    return Registry(city=City("Pulau Morotai", ZONE), sites=SITES, gateways=GATEWAYS, sensors=sensors, quantities=TABLE)


def test_the_first_look_is_of_every_place():
    places = KnownPlaces(registry([*SENSORS, MIC]))
    assert places.is_old()
    assert sorted(places.renew()) == sorted(site.id for site in SITES)
    assert not places.is_old()


@pytest.mark.parametrize(
    ("sensor", "changed"),
    [
        pytest.param(MIC, [], id="nothing changed"),
        pytest.param(msgspec.structs.replace(MIC, site="dodola"), ["dodola", "sangowo"], id="moved"),
        pytest.param(msgspec.structs.replace(MIC, quantities=("leq",)), ["sangowo"], id="other quantities"),
    ],
)
def test_another_edition_changes_the_places_of_what_it_changes(sensor: Sensor, changed: list[str]):
    known = registry([*SENSORS, MIC])
    places = KnownPlaces(known)
    places.renew()
    other = registry([*SENSORS, sensor])
    other.quantities = known.quantities
    known.replace_with(other)
    assert places.is_old()
    assert sorted(places.renew()) == changed
    assert places.sensors["mic"] == sensor


def test_a_place_is_found_by_its_sensors_and_by_its_own_name():
    places = KnownPlaces(registry([*SENSORS, MIC]))
    places.renew()
    assert list(places.of_sensors(["mic", "nowhere", "dodola"])) == ["sangowo", "dodola"]
    assert places.measured["mic"] == sorted({TABLE["leq"].domain, TABLE["horn_count"].domain})
