"""A sensor moves while its old gateway holds a backlog, all being killed around it; an archive beside the cloud."""

import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import httpx
from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion

from cloud.core.times import rfc_3339
from tests import loopback
from tests.end_to_end.platform import GATEWAY, Platform, message
from tests.people import bearer
from tests.servers import all_of, wait_until
from wire import Channel, Reading, encode_batch, topic_of
from wire.durations import DAY_MS, MINUTE_MS

SENSOR, NEW = "air-00", "gw-new"
CITY = f"""
[[gateways]]
id = "{NEW}"
name = "New"
site = "here"
"""


class Mover(Platform):
    """The platform with a second gateway, which the test plays."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.folder = folder
        city = folder / "city.toml"
        city.write_text(city.read_text() + CITY)

    def local(self, times_ms: range) -> None:
        """The sensor speaks at the old gateway, whose agent may be dead."""
        self._publish(self.local_port, f"sensors/{SENSOR}", [message(time_ms, 12.5, 20.0) for time_ms in times_ms])

    def remote(self, times_ms: range) -> None:
        """It speaks at the new one."""
        readings = [Reading(SENSOR, "pm2_5", time_ms, 13.5) for time_ms in times_ms]
        content = encode_batch("0123456789abcdef", 1, readings)
        self._publish(self.broker.listens_on, topic_of(NEW, Channel.UP), [content])

    def _publish(self, port: int, topic: str, contents: list[bytes]) -> None:
        client = paho.Client(CallbackAPIVersion.VERSION2)
        client.connect("127.0.0.1", port)
        client.loop_start()
        for content in contents:
            client.publish(topic, content, qos=1).wait_for_publish(20)
        client.disconnect()
        client.loop_stop()

    def move(self) -> None:
        address = f"http://127.0.0.1:{self.api_port}/api/v1/sensors/{SENSOR}/moves"
        body = {"gateway": NEW, "reason": "the bridge is rebuilt"}
        loopback.post(address, json=body, headers=bearer(self.token), timeout=20).raise_for_status()

    def stored(self) -> Counter[str]:
        """How many points of the sensor InfluxDB has, by gateway: what is stored twice is counted twice."""
        series = self.query(f"SELECT pm2_5, gateway FROM air WHERE sensor = '{SENSOR}'")
        return Counter(row[2] for each in series for row in each["values"])

    def is_up(self) -> bool:
        try:
            return bool(self.api("/health")["components"].get("broker", {}).get("status") == "ok")
        except httpx.HTTPError:
            return False

    def restart_cloud(self) -> None:
        self.cloud.kill()
        self.cloud.start()
        wait_until(self.is_up, "the cloud is connected to the broker")


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def test_what_waits_at_the_old_gateway_is_stored_once_though_all_are_killed_around_the_move(tmp_path: Path):
    platform, start_ms = Mover(tmp_path), now_ms() - 60_000
    with platform.cluster, all_of(*platform.programs):
        wait_until(platform.is_up, "the cloud is connected to the broker")
        platform.local(range(start_ms, start_ms + 20))
        wait_until(lambda: platform.stored() == {GATEWAY: 20}, "the first readings are stored")
        platform.cloud.kill()
        platform.local(range(start_ms + 20, start_ms + 60))
        platform.edge.kill()  # its spool, and the local broker, hold what nobody has acknowledged
        platform.cloud.start()
        wait_until(platform.is_up, "the cloud is connected to the broker")
        platform.move()
        moved_ms = now_ms()
        platform.remote(range(moved_ms, moved_ms + 5))
        wait_until(lambda: platform.stored()[NEW] == 5, "the new gateway is heard")
        platform.restart_cloud()
        platform.edge.start()
        platform.local(range(moved_ms + 100, moved_ms + 103))
        wait_until(lambda: platform.stored() == {GATEWAY: 60, NEW: 5}, "the backlog is stored for its own time")
        platform.edge.kill()  # perhaps before it forgot what was acknowledged
        platform.edge.start()

        def refused() -> set[str]:
            return {letter["reason"] for letter in platform.dead_letters()}

        wait_until(lambda: refused() == {"foreign_sensor"}, "what came after the move is refused")
        (letter, *_) = platform.dead_letters()
        assert f"has been behind gateway {NEW} since" in letter["sentence"]
        assert platform.stored() == {GATEWAY: 60, NEW: 5}


def test_an_archive_comes_in_beside_the_running_cloud_which_computes_what_follows(tmp_path: Path):
    platform = Mover(tmp_path)
    first_ms = (now_ms() - 20 * DAY_MS) // DAY_MS * DAY_MS
    rows = "".join(f"{SENSOR},pm2_5,{rfc_3339(first_ms + n * MINUTE_MS)},20.0,\n" for n in range(26 * 60))
    (tmp_path / "old.csv").write_text(f"sensor,quantity,time,value,unit\n{rows}nobody,pm2_5,soon,1,\n")
    command = [
        sys.executable, "-m", "cloud.cli.main", "readings", "import", "old.csv", "--reason", "archive",
        "--config", "cloud.toml", "--report", "refused.csv",
    ]  # fmt: skip
    with platform.cluster, all_of(*platform.programs):
        wait_until(platform.is_up, "the cloud is connected to the broker")
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=True)
        assert done.stdout.splitlines()[-1] == "lines 1562: 1,560 stored, 0 known, 1 refused"
        assert len((tmp_path / "refused.csv").read_text().splitlines()) == 2
        span = f"start={first_ms}&end={first_ms + 2 * DAY_MS}"
        hours = f"/readings?sensor={SENSOR}&quantity=pm2_5_hour&{span}"
        wait_until(lambda: len(platform.api(hours)["points"]) >= 25, "the hours are computed", patience_s=90)
        assert {point["value"] for point in platform.api(hours)["points"]} == {20.0}
        wait_until(lambda: platform.api("/readings/latest")[0]["sensor"] == SENSOR, "it has a newest reading")
        assert platform.api("/alarms")["alarms"] == []
