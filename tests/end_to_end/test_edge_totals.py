"""Totals that come over MQTT, on a real Mosquitto and a real `siaga-edge` that is killed again and again.

ChirpStack (simulated): rainfall_total 1.00, 1.03, … mm ──► Mosquitto ──► siaga-edge ──► Cloud: what it grew by, once
"""

import time
from datetime import UTC, datetime
from pathlib import Path

from firmware_bridge.dialects import chirpstack
from tests.end_to_end.edge_gateway import Cloud, Gateway, publisher
from tests.servers import wait_until

EUI = "24e124713b492056"
TOPIC = f"application/1/device/{EUI}/event/up"
RAIN = f"""
[[sources]]
name = "rain"
family = "chirpstack"
topic = "{TOPIC}"
sensor = "rain-1"
"""


def _uplink(counter: int, hundredths: int) -> bytes:
    at = datetime.now(UTC).isoformat(timespec="microseconds")
    return chirpstack.build(EUI, decoded={"rainfall_total": hundredths / 100}, time=at, counter=counter)


def _rain_hundredths(cloud: Cloud) -> int:
    every = {(reading.time_ms, reading.quantity): reading.value for reading in cloud.readings("rainfall")}
    return round(sum(every.values()) * 100)


def test_rain_by_its_total_is_exact_though_the_gateway_is_killed_again_and_again(tmp_path: Path):
    gateway = Gateway(tmp_path, sources=RAIN, local=True)
    with gateway.broker, gateway.edge:
        cloud = Cloud(gateway.port)
        wait_until(lambda: cloud.is_open("rain"), "the topic is subscribed")
        server = publisher(gateway.port)
        total = 100
        for counter in range(1, 61):
            total += counter % 4
            time.sleep(0.002)  # a time of its own for each
            server.publish(TOPIC, _uplink(counter, total), qos=1, retain=True).wait_for_publish(20)
            if counter % 20 == 10:  # at any moment: before, in or after a commit
                gateway.edge.kill()
                cloud.forget_statuses()
                total += 50  # while nobody is there, and of these uplinks none comes
                gateway.edge.start()
                wait_until(lambda: cloud.source_state("rain") == "ok", "what the broker retained is heard again")
        fell = total - (100 + 1)
        wait_until(lambda: _rain_hundredths(cloud) >= fell, f"{fell} hundredths of a millimetre are counted")
        wait_until(lambda: (status := cloud.status()) and status.online and status.spool.depth == 0, "all is sent")
        assert _rain_hundredths(cloud) == fell
        assert cloud.lost() == []
        cloud.close()
