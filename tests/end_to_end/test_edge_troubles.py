"""A real `siaga-edge` among others like it, with brokers that take little, and settings that nobody can read."""

import random
import signal
import time
from pathlib import Path

import pytest

from tests.end_to_end.edge_gateway import Cloud, Gateway, publisher, wait_for_values
from tests.servers import mosquitto, siaga_edge, wait_until
from wire import Ack, refused_readings

OTHERS = """
[[sources]]
name = "others"
family = "json"
topic = "sensors/+/reading"
sensor_level = 1
values = { co2 = "co2" }
"""


def test_a_second_agent_on_the_same_spool_does_not_start_and_the_first_goes_on(tmp_path: Path):
    gateway = Gateway(tmp_path, sources=OTHERS, local=True)
    with gateway.broker, gateway.edge:
        cloud = Cloud(gateway.port)
        wait_until(lambda: cloud.is_open("others"), "the topics are subscribed")
        second = siaga_edge(tmp_path, gateway.settings_file, name="second")
        assert second.start().wait() == 1
        assert "another siaga-edge (process" in second.tail()
        assert "Traceback" not in second.tail()
        publisher(gateway.port).publish("sensors/market/reading", '{"co2": 400}', qos=1)
        wait_for_values(cloud, "co2", {400.0})
        gateway.edge.kill()
        gateway.edge.start()  # the lock of a killed process is gone with it
        wait_until(lambda: "gateway gw-test runs" in gateway.edge.tail(5), "the agent starts again")
        cloud.close()


def test_two_agents_with_one_id_say_so_and_stop_throwing_each_other_out_twice_a_second(tmp_path: Path):
    folders = [tmp_path / name for name in ("card", "clone")]
    for folder in folders:
        folder.mkdir()
    first, clone = (Gateway(folder, sources="") for folder in folders)
    clone.settings_file.write_text(first.settings_file.read_text())
    with first.broker, first.edge, clone.edge:
        cloud = Cloud(first.port)
        wait_until(
            lambda: any("another agent" in note for status in list(cloud.statuses) for note in status.notes),
            "a status says that there are two",
            patience_s=60.0,
        )
        wait_until(lambda: "another agent" in first.edge.tail() + clone.edge.tail(), "a log says so, too")
        before = _connections(first)
        time.sleep(10.0)
        assert _connections(first) - before <= 8
        cloud.close()


def _connections(gateway: Gateway) -> int:
    return gateway.broker.log.read_text().count("as siaga-edge-gw-test (")


@pytest.mark.parametrize(
    "mistake",
    [
        "[spool]\nmax_mb = " + "9" * 5_000,
        "[spool]\nmax_mb = 0x" + "f" * 5_000,
        "x = " + "[" * 3_000,
        "\0",
        "\ufeff\0\xff",
    ],
    ids=["5,000 digits", "5,000 hex digits", "deep", "NUL", "no text"],
)
def test_no_mistake_in_the_settings_ends_a_running_agent(tmp_path: Path, mistake: str):
    gateway = Gateway(tmp_path, sources=OTHERS, local=True)
    right = gateway.settings_file.read_text()
    with gateway.broker, gateway.edge:
        cloud = Cloud(gateway.port)
        wait_until(lambda: cloud.is_open("others"), "the topics are subscribed")
        gateway.settings_file.write_text(mistake, encoding="latin-1" if "\xff" in mistake else "utf-8", errors="ignore")
        gateway.edge.signal(signal.SIGHUP)
        wait_until(lambda: "the settings are as they were" in gateway.edge.tail(), "the log says that nothing changed")
        gateway.settings_file.write_text(right)
        for _ in range(3):
            gateway.edge.signal(signal.SIGHUP)
        wait_until(lambda: "settings read again" in gateway.edge.tail(), "good ones are read")
        publisher(gateway.port).publish("sensors/market/reading", '{"co2": 400}', qos=1)
        wait_for_values(cloud, "co2", {400.0})
        assert "Traceback" not in gateway.edge.tail(1_000)
        cloud.close()


@pytest.mark.parametrize("limit", ["message_size_limit 1500", "max_packet_size 1500"])
def test_a_backlog_reaches_a_broker_that_takes_small_messages_only(tmp_path: Path, limit: str):
    gateway = Gateway(tmp_path, sources=OTHERS, local=True)
    gateway.broker = mosquitto(tmp_path, gateway.port, settings=f"allow_anonymous true\nmax_queued_messages 0\n{limit}")
    with gateway.broker:
        cloud = Cloud(gateway.port, acknowledges=False)
        with gateway.edge:
            wait_until(lambda: cloud.is_open("others"), "the topics are subscribed")
            sensor = publisher(gateway.port)
            values = [random.random() for _ in range(2_500)]  # so many digits that few of them fit
            sent = [sensor.publish("sensors/market/reading", f'{{"co2": {value}}}', qos=1) for value in values]
            wait_until(lambda: all(message.is_published() for message in sent), "the broker has taken all messages")
            time.sleep(1.0)
            gateway.edge.stop()
            cloud.acknowledges = True
            gateway.edge.start()
            wait_until(lambda: set(values) <= set(cloud.values("co2")), "the whole backlog has come")
            wait_until(
                lambda: any("do not arrive" in note for status in list(cloud.statuses) for note in status.notes),
                "the status says what the broker takes",
            )
        cloud.close()


def test_what_the_cloud_refuses_is_said_by_the_gateways_status(tmp_path: Path):
    gateway = Gateway(tmp_path, sources=OTHERS, local=True)
    with gateway.broker:
        cloud = Cloud(gateway.port)
        cloud.answer = lambda batch: Ack(
            batch.stream, batch.first, batch.last,
            refused_readings([("market", "unknown_sensor", len(list(batch.readings())))]),
        )  # fmt: skip
        with gateway.edge:
            wait_until(lambda: cloud.is_open("others"), "the topics are subscribed")
            sensor = publisher(gateway.port)

            def it_is_said() -> bool:
                sensor.publish("sensors/market/reading", '{"co2": 400}', qos=1)
                status = cloud.status()
                sources = status.sources if status else ()
                return any(source.refused and "unknown_sensor" in source.detail for source in sources)

            wait_until(it_is_said, "the source says that the cloud refuses it")
            status = cloud.status()
            assert status is not None
            assert any("unknown_sensor" in note for note in status.notes)
            (source,) = status.sources
            assert source.heard_bytes >= source.frames >= source.readings >= source.refused > 0
            assert gateway.edge.tail(1_000).count("source others: the cloud refuses") == 1
        cloud.close()


def test_a_tasmota_whose_default_topic_is_no_name_is_silent_and_says_why(tmp_path: Path):
    source = '[[sources]]\nname = "plugs"\nfamily = "tasmota"\ntopic = "tele/+/SENSOR"\nsensor_level = 1\n'
    gateway = Gateway(tmp_path, sources=source, local=True)
    with gateway.broker, gateway.edge:
        cloud = Cloud(gateway.port)
        wait_until(lambda: cloud.is_open("plugs"), "the topics are subscribed")
        publisher(gateway.port).publish("tele/tasmota_8D4A21/SENSOR", '{"BME280":{"Temperature":21.0}}', qos=1)
        wait_until(lambda: cloud.source_state("plugs") == "silent", "the source is silent")
        status = cloud.status()
        assert status is not None
        (plugs,) = status.sources
        assert "no name for a sensor" in plugs.detail
        assert (plugs.frames, plugs.readings) == (1, 0)
        assert plugs.heard_bytes > 0
        cloud.close()
