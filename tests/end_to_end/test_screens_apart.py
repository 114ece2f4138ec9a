"""Ingest and screens in two processes on one cloud.toml: what either does without the other, and each after a kill.

test plays the gateway ─► Mosquitto ─► siaga-cloud ingest ─► store, registry ─┬─► siaga-cloud web ─► what the API says
                                              └────────── feed.sock ──────────┘
"""

import contextlib
import os
import signal
import socket
import stat
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests import loopback
from tests.end_to_end.test_alarms import CITY, RULES, STREAM, Town
from tests.end_to_end.test_cloud import Gateways
from tests.people import bearer, token_at
from tests.registries import registry_in
from tests.servers import all_of, free_port, mosquitto, postgresql, siaga_cloud, wait_until
from wire import Reading, Status, encode_batch

SOON_S = 20.0
"""Generous on a machine at work; what was measured is in docs/decisions/0083-screens-in-a-process-of-their-own.md."""


class Apart(Town):
    """A town whose `cloud` is the screens, beside the `ingester` that they follow."""

    def __init__(self, folder: Path, url: str) -> None:
        self.broker_port, self.port, self.own_port = free_port(), free_port(), free_port()
        (folder / "city.toml").write_text(CITY)
        (folder / "rules.toml").write_text(RULES)
        settings = self.settings = folder / "cloud.toml"
        settings.write_text(
            f'[broker]\nport = {self.broker_port}\n[rules]\ninitial = "rules.toml"\nsilence_grace_s = 600\n'
            f'[registry]\nurl = "{url}"\n[api]\nport = {self.port}\n'
            f'[feed]\nsocket = "feed.sock"\nport = {self.own_port}\n'
        )
        self.socket = folder / "feed.sock"
        self.token = token_at(url)
        self.broker = mosquitto(folder, self.broker_port)
        self.ingester = siaga_cloud(folder, settings, name="ingest", port=self.own_port, command="ingest")
        self.cloud = siaga_cloud(folder, settings, name="web", port=self.port, command="web")
        self._seq = 0

    def measure(self, gateways: Gateways, *values: float) -> None:
        """Send values, and wait until they are acknowledged."""
        batch, first = self.batch(*values)
        gateways.send(batch)
        gateways.wait_for_ack(first)

    def measure_at(self, gateways: Gateways, sensor: str) -> None:
        """Send a value of another sensor, and wait until it is acknowledged."""
        self._seq += 1
        reading = Reading(sensor, "water_level", int(time.time() * 1_000), 77)
        gateways.send(encode_batch(STREAM, self._seq, [reading]))
        gateways.wait_for_ack(self._seq)

    def level(self, sensor: str = "river") -> float | None:
        """The newest level of a sensor that the screens show."""
        shown = self.api("/readings/latest")
        levels = [each["value"] for each in shown if (each["sensor"], each["quantity"]) == (sensor, "water_level")]
        return float(levels[0]) if levels else None

    def health(self) -> dict[str, Any]:
        """What the screens say of the whole."""
        answer = loopback.get(f"http://127.0.0.1:{self.port}/api/v1/health", headers=bearer(self.token), timeout=20)
        return dict(answer.json()["components"])

    def is_followed(self) -> bool:
        """Whether the screens say that the ingester speaks, and is connected to the broker."""
        health = self.health()
        return all(health.get(name, {}).get("status") == "ok" for name in ("ingester", "broker"))


@pytest.fixture(params=["sqlite", "postgresql"])
def registry_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A registry of each engine."""
    if request.param == "sqlite":
        yield registry_in(tmp_path)
        return
    with postgresql(tmp_path, free_port()) as server:
        yield server.database("siaga")


@contextlib.contextmanager
def running(town: Apart, *, notify: str = "") -> Iterator[Gateways]:
    """All processes, with `notify` in their settings, and the gateways once the screens follow."""
    with town.settings.open("a") as settings:
        settings.write(notify)
    with all_of(town.broker, town.ingester, town.cloud):
        wait_until(town.is_followed, "the screens follow the ingester")
        gateways = Gateways(town.broker_port)
        try:
            yield gateways
        finally:
            gateways.close()


def test_what_is_stored_is_on_the_screens_and_what_people_do_there_reaches_the_ingester(
    tmp_path: Path, registry_url: str
):
    town = Apart(tmp_path, registry_url)
    with running(town) as gateways:
        assert stat.S_IMODE(town.socket.stat().st_mode) == 0o600
        town.measure(gateways, 100, 101)
        wait_until(lambda: town.level() == 101, "the screens show it", patience_s=SOON_S)
        (gateway,) = town.api("/gateways")
        assert gateway["account"]["received"] == 2

        low = {"levels": [{"name": "Siaga 3", "severity": "moderate", "limit": 90.0}]}
        town.api("/rules/river-level/sensor:river", method="PUT", fields=low, reason="dyke is broken")

        def is_alarming() -> bool:
            town.measure(gateways, 102)
            return bool(town.alarms())

        wait_until(is_alarming, "the ingester judges by the rule that was saved on a screen", patience_s=SOON_S)
        (alarm,) = town.alarms()
        town.api(f"/alarms/{alarm['id']}/acknowledge", method="POST", word="the pump runs")
        for falling in (96, 90, 84, 78, 72):  # in steps that a river can take
            town.measure(gateways, falling)
        wait_until(lambda: town.alarms()[0]["state"] == "closed", "it is over", patience_s=SOON_S)
        assert town.alarms()[0]["acknowledged_word"] == "the pump runs"


def test_each_is_killed_and_the_other_goes_on(tmp_path: Path):
    town = Apart(tmp_path, registry_in(tmp_path))
    with running(town) as gateways:
        town.measure(gateways, 100)
        wait_until(lambda: town.level() == 100, "the screens show it")
        town.cloud.kill()
        town.measure(gateways, 101)
        town.ingester.must_live()
        town.cloud.start()
        wait_until(lambda: town.level() == 101, "screens that start again show what came meanwhile")
        wait_until(town.is_followed, "they follow")

        town.ingester.kill()
        wait_until(lambda: town.health()["ingester"]["status"] == "down", "the screens say that they are old")
        assert "the ingester has not spoken for" in town.health()["ingester"]["detail"]
        wait_until(lambda: "alarms" not in town.health(), "nobody knows how the evaluation of rules does")
        assert town.level() == 101
        town.ingester.start()
        wait_until(town.is_followed, "the screens follow the ingester that started again")
        town.measure(gateways, 102)
        wait_until(lambda: town.level() == 102, "they show what came since")


def test_screens_that_read_nothing_and_whoever_connects_hold_no_ingester_up(tmp_path: Path):
    town = Apart(tmp_path, registry_in(tmp_path))
    with running(town) as gateways, contextlib.ExitStack() as strangers:
        for _ in range(12):  # more than it listens to at once
            stranger = strangers.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM))
            stranger.connect(str(town.socket))
        town.cloud.signal(signal.SIGSTOP)
        for value in range(100, 130):
            town.measure(gateways, value)
        town.cloud.signal(signal.SIGCONT)
        strangers.close()
        wait_until(lambda: town.level() == 129, "the screens go on with the newest")
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as stranger:
            stranger.connect(str(town.socket))
            stranger.sendall(os.urandom(4_096))
        town.measure(gateways, 130)
        wait_until(lambda: town.level() == 130, "what is no message costs its sender the connection alone")


ASKED_BY_TIME = {"/api/v1/health", "/metrics", "/api/v1/alarms/1/incident.pdf"}
"""Of these the figures, or when it was made, are of another moment each time that somebody asks."""


def test_the_screens_answer_as_one_process_that_does_both(tmp_path: Path):
    town = Apart(tmp_path, registry_in(tmp_path))
    port = free_port()
    whole = (tmp_path / "cloud.toml").read_text().replace(f"port = {town.port}\n", f"port = {port}\n")
    (tmp_path / "whole.toml").write_text(whole)
    town.ingester = siaga_cloud(tmp_path, tmp_path / "whole.toml", name="whole", port=port)
    with running(town) as gateways:
        gateways.say(Status(1, True, "gw-daruba", "0.1.0", "boot", STREAM, int(time.time() * 1_000)))
        town.measure(gateways, 140, 145, 151, 152)
        wait_until(lambda: town.level() == 152, "the screens show it")

        def answer(of: int, path: str) -> httpx.Response:
            return loopback.get(f"http://127.0.0.1:{of}{path}", headers=bearer(town.token), timeout=20)

        paths = _paths_of(answer(port, "/openapi.json").json(), town)
        assert len(paths) > 30
        for path in paths - ASKED_BY_TIME:
            wait_until(_same(answer, port, town.port, path), f"both answer the same to {path}", patience_s=SOON_S)
        for path in ASKED_BY_TIME:
            assert answer(port, path).status_code == answer(town.port, path).status_code == 200
        ingest, screens = (answer(of, "/api/v1/health").json() for of in (port, town.port))
        assert screens["components"].pop("ingester")["status"] == "ok"
        assert {name: part["status"] for name, part in ingest["components"].items()} == {
            name: part["status"] for name, part in screens["components"].items()
        }
        assert 'siaga_readings_stored_total{domain="flood"} 4.0' in answer(town.port, "/metrics").text


def _same(answer: Callable[[int, str], httpx.Response], one: int, other: int, path: str) -> Callable[[], bool]:
    def look() -> bool:
        found, shown = answer(one, path), answer(other, path)
        return (found.status_code, found.content) == (shown.status_code, shown.content)

    return look


def _paths_of(document: dict[str, Any], town: Apart) -> set[str]:
    """Every path that is read, with what there is for its parameters."""
    filled = {
        "gateway_id": "gw-daruba", "key": "siaga-none", "alarm_id": str(town.alarms()[0]["id"]), "site_id": "daruba",
        "sensor_id": "river", "family": "river-level", "scope": "all",
    }  # fmt: skip
    now_ms = int(time.time() * 1_000)
    given = {"sensor": "river", "quantity": "water_level", "start": now_ms - 600_000, "end": now_ms + 60_000}
    paths = set()
    for path, methods in document["paths"].items():
        if "get" in methods:
            for name, value in filled.items():
                path = path.replace(f"{{{name}}}", value)
            path = path.replace("{", "").replace("}", "")
            asked = [each["name"] for each in methods["get"].get("parameters", []) if each.get("required")]
            asked += [each["name"] for each in methods["get"].get("parameters", []) if each["name"] in ("start", "end")]
            query = "&".join(f"{name}={given[name]}" for name in asked if name in given)
            paths.add(f"{path}?{query}" if query else path)
    return paths


def test_a_sensor_that_is_added_on_a_screen_is_known_where_its_readings_come(tmp_path: Path):
    town = Apart(tmp_path, registry_in(tmp_path))
    (tmp_path / "city.toml").write_text(f"owns = []\n{CITY}")
    with running(town) as gateways:
        pier = {"id": "pier", "name": "Pier", "site": "daruba", "gateway": "gw-daruba", "quantities": ["water_level"]}
        town.api("/sensors", method="POST", **pier, reason="a second gauge")

        def is_shown() -> bool:
            town.measure_at(gateways, "pier")
            return town.level("pier") == 77

        wait_until(is_shown, "its readings are accepted and shown", patience_s=SOON_S)


def test_screens_whose_ingester_never_came_are_up_and_say_so(tmp_path: Path, systemd: Callable[[str], bool]):
    town = Apart(tmp_path, registry_in(tmp_path))
    with town.cloud:
        wait_until(lambda: systemd("READY=1"), "systemd hears that pages are answered")
        ingester = town.health()["ingester"]
        assert (ingester["status"], town.level()) == ("down", None)
        assert "no ingester has spoken at" in ingester["detail"]
        wait_until(lambda: systemd("WATCHDOG=1"), "the watchdog is fed")
