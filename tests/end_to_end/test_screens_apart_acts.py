"""What people do on the screens and the ingester carries out: commands, tests, channels that they add.

POST /channels ─► siaga-cloud web ─► registry, notify.key ─► siaga-cloud ingest ─► what listens on the loopback
"""

import contextlib
import json
import signal
import stat
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec
import pytest
from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion

from tests.end_to_end.test_alarms import CITY, STREAM
from tests.end_to_end.test_cloud import Gateways
from tests.end_to_end.test_cloud_signals import PIER
from tests.end_to_end.test_screens_apart import SOON_S, Apart, running
from tests.receivers import Answer, HttpReceiver
from tests.registries import registry_in
from tests.servers import Program, wait_until
from wire import Channel, Status, topic_of
from wire.gateway_command import CommandReply, encode_reply

SECRET = "a long enough secret"
STEP = '[[notify.steps]]\nchannels = ["hook"]\n'
NOTIFY = """
[notify]
window_s = 0
key_file = "notify.key"
allow_private = ["127.0.0.0/8"]
allow_http = true
[[notify.channels]]
name = "hook"
kind = "webhook"
url = "{url}"
secret_file = "secret"
"""
READ_AGAIN = "the files were read again"


class Scene(NamedTuple):
    """Both processes on one registry; `hook` is where the file's channel goes."""

    folder: Path
    town: Apart
    gateways: Gateways
    hook: HttpReceiver


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """One for all tests of this file: to start the processes is what costs."""
    folder = tmp_path_factory.mktemp("apart")
    town = Apart(folder, registry_in(folder))
    (folder / "secret").write_text(SECRET)
    with HttpReceiver() as hook, running(town, notify=NOTIFY.format(url=hook.url) + STEP) as gateways:
        yield Scene(folder, town, gateways, hook)


def test_what_only_the_ingester_can_do_is_asked_of_it_from_a_screen(scene: Scene):
    town, gateways, hook = scene.town, scene.gateways, scene.hook
    gateways.say(Status(1, True, "gw-daruba", "0.1.0", "boot", STREAM, int(time.time() * 1_000)))
    wait_until(lambda: town.api("/gateways")[0]["online"], "the gateway is online")
    with answering_gateway(town.broker_port):
        asked = town.api("/gateways/gw-daruba/commands", method="POST", command="ping")
    assert (asked["state"], asked["answer"]) == ("done", {"pong": 1})
    (kept,) = town.api("/gateways/gw-daruba/commands")
    assert kept["key"] == asked["key"]

    told = len(hook.accepted)
    delivered = town.api("/channels/hook/test", method="POST")
    assert delivered["sent"], delivered
    assert len(hook.accepted) == told + 1, "one process sends, and it sends once"

    town.measure_at(gateways, "pier")
    (letter,) = town.api("/dead-letters")["letters"]
    (scene.folder / "city.toml").write_text(CITY + PIER)
    town.ingester.signal(signal.SIGHUP)
    wait_until(lambda: any(each["id"] == "pier" for each in town.api("/sensors")), "the screens know the sensor")
    outcome = town.api(f"/dead-letters/{letter['id']}/replay", method="POST")
    assert (outcome["stored"], outcome["refused"]) == (1, 0)
    wait_until(lambda: town.level("pier") == 77, "what was replayed is shown", patience_s=SOON_S)


@contextlib.contextmanager
def answering_gateway(port: int) -> Iterator[None]:
    """A gateway that answers each command."""
    client = paho.Client(CallbackAPIVersion.VERSION2, client_id="gw-daruba")

    def answer(_client: object, _userdata: object, message: paho.MQTTMessage) -> None:
        key = json.loads(message.payload)["key"]
        reply = CommandReply(1, key, answer=msgspec.Raw(b'{"pong":1}'))
        client.publish(topic_of("gw-daruba", Channel.CMD_REPLY), encode_reply(reply), qos=1)

    client.on_message = answer
    client.connect("127.0.0.1", port)
    client.subscribe(topic_of("gw-daruba", Channel.CMD), qos=1)
    client.loop_start()
    try:
        yield
    finally:
        client.disconnect()
        client.loop_stop()


def _name_in_step(town: Apart, channels: list[str]) -> None:
    """Have the step of the file go over these, and both processes read it again."""
    named = STEP.replace('["hook"]', json.dumps(channels))
    town.settings.write_text(town.settings.read_text().replace(STEP, named))
    for process in (town.ingester, town.cloud):
        _read_again(process)


def _read_again(process: Program) -> None:
    before = process.log.read_text().count(READ_AGAIN)
    process.signal(signal.SIGHUP)
    wait_until(lambda: process.log.read_text().count(READ_AGAIN) > before, f"{process.name} has read its files again")
    assert "not taken over" not in process.log.read_text()


def test_a_channel_that_is_added_on_the_screens_is_sent_over_by_the_ingester(scene: Scene):
    town, gateways, hook = scene.town, scene.gateways, scene.hook
    with HttpReceiver() as center:
        given = {"url": center.url, "secret": SECRET}
        added = town.api("/channels", method="POST", name="center", kind="webhook", settings=given, reason="a center")
        assert added["record"]["use"] == "on trial"
        _name_in_step(town, ["center", "hook"])  # at once: nobody waits until the ingester has polled
        assert stat.S_IMODE((scene.folder / "notify.key").stat().st_mode) == 0o600
        wait_until(lambda: "channel_center" in town.health(), "health on the screens has it", patience_s=SOON_S)
        assert town.api("/channels/center/test", method="POST")["sent"]
        assert len(center.accepted) == 1, "the ingester opens what the screens sealed"
        told = len(hook.accepted)
        town.api("/channels/test-alarm", method="POST")
        wait_until(lambda: len(hook.accepted) > told, "on trial, the next of its step is told", patience_s=SOON_S)
        assert len(center.deliveries) == 1

        town.api("/channels/center", method="PATCH", use="in use")
        town.measure(gateways, 140, 145, 151, 152)
        wait_until(lambda: len(center.accepted) == 2, "the ingester's alarm goes over it", patience_s=SOON_S)

        told = len(hook.accepted)
        center.plan(*[Answer(429, wait_s="10")] * 5)
        for falling in (146, 140, 134, 128, 122):  # in steps that a river can take
            town.measure(gateways, falling)
        wait_until(lambda: len(center.deliveries) == 3, "told that it is over, it asks to wait", patience_s=SOON_S)
        assert len(hook.accepted) == told
        town.api("/channels/center?along=true", method="DELETE")
        wait_until(
            lambda: len(hook.accepted) > told, "what waited is handed over, not only when due", patience_s=SOON_S
        )
        wait_until(lambda: "channel_center" not in town.health(), "health has it no more", patience_s=SOON_S)
        assert len(center.deliveries) == 3
