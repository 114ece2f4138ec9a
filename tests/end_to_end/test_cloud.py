"""The cloud as a real process, between a real Mosquitto and a real InfluxDB; the test plays the gateways."""

import contextlib
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion

from tests import loopback
from tests.end_to_end.one_gateway import CITY_OF_ONE_GATEWAY
from tests.people import bearer, token_in
from tests.servers import Program, all_of, free_port, influxd, mosquitto, siaga_cloud, wait_until
from wire import (
    Ack,
    Channel,
    Clock,
    Lost,
    Reading,
    Status,
    decode_ack,
    encode_batch,
    encode_status,
    topic_of,
)

GATEWAY = "gw-daruba"
T0 = int(time.time() * 1000) - 60_000
CITY = f"""{CITY_OF_ONE_GATEWAY}[[sensors]]
id = "air-market"
name = "Market"
site = "daruba"
gateway = "gw-daruba"
quantities = ["pm2_5", "pm10"]
"""
NEW_SENSOR = """
[[sensors]]
id = "air-pier"
name = "Pier"
site = "daruba"
gateway = "gw-daruba"
quantities = ["pm2_5"]
"""


class Gateways:
    """What all gateways say and hear."""

    def __init__(self, port: int) -> None:
        self.acks: list[tuple[str, Ack]] = []
        self._client = paho.Client(CallbackAPIVersion.VERSION2, client_id="gateways")
        self._client.on_message = self._hear
        self._client.connect("127.0.0.1", port)
        self._client.subscribe("siaga/v1/+/+/ack", qos=1)
        self._client.loop_start()

    def send(self, content: bytes, *, gateway: str = GATEWAY) -> None:
        self._client.publish(topic_of(gateway, Channel.UP), content, qos=1).wait_for_publish(20)

    def say(self, status: Status) -> None:
        topic = topic_of(status.gateway, Channel.STATUS)
        self._client.publish(topic, encode_status(status), qos=1, retain=True).wait_for_publish(20)

    def acknowledged(self, first: int, *, gateway: str = GATEWAY) -> bool:
        """Whether an ack that covers seq `first` was heard: one ack may cover neighbouring batches."""
        own = topic_of(gateway, Channel.ACK)
        return any(topic == own and ack.first <= first <= ack.last for topic, ack in list(self.acks))

    def wait_for_ack(self, first: int, *, gateway: str = GATEWAY) -> None:
        wait_until(lambda: self.acknowledged(first, gateway=gateway), f"{gateway} hears the ack from {first} on")

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def _hear(self, _client: object, _userdata: object, message: paho.MQTTMessage) -> None:
        self.acks.append((message.topic, decode_ack(bytes(message.payload))))


class Town:
    """The processes, and the questions that tests ask of them."""

    def __init__(self, folder: Path, *, engine: str = "influxdb") -> None:
        self.folder = folder
        self.broker_port, self.influx_port, self.api_port = free_port(), free_port(), free_port()
        (folder / "city.toml").write_text(CITY)
        (folder / "cloud.toml").write_text(self._settings(engine))
        self.token = token_in(folder)
        self.broker = mosquitto(folder, self.broker_port, settings="allow_anonymous true")
        self.influxd = influxd(folder, self.influx_port)
        self.cloud = siaga_cloud(folder, folder / "cloud.toml", port=self.api_port)

    @contextlib.contextmanager
    def running(self, *programs: Program) -> Iterator[Gateways]:
        with all_of(*(programs or (self.broker, self.influxd, self.cloud))):
            gateways = Gateways(self.broker_port)
            try:
                self.wait_for_broker()
                yield gateways
            finally:
                gateways.close()

    def wait_for_broker(self) -> None:
        def connected() -> bool:
            return bool(self.health()["components"].get("broker", {}).get("status") == "ok")  # not while it starts

        wait_until(connected, "the cloud is connected to the broker")

    def api(self, path: str, *, method: str = "GET") -> Any:
        address = f"http://127.0.0.1:{self.api_port}/api/v1{path}"
        response = loopback.request(method, address, headers=bearer(self.token), timeout=20)
        return response.raise_for_status().json()

    def health(self) -> Any:
        """What /health says, which it says with 503 while a part is down."""
        address = f"http://127.0.0.1:{self.api_port}/api/v1/health"
        return loopback.get(address, headers=bearer(self.token), timeout=20).json()

    def metric(self, line: str) -> float:
        text = loopback.get(f"http://127.0.0.1:{self.api_port}/metrics", headers=bearer(self.token), timeout=20).text
        return next((float(row.split()[-1]) for row in text.splitlines() if row.startswith(line)), 0.0)

    def account(self) -> dict[str, Any]:
        """The gateway's account in numbers, and whether it is online."""
        (gateway,) = [each for each in self.api("/gateways") if each["id"] == GATEWAY]
        return {**gateway["account"], "online": gateway["online"]}

    def rows(self, what: str) -> list[list[Any]]:
        """The rows that InfluxDB itself gives for `SELECT what FROM air`."""
        params = {"db": "siaga", "epoch": "ms", "q": f"SELECT {what} FROM air"}
        (result,) = loopback.get(f"http://127.0.0.1:{self.influx_port}/query", params=params, timeout=20).json()[
            "results"
        ]
        return [row for series in result.get("series", []) for row in series["values"]]

    def _settings(self, engine: str) -> str:
        store = f'engine = "influxdb"\nurl = "http://127.0.0.1:{self.influx_port}"\ndatabase = "siaga"'
        return (
            f"[broker]\nport = {self.broker_port}\n[api]\nport = {self.api_port}\n"
            f"[store]\n{store if engine == 'influxdb' else ''}\n"
        )


@pytest.fixture
def town(tmp_path: Path) -> Town:
    return Town(tmp_path)


def batch(first: int, *readings: Reading, lost: tuple[Lost, ...] = (), backfill: bool = False) -> bytes:
    return encode_batch("s1", first, readings or [reading(first)], lost=lost, backfill=backfill)


def reading(number: int, *, sensor: str = "air-market", quantity: str = "pm2_5", value: float = 12.5) -> Reading:
    return Reading(sensor, quantity, T0 + number, value, Clock.SYNCED)


def test_what_gateways_send_is_in_influxdb_in_the_accounts_and_on_the_page_of_the_newest(town: Town):
    with town.running() as gateways:
        gateways.send(batch(1, reading(1), reading(1, quantity="pm10", value=30), reading(2, value=13)))
        gateways.wait_for_ack(1)
        gateways.send(batch(11, reading(11, value=14), lost=(Lost("s1", 4, 8, "spool full"),), backfill=True))
        gateways.wait_for_ack(11)
        assert town.rows("pm2_5, pm10, marks, site, sensor, gateway") == [
            [T0 + 1, 12.5, 30.0, None, "daruba", "air-market", GATEWAY],
            [T0 + 2, 13.0, None, None, "daruba", "air-market", GATEWAY],
            [T0 + 11, 14.0, None, 1, "daruba", "air-market", GATEWAY],
        ]
        newest = {each["quantity"]: each["value"] for each in town.api("/readings/latest")}
        assert newest == {"pm2_5": 14.0, "pm10": 30.0}
        account = town.account()
        assert (account["received"], account["declared_lost"], account["missing"]) == (4, 5, 2)


def test_nothing_is_acknowledged_while_influxdb_is_dead_and_all_of_it_when_it_is_back(town: Town):
    with town.running() as gateways:
        gateways.send(batch(1))
        gateways.wait_for_ack(1)
        town.influxd.kill()
        for first in range(2, 10):
            gateways.send(batch(first))

        def store_is_down() -> bool:
            return bool(town.health()["components"]["store"]["status"] == "down")

        wait_until(store_is_down, "health says that the store is down")
        assert town.health()["status"] == "down"
        assert "cannot be reached" in town.health()["components"]["store"]["detail"]
        assert not any(gateways.acknowledged(first) for first in range(2, 10))
        town.influxd.start()
        for first in range(2, 10):
            gateways.wait_for_ack(first)
        assert [row[1] for row in town.rows("count(pm2_5)")] == [9]
        wait_until(
            lambda: town.health()["status"] == "ok",
            "all is well, dashboards with their next sample",
        )


def test_one_refused_reading_is_a_dead_letter_and_the_rest_of_its_batch_is_stored(town: Town):
    with town.running() as gateways:
        gateways.send(batch(1, reading(1), reading(2, value=-5), reading(3)))
        gateways.wait_for_ack(1)
        assert [row[0] - T0 for row in town.rows("pm2_5")] == [1, 3]
        (letter,) = town.api("/dead-letters")["letters"]
        assert (letter["reason"], letter["gateway"]) == ("out_of_bounds", GATEWAY)
        assert "pm2_5 -5 µg/m³ of sensor air-market" in letter["sentence"]
        assert town.metric('siaga_dead_letters_total{reason="out_of_bounds"}') == 1


def test_an_unknown_gateway_and_bytes_that_are_no_batch_stop_nobody_else(town: Town):
    with town.running() as gateways:
        gateways.send(b"\x00garbage")
        gateways.send(b'{"v":1,"stream":"s1","first":5,"last":5,"t0_ms":0,"columns":7}')
        gateways.send(batch(1), gateway="gw-stranger")
        gateways.send(batch(9))
        gateways.wait_for_ack(9)
        gateways.wait_for_ack(5)  # its range can be read, and its bytes are kept
        gateways.wait_for_ack(1, gateway="gw-stranger")
        reasons = sorted(letter["reason"] for letter in town.api("/dead-letters")["letters"])
        assert reasons == ["not_a_batch", "not_a_batch", "unknown_gateway"]
        assert [row[0] - T0 for row in town.rows("pm2_5")] == [9]


def test_a_point_that_influxdb_will_never_take_is_a_dead_letter_and_its_neighbours_are_stored(town: Town):
    with town.running() as gateways:
        gateways.send(batch(1))
        gateways.wait_for_ack(1)
        # from now on pm10 is a whole number here, as some other program may have written it
        line = f"air,gateway={GATEWAY},sensor=air-market,site=daruba pm10=1i {T0 + 500}"
        target = {"db": "siaga", "precision": "ms"}
        loopback.post(f"http://127.0.0.1:{town.influx_port}/write", params=target, content=line).raise_for_status()
        bad = reading(3, quantity="pm10", value=5)
        gateways.send(batch(2, reading(2), bad, reading(4)))
        gateways.wait_for_ack(2)
        assert [row[0] - T0 for row in town.rows("pm2_5")] == [1, 2, 4]
        (letter,) = town.api("/dead-letters")["letters"]
        assert letter["reason"] == "store_rejected"
        assert "field type conflict" in letter["sentence"]


def test_accounts_newest_and_statuses_are_there_after_a_restart(town: Town):
    with town.running() as gateways:
        gateways.say(Status(1, True, GATEWAY, "0.1.0", "boot", "s1", T0))
        gateways.send(batch(11, reading(11, value=7)))
        gateways.wait_for_ack(11)
        before = town.account()
        town.cloud.kill()
        gateways.send(batch(1, *(reading(number) for number in range(1, 11))))
        town.cloud.start()
        gateways.wait_for_ack(1)
        wait_until(lambda: town.account()["online"], "the retained status is heard again")
        after = town.account()
        assert (before["received"], before["missing"]) == (1, 10)
        assert (after["received"], after["missing"], after["duplicates"]) == (11, 0, 0)
        assert [each["value"] for each in town.api("/readings/latest")] == [7.0]


def test_a_dead_letter_is_replayed_after_the_city_file_is_mended(town: Town):
    with town.running() as gateways:
        gateways.send(batch(1, reading(1, sensor="air-pier"), reading(2, sensor="air-pier")))
        gateways.wait_for_ack(1)
        (letter,) = town.api("/dead-letters")["letters"]
        assert letter["reason"] == "unknown_sensor"
        (town.folder / "city.toml").write_text(CITY + NEW_SENSOR)
        assert town.cloud.stop() == 0
        town.cloud.start()
        outcome = town.api(f"/dead-letters/{letter['id']}/replay", method="POST")
        assert (outcome["stored"], outcome["refused"]) == (2, 0)
        assert [row[0] - T0 for row in town.rows("pm2_5")] == [1, 2]
        assert town.api("/dead-letters")["open"] == 0


def test_after_the_broker_was_killed_the_cloud_goes_on_by_itself(town: Town):
    with town.running(town.broker, town.influxd, town.cloud) as gateways:
        gateways.send(batch(1))
        gateways.wait_for_ack(1)
        town.broker.kill()
        town.broker.start()
        town.wait_for_broker()
        again = Gateways(town.broker_port)
        again.send(batch(2))
        again.wait_for_ack(2)
        again.close()


def test_the_embedded_store_keeps_the_same_promises_through_a_kill(tmp_path: Path):
    town = Town(tmp_path, engine="sqlite")
    with town.running(town.broker, town.cloud) as gateways:
        gateways.send(batch(1, reading(1, value=4)))
        gateways.wait_for_ack(1)
        town.cloud.kill()
        town.cloud.start()
        wait_until(lambda: town.api("/readings/latest"), "the newest reading is known again")
        assert [each["value"] for each in town.api("/readings/latest")] == [4.0]
        assert town.account()["received"] == 1


def test_sigterm_ends_the_cloud_cleanly_and_soon_even_while_influxdb_is_dead(town: Town):
    with town.running() as gateways:
        town.influxd.kill()
        gateways.send(batch(1))
        wait_until(lambda: "nothing is acknowledged" in town.cloud.tail(), "the cloud waits for its store")
        assert town.cloud.stop() == 0
        assert "Traceback" not in town.cloud.tail(200)


def test_a_process_that_takes_nothing_in_shows_what_another_took_in(tmp_path: Path):
    town = Town(tmp_path, engine="sqlite")
    screen_port = free_port()
    settings = f"[broker]\nport = {town.broker_port}\n[api]\nport = {screen_port}\n[ingest]\nenabled = false\n"
    (tmp_path / "screen.toml").write_text(settings)
    screen = siaga_cloud(tmp_path, tmp_path / "screen.toml", name="screen", port=screen_port)

    def on_the_screen() -> Any:
        address = f"http://127.0.0.1:{screen_port}/api/v1/readings/latest"
        return loopback.get(address, headers=bearer(town.token), timeout=20).json()

    with town.running(town.broker, town.cloud, screen) as gateways:
        gateways.send(batch(1, reading(1, value=4)))
        gateways.wait_for_ack(1)
        wait_until(on_the_screen, "the screen shows the reading")
        assert [each["value"] for each in on_the_screen()] == [4.0]
