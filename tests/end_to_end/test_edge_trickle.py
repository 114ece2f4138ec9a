"""A trickle through a real gateway, counted from outside: by a tap on its ways to the broker, and in the spool's log.

simulated sensors ─► Mosquitto ─► tap (MQTT packets) ─► siaga-edge, spool.db-wal (transactions) ─► tap ─► Mosquitto
"""

import struct
import time
from pathlib import Path
from typing import NamedTuple

from paho.mqtt import client as paho

from tests.end_to_end.edge_gateway import Cloud, Gateway, publisher, wait_for_values
from tests.servers import free_port, wait_until
from tests.taps import Tap, mqtt

AIR = """
[[sources]]
name = "air"
family = "json"
topic = "sensors/+/reading"
sensor_level = 1
values = { pm2_5 = "fine", pm10 = "coarse" }
"""
MESSAGES, PER_S = 500, 100
GROUPS_A_SECOND = 12.5
BESIDES = 20
"""Groups beyond that pace: the first and the last, words to the local broker, statuses, what a busy machine delays."""


class Counts(NamedTuple):
    """What has gone over the gateway's ways so far, and what its spool has written."""

    messages: int
    published: int
    pubacks: int
    transactions: int


def _transactions(wal: Path) -> int:
    """How many commits an SQLite log holds: frames that say how long the file is after them."""
    log = wal.read_bytes()
    (page,) = struct.unpack(">I", log[8:12])
    frames = (log[start : start + 24] for start in range(32, len(log) - page - 23, 24 + page))
    return sum(frame[8:16] == log[16:24] and frame[4:8] != bytes(4) for frame in frames)


def _send(sensor: paho.Client, first: int) -> float:
    """Send MESSAGES at an even pace; how many seconds that took."""
    began_s = time.monotonic()
    for number in range(MESSAGES):
        time.sleep(max(0.0, began_s + number / PER_S - time.monotonic()))
        sensor.publish(f"sensors/air-{number % 20}/reading", f'{{"fine": {first + number}, "coarse": 1}}', qos=1)
    return time.monotonic() - began_s


def test_a_hundred_messages_a_second_cost_a_dozen_transactions_and_batches(tmp_path: Path):
    """On a machine that is slow the trickle takes longer, and may take more groups; one for each message never."""
    gateway = Gateway(tmp_path, sources=AIR, local=True, uplink="batch_readings = 360")
    tap = Tap(free_port(), gateway.port, mqtt)
    settings = gateway.settings_file.read_text().replace(f"port = {gateway.port}", f"port = {tap.port}")
    gateway.settings_file.write_text(settings)

    def counts() -> Counts:
        sent = tap.counts
        transactions = _transactions(tmp_path / "spool.db-wal")
        return Counts(sent[False, "PUBLISH"], sent[True, "PUBLISH"], sent[True, "PUBACK"], transactions)

    with gateway.broker, tap:
        cloud = Cloud(gateway.port)
        with gateway.edge:
            wait_until(lambda: cloud.is_open("air"), "the topics are subscribed")
            sensor = publisher(gateway.port)
            _send(sensor, 1)
            wait_for_values(cloud, "pm2_5", set(range(1, MESSAGES + 1)))
            before = counts()
            groups = int(GROUPS_A_SECOND * _send(sensor, 1_001)) + BESIDES
            wait_for_values(cloud, "pm2_5", set(range(1_001, 1_001 + MESSAGES)))
            taken = Counts(*(after - first for after, first in zip(counts(), before, strict=True)))
        sensor.loop_stop()
        cloud.close()
    assert MESSAGES / 100 <= taken.transactions <= groups
    assert MESSAGES / 100 <= taken.published <= groups, "batches, words to the local broker, statuses"
    assert MESSAGES - BESIDES <= taken.pubacks <= MESSAGES + BESIDES, "for what sensors say, and none for an ack"
    assert taken.messages <= MESSAGES + groups, "an ack for each batch"
    assert cloud.lost() == []
