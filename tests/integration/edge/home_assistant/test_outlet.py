"""The outlet to Home Assistant with a real Mosquitto: what stands there, what is taken back, and when it is deaf."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from edge.check import CheckedSettings, check_file
from edge.home_assistant import outlet as module
from edge.home_assistant.outlet import HomeAssistantOutlet
from edge.sources.tally import SourceTally
from runtime.clock import boot_s
from tests.integration.edge.home_assistant.listener import Listener
from tests.servers import PATIENCE_S, Program, free_port, mosquitto
from wire import Reading

RIVER = '[[sources]]\nname = "river"\nfamily = "maxbotix"\nport = "/dev/null"\nsensor = "river-1"\n'
AIR = '[[sources]]\nname = "air"\nfamily = "sds011"\nport = "/dev/zero"\nsensor = "air-1"\n'
LEVEL = "siaga-edge/gw-1/values/river-1/water_level"
CONFIG = "homeassistant/sensor/siaga-gw-1/river-1_water_level/config"
AVAILABLE = "siaga-edge/gw-1/availability"

pytestmark = pytest.mark.integration


async def until(condition: Callable[[], object], what: str) -> None:
    deadline_s = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline_s, f"did not happen: {what}"
        await asyncio.sleep(0.02)


def settings(folder: Path, port: int, sources: str) -> CheckedSettings:
    file = folder / "edge.toml"
    file.write_text(
        f'[gateway]\nid = "gw-1"\n[uplink]\nport = 1\n[local_broker]\nport = {port}\n[health]\nevery_s = 0\n'
        f"[home_assistant]\nevery_s = 1\n{sources}"
    )
    return check_file(file)


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def broker(tmp_path: Path, port: int) -> Program:
    return mosquitto(tmp_path, port)


@asynccontextmanager
async def running(checked: CheckedSettings, *tallies: SourceTally) -> AsyncIterator[HomeAssistantOutlet]:
    home = checked.settings.home_assistant
    assert home is not None
    outlet = HomeAssistantOutlet(
        home, checked, version="1", now_ms=lambda: round(time.time() * 1_000), tallies=lambda: tallies
    )
    task = asyncio.create_task(outlet.run())
    try:
        yield outlet
    finally:
        await outlet.stop()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def reading(value: float, sensor: str = "river-1", quantity: str = "water_level") -> Reading:
    return Reading(sensor, quantity, round(time.time() * 1_000), value)


async def test_a_series_is_announced_with_its_value_and_the_gateway_says_when_it_leaves(
    tmp_path: Path, port: int, broker: Program
):
    with broker:
        async with running(settings(tmp_path, port, RIVER)) as outlet:
            outlet.apply([reading(131), reading(132.4)], backlog=False)
            ears = Listener(port)
            await until(lambda: ears.value(LEVEL) == 132.4, "the newest value is there")
            await until(lambda: CONFIG in ears.newest, "it is announced")
            assert json.loads(ears.newest[CONFIG])["state_topic"] == LEVEL
            await until(lambda: ears.newest.get(AVAILABLE) == b"online", "it is there")
            assert outlet.note == ""
        await until(lambda: ears.newest[AVAILABLE] == b"offline", "it has left")
        ears.close()
        late = Listener(port)
        topics = {CONFIG, LEVEL, AVAILABLE, "homeassistant/binary_sensor/siaga-gw-1/connected/config"}
        await until(lambda: topics <= late.newest.keys(), "what was said is retained")
        assert late.value(LEVEL) == 132.4
        late.close()


async def test_what_an_earlier_run_announced_is_unknown_until_it_comes_and_taken_back_where_nothing_gives_it(
    tmp_path: Path, port: int, broker: Program
):
    with broker:
        async with running(settings(tmp_path, port, RIVER + AIR)) as outlet:
            outlet.apply([reading(132.4), reading(9, "air-1", "pm2_5")], backlog=False)
            ears = Listener(port)
            await until(lambda: ears.value(LEVEL) == 132.4, "the level is there")
            await until(lambda: ears.value("siaga-edge/gw-1/values/air-1/pm2_5") == 9, "the dust is there")
        async with running(settings(tmp_path, port, RIVER)):
            await until(lambda: ears.value(LEVEL) is None, "nobody knows the level")
            dust = "homeassistant/sensor/siaga-gw-1/air-1_pm2_5/config"
            await until(lambda: ears.newest[dust] == b"", "the sensor that is gone is taken back")
            await until(lambda: ears.newest["siaga-edge/gw-1/values/air-1/pm2_5"] == b"", "and its value")
        ears.close()


async def test_a_reload_takes_back_what_is_configured_no_more(tmp_path: Path, port: int, broker: Program):
    with broker:
        async with running(settings(tmp_path, port, RIVER)) as outlet:
            outlet.apply([reading(132.4)], backlog=False)
            ears = Listener(port)
            await until(lambda: ears.value(LEVEL) == 132.4, "the level is there")
            outlet.use(settings(tmp_path, port, AIR))
            await until(lambda: ears.newest[CONFIG] == b"", "it is taken back")
            assert ears.value(LEVEL) == 132.4, "whoever has read it may still do so"
            await until(lambda: ears.newest[LEVEL] == b"", "its value is cleared when nobody reads it")
            outlet.use(settings(tmp_path, port, RIVER))
            outlet.apply([reading(132.4)], backlog=False)
            await until(lambda: ears.newest[CONFIG] and ears.value(LEVEL) == 132.4, "it is back")
            outlet.use(settings(tmp_path, port, AIR))
            outlet.use(settings(tmp_path, port, RIVER))
            outlet.apply([reading(140)], backlog=False)
            await until(lambda: ears.value(LEVEL) == 140, "it is there")
            await asyncio.sleep(module.LEFT_AFTER_S + 2 * module.TURN_S)
            assert ears.value(LEVEL) == 140, "what is there again is not cleared"
        ears.close()


async def test_a_broker_that_went_is_said_and_told_all_when_it_is_back(
    tmp_path: Path, port: int, broker: Program, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(module, "ABSENT_FOR_S", 0.0)
    async with running(settings(tmp_path, port, RIVER)) as outlet:
        outlet.apply([reading(1), reading(2)], backlog=False)
        await until(lambda: "Connection refused" in outlet.note, "the note says why it is deaf")
        assert outlet.note.startswith("Home Assistant hears nothing of this gateway: broker 127.0.0.1:")
        with broker:
            ears = Listener(port)
            await until(lambda: ears.value(LEVEL) == 2, "the newest value is there")
            await until(lambda: outlet.note == "", "nothing is to be said")
            broker.kill()
            await until(lambda: outlet.note, "it is deaf again")
            outlet.apply([reading(3)], backlog=False)
            ears.close()
            broker.start()
            late = Listener(port)
            await until(lambda: late.value(LEVEL) == 3 and CONFIG in late.newest, "a broker without memory has all")
            late.close()


async def test_a_broker_that_lets_nothing_through_is_said(tmp_path: Path, port: int, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "HEARD_WITHIN_S", 0.5)
    access = tmp_path / "acl"
    access.write_text("topic read nothing\n")
    with mosquitto(tmp_path, port, settings=f"allow_anonymous true\nacl_file {access}"):
        async with running(settings(tmp_path, port, RIVER)) as outlet:
            outlet.apply([reading(1)], backlog=False)
            await until(lambda: "does not give back what is announced" in outlet.note, "the note says so")
            assert "homeassistant/+/siaga-gw-1/+/config" in outlet.note


async def test_the_sensors_of_a_source_that_failed_are_unknown(
    tmp_path: Path, port: int, broker: Program, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(module, "FAILED_FOR_S", 0.5)
    tally = SourceTally("river", silent_s=60, now_s=boot_s(), on_change=lambda: None)
    with broker:
        async with running(settings(tmp_path, port, RIVER), tally) as outlet:
            tally.received(1, time_ms=0, now_s=boot_s(), sensor="river-1")
            outlet.apply([reading(132.4)], backlog=False)
            ears = Listener(port)
            await until(lambda: ears.value(LEVEL) == 132.4, "the level is there")
            tally.failed("it has gone")
            await until(lambda: ears.value(LEVEL) is None, "nobody knows the level")
        ears.close()


async def test_many_series_of_many_readings_are_given_at_a_bounded_rate(tmp_path: Path, port: int, broker: Program):
    topic = '[[sources]]\nname = "a"\nfamily = "json"\ntopic = "s/+/r"\nsensor_level = 1\nvalues = { co2 = "co2" }\n'
    with broker:
        async with running(settings(tmp_path, port, topic)) as outlet:
            ears = Listener(port)
            await until(lambda: ears.newest.get(AVAILABLE) == b"online", "it is there")
            for turn in range(40):
                outlet.apply([reading(turn, f"s-{at}", "co2") for at in range(400)], backlog=False)
                await asyncio.sleep(0.05)
            assert ears.count < 1_000, "of 16,000 readings in 2 s, at 200 messages a second at most"
            await until(lambda: sum(topic.endswith("/co2") for topic in ears.newest) == 400, "each is there at last")
        ears.close()
