"""A real `siaga-edge` whose system's clock is in 1970, and a simulated receiver on a real pty that tells it the time.

simulated station (each second its wind, each two a fix) ─► pty ─► siaga-edge under faketime ─► Mosquitto ─► Cloud
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from firmware_bridge.simulated import nmea
from tests.end_to_end.edge_gateway import Cloud, Gateway, Wire
from tests.servers import faketime, wait_until
from wire import Clock, Reading

STATION = '[[sources]]\nname = "mast"\nfamily = "nmea"\nport = "{port}"\nsensor = "wind-1"\n'
NOWHERE = "addresses = ['127.0.0.1:1']"


def test_a_gateway_in_1970_goes_by_its_receiver_over_restarts_and_by_the_system_once_that_is_right(tmp_path: Path):
    clock = faketime(tmp_path)
    clock.step(-int(time.time()) + 100)
    wire = Wire(tmp_path / "tty-mast")
    gateway = Gateway(tmp_path, sources=STATION.format(port=wire.port), uplink=NOWHERE)
    connected = _with_receiver(gateway)
    gateway.edge.command = [*clock.prefix, *gateway.edge.command]
    with gateway.broker, _station(wire):
        started_ms = time.time() * 1_000
        with gateway.edge:
            wait_until(lambda: "the time is known now, from mast" in gateway.edge.tail(), "five fixes agree")
            found_ms = time.time() * 1_000
            time.sleep(2.0)
            gateway.edge.stop()
        stopped_ms = time.time() * 1_000
        gateway.settings_file.write_text(connected)
        cloud = Cloud(gateway.port)
        with gateway.edge:
            wait_until(lambda: len(_winds(cloud)) >= 10, "readings come")
            wait_until(
                lambda: "comes from here" in _detail(cloud),
                "a status says where the time is from",
            )
            status = cloud.status()
            assert status is not None
            assert (status.clock, status.notes) == (Clock.SYNCED, ())
            assert abs(status.time_ms - time.time() * 1_000) < 60_000
            wait_until(lambda: _winds(cloud)[-1].time_ms > stopped_ms, "new readings come")
            moved = [reading for reading in _winds(cloud) if reading.clock is Clock.ESTIMATED]
            known = [reading for reading in _winds(cloud) if reading.clock is Clock.SYNCED]
            assert len(moved) + len(known) == len(_winds(cloud))
            assert len(moved) >= 5
            assert all(started_ms - 2_000 < reading.time_ms < found_ms + 2_000 for reading in moved)
            assert all(found_ms - 2_000 < reading.time_ms < time.time() * 1_000 + 500 for reading in known)
            clock.step(0)
            wait_until(lambda: "the time comes from the system now" in gateway.edge.tail(), "the system's clock counts")
            right_ms = time.time() * 1_000
            wait_until(lambda: _winds(cloud)[-1].time_ms > right_ms, "readings go on")
            times = [reading.time_ms for reading in _winds(cloud)]
            assert len(set(times)) == len(set(_winds(cloud)))
            assert max(times) < time.time() * 1_000 + 500
        cloud.close()


def _with_receiver(gateway: Gateway) -> str:
    """Write [clock] receiver into the settings; the same with a way to the cloud."""
    text = gateway.settings_file.read_text().replace("[clock]\n", '[clock]\nreceiver = "mast"\n')
    gateway.settings_file.write_text(text)
    return text.replace(NOWHERE, "")


@contextmanager
def _station(wire: Wire) -> Iterator[None]:
    """A simulated station that knows the true time, and speaks until the end."""
    station = nmea.make({"heading_deg": 0.0}, lambda now_s: {"wind_speed": now_s % 40, "wind_direction": 90.0})
    ended = threading.Event()

    def speak() -> None:
        while not ended.wait(0.05):
            said = station.due(time.time())
            if said:
                wire.send(said)

    thread = threading.Thread(target=speak)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _winds(cloud: Cloud) -> list[Reading]:
    return cloud.readings("wind_speed")


def _detail(cloud: Cloud) -> str:
    status = cloud.status()
    return next((source.detail for source in status.sources if source.name == "mast"), "") if status else ""
