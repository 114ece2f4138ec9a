"""MQTT messages to the spool; the broker is the test itself."""

import asyncio
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from edge.check import check_file
from edge.clock import GatewayClock, Tick
from edge.sources import mqtt
from edge.sources.mqtt import LONGEST_MESSAGE, MOST_UNSAFE, LocalBroker, SourceRoute
from edge.sources.tally import SourceTally
from edge.stamping import NoFreeTime, Stamper
from firmware_bridge.sample import Frame, Noise, Publication, Sample
from runtime.broker_settings import BrokerSettings
from runtime.clock import boot_ms
from runtime.mqtt_connection import Message
from wire import Reading, SourceStatus

SETTINGS = """
[gateway]
id = "gw-1"
[local_broker]
[[sources]]
name = "others"
family = "json"
topic = "sensors/+/r"
sensor_level = 1
values = { co2 = "co2" }
time = "ts"
"""


NOW_MS = 1_764_000_000_000


class Bench:
    """A `LocalBroker` whose session and spool only write down what they are told."""

    def __init__(self, folder: Path, settings: str, kept: dict[str, str] | None = None) -> None:
        (folder / "edge.toml").write_text(settings)
        checked = check_file(folder / "edge.toml")
        self.kept: list[tuple[list[Reading], Callable[[], None] | None]] = []
        self.acknowledged: list[int] = []
        self.paused: list[bool] = []
        self.backlog: list[bool] = []
        self.words: list[bytes] = []
        self._safe_to = 0
        self.connected = self.is_open = True
        self.remembered: dict[str, str] = {"local.filters": "former/+\nsensors/+/r", **(kept or {})}
        self.spool = type("Spool", (), {"kept": self.remembered})()
        self.tally = SourceTally("others", silent_s=60.0, now_s=0.0, on_change=lambda: None)
        stamper = Stamper(GatewayClock(Tick(NOW_MS, 100, synced=True)))
        self.local = LocalBroker(
            BrokerSettings(),
            [SourceRoute(checked.mqtt_sources[0], self.tally)],
            gateway="gw-1",
            stamper=stamper,
            spooler=self,  # type: ignore[arg-type]
        )
        self.earlier = self.local.session._unsubscriptions
        self.local.session = self  # type: ignore[assignment]

    def append(
        self, readings: Any, *, keep: Any = None, safe: Callable[[], None] | None = None, backlog: bool = False
    ) -> None:
        self.remembered |= keep or {}
        if readings or safe:
            self.kept.append((list(readings), safe))
            self.backlog.append(backlog)

    def record(self, keep: dict[str, str]) -> None:
        self.remembered |= keep

    def publish(self, topic: str, payload: bytes, *, qos: int = 1) -> None:
        self.words.append(payload)

    def read_as(self, outcome: Frame | Noise, channels: dict[str, str] | None = None) -> None:
        """Let every message mean this, as a dialect with channels or answers might have it."""
        [route] = self.local._routes
        source = replace(route.source, parse=lambda _topic, _payload: outcome, channels=channels or {})
        self.local._routes = (SourceRoute(source, route.tally),)
        self.local._matching.clear()

    def acknowledge(self, message: Message) -> None:
        self.acknowledged.append(message.packet)

    def pause(self) -> None:
        self.paused.append(True)

    def resume(self) -> None:
        self.paused.append(False)

    def make_safe(self) -> None:
        for _, safe in self.kept[self._safe_to :]:
            assert safe is not None
            safe()
        self._safe_to = len(self.kept)

    def ask(self) -> None:
        """Let it be time for another word to the broker."""
        self.local._echo.received_until_ms = 0
        self.local.poll()

    def hear_own_word(self) -> None:
        self.receive(self.words[-1], topic=self.local._echo.topic)

    @staticmethod
    def of_the_next_run(folder: Path, before: "Bench") -> "Bench":
        return Bench(folder, SETTINGS, before.remembered)

    def doubled(self, packets: Iterable[int]) -> list[int]:
        """Which of these messages, delivered again, are taken for new ones."""
        found = []
        for packet in packets:
            self.receive(b'{"co2": 400}', packet=packet, again=True)
            found += [packet] if self.kept[-1][0] else []
        return found

    def receive(self, payload: bytes, *, packet: int = 1, topic: str = "sensors/air-1/r", **how: Any) -> None:
        chosen = {"retained": False, "again": False, "qos": 1, "connection": 1, **how}
        self.local._on_message(Message(topic, payload, packet=packet, **chosen))


async def on_a_bench(folder: Path, scenario: Callable[[Bench], None], settings: str = SETTINGS) -> Bench:
    bench = Bench(folder, settings)
    scenario(bench)
    await asyncio.sleep(0)
    return bench


async def test_a_message_is_acknowledged_when_its_readings_are_safe(tmp_path: Path):
    bench = await on_a_bench(tmp_path, lambda bench: bench.receive(b'{"co2": 400}'))
    ((readings, safe),) = bench.kept
    assert [(reading.sensor, reading.quantity, reading.value) for reading in readings] == [("air-1", "co2", 400.0)]
    assert bench.acknowledged == []
    assert safe is not None
    safe()
    assert bench.acknowledged == [1]


@pytest.mark.parametrize("payload", [b"garbage", b"", b'{"co2": 1}' + b" " * LONGEST_MESSAGE])
async def test_noise_is_counted_and_acknowledged(tmp_path: Path, payload: bytes):
    bench = await on_a_bench(tmp_path, lambda bench: bench.receive(payload))
    assert bench.kept == []
    assert bench.acknowledged == [1]
    assert bench.tally.noise_bytes == len(payload)


async def test_a_topic_of_nobody_is_acknowledged_and_left_out(tmp_path: Path):
    bench = await on_a_bench(tmp_path, lambda bench: bench.receive(b'{"co2": 400}', topic="former/x"))
    assert (bench.kept, bench.acknowledged) == ([], [1])


async def test_subscriptions_that_nobody_wants_any_more_are_let_go(tmp_path: Path):
    assert (await on_a_bench(tmp_path, lambda bench: None)).earlier == ("former/+",)


async def test_a_retained_message_counts_only_with_a_time_of_its_own(tmp_path: Path):
    def scenario(bench: Bench) -> None:
        bench.receive(b'{"co2": 400}', retained=True)
        bench.receive(b'{"co2": 401, "ts": 1764000000000}', retained=True, packet=2)

    bench = await on_a_bench(tmp_path, scenario)
    assert [reading.time_ms for readings, _ in bench.kept for reading in readings] == [1764000000000]


async def test_what_comes_before_all_is_subscribed_is_heard_and_what_came_before_the_connection_is_not(tmp_path: Path):
    def connect(bench: Bench, *messages: bytes) -> SourceStatus:
        bench.local._begin()
        for message in messages:
            bench.receive(message)
        bench.local._connected()
        return bench.tally.status

    def scenario(bench: Bench) -> None:
        assert connect(bench, b'{"co2": 400}') is SourceStatus.OK
        assert connect(bench) is SourceStatus.STARTING

    await on_a_bench(tmp_path, scenario)


async def test_channels_name_the_sensors_behind_one_topic_and_one_without_a_name_is_said(tmp_path: Path):
    samples = (Sample("co2", 400.0, "hall"), Sample("humidity", 70.0, "hall"), Sample("co2", 500.0, "attic"))

    def scenario(bench: Bench) -> None:
        bench.read_as(Frame((*samples, Sample("co2", 600.0, "cellar"))), {"hall": "air-1", "attic": "air-2"})
        bench.receive(b"x")

    bench = await on_a_bench(tmp_path, scenario)
    ((readings, _),) = bench.kept
    assert [(reading.sensor, reading.quantity, reading.value) for reading in readings] == [
        ("air-1", "co2", 400.0), ("air-1", "humidity", 70.0), ("air-2", "co2", 500.0),
    ]  # fmt: skip
    assert bench.tally.sensors == {"air-1", "air-2"}
    assert bench.tally.detail == "channel 'cellar' has no sensor: name it in channels"


ANNOUNCED = """
[gateway]
id = "gw-1"
[local_broker]
[[sources]]
name = "others"
family = "homeassistant"
topic = "homeassistant/#"
state_topics = "tele/+/SENSOR"
channels = { "A0B1" = "air-1" }
"""


async def test_a_dialect_hears_the_topics_that_it_wants_besides(tmp_path: Path):
    config = (
        b'{"stat_t":"tele/pm/SENSOR","val_tpl":"{{ value_json.PM25 }}","dev_cla":"pm25","unit_of_meas":"ug/m3",'
        b'"dev":{"ids":["A0B1"]}}'
    )

    def scenario(bench: Bench) -> None:
        bench.receive(config, packet=1, topic="homeassistant/sensor/a/config", retained=True)
        bench.receive(b'{"PM25":30}', packet=2, topic="tele/pm/SENSOR", retained=True)
        bench.receive(b'{"PM25":31}', packet=3, topic="tele/pm/SENSOR")
        bench.receive(b'{"PM25":32}', packet=4, topic="tele/pm/STATE")

    bench = await on_a_bench(tmp_path, scenario, ANNOUNCED)
    assert bench.local._filters == ["homeassistant/#", "tele/+/SENSOR"]
    assert [reading.value for readings, _ in bench.kept for reading in readings] == [31.0]


async def test_what_a_dialect_answers_is_published_once_in_ten_seconds_on_each_topic(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    now_ms = 50_000
    monkeypatch.setattr(mqtt, "boot_ms", lambda: now_ms)

    def scenario(bench: Bench) -> None:
        nonlocal now_ms
        bench.read_as(
            Frame(
                (), "a gap", answers=(Publication("node/1/cmd", b"rebirth 1"), Publication("node/2/cmd", b"rebirth 2"))
            )
        )
        bench.receive(b"x")
        bench.receive(b"x", packet=2)
        now_ms += mqtt.ANSWER_EACH_MS
        bench.receive(b"x", packet=3)

    assert (await on_a_bench(tmp_path, scenario)).words == [b"rebirth 1", b"rebirth 2"] * 2


@pytest.mark.parametrize("kept", [False, True])
async def test_what_a_device_has_kept_is_news_of_the_past(tmp_path: Path, kept: bool):
    def scenario(bench: Bench) -> None:
        bench.read_as(Frame((Sample("co2", 400.0, time_ms=NOW_MS - 3_600_000),), kept=kept))
        bench.local._echo.received_until_ms = boot_ms()
        bench.local._echo._behind = False
        bench.receive(b"x")

    assert (await on_a_bench(tmp_path, scenario)).backlog == [kept]


PROBES = """
[gateway]
id = "gw-1"
[local_broker]
port = 1883
[[sources]]
name = "others"
family = "tasmota"
topic = "tele/+/SENSOR"
sensor = "pool"
"""


async def test_a_probe_alone_is_not_taken_for_the_one_beside_it(tmp_path: Path):
    both = b'{"DS18B20-1":{"Id":"01131B","Temperature":20.1},"DS18B20-2":{"Id":"02F3A9","Temperature":24.9}}'
    alone = b'{"DS18B20":{"Id":"02F3A9","Temperature":25.0}}'

    def scenario(bench: Bench) -> None:
        bench.receive(both, topic="tele/pool/SENSOR", packet=1)
        bench.receive(alone, topic="tele/pool/SENSOR", packet=2)

    bench = await on_a_bench(tmp_path, scenario, PROBES)
    assert [reading.value for readings, _ in bench.kept for reading in readings] == [20.1]
    assert bench.acknowledged == [2]
    assert "sensor 01131B is not there, only 02F3A9" in bench.tally.detail
    assert any("01131B" in text for text in bench.spool.kept.values())


async def test_a_sensor_that_is_no_name_is_refused_with_a_reason(tmp_path: Path):
    def scenario(bench: Bench) -> None:
        bench.receive(b'{"co2": 400}', topic="sensors/Air 1/r")
        bench.tally.poll(now_s=1e9)

    bench = await on_a_bench(tmp_path, scenario)
    assert (bench.kept, bench.acknowledged) == ([], [1])
    assert "is no name for a sensor" in bench.tally.detail


async def test_a_message_that_comes_again_after_a_reconnection_is_not_taken_twice(tmp_path: Path):
    def scenario(bench: Bench) -> None:
        bench.receive(b'{"co2": 400}', packet=7)
        bench.receive(b'{"co2": 400}', packet=7, again=True, connection=2)
        bench.receive(b'{"co2": 401}', packet=7, again=True, connection=2)

    assert len((await on_a_bench(tmp_path, scenario)).kept) == 2


async def test_a_broker_that_sends_more_than_is_safe_is_not_read_for_a_while(tmp_path: Path):
    def scenario(bench: Bench) -> None:
        for packet in range(1, 2 * MOST_UNSAFE + 10):
            bench.receive(b'{"co2": 400}', packet=packet)
        assert bench.paused == [True]
        assert len(bench.kept) == 2 * MOST_UNSAFE
        assert not bench.local.must_reconnect
        for _, safe in bench.kept:
            assert safe is not None
            safe()
        assert bench.local.must_reconnect

    assert (await on_a_bench(tmp_path, scenario)).paused == [True, False]


async def test_kept_messages_are_backlog_until_our_own_word_is_back(tmp_path: Path):
    def scenario(bench: Bench) -> None:
        bench.local._begin()
        bench.local._connected()
        bench.receive(b'{"co2": 400}', packet=1)
        bench.receive(bench.words[-1], packet=2, topic="siaga-edge/gw-1/echo")
        bench.receive(b'{"co2": 401}', packet=3)

    bench = await on_a_bench(tmp_path, scenario)
    came = zip(bench.kept, bench.backlog, strict=True)
    assert [(readings[0].value, backlog) for (readings, _), backlog in came if readings] == [
        (400.0, True), (401.0, False),
    ]  # fmt: skip
    assert 2 in bench.acknowledged


async def test_thousands_whose_pubacks_a_broker_never_read_are_known_in_the_next_run(tmp_path: Path):
    count = 5_000

    def scenario(bench: Bench) -> None:
        for packet in range(1, count + 1):
            bench.receive(b'{"co2": 400}', packet=packet)
            bench.make_safe()

    before = await on_a_bench(tmp_path, scenario)
    assert before.acknowledged == list(range(1, count + 1))
    again = Bench.of_the_next_run(tmp_path, before)
    assert again.doubled(range(1, count + 1)) == []
    assert again.doubled([count + 1]) == [count + 1]


async def test_what_a_broker_has_handled_is_forgotten_and_nothing_else(tmp_path: Path):
    """Ids come round: what is remembered for longer than needed would be taken for a new message that says the same."""

    def scenario(bench: Bench) -> None:
        bench.local._begin()
        bench.local._connected()
        bench.hear_own_word()
        for packet in range(1, 101):
            bench.receive(b'{"co2": 400}', packet=packet)
        bench.make_safe()
        for packet in range(101, 201):
            bench.receive(b'{"co2": 400}', packet=packet)  # not committed before the word goes out
        bench.ask()
        bench.make_safe()
        bench.hear_own_word()
        bench.receive(b'{"co2": 400}', packet=300)

    again = Bench.of_the_next_run(tmp_path, await on_a_bench(tmp_path, scenario))
    assert again.doubled(range(101, 201)) == []
    assert set(range(1, 81)) <= set(again.doubled(range(1, 101)))


async def test_a_word_that_was_sent_before_pubacks_were_sent_again_says_nothing_of_them(tmp_path: Path):
    def scenario(bench: Bench) -> None:
        for packet in range(1, 101):
            bench.receive(b'{"co2": 400}', packet=packet)
        bench.make_safe()
        bench.local._begin()
        bench.local._connected()
        for packet in range(1, 101):
            bench.receive(b'{"co2": 400}', packet=packet, again=True, connection=2)
        bench.hear_own_word()  # sent when none of these had its PUBACK on this connection
        bench.ask()
        bench.hear_own_word()  # nor had they now
        bench.receive(b'{"co2": 400}', packet=300)

    again = Bench.of_the_next_run(tmp_path, await on_a_bench(tmp_path, scenario))
    assert again.doubled(range(1, 101)) == []


async def test_what_was_taken_before_the_spool_could_be_opened_is_known_beside_what_an_earlier_run_took(tmp_path: Path):
    def earlier(bench: Bench) -> None:
        for packet in range(1, 51):
            bench.receive(b'{"co2": 400}', packet=packet)

    before = await on_a_bench(tmp_path, earlier)

    def scenario(bench: Bench) -> None:
        bench.is_open = False
        bench.local._knows_earlier_runs = False
        bench.receive(b'{"co2": 400}', packet=100)
        bench.remembered |= before.remembered
        bench.is_open = True
        bench.local.poll()

    again = Bench.of_the_next_run(tmp_path, await on_a_bench(tmp_path, scenario))
    assert again.doubled([*range(1, 51), 100]) == []


async def test_a_message_that_comes_again_in_the_next_run_is_not_taken_twice(tmp_path: Path):
    before = await on_a_bench(tmp_path, lambda bench: bench.receive(b'{"co2": 400}', packet=7))

    async def run() -> Bench:
        bench = Bench(tmp_path, SETTINGS, before.remembered)
        bench.receive(b'{"co2": 400}', packet=7, again=True)
        bench.receive(b'{"co2": 400}', packet=8, again=True)
        return bench

    bench = await run()
    assert [[reading.value for reading in readings] for readings, _ in bench.kept] == [[], [400.0]]
    confirm = bench.kept[0][1]
    assert confirm is not None
    confirm()
    assert bench.acknowledged == [7]


async def test_a_message_without_a_free_time_waits_without_a_puback_and_in_its_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(mqtt, "WAIT_FOR_A_TIME_S", 0.01)
    free: list[bool] = []
    stamp = Stamper.stamp

    def without_time(self: Stamper, *given: Any, **how: Any) -> list[Reading]:
        if not free:
            raise NoFreeTime
        return stamp(self, *given, **how)

    monkeypatch.setattr(Stamper, "stamp", without_time)

    async def run() -> Bench:
        bench = Bench(tmp_path, SETTINGS)
        bench.receive(b'{"co2": 400}', packet=1)
        bench.receive(b'{"co2": 401}', packet=2)
        assert (bench.kept, bench.acknowledged, bench.paused) == ([], [], [True])
        await asyncio.sleep(0.05)
        free.append(True)
        await asyncio.sleep(0.1)
        return bench

    bench = await run()
    assert [readings[0].value for readings, _ in bench.kept] == [400.0, 401.0]
    assert bench.paused == [True, False]


RAIN = SETTINGS.replace('family = "json"', 'family = "wts506"').replace('values = { co2 = "co2" }\ntime = "ts"\n', "")


async def test_a_message_that_waits_for_a_time_is_read_once_by_a_dialect_with_a_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(mqtt, "WAIT_FOR_A_TIME_S", 0.01)
    stamp, times = Stamper.stamp, [True, False, False]

    def now_and_then(self: Stamper, *given: Any, **how: Any) -> list[Reading]:
        if given[1] and times and not times.pop():
            raise NoFreeTime
        return stamp(self, *given, **how)

    monkeypatch.setattr(Stamper, "stamp", now_and_then)
    bench = Bench(tmp_path, RAIN)
    for packet, total in enumerate(("7b", "8b"), start=1):  # 1.23 mm in all, then 1.39 mm
        bench.receive(bytes.fromhex(f"0877{total}0001"), packet=packet)
    await asyncio.sleep(0.1)
    assert [[reading.value for reading in readings] for readings, _ in bench.kept] == [[], [0.16]]


def rain(total: int, *extra: str) -> bytes:
    """A message of a WTS506: `total` hundredths of a millimetre in all."""
    return bytes.fromhex(f"0877{total:02x}0001{''.join(extra)}")


def of_rain(bench: Bench) -> list[float]:
    return [round(reading.value, 6) for readings, _ in bench.kept for reading in readings]


async def test_what_fell_while_the_gateway_was_off_is_in_the_first_total_after_it(tmp_path: Path):
    def scenario(bench: Bench) -> None:
        bench.receive(rain(123), packet=1)
        bench.receive(rain(125), packet=2)

    before = await on_a_bench(tmp_path, scenario, RAIN)
    after = Bench(tmp_path, RAIN, before.remembered)
    after.receive(rain(125), packet=2, again=True)
    after.receive(rain(139), packet=3)
    assert (of_rain(before), of_rain(after)) == ([0.02], [0.14])


async def test_a_first_total_is_acknowledged_when_it_is_safe_though_it_has_no_reading(tmp_path: Path):
    bench = await on_a_bench(tmp_path, lambda bench: bench.receive(rain(123)), RAIN)
    assert (bench.acknowledged, of_rain(bench)) == ([], [])
    bench.make_safe()
    assert bench.acknowledged == [1]


async def test_a_total_without_a_time_that_the_broker_retained_takes_nothing_from_the_next(tmp_path: Path):
    def scenario(bench: Bench) -> None:
        bench.receive(rain(123), packet=1)
        bench.receive(rain(125), packet=2, retained=True)
        bench.receive(rain(126), packet=3)

    assert of_rain(await on_a_bench(tmp_path, scenario, RAIN)) == [0.03]


async def test_a_total_that_waits_for_a_time_counts_once_though_it_comes_again_after_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    stamp, times = Stamper.stamp, [True, False]

    def now_and_then(self: Stamper, *given: Any, **how: Any) -> list[Reading]:
        if given[1] and times and not times.pop():
            raise NoFreeTime
        return stamp(self, *given, **how)

    monkeypatch.setattr(Stamper, "stamp", now_and_then)
    bench = Bench(tmp_path, RAIN)
    bench.receive(rain(123), packet=1)
    bench.receive(rain(125), packet=2)  # there is no time for it, and then the connection is lost
    bench.local._begin()
    bench.receive(rain(125, "01755c"), packet=9, qos=0, topic="sensors/air-1/r")  # with a battery of 92 %
    bench.receive(rain(125), packet=2, again=True)
    assert of_rain(bench) == [0.02, 92.0, 0.0]


async def test_devices_that_were_heard_before_the_spool_could_be_opened_are_kept_beside_those_of_an_earlier_run(
    tmp_path: Path,
):
    earlier = await on_a_bench(tmp_path, lambda bench: bench.receive(rain(100), topic="sensors/air-1/r"), BY_DEVICE)
    late = Bench(tmp_path, BY_DEVICE)
    late.is_open = False
    late.local = LocalBroker(
        BrokerSettings(), late.local._routes, gateway="gw-1", stamper=late.local._stamper, spooler=late,  # type: ignore[arg-type]
    )  # fmt: skip
    late.local.session = late  # type: ignore[assignment]
    late.receive(rain(50), topic="sensors/air-2/r2", packet=1)
    assert not [key for key in late.remembered if key.startswith("devices.")]
    late.remembered |= {key: row for key, row in earlier.remembered.items() if key.startswith("devices.")}
    late.is_open = True
    late.local.poll()
    again = Bench(tmp_path, BY_DEVICE, late.remembered)
    again.receive(rain(101), topic="sensors/x/r", packet=2)
    again.receive(rain(52), topic="sensors/x/r2", packet=3)
    assert of_rain(again) == [0.01, 0.02]


BY_DEVICE = RAIN.replace("sensors/+/r", "sensors/+/+")
