"""Dated facts on the real cloud, broker and InfluxDB: a series is sensor and quantity, whatever becomes of its site."""

import time
from pathlib import Path
from typing import Any

from tests import loopback
from tests.end_to_end.test_cloud import CITY, Town
from tests.people import bearer
from tests.servers import all_of, wait_until
from wire import Reading, encode_batch

START = int(time.time() * 1000) - 600_000
MORE = """
[[sites]]
id = "pier"
name = "Pier"
latitude = 2.06
longitude = 128.30
[[sensors]]
id = "river"
name = "River"
site = "daruba"
gateway = "gw-daruba"
quantities = ["distance", "water_level"]
mounting_height_cm = 420
"""


class Place(Town):
    """The town with a second site and a river; facts are recorded over the API."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.write_city(CITY + MORE)

    def write_city(self, text: str) -> None:
        (self.folder / "city.toml").write_text(text)

    def record(self, subject: str, what: str, value: Any, *, valid_from_ms: int | None = None) -> None:
        body = {"subject": subject, "what": what, "value": value, "reason": "a test"}
        given = {} if valid_from_ms is None else {"valid_from": str(valid_from_ms)}
        address = f"http://127.0.0.1:{self.api_port}/api/v1/facts"
        loopback.post(address, json=body | given, headers=bearer(self.token), timeout=20).raise_for_status()

    def query(self, influxql: str) -> list[dict[str, Any]]:
        """The series that InfluxDB itself answers, times in ms."""
        params = {"db": "siaga", "epoch": "ms", "q": influxql}
        answer = loopback.get(f"http://127.0.0.1:{self.influx_port}/query", params=params, timeout=20)
        return list(answer.raise_for_status().json()["results"][0].get("series", []))

    def points(self, sensor: str, field: str, measurement: str = "air") -> list[tuple[int, float, str]]:
        """Every point of a sensor as InfluxDB has it: (seconds after START, value, site)."""
        found = self.query(f"SELECT {field}, site FROM {measurement} WHERE sensor = '{sensor}'")
        rows = [row for series in found for row in series["values"]]
        return [((row[0] - START) // 1000, row[1], row[2]) for row in rows]


def batch(first: int, *readings: Reading) -> bytes:
    return encode_batch("9f3c21d07ab4e815", first, readings)


def air(*seconds: int) -> list[Reading]:
    return [Reading("air-market", "pm2_5", START + second * 1000, 10.0 + second) for second in seconds]


def test_readings_that_are_sent_again_after_a_move_are_stored_once(tmp_path: Path):
    town = Place(tmp_path)
    sent = batch(1, *air(*range(20)))
    with town.running() as gateways:
        gateways.send(sent)
        gateways.wait_for_ack(1)
        town.cloud.kill()  # and the acks are lost, so that the gateway knows of nothing
        gateways.acks.clear()
        moved = (CITY + MORE).replace('name = "Market"\nsite = "daruba"', 'name = "Market"\nsite = "pier"')
        assert moved != CITY + MORE
        town.write_city(moved)
        with all_of(town.cloud):
            town.wait_for_broker()
            gateways.send(sent)
            gateways.wait_for_ack(1)
            gateways.send(batch(21, Reading("air-market", "pm2_5", int(time.time() * 1000), 99.0)))
            gateways.wait_for_ack(21)
            points = town.points("air-market", "pm2_5")
            assert [(second, site) for second, _, site in points[:20]] == [(each, "daruba") for each in range(20)]
            assert [(value, site) for _, value, site in points[20:]] == [(99.0, "pier")]
            # the same without a restart, and undone again: what is known of the past changes no tag of it
            town.record("sensor:air-market", "site", "daruba", valid_from_ms=START - 86_400_000)
            gateways.acks.clear()
            gateways.send(sent)
            gateways.wait_for_ack(1)
            assert town.points("air-market", "pm2_5") == points
            latest = town.api("/readings/latest")
            assert [(one["sensor"], one["value"]) for one in latest if one["quantity"] == "pm2_5"] == [
                ("air-market", 99.0)
            ]
            history = town.api(f"/readings?sensor=air-market&quantity=pm2_5&start={START}")
            assert len(history["points"]) == 21


def test_a_level_is_the_registrys_and_a_corrected_height_makes_it_anew(tmp_path: Path):
    town = Place(tmp_path)
    with town.running() as gateways:
        seconds = range(10)
        pairs = [
            each
            for second in seconds
            for each in (
                Reading("river", "distance", START + second * 1000, 100.0 + second),
                Reading("river", "water_level", START + second * 1000, 4.2 - 100.0 - second),
            )
        ]
        gateways.send(batch(1, *pairs[:7]))  # cut between a distance and its level
        gateways.send(batch(8, *pairs[7:]))
        gateways.wait_for_ack(20)
        assert town.points("river", "water_level", "flood") == [(each, 320.0 - each, "daruba") for each in seconds]
        geometry = town.health()["components"]["geometry"]
        assert geometry["status"] == "degraded"
        assert "reckons with a height of 4.2 cm and the registry with 420" in geometry["detail"]
        (river,) = [one for one in town.api("/sensors") if one["id"] == "river"]
        assert (river["mounting_height_cm"], river["sent_mounting_height_cm"]) == (420, 4.2)
        town.record("sensor:river", "mounting_height_cm", 440, valid_from_ms=START + 5_000)
        expected = [(each, (440.0 if each >= 5 else 420.0) - 100 - each, "daruba") for each in seconds]
        _wait(lambda: town.points("river", "water_level", "flood") == expected, "the levels are made anew")
        assert [one["computing"] for one in _facts(town)] == [False, False]


def _facts(town: Place) -> list[Any]:
    def done() -> bool:
        return not any(one["computing"] for one in town.api("/facts?subject=sensor:river&what=mounting_height_cm"))

    _wait(done, "nothing is left to be computed")
    return list(town.api("/facts?subject=sensor:river&what=mounting_height_cm"))


def _wait(condition: Any, what: str) -> None:
    wait_until(condition, what, patience_s=100)
