"""Alarms by real processes: Mosquitto and the cloud on SQLite; the test plays the gateway, and kills the cloud."""

import time
from pathlib import Path
from typing import Any

import pytest

from tests import loopback
from tests.end_to_end.one_gateway import CITY_OF_ONE_GATEWAY
from tests.end_to_end.test_cloud import Gateways
from tests.people import bearer, token_in
from tests.servers import all_of, free_port, mosquitto, siaga_cloud, wait_until
from wire import Reading, encode_batch

STREAM = "9f3c21d07ab4e815"
CITY = f"""{CITY_OF_ONE_GATEWAY}[[sensors]]
id = "river"
name = "River"
site = "daruba"
gateway = "gw-daruba"
quantities = ["water_level"]
interval_s = 1
"""
RULES = """
[[rules]]
family = "river-level"
quantity = "water_level"
kind = "above"
title = "River is high"
hysteresis = 10
levels = [{ name = "Siaga 3", severity = "moderate", limit = 150 }]
[[rules]]
family = "silence"
quantity = ""
kind = "silence"
title = "Nothing comes"
levels = [{ name = "Silent", severity = "minor", limit = 1 }]
"""


class Town:
    """The processes, and what the API says."""

    def __init__(self, folder: Path) -> None:
        broker_port, self.port = free_port(), free_port()
        self.broker_port = broker_port
        (folder / "city.toml").write_text(CITY)
        (folder / "rules.toml").write_text(RULES)
        (folder / "cloud.toml").write_text(
            f'[broker]\nport = {broker_port}\n[rules]\ninitial = "rules.toml"\nsilence_grace_s = 0\n'
            f"[api]\nport = {self.port}\n"
        )
        self.token = token_in(folder)
        self.broker = mosquitto(folder, broker_port)
        self.cloud = siaga_cloud(folder, folder / "cloud.toml", port=self.port)
        self._seq = 0

    def api(self, path: str, *, method: str = "GET", **body: Any) -> Any:
        address = f"http://127.0.0.1:{self.port}/api/v1{path}"
        answer = loopback.request(method, address, headers=bearer(self.token), json=body or None, timeout=20)
        return answer.raise_for_status().json()

    def wait_for_broker(self) -> None:
        def connected() -> bool:
            health = loopback.get(f"http://127.0.0.1:{self.port}/api/v1/health", timeout=20).json()
            return bool(health["components"].get("broker", {}).get("status") == "ok")  # not while it starts

        wait_until(connected, "the cloud is connected to the broker")

    def restart(self) -> None:
        """SIGKILL the cloud, and start it again."""
        self.cloud.kill()
        self.cloud.start()
        self.wait_for_broker()

    def alarms(self, family: str = "river-level") -> list[dict[str, Any]]:
        return list(self.api(f"/alarms?family={family}")["alarms"])

    def kinds(self, alarm: int) -> list[str]:
        return [change["kind"] for change in self.api(f"/alarms/{alarm}")["changes"]]

    def batch(self, *values: float, ago_s: int = 0) -> tuple[bytes, int]:
        """A batch with a reading for each value, a second apart, the last one `ago_s` ago; and its first seq."""
        first, self._seq = self._seq + 1, self._seq + len(values)
        now = int(time.time() * 1000) - ago_s * 1_000
        readings = [
            Reading("river", "water_level", now - 1_000 * (len(values) - 1 - n), value)
            for n, value in enumerate(values)
        ]
        return encode_batch(STREAM, first, readings), first


def test_an_alarm_outlives_a_kill_of_the_cloud_and_what_is_sent_again_adds_nothing(tmp_path: Path):
    town = Town(tmp_path)
    with all_of(town.broker, town.cloud):
        town.wait_for_broker()
        gateways = Gateways(town.broker_port)
        try:
            crossing, first = town.batch(140, 145, 151, 152, ago_s=3)  # the cloud may be back within a second
            gateways.send(crossing)
            gateways.wait_for_ack(first)
            # no waiting: what is acknowledged has been past the rules
            (alarm,) = town.alarms()
            assert (alarm["state"], alarm["level"]["name"], alarm["value"]) == ("alarming", "Siaga 3", 151)
            town.api(f"/alarms/{alarm['id']}/acknowledge", method="POST", word="the pump runs")

            town.restart()
            acks = len(gateways.acks)
            gateways.send(crossing)
            wait_until(lambda: len(gateways.acks) > acks, "the repeated batch is acknowledged again")
            (again,) = town.alarms()
            assert (again["id"], again["acknowledged_word"], again["state"]) == (
                alarm["id"], "the pump runs", "alarming",
            )  # fmt: skip
            assert town.kinds(alarm["id"]) == ["raised"]

            calm, first = town.batch(143, 135)  # water falls in steps that a river can take
            gateways.send(calm)
            gateways.wait_for_ack(first)
            (closed,) = town.alarms()
            assert (closed["id"], closed["state"]) == (alarm["id"], "closed")
        finally:
            gateways.close()


def test_a_sensor_that_fell_silent_while_the_cloud_was_dead_is_noticed_after_it(tmp_path: Path):
    town = Town(tmp_path)
    with all_of(town.broker, town.cloud):
        town.wait_for_broker()
        gateways = Gateways(town.broker_port)
        try:
            calm, first = town.batch(100, 101)
            gateways.send(calm)
            gateways.wait_for_ack(first)
            town.restart()
            wait_until(lambda: town.alarms("silence"), "the silence is noticed")
            (alarm,) = town.alarms("silence")
            assert (alarm["sensor"], alarm["state"]) == ("river", "alarming")
            calm, first = town.batch(101)
            gateways.send(calm)
            gateways.wait_for_ack(first)
            assert town.alarms("silence")[0]["state"] == "closed"
        finally:
            gateways.close()


def test_a_rule_saved_by_one_process_is_kept_by_another_within_seconds(tmp_path: Path):
    town = Town(tmp_path)
    port = free_port()
    settings = (tmp_path / "cloud.toml").read_text().replace(f"port = {town.port}\n", f"port = {port}\n")
    (tmp_path / "screen.toml").write_text(settings + "[ingest]\nenabled = false\n")
    screen = siaga_cloud(tmp_path, tmp_path / "screen.toml", name="screen", port=port)
    with all_of(town.broker, town.cloud, screen):
        low = {"levels": [{"name": "Siaga 3", "severity": "moderate", "limit": 90.0}]}
        answer = loopback.put(
            f"http://127.0.0.1:{port}/api/v1/rules/river-level/sensor:river",
            json={"fields": low, "reason": "dyke is broken"},
            headers=bearer(town.token),
            timeout=20,
        )
        assert answer.status_code == 200, answer.text

        def is_known() -> bool:
            rules = town.api("/rules/resolved?sensor=river")
            return any(rule["versions"] == "all@1 sensor:river@1" for rule in rules)

        wait_until(is_known, "the process that takes readings in keeps the new rule")


@pytest.mark.parametrize(
    ("rules", "words"),
    [
        (RULES.replace("hysteresis = 10", "hysteresis = -1"), "rules.toml: rules[0]: hysteresis -1"),
        (RULES + 'scope = "sensor:rivr"', "did you mean sensor:river?"),
    ],
)
def test_a_rules_file_with_a_mistake_is_named_before_anything_starts(tmp_path: Path, rules: str, words: str):
    town = Town(tmp_path)
    (tmp_path / "rules.toml").write_text(rules)
    cloud = siaga_cloud(tmp_path, tmp_path / "cloud.toml")
    with cloud:
        assert cloud.wait() == 2
    assert words in cloud.tail()
    assert town.token
