"""A server whose clock is wrong, steps or sleeps: pages arrive in time and once, readings are kept, health says it."""

import json
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests import loopback
from tests.end_to_end.one_gateway import CITY_OF_ONE_GATEWAY
from tests.end_to_end.test_cloud import Gateways
from tests.people import bearer, token_in
from tests.receivers import Answer, HttpReceiver
from tests.servers import Program, all_of, faketime, free_port, mosquitto, siaga_cloud, wait_until
from wire import Clock, Reading, encode_batch

pytestmark = pytest.mark.timeout(400)
HOUR_S = 3_600
PATIENCE_S = 60.0
"""A process on a clock of its own starts slowly on a busy machine."""
STANDS_S = 6.0
"""A first reading is believed once others have agreed with it for 3 s (`rise_lasts_s` of `rules.quality`).

A stepped clock is seen up to 1 s later, and what came before that may be at quite another time.
"""
GATEWAY = "gw-daruba"
SENSORS = ("river-a", "river-b", "river-c")
CITY = CITY_OF_ONE_GATEWAY + "".join(
    f'[[sensors]]\nid = "{name}"\nname = "{name}"\nsite = "daruba"\ngateway = "gw-daruba"\n'
    'quantities = ["water_level"]\ninterval_s = 2\n'
    for name in SENSORS
)  # fmt: skip
RULES = """
[[rules]]
family = "river-level"
quantity = "water_level"
kind = "above"
title = "River is high"
levels = [{ name = "High", severity = "severe", limit = 150 }]
[[rules]]
family = "silence"
quantity = ""
kind = "silence"
title = "Nothing comes"
levels = [{ name = "Silent", severity = "severe", limit = 2 }]
"""
HIGH, SILENT = "River is high", "Nothing comes"


class Server:
    """A cloud on a clock of its own, with a broker, a gateway that the test plays, and where its pages arrive."""

    def __init__(self, folder: Path, hook: HttpReceiver, *, ahead_s: int) -> None:
        broker_port, self.port = free_port(), free_port()
        (folder / "city.toml").write_text(CITY)
        (folder / "rules.toml").write_text(RULES)
        (folder / "secret").write_text("a long enough secret")
        (folder / "cloud.toml").write_text(
            f'[broker]\nport = {broker_port}\n[rules]\ninitial = "rules.toml"\nsilence_grace_s = 3\n'
            f"[api]\nport = {self.port}\n"
            f'[notify]\nwindow_s = 1\nsend = ["raised"]\n'
            f'[[notify.channels]]\nname = "hook"\nkind = "webhook"\nurl = "{hook.url}"\nsecret_file = "secret"\n'
            '[[notify.steps]]\nchannels = ["hook"]\n'
        )
        self._token = token_in(folder)
        self._hook = hook
        self.clock = faketime(folder)
        self.clock.step(ahead_s)
        self.broker = mosquitto(folder, broker_port)
        real = siaga_cloud(folder, folder / "cloud.toml", port=self.port)
        # a look at the clock's file for each of thousands of readings a second would slow the cloud down
        prefix = [*(each for each in self.clock.prefix if "NO_CACHE" not in each), "FAKETIME_CACHE_DURATION=1"]
        self.cloud = Program("cloud", [*prefix, *real.command], folder, port=self.port)
        self._broker_port = broker_port
        self._seq = dict.fromkeys(SENSORS, 0)
        self.gateways: Gateways

    @contextmanager
    def running(self) -> Iterator[None]:
        with all_of(self.broker, self.cloud):
            wait_until(self._is_connected, "the cloud is connected", patience_s=PATIENCE_S)
            self.gateways = Gateways(self._broker_port)
            try:
                yield
            finally:
                self.gateways.close()

    def _is_connected(self) -> bool:
        """Whether it says so; its clock jumps while it starts, and then it may drop a connection as idle for hours."""
        try:
            return self.component("broker")["status"] == "ok"
        except httpx.TransportError:
            return False

    def api(self, path: str) -> Any:
        return loopback.get(
            f"http://127.0.0.1:{self.port}/api/v1{path}", headers=bearer(self._token), timeout=PATIENCE_S
        ).json()

    def component(self, name: str) -> dict[str, str]:
        return dict(self.api("/health")["components"][name])

    def measure(self, sensor: str, value: float, *, ahead_s: float = 0.0, clock: Clock = Clock.SYNCED) -> None:
        """The gateway, whose clock is `ahead_s` off, measures now; acknowledged when this returns."""
        self._seq[sensor] += 1
        first = self._seq[sensor]
        now_ms = int((time.time() + ahead_s) * 1_000)
        self.gateways.send(encode_batch(f"of-{sensor}", first, [Reading(sensor, "water_level", now_ms, value, clock)]))
        acks = len([ack for _, ack in self.gateways.acks if ack.stream == f"of-{sensor}"])
        wait_until(
            lambda: any(ack.stream == f"of-{sensor}" and ack.last >= first for _, ack in list(self.gateways.acks)),
            f"reading {first} of {sensor} is acknowledged ({acks} acks before)",
            patience_s=PATIENCE_S,
        )

    def rise(self, sensor: str, *, ahead_s: float = 0.0, clock: Clock = Clock.SYNCED) -> None:
        """The river stands below the level, and rises over it in steps that a river can take."""
        until = time.monotonic() + STANDS_S
        while time.monotonic() < until:
            self.measure(sensor, 139, ahead_s=ahead_s, clock=clock)
            time.sleep(STANDS_S / 8)
        for value in (142, 145, 148, *range(151, 157)):
            self.measure(sensor, value, ahead_s=ahead_s, clock=clock)

    def paged(self, title: str) -> list[str]:
        """The sensors of all pages of a rule that were taken, in order."""
        alarms = [alarm for delivery in self._hook.accepted for alarm in _alarms(delivery.body)]
        return [alarm["sensor"] for alarm in alarms if alarm["title"]["en"] == title]


def _alarms(body: bytes) -> list[dict[str, Any]]:
    return list(json.loads(body)["alarms"])


@pytest.mark.parametrize(
    "wrong_s", [9 * HOUR_S, pytest.param(-9 * HOUR_S, marks=pytest.mark.proof)], ids=["ahead", "behind"]
)
def test_nine_hours_off_and_then_corrected_every_alarm_is_paged_once(tmp_path: Path, wrong_s: int):
    with HttpReceiver() as hook:
        server = Server(tmp_path, hook, ahead_s=wrong_s)
        with server.running():
            server.rise("river-a")
            wait_until(
                lambda: server.paged(HIGH) == ["river-a"],
                "the first page arrives under the wrong clock",
                patience_s=PATIENCE_S,
            )
            for _ in range(4):
                time.sleep(2)
                server.measure("river-c", 100)
            assert server.component("clocks")["status"] == "degraded"
            server.clock.step(0)
            server.rise("river-b")
            wait_until(
                lambda: server.paged(HIGH) == ["river-a", "river-b"],
                "the page after the correction arrives",
                patience_s=PATIENCE_S,
            )
            wait_until(
                lambda: server.component("clocks")["status"] == "ok", "the clocks agree again", patience_s=PATIENCE_S
            )
            assert server.api("/dead-letters")["letters"] == []


@pytest.mark.proof
@pytest.mark.parametrize("restarts", [False, True], ids=["running", "restarted"])
def test_a_river_whose_readings_were_hours_ahead_rises_after_the_correction_and_is_paged(
    tmp_path: Path, restarts: bool
):
    with HttpReceiver() as hook:
        server = Server(tmp_path, hook, ahead_s=9 * HOUR_S)
        with server.running():
            time.sleep(11)  # only what comes later was held up by nothing, and is moved to its arrival
            for _ in range(6):
                server.measure("river-a", 100, clock=Clock.UNKNOWN)
                time.sleep(1)
            (newest,) = server.api("/readings/latest?site=daruba")
            assert newest["age_s"] < HOUR_S, "the server's wrong clock is believed while nobody contradicts it"
            server.clock.step(0)
            time.sleep(2)
            if restarts:
                server.cloud.kill()
                server.cloud.start()
                wait_until(
                    lambda: server.component("broker")["status"] == "ok", "the cloud is back", patience_s=PATIENCE_S
                )
            server.rise("river-a", clock=Clock.UNKNOWN)
            wait_until(lambda: server.paged(HIGH) == ["river-a"], "the rise is paged", patience_s=PATIENCE_S)
            (alarm,) = server.api("/alarms?family=river-level")["alarms"]
            assert alarm["late"] is False
            (newest,) = server.api("/readings/latest?site=daruba")
            assert (newest["value"], newest["time"] <= f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.999Z}") == (156, True)


@pytest.mark.proof
@pytest.mark.parametrize("step_s", [-HOUR_S, 2 * HOUR_S])
def test_a_page_that_waits_for_its_retry_is_neither_delayed_nor_given_up_by_a_step(tmp_path: Path, step_s: int):
    with HttpReceiver(answers=[Answer(503)] * 3) as hook:
        server = Server(tmp_path, hook, ahead_s=0)
        with server.running():
            server.rise("river-a")
            wait_until(lambda: len(hook.deliveries) >= 1, "the first attempt is refused")
            server.clock.step(step_s)
            wait_until(lambda: server.paged(HIGH) == ["river-a"], "a later attempt is taken", patience_s=PATIENCE_S)
            server.cloud.kill()
            server.cloud.start()
            time.sleep(3)
            assert server.paged(HIGH) == ["river-a"]


@pytest.mark.proof
def test_a_server_that_is_set_back_makes_no_dead_letters(tmp_path: Path):
    with HttpReceiver() as hook:
        server = Server(tmp_path, hook, ahead_s=-900)
        with server.running():
            for value in (130, 135, 140, 145):
                server.measure("river-a", value)
                time.sleep(2)
            server.rise("river-a")
            wait_until(lambda: server.paged(HIGH) == ["river-a"], "the alarm is paged", patience_s=PATIENCE_S)
            assert server.api("/dead-letters")["letters"] == []
            said = server.component("clocks")
            assert (said["status"], "15 min ahead" in said["detail"]) == ("degraded", True)


@pytest.mark.proof
def test_a_gateway_whose_clock_was_ahead_and_is_put_right_pages_the_rise(tmp_path: Path):
    with HttpReceiver() as hook:
        server = Server(tmp_path, hook, ahead_s=0)
        with server.running():
            for _ in range(10):
                server.measure("river-a", 139, ahead_s=480)
            (newest,) = server.api("/readings/latest?site=daruba")
            assert newest["time"] <= f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.999Z}"
            server.rise("river-a")
            wait_until(lambda: server.paged(HIGH) == ["river-a"], "the rise is paged", patience_s=PATIENCE_S)


@pytest.mark.proof
def test_a_cloud_that_was_stopped_for_75_s_pages_no_false_silence(tmp_path: Path):
    with HttpReceiver() as hook:
        server = Server(tmp_path, hook, ahead_s=0)
        with server.running():
            _speak(server, seconds=8)
            server.cloud.signal(signal.SIGSTOP)
            time.sleep(75)
            server.cloud.signal(signal.SIGCONT)
            _speak(server, seconds=20)
            assert server.paged(SILENT) == []
            assert server.api("/alarms?family=silence")["alarms"] == []
            # a quiet broker proves only with each ping, every 30 s, that we would have heard something
            wait_until(
                lambda: set(server.paged(SILENT)) == set(SENSORS),
                "true silences are paged all the same",
                patience_s=150,
            )


def _speak(server: Server, *, seconds: float) -> None:
    """All sensors send every two seconds."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        for sensor in SENSORS:
            server.measure(sensor, 100)
        time.sleep(1.5)
