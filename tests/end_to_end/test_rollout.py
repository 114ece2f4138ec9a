"""A rollout through the real cloud, over a real Mosquitto, to gateways that are simulated as far as an update goes."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

import pytest
from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion

from cloud.cli.main import main
from tests import loopback
from tests.end_to_end.one_gateway import CITY_OF_ONE_GATEWAY
from tests.gateways_updating import GatewaySimulated
from tests.people import bearer, token_in
from tests.servers import Program, all_of, free_port, mosquitto, siaga_cloud, wait_until
from tests.update_repository import Published
from wire import Channel, topic_of
from wire.gateway_update import UpdateState

NAMES = ("gw-a", "gw-b", "gw-c")
STEP_S = 0.1


class GatewaysSimulated(threading.Thread):
    """All of them on one connection, each a step further ten times a second."""

    def __init__(self, port: int) -> None:
        super().__init__(daemon=True)
        self.gateways = {name: GatewaySimulated(name) for name in NAMES}
        self.is_stalled = False
        self._end = threading.Event()
        self._lock = threading.Lock()
        self._client = paho.Client(CallbackAPIVersion.VERSION2, client_id="gateways")
        self._client.on_message = self._on_message
        self._client.connect("127.0.0.1", port)
        self._client.subscribe("siaga/v1/+/+/cmd", 1)
        self._client.loop_start()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self.join()
        self._client.loop_stop()

    def run(self) -> None:
        said: dict[str, Any] = {}
        while not self._end.wait(STEP_S):
            with self._lock:
                for name, gateway in self.gateways.items():
                    if not self.is_stalled:
                        gateway.step()
                    if said.get(name) != (gateway.version, gateway.update):
                        said[name] = (gateway.version, gateway.update)
                        self._client.publish(topic_of(name, Channel.STATUS), gateway.status(), qos=1, retain=True)

    def _on_message(self, _client: Any, _data: Any, message: Any) -> None:
        for name, gateway in self.gateways.items():
            if message.topic == gateway.topic:
                with self._lock:
                    reply = gateway.on_command(message.payload)
                if reply is not None:
                    self._client.publish(topic_of(name, Channel.CMD_REPLY), reply, qos=1)


class City:
    """The processes, and the API of the cloud."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        broker_port, self.port = free_port(), free_port()
        self.cloud_toml = folder / "cloud.toml"
        gateways = "".join(f'[[gateways]]\nid = "{name}"\nname = "{name}"\nsite = "daruba"\n' for name in NAMES)
        (folder / "city.toml").write_text(CITY_OF_ONE_GATEWAY.partition("[[gateways]]")[0] + gateways)
        self.url = f"http://127.0.0.1:{self.port}/updates"
        self.cloud_toml.write_text(
            f'[broker]\nport = {broker_port}\n[api]\nport = {self.port}\n[registry]\ncity = "city.toml"\n'
            f'[updates]\nfolder = "updates"\nurl = "{self.url}"\nonline_key = "online.key"\n'
        )
        self.published = Published(folder, url=self.url)
        self.published.publish("1.2.0", "1.3.0")
        self._headers = bearer(token_in(folder))
        self.broker = mosquitto(folder, broker_port)
        self.cloud: Program = siaga_cloud(folder, self.cloud_toml, port=self.port)
        self.broker_port = broker_port

    def ask(self, method: str, path: str, **body: Any) -> Any:
        address = f"http://127.0.0.1:{self.port}/api/v1{path}"
        answer = loopback.request(method, address, headers=self._headers, json=body or None, timeout=10)
        return answer.raise_for_status().json()

    def rollout(self) -> dict[str, Any]:
        (newest,) = self.ask("GET", "/fleet/rollouts?limit=1")
        return newest


@pytest.fixture
def city(tmp_path: Path) -> Iterator[City]:
    city = City(tmp_path)
    with all_of(city.broker, city.cloud):
        yield city


def test_a_rollout_goes_on_after_a_kill_of_the_cloud_and_stops_where_one_fails(
    city: City, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    with GatewaysSimulated(city.broker_port) as simulated:
        gateways = simulated.gateways
        wait_until(lambda: len(city.ask("GET", "/fleet/versions")) == 3, "all are seen with what they run")
        simulated.is_stalled = True
        city.ask("POST", "/fleet/rollouts", version="1.2.0", batch=2)
        wait_until(lambda: gateways["gw-a"].update and gateways["gw-b"].update, "a batch of two is asked")
        assert gateways["gw-c"].update is None
        city.cloud.kill()
        simulated.is_stalled = False
        wait_until(lambda: gateways["gw-b"].version == "1.2.0", "who was asked goes on without the cloud")
        city.cloud.start()
        wait_until(lambda: city.rollout()["state"] == "done", "the rollout is done by the cloud that came after it")
        assert [each.installed for each in gateways.values()] == [["1.2.0"]] * 3

        gateways["gw-b"].goes = UpdateState.ROLLED_BACK
        city.ask("POST", "/fleet/rollouts", version="1.3.0", batch=1)
        wait_until(lambda: city.rollout()["state"] == "failed", "the one that rolls back stops it")
        assert city.rollout()["reason"] == "gw-b: rolled back: nothing was acknowledged"
        assert (gateways["gw-a"].version, gateways["gw-c"].version) == ("1.3.0", "1.2.0")
        assert "the rollout of 1.3.0 stopped: gw-b" in city.ask("GET", "/health")["components"]["rollout"]["detail"]

        monkeypatch.setattr("cloud.broker.retained_statuses.LISTEN_S", 0.5)
        assert main(["fleet", "list", "--config", str(city.cloud_toml)]) == 0
        listed = capsys.readouterr().out
        assert "gw-b  1.2.0  1.3.0  1.3.0 rolled back since" in listed
        assert "rollout 2 of 1.3.0 has stopped: waiting 1, confirmed 1, failed 1" in listed
        assert main(["fleet", "stop", "--config", str(city.cloud_toml)]) == 0
        assert city.rollout()["state"] == "stopped"
