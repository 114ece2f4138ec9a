"""A real `siaga-edge` and a real Mosquitto: what waited for it, floods, clocks that step, and SIGKILLs, to the reading.

Every reading has a value of its own, so that a lost one and a doubled one both show; a key (sensor, quantity, time)
that comes with two values would be one reading overwriting another.
"""

import itertools
import random
import signal
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from paho.mqtt import client as paho

from firmware_bridge.families import sds011
from tests.end_to_end.edge_gateway import Cloud, Gateway, Wire, publisher
from tests.end_to_end.test_edge_status import status as status_of
from tests.servers import faketime, wait_until
from wire import Ack, Clock, Reading

COUNTER = """
[[sources]]
name = "door"
family = "json"
topic = "sensors/+"
sensor_level = 1
values = { people_in = "in" }
"""
PATIENCE_S = 120.0


@pytest.mark.parametrize("count", [3_000, 7_200])
def test_what_a_broker_kept_while_the_agent_was_down_is_all_stored_once_and_not_as_news(tmp_path: Path, count: int):
    gateway = Gateway(tmp_path, sources=COUNTER, local=True)
    with gateway.broker, gateway.edge:
        cloud = Cloud(gateway.port)
        wait_until(lambda: cloud.is_open("door"), "the topic is subscribed")
        sensor = publisher(gateway.port)
        _come_through(cloud, sensor)
        gateway.edge.stop()
        stopped_ms = time.time() * 1_000
        _send(sensor, range(count))
        time.sleep(0.5)
        started_ms = time.time() * 1_000
        gateway.edge.start()
        _wait_for(cloud, range(count))
        kept = [reading for reading in _all(cloud) if reading.value < count]
        assert {reading.clock for reading in kept} == {Clock.ESTIMATED}
        assert all(reading.backfill for reading in kept)
        assert min(reading.time_ms for reading in kept) > stopped_ms - 15_000
        assert max(reading.time_ms for reading in kept) < started_ms + 30_000
        _send(sensor, [999_999])
        _wait_for(cloud, [999_999])
        (news,) = [reading for reading in _all(cloud) if reading.value == 999_999]
        assert not news.backfill
        cloud.close()


def test_a_sensor_that_floods_loses_nothing(tmp_path: Path):
    _flood(tmp_path, 8_000, cloud_must_have_all_within_s=PATIENCE_S)


@pytest.mark.proof
def test_a_sensor_that_floods_for_half_a_minute_loses_nothing(tmp_path: Path):
    _flood(tmp_path, 60_000, cloud_must_have_all_within_s=600.0)


def _flood(folder: Path, count: int, *, cloud_must_have_all_within_s: float) -> None:
    gateway = Gateway(folder, sources=COUNTER, local=True)
    with gateway.broker, gateway.edge:
        cloud = Cloud(gateway.port)
        wait_until(lambda: cloud.is_open("door"), "the topic is subscribed")
        sensor = publisher(gateway.port)
        _come_through(cloud, sensor)
        _send(sensor, range(count))
        _wait_for(cloud, range(count), patience_s=cloud_must_have_all_within_s)
        assert cloud.lost() == []
        cloud.close()


@pytest.mark.parametrize("step_s", [-20, -7_200, 7_200])
def test_a_clock_that_steps_makes_no_two_readings_of_a_series_one(tmp_path: Path, step_s: int):
    clock = faketime(tmp_path)
    gateway = Gateway(tmp_path, sources=COUNTER, local=True)
    gateway.edge.command = [*clock.prefix, *gateway.edge.command]
    with gateway.broker, gateway.edge:
        cloud = Cloud(gateway.port)
        wait_until(lambda: cloud.is_open("door"), "the topic is subscribed")
        sensor = publisher(gateway.port)
        _come_through(cloud, sensor)
        numbers = itertools.count()
        _at_a_hundred_a_second(sensor, numbers, 200)
        clock.step(step_s)
        _at_a_hundred_a_second(sensor, numbers, 400)
        clock.step(0)
        _at_a_hundred_a_second(sensor, numbers, 200)
        _wait_for(cloud, range(800))
        cloud.close()


def test_a_gateway_that_believes_in_1970_says_that_its_time_is_unknown(tmp_path: Path):
    clock = faketime(tmp_path)
    clock.step(-int(time.time()) + 100)
    gateway = Gateway(tmp_path, sources=COUNTER, local=True)  # its settings vouch for the system's clock
    gateway.edge.command = [*clock.prefix, *gateway.edge.command]
    with gateway.broker:
        cloud = Cloud(gateway.port, acknowledges=False)
        with gateway.edge:
            wait_until(lambda: cloud.is_open("door"), "the topic is subscribed")
            sensor = publisher(gateway.port)
            _send(sensor, range(20))
            wait_until(lambda: (status := cloud.status()) and status.spool.depth >= 20, "all is spooled")
            status = cloud.status()
            assert status is not None
            assert status.clock is Clock.UNKNOWN
            assert any("clock is not confirmed" in note for note in status.notes)
            clock.step(0)
            wait_until(lambda: (status := cloud.status()) and status.clock is Clock.SYNCED, "the time is found")
            cloud.acknowledges = True
            _send(sensor, range(20, 40))
            _wait_for(cloud, range(20, 40))
            now_ms = time.time() * 1_000
            news = [reading for reading in _all(cloud) if 20 <= reading.value < 40]
            assert all(abs(reading.time_ms - now_ms) < 60_000 for reading in news)
            status = cloud.status()
            assert status is not None
            assert status.notes == ()
        cloud.close()


def test_readings_taken_in_1970_without_a_link_are_put_right_when_the_time_is_found(tmp_path: Path):
    clock = faketime(tmp_path)
    clock.step(-int(time.time()) + 100)
    gateway = Gateway(tmp_path, sources=COUNTER, local=True, uplink=f"addresses = ['127.0.0.1:{1}']")
    right = gateway.settings_file.read_text().replace("addresses = ['127.0.0.1:1']", "")
    gateway.edge.command = [*clock.prefix, *gateway.edge.command]
    with gateway.broker:
        with gateway.edge:
            wait_until(lambda: "source door: starting" in gateway.edge.tail(), "the topic is subscribed")
            sensor = publisher(gateway.port)
            _send(sensor, range(30))
            time.sleep(1.0)
            gateway.edge.stop()
        gateway.settings_file.write_text(right)
        clock.step(0)
        cloud = Cloud(gateway.port)
        with gateway.edge:
            _wait_for(cloud, range(30))
            now_ms = time.time() * 1_000
            assert all(abs(reading.time_ms - now_ms) < 60_000 for reading in _all(cloud))
            assert {reading.clock for reading in _all(cloud)} == {Clock.ESTIMATED}
        cloud.close()


VOUCHED_FOR_LATER = """
import pathlib, sys
from edge import agent, cli
agent.kernel_is_synced = pathlib.Path({file!r}).exists
sys.exit(cli.main(sys.argv[1:]))
"""
"""The agent whose kernel an NTP client has set right once a file is there."""


@pytest.mark.proof
@pytest.mark.parametrize("step_s", [None, -86_400, 3 * 365 * 86_400, -3_600, -20])
def test_a_start_with_a_wrong_time_without_a_link_is_put_right_by_the_step(tmp_path: Path, step_s: int | None):
    """1970, what fake-hwclock kept yesterday, three years ahead, an hour and 20 s behind."""
    clock, file = faketime(tmp_path), tmp_path / "synced"
    clock.step(100 - int(time.time()) if step_s is None else step_s)
    gateway = Gateway(tmp_path, sources=COUNTER, local=True, uplink="addresses = ['127.0.0.1:1']")
    settings = gateway.settings_file.read_text().replace("trust_system = true", "")
    gateway.settings_file.write_text(settings)
    run = [sys.executable, "-c", VOUCHED_FOR_LATER.format(file=str(file)), "run", "--config"]
    gateway.edge.command = [*clock.prefix, *run, str(gateway.settings_file)]
    with gateway.broker:
        with gateway.edge:
            wait_until(lambda: "source door: starting" in gateway.edge.tail(), "the topic is subscribed")
            sensor = publisher(gateway.port)
            began_ms = time.time() * 1_000
            _publish(sensor, range(40), pause_s=0.05)
            ended_ms = time.time() * 1_000
            wait_until(lambda: _last_value(gateway) == 39, "all of them have come")
            clock.step(0)
            file.touch()
            wait_until(lambda: "the time is known now, from the system" in gateway.edge.tail(), "the time is found")
            gateway.edge.stop()
        gateway.settings_file.write_text(settings.replace("addresses = ['127.0.0.1:1']", ""))
        cloud = Cloud(gateway.port)
        with gateway.edge:
            _wait_for(cloud, range(40))
        readings = sorted(_all(cloud), key=lambda reading: reading.value)
        cloud.close()
    assert {reading.clock for reading in readings} == {Clock.ESTIMATED}
    times_ms = [reading.time_ms for reading in readings]
    assert times_ms == sorted(times_ms)
    assert began_ms - 500 <= times_ms[0] <= times_ms[-1] <= ended_ms + 10_000, "what it may wait on a busy machine"
    print(
        f"{step_s}: the first {times_ms[0] - began_ms:.0f} ms after it was sent, the last {times_ms[-1] - ended_ms:.0f}"
    )


def _last_value(gateway: Gateway) -> float | None:
    sources = status_of(gateway).get("sources", ())
    return next((each["value"] for source in sources for each in source["values"]), None)


NOBODY_VOUCHES = """
import sys
from edge import agent, cli, cloud_time
agent.kernel_is_synced = lambda: False
cloud_time.BELIEVED_AFTER_MS = 3_000
sys.exit(cli.main(sys.argv[1:]))
"""
"""The agent where no time server ever answers, and the cloud is believed sooner than it is at work."""


@pytest.mark.proof
def test_a_gateway_in_1970_that_no_time_server_ever_answers_has_its_time_from_the_clouds_acks(tmp_path: Path):
    clock = faketime(tmp_path)
    clock.step(-int(time.time()) + 100)
    gateway = Gateway(tmp_path, sources=COUNTER, local=True)
    settings = gateway.settings_file.read_text().replace("trust_system = true", "")
    gateway.settings_file.write_text(settings)
    run = [sys.executable, "-c", NOBODY_VOUCHES, "run", "--config", str(gateway.settings_file)]
    gateway.edge.command = [*clock.prefix, *run]
    with gateway.broker, gateway.edge:
        cloud = Cloud(gateway.port)
        cloud.answer = lambda batch: Ack(batch.stream, batch.first, batch.last, time_ms=round(time.time() * 1_000))
        wait_until(lambda: cloud.is_open("door"), "the topic is subscribed")
        sensor = publisher(gateway.port)
        numbers = itertools.count()
        wait_until(
            lambda: (
                _publish(sensor, [next(numbers)], pause_s=0.2)
                and (status := cloud.status()) is not None
                and status.clock is Clock.ESTIMATED
            ),
            "the cloud's time counts",
        )
        _send(sensor, [999_999])
        _wait_for(cloud, [999_999])
        status, news = cloud.status(), next(reading for reading in _all(cloud) if reading.value == 999_999)
        assert status is not None
        assert news.clock is Clock.ESTIMATED
        assert any("the time comes from the cloud's acknowledgements" in note for note in status.notes)
        assert abs(status.time_ms - time.time() * 1_000) < 60_000
        assert abs(news.time_ms - time.time() * 1_000) < 60_000
        assert _all(cloud)[0].time_ms < 1_000_000_000, "the first ones were sent as of 1970, and of unknown time"
        assert _all(cloud)[0].clock is Clock.UNKNOWN
        cloud.close()


@pytest.mark.parametrize("over", ["MQTT", "a serial line"])
def test_what_came_while_the_process_slept_is_not_news(tmp_path: Path, over: str):
    wire = Wire(tmp_path / "tty-air")
    line = f'[[sources]]\nname = "line"\nfamily = "sds011"\nport = "{wire.port}"\nsensor = "air-line"\n'
    gateway = Gateway(tmp_path, sources=COUNTER + line, local=True)
    with gateway.broker, gateway.edge:
        cloud = Cloud(gateway.port)
        wait_until(lambda: cloud.is_open("door") and cloud.is_open("line"), "the sources are open")
        sensor = publisher(gateway.port)
        _come_through(cloud, sensor)
        gateway.edge.signal(signal.SIGSTOP)
        slept_ms = time.time() * 1_000
        for number in range(10):
            if over == "MQTT":
                _publish(sensor, [number])
            else:
                wire.send(sds011.build(pm2_5=float(number), pm10=2.0))
        time.sleep(9.0)
        gateway.edge.signal(signal.SIGCONT)
        quantity = "people_in" if over == "MQTT" else "pm2_5"
        wanted = {float(number) for number in range(10)}
        wait_until(lambda: wanted <= set(cloud.values(quantity)), "all have come")
        old = [reading for reading in cloud.readings(quantity) if reading.value in wanted]
        assert {reading.clock for reading in old} == {Clock.ESTIMATED}
        assert all(reading.time_ms < slept_ms + 6_000 for reading in old)
        wire.send(sds011.build(pm2_5=99.0, pm10=2.0))
        wait_until(lambda: 99.0 in cloud.values("pm2_5"), "news comes")
        assert [reading.clock for reading in cloud.readings("pm2_5") if reading.value == 99.0] == [Clock.SYNCED]
        cloud.close()


def test_messages_that_a_broker_delivers_again_after_a_sigkill_are_counted_once(tmp_path: Path):
    _redeliver(tmp_path, kills=4, messages=400)


@pytest.mark.proof
def test_messages_are_counted_once_over_many_sigkills(tmp_path: Path):
    _redeliver(tmp_path, kills=30, messages=4_000)


def test_messages_whose_pubacks_a_broker_never_read_are_counted_once_however_many_they_are(tmp_path: Path):
    """A broker that fails to write to us ends the connection, and with it goes each PUBACK that it had not read."""
    count, more = 3_000, 50
    gateway = Gateway(tmp_path, sources=COUNTER, local=True, broker="max_inflight_messages 0\nlog_type all")
    with gateway.broker, gateway.edge:
        cloud = Cloud(gateway.port)
        wait_until(lambda: cloud.is_open("door"), "the topic is subscribed")
        sensor = publisher(gateway.port)
        gateway.edge.kill()
        _send(sensor, [1] * count)
        gateway.edge.start()
        wait_until(lambda: _sent_to_the_agent(gateway) > 0, "the broker hands out what it kept")
        gateway.edge.signal(signal.SIGSTOP)
        wait_until(lambda: _sent_to_the_agent(gateway) >= count, "the broker has handed out all")
        gateway.broker.signal(signal.SIGSTOP)
        gateway.edge.signal(signal.SIGCONT)
        time.sleep(3.0)  # all of it is taken and committed, and its PUBACKs lie in the broker's socket
        gateway.edge.kill()
        _publish(sensor, [1] * more, pause_s=0.001)
        gateway.broker.signal(signal.SIGCONT)
        gateway.edge.start()
        _send(sensor, [2])
        _wait_for(cloud, [2])
        wait_until(lambda: _distinct(cloud) >= count + more + 1, "all have come", patience_s=PATIENCE_S)
        assert _distinct(cloud) == count + more + 1
        assert cloud.lost() == []
        cloud.close()


def _sent_to_the_agent(gateway: Gateway) -> int:
    line = "Sending PUBLISH to siaga-edge-gw-test-local (d0"
    return sum(line in said and "sensors/gate" in said for said in gateway.broker.log.read_text().splitlines())


def _redeliver(folder: Path, *, kills: int, messages: int) -> None:
    """Every message says the same, as a counter's does: only their number tells whether one was counted twice."""
    gateway = Gateway(folder, sources=COUNTER, local=True)
    chance = random.Random(folder.name)
    with gateway.broker, gateway.edge:
        cloud = Cloud(gateway.port)
        wait_until(lambda: cloud.is_open("door"), "the topic is subscribed")
        sensor = publisher(gateway.port)
        for _ in range(kills):
            _publish(sensor, [1] * (messages // kills), pause_s=0.001)
            time.sleep(chance.uniform(0.0, 0.3))
            gateway.edge.kill()
            gateway.edge.start()
        wait_until(lambda: _distinct(cloud) >= messages // kills * kills, "all have come", patience_s=PATIENCE_S)
        _send(sensor, [2])
        _wait_for(cloud, [2])
        assert _distinct(cloud) == messages // kills * kills + 1
        assert cloud.lost() == []
        cloud.close()


def _distinct(cloud: Cloud) -> int:
    return len({(reading.sensor, reading.quantity, reading.time_ms) for reading in _all(cloud)})


def _all(cloud: Cloud) -> list[Reading]:
    return cloud.readings("people_in")


def _come_through(cloud: Cloud, sensor: paho.Client) -> None:
    """Until what comes is live: the agent has heard its own word through the broker."""

    def is_live() -> bool:
        _send(sensor, [1_000_000])
        return any(not reading.backfill for reading in _all(cloud))

    wait_until(is_live, "messages come live")


def _publish(sensor: paho.Client, values: Iterable[int], *, pause_s: float = 0.0) -> list[paho.MQTTMessageInfo]:
    sent = []
    for value in values:
        sent.append(sensor.publish("sensors/gate", f'{{"in": {value}}}', qos=1))
        if pause_s:
            time.sleep(pause_s)
    return sent


def _send(sensor: paho.Client, values: Iterable[int]) -> None:
    sent = _publish(sensor, values)
    wait_until(lambda: all(message.is_published() for message in sent), "the broker has taken all", patience_s=60.0)


def _at_a_hundred_a_second(sensor: paho.Client, numbers: Iterable[int], count: int) -> None:
    _publish(sensor, itertools.islice(numbers, count), pause_s=0.01)


def _wait_for(cloud: Cloud, values: Iterable[int], *, patience_s: float = PATIENCE_S) -> None:
    """Until the cloud's store would hold each of `values` under a key of its own."""
    wanted = {float(value) for value in values}
    store: Callable[[], dict[tuple[str, str, int], float]] = lambda: {  # noqa: E731
        (reading.sensor, reading.quantity, reading.time_ms): reading.value for reading in _all(cloud)
    }
    wait_until(lambda: wanted <= {reading.value for reading in _all(cloud)}, "all have come", patience_s=patience_s)
    missing = wanted - set(store().values())
    assert not missing, f"{len(missing)} of {len(wanted)} readings were overwritten by others of their series"
