"""A real `siaga-edge` whose power goes: it says so, sends what it has gathered, and is silent with a last word."""

from pathlib import Path

from tests.end_to_end.edge_gateway import Cloud, Gateway, publisher, wait_for_values
from tests.servers import wait_until
from wire import Leaving

MAINS = """
[power]
source = "mains"

[[sources]]
name = "mains"
family = "json"
topic = "box/power"
sensor = "box-1"
values = { power_failed = "failed" }
"""


def test_a_power_that_fails_is_told_at_once_and_a_stop_has_its_own_last_word(tmp_path: Path):
    gateway = Gateway(tmp_path, sources=MAINS, local=True, uplink="batch_s = 600")
    with gateway.broker, gateway.edge:
        cloud = Cloud(gateway.port)
        wait_until(lambda: cloud.is_open("mains"), "the topic is subscribed")
        publisher(gateway.port).publish("box/power", '{"failed": 1}', qos=1)
        wait_until(lambda: _said(cloud) is Leaving.ON_BATTERY, "the status says that it runs on its battery")
        wait_for_values(cloud, "power_failed", {1.0})  # which would have been gathered for ten minutes
        status = cloud.status()
        assert status is not None
        assert any("runs on its battery" in note for note in status.notes)
        publisher(gateway.port).publish("box/power", '{"failed": 0}', qos=1)
        wait_until(lambda: _said(cloud) is None, "the power is back")
        assert gateway.edge.stop() == 0
        wait_until(lambda: _said(cloud) is Leaving.STOPPED, "it has said that somebody stopped it")
        cloud.close()


def test_a_power_that_failed_while_the_gateway_was_down_is_told_with_its_first_messages(tmp_path: Path):
    gateway = Gateway(tmp_path, sources=MAINS, local=True, uplink="batch_s = 600")
    with gateway.broker:
        cloud = Cloud(gateway.port)
        with gateway.edge:
            wait_until(lambda: cloud.is_open("mains"), "the topic is subscribed")
        publisher(gateway.port).publish("box/power", '{"failed": 1}', qos=1).wait_for_publish(20)
        cloud.forget_statuses()
        with gateway.edge:
            wait_until(lambda: _said(cloud) is Leaving.ON_BATTERY, "the status says that it runs on its battery")
        cloud.close()


def _said(cloud: Cloud) -> Leaving | None:
    status = cloud.status()
    return None if status is None or status.last_word is None else status.last_word.reason
