"""A trickle on a real cloud, counted from outside: by a tap on each of its ways, /metrics, and the kernel.

fleet ─► Mosquitto ─► tap (MQTT packets) ─► siaga-cloud ─► tap (writes, questions) ─► InfluxDB, or files (fsyncs)
"""

import time
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.end_to_end.fleet import City, Fleet
from tests.servers import wait_until

GATEWAYS, MESSAGES, PER_S = 20, 500, 125
WRITES_A_SECOND = 9.1
BESIDES = 20
"""Writes and transactions of others meanwhile: dashboards, heartbeats, the rules' memory; and a burst."""


class Counts(NamedTuple):
    """What has gone over the cloud's ways so far."""

    messages: int
    acks: int
    pubacks: int
    store_writes: int
    influxdb_writes: int
    questions: int
    forced: int


def _counts(city: City) -> Counts:
    mqtt, http = city.to_broker.counts, city.to_store.counts
    return Counts(
        messages=mqtt[False, "PUBLISH"],
        acks=mqtt[True, "PUBLISH"],
        pubacks=mqtt[True, "PUBACK"],
        store_writes=int(city.metric("siaga_store_write_seconds_count")),
        influxdb_writes=http[True, "POST /write"],
        questions=http[True, "GET /query"],
        forced=sum(city.forced(f"{name}.db-wal") for name in ("readings", "registry")),
    )


def _trickle(fleet: Fleet) -> float:
    """Send MESSAGES at an even pace by turns, and wait for their acks; how many seconds that took."""
    began_s = time.monotonic()
    for number in range(MESSAGES):
        time.sleep(max(0.0, began_s + number / PER_S - time.monotonic()))
        fleet.send(number % GATEWAYS)
    fleet.wait_for_acks()
    return time.monotonic() - began_s


@pytest.mark.parametrize("engine", ["sqlite", "influxdb"])
def test_a_real_cloud_takes_9_writes_a_second_for_any_number_of_messages(tmp_path: Path, engine: str):
    """On a machine that is slow the trickle takes longer, and may take more writes; a write for each message never."""
    city = City(tmp_path, engine, gateways=GATEWAYS, counted=True)
    with city.running() as fleet:
        fleet.send_all()
        fleet.wait_for_acks()
        wait_until(lambda: city.to_broker.counts[True, "PUBACK"] >= GATEWAYS, "the first messages have their PUBACKs")
        before = _counts(city)
        groups = int(WRITES_A_SECOND * _trickle(fleet)) + BESIDES
        taken = Counts(*(after - first for after, first in zip(_counts(city), before, strict=True)))
        city.nothing_is_lost_or_doubled(fleet)
    assert taken.messages >= MESSAGES
    assert taken.messages >= taken.pubacks >= MESSAGES
    assert taken.store_writes <= groups
    assert taken.acks <= MESSAGES
    assert taken.influxdb_writes <= (groups if engine == "influxdb" else 0)
    assert taken.forced <= 2 * groups
    assert taken.questions <= MESSAGES / 2, "a start asks of two days; nothing is asked for a message"
