"""The registry changed while the real cloud runs: a new gateway is heard at once, and a restart keeps all."""

import time
from pathlib import Path
from typing import Any

from tests import loopback
from tests.end_to_end.test_cloud import CITY, Gateways, Town
from tests.people import bearer
from tests.servers import all_of, wait_until
from wire import Reading, encode_batch

SITE = {"id": "muara", "name": "Muara", "latitude": 2.1, "longitude": 128.3, "reason": "new gauge"}
GATEWAY = {"id": "gw-muara", "name": "Muara", "site": "muara"}
SENSOR = {"id": "tide", "name": "Tide", "site": "muara", "gateway": "gw-muara", "quantities": ["water_level"]}


class EditedTown(Town):
    """A town on SQLite of which city.toml owns nothing; `ask` changes its registry over the API."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, engine="sqlite")
        (folder / "city.toml").write_text(f"owns = []\n{CITY}")

    def ask(self, method: str, path: str, body: Any = None, *, status: int = 200) -> Any:
        address = f"http://127.0.0.1:{self.api_port}/api/v1{path}"
        answer = loopback.request(method, address, json=body, headers=bearer(self.token), timeout=20)
        assert answer.status_code == status, answer.text
        return answer.json()

    def value(self, sensor: str) -> float | None:
        """The newest value of a sensor; None where nothing of it is known."""
        found = [each["value"] for each in self.api("/readings/latest") if each["sensor"] == sensor]
        return found[0] if found else None


def send(gateways: Gateways, first: int, value: float) -> None:
    """One reading of the new sensor from its gateway, acknowledged."""
    content = encode_batch("s1", first, [Reading("tide", "water_level", int(time.time() * 1000), value)])
    gateways.send(content, gateway="gw-muara")
    gateways.wait_for_ack(first, gateway="gw-muara")


def test_what_is_added_is_heard_at_once_what_is_retired_no_more_and_a_restart_keeps_all(tmp_path: Path):
    town = EditedTown(tmp_path)
    with town.running(town.broker, town.cloud) as gateways:
        send(gateways, 1, 100.0)
        letters = town.api("/dead-letters")["letters"]
        assert [letter["reason"] for letter in letters] == ["unknown_gateway"]
        town.ask("POST", "/sites", SITE, status=201)
        town.ask("POST", "/gateways", GATEWAY, status=201)
        town.ask("POST", "/sensors", SENSOR, status=201)
        send(gateways, 2, 120.0)
        wait_until(lambda: town.value("tide") == 120.0, "the reading of the new sensor is stored")
        town.ask("POST", f"/dead-letters/{letters[0]['id']}/replay")
        revision = town.api("/registry/sensors/tide")["revision"]
        town.ask("PATCH", "/sensors/tide", {"name": "Tide gauge", "interval_s": 60})
        assert town.api("/registry/sensors/tide")["revision"] != revision
        change = town.ask("DELETE", "/sensors/tide?reason=washed+away")["change"]
        time_of_loss = encode_batch("s1", 3, [Reading("tide", "water_level", int(time.time() * 1000) + 5_000, 1.0)])
        gateways.send(time_of_loss, gateway="gw-muara")
        gateways.wait_for_ack(3, gateway="gw-muara")
        assert "tide" not in {each["id"] for each in town.api("/sensors")}
        town.ask("POST", f"/registry/changes/{change}/undo", {"reason": "it is there"})
        send(gateways, 4, 130.0)
        wait_until(lambda: town.value("tide") == 130.0, "the sensor that is back is heard")
        before = {kind: town.api(f"/registry/{kind}?retired=true") for kind in ("sites", "gateways", "sensors")}
        town.cloud.kill()
        with all_of(town.cloud):
            town.wait_for_broker()
            after = {kind: town.api(f"/registry/{kind}?retired=true") for kind in ("sites", "gateways", "sensors")}
            assert after == before
            send(gateways, 5, 140.0)
            wait_until(lambda: town.value("tide") == 140.0, "and after a restart")
            assert len(town.api("/registry/changes?kind=sensors&record=tide")["changes"]) == 4
