"""A real `siaga-edge`, two real Mosquittos, a simulated siren and lamp: a river rises while the cloud is away.

pty: a river ─► siaga-edge ─► local broker ─► siren (simulated: obeys, answers)        the cloud's broker: killed, back
                     └─ its guard ─► pty: a relay LCUS-1
"""

import json
import os
import pty
import re
import threading
import time
import tty
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest
from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion

from firmware_bridge.families import maxbotix
from tests.end_to_end.edge_gateway import Cloud, Gateway, Wire
from tests.end_to_end.test_edge_city_config import City
from tests.end_to_end.test_edge_status import asked
from tests.heard_line import HeardLine
from tests.servers import free_port, mosquitto, wait_until
from tests.unit.edge.alarms.rivers import RULE
from wire import Channel, topic_of
from wire.local_alarms import LocalAlarms, LocalRule, encode_local_alarms

HEIGHT_CM = 450.0
CALM_CM, FLOOD_CM = 100.0, 330.0


class Siren:
    """A simulated siren at the local broker: on while it is told so and for `for_s`, and answers each command."""

    def __init__(self, port: int) -> None:
        self.commands: list[dict[str, object]] = []
        self._until_s = 0.0
        self._client = paho.Client(CallbackAPIVersion.VERSION2)
        self._client.on_message = self._on_message
        self._client.on_connect = lambda client, *_: client.subscribe("town/siren", 1)
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()

    def _on_message(self, client: paho.Client, _userdata: object, message: paho.MQTTMessage) -> None:
        command = json.loads(message.payload)
        assert not message.retain
        self.commands.append(command)
        self._until_s = time.monotonic() + command["for_s"] if command["on"] else 0.0
        client.publish("town/siren/reply", json.dumps({"v": 1, "key": command["key"]}), qos=1)

    @property
    def sounds(self) -> bool:
        return time.monotonic() < self._until_s

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


class Lamp:
    """The other end of a relay's line, simulated: remembers the last command."""

    def __init__(self) -> None:
        self._here, device = pty.openpty()
        tty.setraw(device)
        self.port = os.ttyname(device)
        self.on: bool | None = None
        HeardLine(self._here, self._take, most=4)

    def _take(self, frame: bytes) -> None:
        self.on = {"a00101a2": True, "a00100a1": False}[frame.hex()]


@contextmanager
def rising(wire: Wire, level_cm: float) -> Iterator[None]:
    """The sensor says a level ten times a second."""
    over = threading.Event()

    def say() -> None:
        while not over.wait(0.1):
            wire.send(maxbotix.build(distance_mm=(HEIGHT_CM - level_cm) * 10))

    speaker = threading.Thread(target=say)
    speaker.start()
    try:
        yield
    finally:
        over.set()
        speaker.join()


def alarms_part() -> msgspec.Raw:
    rule = LocalRule("river-level", "river", {**RULE}, site="town", interval_s=1.0)
    return msgspec.Raw(encode_local_alarms(LocalAlarms(rules=(rule,), heights_cm={"river": HEIGHT_CM})))


@pytest.mark.proof
def test_a_river_rises_while_the_cloud_is_away(tmp_path: Path):
    wire, lamp, local_port = Wire(tmp_path / "tty-river"), Lamp(), free_port()
    source = (
        f'[local_broker]\nport = {local_port}\n[[sources]]\nname = "line"\nfamily = "maxbotix"\nport = "{wire.port}"\n'
        f'sensor = "river"\n[[outputs]]\nname = "siren"\nkind = "mqtt"\ntopic = "town/siren"\n'
        f'[[outputs]]\nname = "lamp"\nkind = "lcus"\nport = "{lamp.port}"\nfrom_severity = "moderate"\n'
    )
    gateway = Gateway(tmp_path, sources=source)
    with mosquitto(tmp_path, local_port, name="local"), gateway.broker, gateway.edge:
        cloud, city, siren = Cloud(gateway.port), City(gateway.port), Siren(local_port)
        city.wants(1, alarms=alarms_part())
        city.hears("in_force", 1)
        wait_until(lambda: any(command["test"] for command in siren.commands), "the siren is tested without a sound")
        with rising(wire, CALM_CM):
            wait_until(lambda: len(cloud.values("distance")) > 3, "the river is calm")
        assert not siren.sounds
        gateway.broker.kill()
        with rising(wire, FLOOD_CM):
            wait_until(lambda: siren.sounds and lamp.on, "siren and lamp are on, and no cloud is there")
        gateway.edge.kill()  # SIGKILL
        wait_until(lambda: not siren.sounds and lamp.on is False, "nothing sounds for ever")
        gateway.edge.start()
        wait_until(lambda: siren.sounds and lamp.on, "and nothing is silent unseen: it sounds again", patience_s=30)
        assert not any(command["on"] and command["test"] for command in siren.commands)
        gateway.broker.start()
        wait_until(
            lambda: (status := cloud.status()) is not None and bool(status.alarms) and status.alarms[0].sounded_ms > 0,
            "the cloud hears of the alarm", patience_s=60,
        )  # fmt: skip
        status = cloud.status()
        assert status is not None
        (alarm,) = status.alarms
        assert (alarm.family, alarm.sensor, alarm.level, alarm.closed_ms) == ("river-level", "river", 2, 0)
        assert alarm.sounded_by in ("siren", "lamp")
        for each in (city, cloud, siren):
            each.close()


def test_the_clouds_request_is_answered_and_a_local_alarm_is_not_silenced_by_it(tmp_path: Path):
    wire, lamp = Wire(tmp_path / "tty-river"), Lamp()
    source = (
        f'[[sources]]\nname = "line"\nfamily = "maxbotix"\nport = "{wire.port}"\nsensor = "river"\n'
        f'[[outputs]]\nname = "lamp"\nkind = "lcus"\nport = "{lamp.port}"\n'
    )
    gateway = Gateway(tmp_path, sources=source)
    with gateway.broker, gateway.edge:
        cloud, city = Cloud(gateway.port), City(gateway.port)
        city.wants(1, alarms=alarms_part())
        city.hears("in_force", 1)

        def ask(key: str, *, on: bool) -> None:
            payload = {"v": 1, "command": "alarm", "key": key, "on": on, "severity": "extreme", "test": False}
            payload |= {"alarms": [{"alarm": 7, "on": on}]}
            city._client.publish(topic_of("gw-test", Channel.CMD), json.dumps(payload), qos=1)
            wait_until(lambda: any(reply.key == key and reply.ok for reply in city.replies), f"{key} is answered")

        ask("k1", on=True)
        assert lamp.on
        ask("k2", on=False)
        wait_until(lambda: lamp.on is False, "the cloud takes it back")
        with rising(wire, FLOOD_CM):
            wait_until(lambda: lamp.on, "an alarm of the gateway's own")
            ask("k3", on=True)
            ask("k4", on=False)
            assert lamp.on, "the local alarm wins"
            _, shown = asked(gateway, "status", "--once")
            words = " ".join(shown.split())
            assert re.search(
                r"ALARM \S.* \(river\) since \S+, now 330 cm; lamp answered that it is on, \S+ the cloud", words
            )
            assert "lamp is on" in shown
        city.close()
        cloud.close()
