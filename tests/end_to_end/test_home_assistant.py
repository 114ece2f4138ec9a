"""A real Home Assistant finds a real gateway by MQTT discovery, and shows what its sensors say.

Wire (a real pty) ─► siaga-edge ─► a real Mosquitto ─► hass, with its mqtt integration; read by its REST API

It is no dependency of Siaga: `hass` on the PATH (PyPI: homeassistant) is started if it is there, on the loopback alone.
It fetches nothing here, so it must have been started once before with `mqtt:` in its configuration.
"""

import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from firmware_bridge.families import maxbotix, sds011
from tests.end_to_end.edge_gateway import Gateway, Wire
from tests.servers import Program, free_port, wait_until

SOURCES = """
[home_assistant]
every_s = 1

[[sources]]
name = "river"
family = "maxbotix"
port = "{folder}/tty-river"
sensor = "river-1"
mounting_height_cm = 450
median_of = 1
silent_s = 5

[[sources]]
name = "air"
family = "sds011"
port = "{folder}/tty-air"
sensor = "air-1"
"""
CLIENT = "http://127.0.0.1/"
SLOW_S = 120.0


class HomeAssistant:
    """A new Home Assistant with an owner, that uses the broker on `broker_port`."""

    def __init__(self, folder: Path, broker_port: int) -> None:
        found = shutil.which("hass")
        if found is None:
            pytest.skip("no Home Assistant is installed: `hass` is not on the PATH (PyPI: homeassistant)")
        self.port = free_port()
        self._broker_port = broker_port
        settings = folder / "home-assistant"
        settings.mkdir()
        (settings / "configuration.yaml").write_text(
            f"http:\n  server_host: 127.0.0.1\n  server_port: {self.port}\napi:\nlogger:\n  default: warning\n"
        )
        self.program = Program("hass", [found, "-c", settings, "--skip-pip"], folder)
        self._client = httpx.Client(base_url=f"http://127.0.0.1:{self.port}", timeout=20)

    def set_up(self) -> None:
        """Make its owner, log in, and tell it where the broker is, as its pages do."""
        wait_until(self._answers, "Home Assistant answers", patience_s=SLOW_S)
        owner = {
            "client_id": CLIENT, "name": "owner", "username": "owner", "password": "only-for-this-test",
            "language": "en",
        }  # fmt: skip
        code = self._post("/api/onboarding/users", json=owner)["auth_code"]
        grant = {"grant_type": "authorization_code", "code": code, "client_id": CLIENT}
        self._client.headers["Authorization"] = f"Bearer {self._post('/auth/token', data=grant)['access_token']}"
        flow = self._post("/api/config/config_entries/flow", json={"handler": "mqtt"})
        where = {"broker": "127.0.0.1", "port": self._broker_port}
        made = self._post(f"/api/config/config_entries/flow/{flow['flow_id']}", json=where)
        assert made["type"] == "create_entry", made

    def _post(self, path: str, **what: Any) -> dict[str, Any]:
        answer = self._client.post(path, **what)
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        return found

    def _answers(self) -> bool:
        self.program.must_live()
        try:
            return self._client.get("/api/onboarding").status_code == httpx.codes.OK
        except httpx.TransportError:
            return False

    def entity(self, entity_id: str) -> dict[str, Any]:
        """What it shows of an entity; nothing where it has none of that name."""
        answer = self._client.get(f"/api/states/{entity_id}")
        found: dict[str, Any] = answer.json() if answer.status_code == httpx.codes.OK else {}
        return found

    def shows(self, entity_id: str, state: str) -> None:
        """Wait until it shows a state."""
        wait_until(
            lambda: self.entity(entity_id).get("state") == state,
            f"{entity_id} is {state}; Home Assistant has {self.entity(entity_id)}, log: {self.program.tail(20)}",
            patience_s=60,
        )

    def device_of(self, entity_id: str) -> str:
        """The name of the device that an entity belongs to, and that of the device behind which it is."""
        names = f"device_attr('{entity_id}', 'name') ~ ' behind ' ~ "
        names += f"device_attr(device_attr('{entity_id}', 'via_device_id'), 'name')"
        return self._client.post("/api/template", json={"template": "{{ " + names + " }}"}).text


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[Gateway]:
    made = Gateway(tmp_path, sources=SOURCES.format(folder=tmp_path), local=True)
    with made.broker:
        yield made


@pytest.mark.proof
def test_home_assistant_finds_the_sensors_of_a_gateway_and_shows_their_values(tmp_path: Path, gateway: Gateway):
    home = HomeAssistant(tmp_path, gateway.port)
    river, air = Wire(tmp_path / "tty-river"), Wire(tmp_path / "tty-air")
    with home.program:
        home.set_up()
        with gateway.edge:
            say = _Sensors(river, air)
            home_shows(home, say, "sensor.river_1_water_level", "132.0")
            level = home.entity("sensor.river_1_water_level")["attributes"]
            assert (level["unit_of_measurement"], level["device_class"]) == ("cm", "distance")
            assert (level["state_class"], level["friendly_name"]) == ("measurement", "river-1 Water level")
            assert level["time"].endswith("Z")
            home_shows(home, say, "sensor.air_1_pm2_5", "12.3")
            dust = home.entity("sensor.air_1_pm2_5")["attributes"]
            assert (dust["unit_of_measurement"], dust["device_class"]) == ("µg/m³", "pm25")
            assert home.device_of("sensor.air_1_pm2_5") == "air-1 behind gw-test"
            home.shows("binary_sensor.gw_test_connected", "on")
            river.unplug()
            home.shows("sensor.river_1_water_level", "unknown")
            say.only_air()
            home_shows(home, say, "sensor.air_1_pm2_5", "12.3")
            gateway.edge.kill()
            home.shows("sensor.air_1_pm2_5", "unavailable")
            home.shows("binary_sensor.gw_test_connected", "off")
            gateway.write(SOURCES.format(folder=tmp_path).partition('[[sources]]\nname = "air"')[0])
            gateway.edge.start()
            wait_until(lambda: not home.entity("sensor.air_1_pm2_5"), "what is configured no more is gone there")
            home.shows("sensor.river_1_water_level", "unknown")
            assert gateway.edge.stop() == 0
        home.shows("sensor.river_1_water_level", "unavailable")
        log = home.program.log.read_text()
    assert "ERROR" not in log
    assert "components.mqtt" not in log, "it has nothing to say against what it was given"


class _Sensors:
    """Simulated sensors that say the same again and again."""

    def __init__(self, river: Wire, air: Wire) -> None:
        self._frames = [(river, maxbotix.build(distance_mm=3_180)), (air, sds011.build(pm2_5=12.3, pm10=30.1))]

    def only_air(self) -> None:
        """The other has been unplugged."""
        self._frames = self._frames[1:]

    def say(self) -> None:
        """One frame of each."""
        for wire, frame in self._frames:
            wire.send(frame)


def home_shows(home: HomeAssistant, sensors: _Sensors, entity_id: str, state: str) -> None:
    """While sensors go on speaking, wait until it shows a state."""
    until_s = time.monotonic() + 60
    while home.entity(entity_id).get("state") != state:
        assert time.monotonic() < until_s, f"{entity_id}: {home.entity(entity_id)}; {home.program.tail(20)}"
        sensors.say()
        time.sleep(0.5)
