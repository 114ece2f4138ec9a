"""(k) The edge at a trickle: 1 to 1,000 messages of two values a second, beside paho alone on the same messages.

load at a steady rate ─► Mosquitto ─► siaga-edge ─► the same Mosquitto ─► an acknowledging sink
                                  └─► paho alone, which decodes the JSON and keeps nothing
Both run at the same time, so that they share whatever else the machine does.
"""

import sys
import time
from pathlib import Path
from typing import NamedTuple

from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion

from bench.edge import SOURCE, message
from bench.processes import cpu_s, peak_mb
from bench.settings import edge_settings
from bench.sink import Sink
from tests.servers import Program, free_port, mosquitto, siaga_edge, wait_until

SECONDS = 30
RATES = (1, 10, 50, 100, 1_000)


class EdgeTrickle(NamedTuple):
    """What the agent and the bare loop used at `rate` messages a second, as shares of one core."""

    rate: int
    share: float
    bare_share: float
    batches_per_s: float
    peak_mb: float
    lost: int

    @property
    def us_a_value(self) -> float:
        """CPU of the agent for each value, in µs."""
        return self.share / (2 * self.rate) * 1e6


def measure(folder: Path, rate: int) -> EdgeTrickle:
    """Send `rate` messages of two values a second through the agent, and past the bare loop."""
    folder.mkdir()
    port = free_port()
    (folder / "edge.toml").write_text(edge_settings(port, SOURCE, local_broker=True))
    with mosquitto(folder, port, settings="allow_anonymous true\nmax_queued_messages 0"):
        sink = Sink(port)
        load = paho.Client(CallbackAPIVersion.VERSION2, client_id="load")
        load.connect("127.0.0.1", port)
        load.loop_start()
        try:
            with siaga_edge(folder, folder / "edge.toml") as edge, _bare(folder, port) as bare:
                return _measured(edge, bare, sink, load, rate)
        finally:
            load.loop_stop()
            sink.close()


def _bare(folder: Path, port: int) -> Program:
    return Program("bare", [sys.executable, "-m", "bench.bare_subscriber", str(port), str(10**9), "86400"], folder)


def _measured(edge: Program, bare: Program, sink: Sink, load: paho.Client, rate: int) -> EdgeTrickle:
    def way_is_open() -> bool:
        load.publish("sensors/probe", message(0), qos=1)
        return sink.readings > 0

    wait_until(lambda: "ready" in bare.tail(), "the bare subscriber listens")
    wait_until(way_is_open, "the first reading comes through")
    wait_until(lambda: sink.is_quiet(3.0), "the probes are through, and their deletion is committed")
    agent, loop = _pid(edge), _pid(bare)
    readings, batches, agent_s, loop_s, began_s = (
        sink.readings,
        sink.batches,
        cpu_s(agent),
        cpu_s(loop),
        time.monotonic(),
    )
    sent = _send_at(load, rate)
    sink.wait(readings + 2 * sent, 30)
    took_s = time.monotonic() - began_s
    return EdgeTrickle(
        rate,
        (cpu_s(agent) - agent_s) / took_s,
        (cpu_s(loop) - loop_s) / took_s,
        (sink.batches - batches) / took_s,
        peak_mb(agent),
        readings + 2 * sent - sink.readings,
    )


def _send_at(load: paho.Client, rate: int) -> int:
    """Send at `rate` for SECONDS; how many messages that were."""
    began_s = time.monotonic()
    for number in range(rate * SECONDS):
        time.sleep(max(0.0, began_s + number / rate - time.monotonic()))
        load.publish(f"sensors/air-{number % 20:02d}", message(number), qos=1)
    return rate * SECONDS


def _pid(program: Program) -> int:
    assert program.process is not None
    return program.process.pid
