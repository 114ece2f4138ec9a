"""A real `siaga-edge` and a real Mosquitto: the city changes its configuration, and one that fails is undone."""

import json
import time
from pathlib import Path
from typing import Any

import pytest
from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion

from cloud.cli.main import main
from firmware_bridge.families import sds011
from tests.end_to_end.edge_gateway import Cloud, Gateway, Wire
from tests.servers import wait_until
from wire import Channel, topic_of
from wire.gateway_command import CommandReply, GatewayCommand, decode_reply, encode_command
from wire.gateway_config import ConfigReport, GatewayConfig, decode_report, encode_config

GATEWAY = "gw-test"


class City:
    """What publishes configurations and commands, and reads what the gateway says of them."""

    def __init__(self, port: int) -> None:
        self.reports: list[ConfigReport] = []
        self.replies: list[CommandReply] = []
        self._client = paho.Client(CallbackAPIVersion.VERSION2)
        self._client.on_message = self._on_message
        self._client.connect("127.0.0.1", port)
        for channel in (Channel.CONFIG_REPORTED, Channel.CMD_REPLY):
            self._client.subscribe(topic_of(GATEWAY, channel), 1)
        self._client.loop_start()

    def _on_message(self, _client: paho.Client, _userdata: object, message: paho.MQTTMessage) -> None:
        if message.topic == topic_of(GATEWAY, Channel.CONFIG_REPORTED):
            self.reports.append(decode_report(bytes(message.payload)))
        else:
            self.replies.append(decode_reply(bytes(message.payload)))

    def wants(self, revision: int, *, confirm_s: float = 20.0, **parts: Any) -> None:
        payload = encode_config(GatewayConfig(1, revision, confirm_s, **parts))
        self._client.publish(topic_of(GATEWAY, Channel.CONFIG), payload, qos=1, retain=True)

    def asks(self, command: str, source: str = "", *, version: str = "") -> CommandReply:
        key = f"{command}-{len(self.replies)}"
        asked = GatewayCommand(1, command, key, time.time_ns() // 1_000_000 + 60_000, source, version)
        self._client.publish(topic_of(GATEWAY, Channel.CMD), encode_command(asked), qos=1)
        wait_until(lambda: any(reply.key == key for reply in self.replies), f"{command} is answered")
        return next(reply for reply in self.replies if reply.key == key)

    def hears(self, state: str, revision: int) -> ConfigReport:
        wait_until(
            lambda: any((str(r.state), r.desired) == (state, revision) for r in self.reports),
            f"revision {revision} is reported as {state}; reported: {self.reports[-3:]}",
        )
        return [r for r in self.reports if (str(r.state), r.desired) == (state, revision)][-1]

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


def test_a_good_configuration_is_used_at_once_and_a_command_is_answered(tmp_path: Path):
    wire = Wire(tmp_path / "tty-air")
    source = f'[[sources]]\nname = "line"\nfamily = "sds011"\nport = "{wire.port}"\nsensor = "air-line"\n'
    gateway = Gateway(tmp_path, sources=source)
    with gateway.broker, gateway.edge:
        cloud, city = Cloud(gateway.port), City(gateway.port)
        wait_until(lambda: cloud.is_open("line"), "the line is open")
        city.wants(7, uplink={"batch_s": 0.5}, health={"every_s": 3_600}, sources={"line": {"silent_s": 1.0}})
        report = city.hears("in_force", 7)
        assert (report.in_force, report.reason, report.passed_over) == (7, "", ())
        wait_until(lambda: cloud.source_state("line") == "silent", "what was 60 s of silence is 1 s now")
        wire.send(sds011.build(pm2_5=1.5, pm10=2.5))
        wait_until(lambda: cloud.source_state("line") == "ok", "the line speaks")
        assert gateway.edge.tail().count("source line: starting") == 1, "it was not opened again"
        city.wants(8, uplink={"window": 1, "host": "nowhere"})
        assert "uplink.window: 1: write 2 or more" in city.hears("refused", 8).reason
        assert city.reports[-1].in_force == 7
        diagnostics = json.loads(bytes(city.asks("diagnostics").answer))
        assert diagnostics["status"]["sources"][0]["name"] == "line"
        assert "revision 8 of the configuration is refused" in diagnostics["status"]["notes"][0]
        assert "there is no source 'lime' here" in city.asks("restart_source", "lime").problem
        assert city.asks("restart_source", "line").ok
        assert city.asks("sing").problem.startswith("sing is not known to this version of the gateway; it knows ping")
        city.close()
        cloud.close()


def test_a_configuration_under_which_nothing_is_acknowledged_is_undone_over_a_kill_too(tmp_path: Path):
    gateway = Gateway(tmp_path, sources="")
    with gateway.broker, gateway.edge:
        cloud, city = Cloud(gateway.port), City(gateway.port)
        city.wants(1, uplink={"batch_s": 0.1})
        city.hears("in_force", 1)
        cloud.acknowledges = False
        city.wants(2, confirm_s=2, uplink={"keepalive_s": 3_600})
        city.hears("trying", 2)
        gateway.edge.kill()
        gateway.edge.start()
        report = city.hears("rolled_back", 2)
        assert (report.in_force, report.reason) == (1, "the cloud acknowledged nothing within 2 s of revision 2")
        cloud.acknowledges = True
        wait_until(lambda: cloud.readings("uptime"), "under revision 1 all goes on")
        wait_until(
            lambda: (status := cloud.status()) and any("revision 2 of the conf" in note for note in status.notes),
            "the status says so",
        )
        city.close()
        cloud.close()


CITY = """
[city]
name = "Test"
zone = "Asia/Jayapura"
[[sites]]
id = "pier"
name = "Pier"
latitude = 2.0
longitude = 128.0
[[gateways]]
id = "gw-test"
name = "Pier"
site = "pier"
"""


def test_the_commands_of_the_server_set_and_ask_a_gateway(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    gateway = Gateway(tmp_path, sources="")
    server = tmp_path / "server"
    server.mkdir()
    (server / "city.toml").write_text(CITY)
    (server / "cloud.toml").write_text(f"[broker]\nport = {gateway.port}\n")

    def run(*words: str) -> tuple[int, str]:
        code = main(["gateway", *words, "--config", str(server / "cloud.toml")])
        said = capsys.readouterr()
        return code, said.out + said.err

    with gateway.broker:
        code, said = run("config", "gw-test", "--set", "uplink.host=x")
        assert (code, "uplink.host: is no setting of the city's" in said) == (2, True), said
        code, said = run("config", "gw-test", "--set", "uplink.batch_s=0.5", "--set", "sources.lake.silent_s=9")
        assert (code, "is published; gw-test tries it when it is online" in said) == (0, True), said
        with gateway.edge:
            cloud = Cloud(gateway.port)
            wait_until(lambda: "is in force" in gateway.edge.tail(), "the retained revision is tried and confirmed")
            code, said = run("config", "gw-test")
            assert code == 0
            assert "uplink.batch_s = 0.5" in said
            assert " is in force" in said
            assert "passed over: sources.lake: edge.toml has no source of this name" in said
            code, said = run("diagnostics", "gw-test")
            assert (code, '"gateway": "gw-test"' in said) == (0, True), said
            code, said = run("restart-source", "gw-test", "river")
            assert "there is no source 'river' here" in said
            assert code != 0
            cloud.close()
