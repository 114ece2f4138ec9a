"""Two domains added to a running platform, and a reading's way from a tty to an alarm, a notification and a dashboard.

a board on a real pty ─► siaga-edge ─► Mosquitto ─► siaga-cloud ─► InfluxDB ─► what siaga-dashboards asks of it
   noise, SO2 as it calls them        city.toml, SIGHUP ┘     └► alarm ─► webhook
"""

import json
import signal
import time
from pathlib import Path
from typing import Any

from dashboards.cli import main
from firmware_bridge.families import board
from tests import loopback
from tests.end_to_end.edge_gateway import Wire
from tests.end_to_end.one_gateway import CITY_OF_ONE_GATEWAY
from tests.grafana_simulated_queries import Moment, fill_in, panels_of
from tests.people import bearer, token_in
from tests.receivers import HttpReceiver
from tests.servers import all_of, free_port, influxd, mosquitto, siaga_cloud, siaga_edge, wait_until

OWN = """
[[domains]]
id = "noise"
name = "Noise"
name_id = "Kebisingan"
category = "Health"
[[domains]]
id = "volcano"
name = "Volcano"
name_id = "Gunung api"
category = "Geo"
[[quantities]]
id = "leq"
domain = "noise"
name = "Noise level"
name_id = "Tingkat kebisingan"
unit = "dB[SPL]"
sign = "dB(A)"
low = 20
high = 140
[[quantities]]
id = "so2_vent"
domain = "volcano"
name = "SO2 at the vent"
name_id = "SO2 di lubang kawah"
unit = "ug/m3"
low = 0
high = 1_000_000
hour = "max"
[[sensors]]
id = "mic-1"
name = "Microphone"
site = "daruba"
gateway = "gw-daruba"
quantities = ["leq"]
[[sensors]]
id = "vent-1"
name = "Vent"
site = "daruba"
gateway = "gw-daruba"
quantities = ["so2_vent"]
"""
LOUD = {
    "quantity": "leq", "kind": "above", "title": "Loud", "title_id": "Bising", "reject": ["clock_unknown"],
    "levels": [{"name": "Loud", "name_id": "Bising", "severity": "severe", "limit": 85}],
}  # fmt: skip


class Street:
    """The processes and what they say."""

    def __init__(self, folder: Path, hook: HttpReceiver) -> None:
        self.folder = folder
        self.broker_port, self.influx_port, self.api_port = free_port(), free_port(), free_port()
        self.write_city("")
        (folder / "hook.secret").write_text("a long enough secret")
        (folder / "cloud.toml").write_text(
            f"[broker]\nport = {self.broker_port}\n[api]\nport = {self.api_port}\n"
            f'[store]\nengine = "influxdb"\nurl = "http://127.0.0.1:{self.influx_port}"\ndatabase = "siaga"\n'
            '[notify]\nlanguage = "both"\nwindow_s = 1.0\n[[notify.channels]]\nname = "hook"\nkind = "webhook"\n'
            f'url = "{hook.url}"\nsecret_file = "hook.secret"\n[[notify.steps]]\nchannels = ["hook"]\n'
        )
        self.wire = Wire(folder / "tty-board")
        self.seq, self._said_s = 0, 0.0
        self.write_gateway("", "")
        self.token = token_in(folder)
        self.broker = mosquitto(folder, self.broker_port)
        self.influxd = influxd(folder, self.influx_port)
        self.cloud = siaga_cloud(folder, folder / "cloud.toml", port=self.api_port)
        self.edge = siaga_edge(folder, folder / "edge.toml")

    def write_city(self, own: str) -> None:
        (self.folder / "city.toml").write_text(CITY_OF_ONE_GATEWAY + own)

    def write_gateway(self, own: str, names: str) -> None:
        (self.folder / "edge.toml").write_text(
            f'[gateway]\nid = "gw-daruba"\n[uplink]\nport = {self.broker_port}\nack_timeout_s = 1.0\n'
            f"[clock]\ntrust_system = true\n[health]\nevery_s = 0\n{own}"
            f'[[sources]]\nname = "board"\nfamily = "board"\nport = "{self.wire.port}"\n'
            f'channels = {{ "0" = "mic-1", "1" = "vent-1" }}\n{names}'
        )

    def say(self, noise: float, so2: float) -> None:
        """What the board measures now."""
        self.seq += 1
        items = [board.Item(0, "noise", noise), board.Item(1, "so2", so2)]
        self.wire.send(board.build(items, seq=self.seq, uptime_ms=self.seq * 1_000))

    def goes_on_saying(self, noise: float, so2: float) -> None:
        """The same, once a second at most: for conditions that are looked at again and again."""
        if time.monotonic() - self._said_s >= 1.0:
            self._said_s = time.monotonic()
            self.say(noise, so2)

    def api(self, path: str, *, method: str = "GET", body: object = None) -> Any:
        address = f"http://127.0.0.1:{self.api_port}/api/v1{path}"
        response = loopback.request(method, address, headers=bearer(self.token), json=body, timeout=20)
        return response.json()  # health says with 503 that a part is down

    def component(self, name: str) -> dict[str, str]:
        found: dict[str, str] = self.api("/health")["components"].get(name, {})
        return found

    def newest(self, domain: str) -> dict[str, float]:
        found = self.api(f"/readings/latest?domain={domain}")
        return {row["quantity"]: row["value"] for row in found} if isinstance(found, list) else {}

    def ask(self, query: str) -> list[dict[str, Any]]:
        params = {"db": "siaga", "epoch": "ms", "q": query}
        answer = loopback.get(f"http://127.0.0.1:{self.influx_port}/query", params=params, timeout=20).json()
        result = answer["results"][0]
        assert "error" not in result, (query, result)
        return [
            {**series.get("tags", {}), **dict(zip(series["columns"], row, strict=True))}
            for series in result.get("series", [])
            for row in series["values"]
        ]

    def state(self, domain: str) -> tuple[int, str] | None:
        rows = self.ask(f"SELECT last(severity) AS severity, word FROM situation WHERE domain = '{domain}'")
        return (rows[0]["severity"], rows[0]["word"]) if rows else None


def test_two_domains_are_added_to_a_running_platform_and_work_everywhere(tmp_path: Path):
    with HttpReceiver() as hook:
        street = Street(tmp_path, hook)
        with all_of(street.broker, street.influxd, street.cloud, street.edge):
            wait_until(lambda: street.component("broker").get("status") == "ok", "the cloud is connected")
            _what_nobody_declared_is_refused_with_the_reason(street)
            _the_city_adds_them(street)
            _a_reading_comes_from_the_tty_and_is_grey_without_a_limit(street)
            _it_raises_an_alarm_and_somebody_is_told(street, hook)
            _dashboards_show_it(street)
            _its_unit_stays(street)
        street.wire.unplug()


def _what_nobody_declared_is_refused_with_the_reason(street: Street) -> None:
    street.say(61.5, 40.0)
    wait_until(lambda: street.component("refused").get("status") != "ok", "the cloud says that it refuses them")
    letters = street.api("/dead-letters")["letters"]
    assert {letter["reason"] for letter in letters} == {"unknown_sensor"}
    wait_until(
        lambda: any("unknown" in str(gateway["status"]) for gateway in street.api("/gateways")),
        "the gateway tells what was refused",
    )  # fmt: skip


def _the_city_adds_them(street: Street) -> None:
    street.write_city(OWN)
    street.cloud.signal(signal.SIGHUP)
    wait_until(lambda: "noise" in {row["id"] for row in street.api("/domains")}, "the cloud has the domains")
    street.say(61.5, 40.0)
    wait_until(
        lambda: (
            "unknown_quantity" in {letter["reason"] for letter in street.api("/dead-letters")["letters"]}
            or "undeclared_quantity" in {letter["reason"] for letter in street.api("/dead-letters")["letters"]}
        ),
        "the board's own names are not the sensor's",
    )
    own = '[[quantities]]\nid = "leq"\nunit = "dB[SPL]"\n[[quantities]]\nid = "so2_vent"\nunit = "ug/m3"\n'
    street.write_gateway(own, 'quantities = { noise = "leq", so2 = "so2_vent" }\n')
    street.edge.signal(signal.SIGHUP)


def _a_reading_comes_from_the_tty_and_is_grey_without_a_limit(street: Street) -> None:
    def says_and_sees() -> bool:
        street.goes_on_saying(61.5, 40.0)
        return street.newest("noise") == {"leq": 61.5} and street.newest("volcano") == {"so2_vent": 40.0}

    wait_until(says_and_sees, "the readings are there under their own names")
    assert street.ask('SELECT last("leq") FROM "noise"')[0]["last"] == 61.5
    assert street.ask('SELECT last("so2_vent") FROM "volcano"')[0]["last"] == 40.0

    def is_grey() -> bool:
        street.goes_on_saying(61.5, 40.0)
        return street.state("noise") == (-1, "no limits set")

    wait_until(is_grey, "without a limit nothing is calm", patience_s=60)


def _it_raises_an_alarm_and_somebody_is_told(street: Street, hook: HttpReceiver) -> None:
    saved = street.api("/rules/loud/all", method="PUT", body={"fields": LOUD, "reason": "people sleep here"})
    assert saved["version"] == 1, saved

    def is_open() -> bool:
        street.goes_on_saying(91.4, 40.0)
        return bool(street.api("/alarms?open=true")["alarms"])

    wait_until(is_open, "the alarm is open")
    (alarm,) = street.api("/alarms?open=true")["alarms"]
    assert (alarm["sensor"], alarm["quantity"], alarm["unit"], alarm["severity"]) == (
        "mic-1", "leq", "dB[SPL]", "severe",
    )  # fmt: skip
    wait_until(lambda: hook.accepted, "somebody is told")
    told = json.loads(hook.accepted[0].body)
    assert "Noise level 9" in told["text"]
    assert "dB(A) (limit 85 dB(A))" in told["text"]
    assert "Tingkat kebisingan 9" in told["text"]
    assert told["alarms"][0]["unit"] == "dB[SPL]"
    wait_until(lambda: street.state("noise") == (3, "Loud"), "the situation has it", patience_s=60)


def _dashboards_show_it(street: Street) -> None:
    folder = street.folder / "dashboards"
    assert main(["generate", "--into", str(folder), "--city", str(street.folder / "city.toml")]) == 0
    page = json.loads((folder / "en" / "domain-noise.json").read_text())
    now_ms = time.time_ns() // 1_000_000
    moment = Moment(now_ms - 3_600_000, now_ms, 60_000, now_ms)
    found = {
        panel["title"]: [
            street.ask(fill_in(target["query"], {"site": ("daruba",), "station": ("mic-1",)}, moment))
            for target in panel["targets"]
        ]
        for panel in panels_of(page)
        if panel["targets"]
    }
    (state,) = [row for rows in found["State of each site"] for row in rows if row.get("site") == "daruba"]
    assert (state["severity"], state["word"]) == (3, "Loud")
    readings, limits = found["Noise level"]
    assert max(row["mean"] for row in readings if row["mean"] is not None) > 61
    assert {row["last"] for row in limits} == {85}
    assert any(row.get("last_leq") for rows in found["Newest value of every sensor"] for row in rows)
    assert any("Noise level 9" in str(row) for rows in found["Events of alarms"] for row in rows)
    assert any(row.get("limit") == 85 for rows in found["Limits in force"] for row in rows)


def _its_unit_stays(street: Street) -> None:
    street.write_city(OWN.replace('unit = "dB[SPL]"', 'unit = "dB"'))
    street.cloud.signal(signal.SIGHUP)
    wait_until(lambda: street.component("settings").get("status") == "degraded", "the file is refused")
    assert "leq.unit: 'dB': readings are stored of it with 'dB[SPL]'" in street.component("settings")["detail"]
    (row,) = [row for row in street.api("/quantities") if row["id"] == "leq"]
    assert row["unit"] == "dB[SPL]"
    street.write_city("")
    street.cloud.signal(signal.SIGHUP)
    wait_until(
        lambda: [row["retired"] for row in street.api("/quantities") if row["id"] == "leq"] == [True],
        "it is retired",
    )
    history = street.api("/readings?sensor=mic-1&quantity=leq")
    assert max(point["value"] for point in history["points"]) > 90, "its history stays"
