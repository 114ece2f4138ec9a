"""A whole platform of real processes for the end-to-end tests:

    load ─► local Mosquitto ─► siaga-edge ─► Mosquitto, or a cluster ─► siaga-cloud ─► InfluxDB

Each of them can be killed and started again; neither Mosquitto keeps anything on disk.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from tests import loopback
from tests.clusters import Cluster, Node, OneMosquitto
from tests.people import bearer, token_in
from tests.servers import Program, free_port, influxd, mosquitto, siaga_cloud, siaga_edge

GATEWAY = "gw-test"
SENSORS = [f"air-{number:02d}" for number in range(20)]
DATABASE = "siaga"


class Platform:
    """The processes and their addresses; `with platform.cluster, all_of(*platform.programs)` runs them.

    `broker` makes what stands between gateway and cloud, for the users of these gateways.
    """

    def __init__(self, folder: Path, broker: Callable[[Path, Sequence[str]], Cluster] = OneMosquitto) -> None:
        self.cluster = broker(folder, [GATEWAY])
        self.local_port = free_port()
        self.influx_port, self.api_port = free_port(), free_port()
        city, cloud, edge = folder / "city.toml", folder / "cloud.toml", folder / "edge.toml"
        city.write_text(_city())
        cloud.write_text(self._cloud())
        self.token = token_in(folder)
        edge.write_text(self._edge())
        # the sensors' messages wait here while the agent is dead, however many
        queue = "allow_anonymous true\nmax_queued_messages 0"
        self.local_broker = mosquitto(folder, self.local_port, name="local-broker", settings=queue)
        self.influxd = influxd(folder, self.influx_port)
        self.cloud = siaga_cloud(folder, cloud, port=self.api_port)
        self.edge = siaga_edge(folder, edge)

    @property
    def programs(self) -> list[Program]:
        """All processes but the cluster's, in the order in which they start."""
        return [self.local_broker, self.influxd, self.cloud, self.edge]

    @property
    def broker(self) -> Node:
        """The first node of the cluster; the only one where that is one Mosquitto."""
        return self.cluster.nodes[0]

    def api(self, path: str) -> Any:
        """What the cloud's API answers on `path`."""
        address = f"http://127.0.0.1:{self.api_port}/api/v1{path}"
        return loopback.get(address, headers=bearer(self.token), timeout=10).raise_for_status().json()

    def dead_letters(self) -> Iterator[dict[str, Any]]:
        """Every dead letter, newest first."""
        page = self.api("/dead-letters?limit=100")
        while True:
            for letter in page["letters"]:  # a page shows how a long one begins
                yield self.api(f"/dead-letters/{letter['id']}") if letter["raw_bytes"] > 4_096 else letter
            if page["next_before_id"] is None:
                return
            page = self.api(f"/dead-letters?limit=100&before_id={page['next_before_id']}")

    def query(self, influxql: str) -> list[dict[str, Any]]:
        """The series that InfluxDB itself answers, times in ms."""
        answer = loopback.get(
            f"http://127.0.0.1:{self.influx_port}/query",
            params={"db": DATABASE, "epoch": "ms", "q": influxql},
            timeout=30,
        )
        return list(answer.raise_for_status().json()["results"][0].get("series", []))

    def _cloud(self) -> str:
        return f"""
[broker]
{self.cluster.toml("siaga-cloud")}
[store]
engine = "influxdb"
api = "v1"
url = "http://127.0.0.1:{self.influx_port}"
database = "{DATABASE}"
[registry]
url = "sqlite:///registry.db"
city = "city.toml"
[api]
port = {self.api_port}
"""

    def _edge(self) -> str:
        return f"""
[gateway]
id = "{GATEWAY}"
[spool]
path = "spool.db"
[uplink]
{self.cluster.toml(GATEWAY)}
ack_timeout_s = 3.0
[local_broker]
port = {self.local_port}
[clock]
trust_system = true
[health]
every_s = 0
[[sources]]
name = "air"
family = "json"
topic = "sensors/+"
sensor_level = 1
values = {{ pm2_5 = "pm.fine", pm10 = "pm.coarse" }}
time = "ts"
time_format = "epoch_ms"
"""


def message(time_ms: int, pm2_5: float, pm10: float) -> bytes:
    """What a sensor of the load publishes."""
    return json.dumps({"ts": time_ms, "pm": {"fine": pm2_5, "coarse": pm10}}).encode()


def _city() -> str:
    sensors = "".join(
        f'[[sensors]]\nid = "{sensor}"\nname = "{sensor}"\nsite = "here"\ngateway = "{GATEWAY}"\n'
        'quantities = ["pm2_5", "pm10"]\n'
        for sensor in [*SENSORS, "probe"]
    )
    return f"""
[city]
name = "Test"
zone = "Asia/Jayapura"
[[sites]]
id = "here"
name = "Here"
place = "Daruba"
latitude = 2.05
longitude = 128.29
[[gateways]]
id = "{GATEWAY}"
name = "Test"
site = "here"
{sensors}"""
