"""Two ingesters with half of the shards each, and processes for the screens, on one PostgreSQL registry.

sensors ─► local Mosquitto ─► gateway of a lower shard ─┐              ┌─► ingester 0-31 ──┐
                          └─► gateway of an upper shard ─┴─► Mosquitto ─┴─► ingester 32-63 ─┴─► InfluxDB, PostgreSQL
                                     web (follows both ingesters), screens (reads back, from anywhere) ◄─┘
"""

import itertools
import re
import signal
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests import loopback
from tests.end_to_end.edge_gateway import publisher
from tests.people import bearer, token_at
from tests.servers import (
    Postgresql,
    Program,
    all_of,
    free_port,
    influxd,
    mosquitto,
    postgresql,
    siaga_cloud,
    siaga_edge,
    wait_until,
)
from wire.topics import shard_of

_names = [f"gw-{number}" for number in range(64)]
LOWER = next(name for name in _names if shard_of(name) < 32)
UPPER = next(name for name in _names if shard_of(name) >= 32)
MESSAGES = 400
"""Of two readings each."""


class Halves:
    """The processes, and how much each gateway's sensors have said."""

    def __init__(self, folder: Path, registry: Postgresql) -> None:
        self._folder = folder
        self._url = registry.database("siaga")
        self._ports = {name: free_port() for name in ("broker", "local", "influx", "lower", "upper", "screens", "web")}
        self._token = token_at(self._url)
        (folder / "city.toml").write_text(_city())
        queue = "allow_anonymous true\nmax_queued_messages 0"
        self.local = mosquitto(folder, self._ports["local"], name="local", settings=queue)
        self.broker = mosquitto(folder, self._ports["broker"], name="broker", settings=queue)
        self.influxd = influxd(folder, self._ports["influx"])
        self.lower = self.cloud("lower", 'shards = "0-31"')
        self.upper = self.cloud("upper", 'shards = "32-63"')
        self.screens = self.cloud("screens", "enabled = false")
        self.web = self.cloud("web", "", feed='follow = ["lower.sock", "upper.sock"]', command="web")
        self.edges = [self._edge(gateway) for gateway in (LOWER, UPPER)]
        self.sent = {LOWER: 0, UPPER: 0}
        self._numbers = itertools.count(time.time_ns() // 1_000_000 - 60_000)

    @property
    def programs(self) -> list[Program]:
        """All processes, in the order in which they start."""
        return [self.local, self.broker, self.influxd, self.lower, self.upper, self.screens, self.web, *self.edges]

    def cloud(self, name: str, ingest: str, *, feed: str = "", command: str = "run") -> Program:
        """A cloud of its own with these `[ingest]` and `[feed]` settings."""
        port = self._ports.setdefault(name, free_port())
        settings = self._folder / f"{name}.toml"
        settings.write_text(
            f"""[broker]
port = {self._ports["broker"]}
[ingest]
{ingest}
[store]
engine = "influxdb"
url = "http://127.0.0.1:{self._ports["influx"]}"
database = "siaga"
[registry]
url = "{self._url}"
[api]
port = {port}
[feed]
{feed or f'socket = "{name}.sock"'}
"""
        )
        return siaga_cloud(self._folder, settings, name=name, port=port, command=command)

    def _edge(self, gateway: str) -> Program:
        (self._folder / gateway).mkdir()
        settings = self._folder / gateway / "edge.toml"
        settings.write_text(
            f"""[gateway]
id = "{gateway}"
[uplink]
port = {self._ports["broker"]}
ack_timeout_s = 1.0
[local_broker]
port = {self._ports["local"]}
[clock]
trust_system = true
[health]
every_s = 0
[[sources]]
name = "air"
family = "json"
topic = "{gateway}/+"
sensor_level = 1
values = {{ pm2_5 = "fine", pm10 = "coarse" }}
time = "ts"
time_format = "epoch_ms"
"""
        )
        return siaga_edge(self._folder, settings, name=gateway)

    def listen(self) -> None:
        """Wait until the gateways hear their sensors."""
        local = f"connected to broker 127.0.0.1:{self._ports['local']}"
        wait_until(lambda: all(local in edge.tail() for edge in self.edges), "the gateways hear their sensors")

    def measure(self, *gateways: str) -> None:
        """The sensors behind `gateways` measure MESSAGES times, and their broker has it all."""
        client = publisher(self._ports["local"])
        for _ in range(MESSAGES):
            for gateway in gateways:
                text = f'{{"ts": {next(self._numbers)}, "fine": 1.5, "coarse": 2.5}}'
                client.publish(f"{gateway}/air-{gateway}", text, qos=1)
                self.sent[gateway] += 2
        wait_until(lambda: not client._out_messages, "the local broker has taken every message")
        client.loop_stop()

    def account(self, gateway: str, by: str) -> dict[str, Any]:
        """What a process says of a gateway's readings."""
        (found,) = [each for each in self._ask(by, "/api/v1/gateways").json() if each["id"] == gateway]
        return dict(found["account"])

    def ingester(self) -> str:
        """What the screens that follow say of the ingesters."""
        answer = loopback.get(f"http://127.0.0.1:{self._ports['web']}/api/v1/health", timeout=10)
        return str(answer.json()["components"]["ingester"]["status"])

    def taken_by(self, name: str) -> int:
        """The readings that an ingester has stored since it started."""
        counted = re.findall(
            r"^siaga_readings_stored_total\{.*\} (\S+)$", self._ask(name, "/metrics").text, re.MULTILINE
        )
        return int(sum(map(float, counted)))

    def stored(self, gateway: str) -> int:
        """The values that InfluxDB holds of a gateway."""
        answer = loopback.get(
            f"http://127.0.0.1:{self._ports['influx']}/query",
            params={"db": "siaga", "q": f"SELECT COUNT(pm2_5), COUNT(pm10) FROM air WHERE gateway = '{gateway}'"},
        )
        series = answer.raise_for_status().json()["results"][0].get("series", [])
        return sum(series[0]["values"][0][1:]) if series else 0

    def everything_of(self, gateway: str, by: str) -> None:
        """Wait until all that a gateway's sensors said is stored, and accounted as a process says."""
        sent = self.sent[gateway]
        wait_until(lambda: self.stored(gateway) == sent, f"all of {gateway} is stored")
        wait_until(lambda: self.account(gateway, by)["received"] == sent, f"all of {gateway} is accounted by {by}")
        assert self.account(gateway, by)["missing"] == 0

    def _ask(self, name: str, path: str) -> httpx.Response:
        address = f"http://127.0.0.1:{self._ports[name]}{path}"
        return loopback.get(address, headers=bearer(self._token), timeout=10).raise_for_status()


def test_each_takes_its_half_and_only_that_and_one_goes_on_without_the_other(tmp_path: Path):
    with postgresql(tmp_path, free_port()) as registry:
        halves = Halves(tmp_path, registry)
        with all_of(*halves.programs):
            halves.listen()
            halves.measure(LOWER, UPPER)
            for gateway, by in ((LOWER, "lower"), (UPPER, "upper")):
                halves.everything_of(gateway, by)
                assert halves.account(gateway, by)["duplicates"] == 0
            assert halves.taken_by("lower") == halves.sent[LOWER]
            assert halves.taken_by("upper") == halves.sent[UPPER]

            for gateway, name in ((LOWER, "lower"), (UPPER, "upper")):
                halves.everything_of(gateway, "web")
                assert halves.account(gateway, "web") == halves.account(gateway, name)
            halves.lower.kill()
            wait_until(lambda: halves.ingester() == "down", "the screens that follow say that one is away")
            before = halves.sent[LOWER]
            halves.measure(LOWER, UPPER)
            halves.everything_of(UPPER, "upper")
            assert halves.stored(LOWER) == before
            halves.lower.start()
            halves.everything_of(LOWER, "lower")
            halves.everything_of(LOWER, "screens")
            halves.everything_of(UPPER, "screens")
            halves.everything_of(LOWER, "web")
            halves.everything_of(UPPER, "web")
            wait_until(lambda: halves.ingester() == "ok", "the screens follow both again")
            assert halves.taken_by("web") == halves.taken_by("lower") + halves.taken_by("upper")
            assert halves.taken_by("upper") == halves.sent[UPPER]

            third = halves.cloud("third", 'shards = "16-47"')
            third.port = None
            third.start()
            assert third.wait() == 1
            assert re.search(
                r"^ingest.shards 16-47: process \d+ on .* takes in shards \d+-\d+; give", third.tail(), re.MULTILINE
            )


@pytest.mark.proof
def test_one_that_was_asleep_while_another_took_its_shards_ends_and_nothing_is_lost(tmp_path: Path):
    with postgresql(tmp_path, free_port()) as registry:
        halves = Halves(tmp_path, registry)
        with all_of(*halves.programs):
            halves.listen()
            halves.measure(LOWER)
            halves.everything_of(LOWER, "lower")
            halves.lower.signal(signal.SIGSTOP)
            with halves.cloud("successor", 'shards = "0-31"') as successor:
                halves.measure(LOWER)
                halves.everything_of(LOWER, "successor")
                halves.lower.signal(signal.SIGCONT)
                assert halves.lower.wait() == 1
                assert "shards 0-31 were taken over by another process" in halves.lower.tail()
                halves.measure(LOWER)
                halves.everything_of(LOWER, "successor")
                assert "is gone" in successor.log.read_text()


def _city() -> str:
    parts = "".join(
        f'[[gateways]]\nid = "{gateway}"\nname = "{gateway}"\nsite = "here"\n'
        f'[[sensors]]\nid = "air-{gateway}"\nname = "air"\nsite = "here"\ngateway = "{gateway}"\n'
        'quantities = ["pm2_5", "pm10"]\n'
        for gateway in (LOWER, UPPER)
    )
    site = '[[sites]]\nid = "here"\nname = "Here"\nplace = "Daruba"\nlatitude = 2.05\nlongitude = 128.29\n'
    return f'[city]\nname = "Test"\nzone = "Asia/Jayapura"\n{site}{parts}'
