"""detect --mqtt: what messages are, by the dialects of the catalog, and their lines."""

from pathlib import Path

import pytest

from edge.check import check_file
from edge.detect.messages import MOST_TOPICS, HeardMessages, TopicFound, fields_in, name_in, proposed_for, values_of
from edge.home_assistant.discovery import Discovery
from tests.unit.firmware_bridge.examples import MQTT
from wire import QUANTITIES

START = '[gateway]\nid = "gw-test"\n[uplink]\nhost = "127.0.0.1"\n[local_broker]\nport = 1883\n'
KNOWN = ("airgradient", "chirpstack", "esphome", "senml", "sensor_community", "shelly", "tasmota", "ttn", "zigbee2mqtt")


def found_in(*messages: tuple[str, bytes]) -> list[TopicFound]:
    heard = HeardMessages()
    for topic, payload in messages:
        heard.add(topic, payload)
    return heard.found()


def test_what_siaga_itself_says_there_is_no_sensors():
    announced = Discovery("gw-1", prefix="homeassistant", language="en", version="1").announce(
        ("river-1", "water_level"), QUANTITIES["water_level"]
    )
    of_the_outlet = ("siaga-edge/gw-1/values/river-1/water_level", b'{"value":132.4,"temperature":30}')
    status = ("siaga/v1/2f/gw-1/status", b'{"temperature":30}')
    others = ("siaga/kitchen", b'{"temperature":30}')
    assert [one.topic for one in found_in(announced, of_the_outlet, status, others)] == ["siaga/kitchen"]


@pytest.mark.parametrize("name", KNOWN)
def test_messages_of_a_dialect_are_named_and_their_lines_have_no_mistakes(name: str, tmp_path: Path):
    messages = [(message.topic, message.payload) for message in MQTT[name].messages]
    found = [one for one in found_in(*messages) if one.samples]
    assert {one.dialect for one in found} == {name}
    taken: set[str] = set()
    file = tmp_path / "edge.toml"
    sources = [source for one in found if (source := proposed_for(one, taken)) is not None]
    file.write_text(START + "\n".join(source.lines() for source in sources), encoding="utf-8")
    assert len(check_file(file).mqtt_sources) == len(found)


def test_json_that_no_dialect_has_is_read_by_the_names_of_its_fields(tmp_path: Path):
    (found,) = found_in(
        ("sensors/kiosk 7/reading", b'{"pm2_5":12.3,"rh":71,"x":1,"probe":{"temperature":23.5},"id":"a"}')
    )
    assert (found.dialect, found.options) == (
        "json", {"values": {"pm2_5": "pm2_5", "humidity": "rh", "temperature": "probe.temperature"}},
    )  # fmt: skip
    source = proposed_for(found, set())
    assert source is not None
    assert source.table["sensor"] == "kiosk-7"
    (tmp_path / "edge.toml").write_text(START + source.lines())
    assert check_file(tmp_path / "edge.toml").mqtt_sources[0].parse("sensors/7", b'{"rh":71}')


def test_fields_whose_names_mean_nothing_are_shown_and_not_guessed():
    (found,) = found_in(("a/b", b'{"a":1,"b":{"c":2.5},"d":true}'))
    assert (found.dialect, found.fields) == ("", {"a": 1.0, "b.c": 2.5})
    assert proposed_for(found, set()) is None


@pytest.mark.parametrize("payload", [b"", b"open", b"\xff\xfe", b"[1,2]", b"23.4", b'{"a":' * 50 + b"1" + b"}" * 50])
def test_what_is_no_object_has_no_fields(payload: bytes):
    assert fields_in(payload) == {}


def test_a_path_says_which_dots_are_part_of_a_name():
    assert values_of(fields_in(b'{"PMS":{"PM2.5":12}}')) == {"pm2_5": "PMS.PM2\\.5"}


def test_a_broker_with_many_topics_is_looked_at_in_part():
    heard = HeardMessages()
    for at in range(MOST_TOPICS + 5):
        for _ in range(20):
            heard.add(f"a/{at}", b"x" * 10)
    assert heard.more_topics
    assert len(heard.found()) == MOST_TOPICS
    assert len(heard.order) == 5 * MOST_TOPICS


def test_a_name_is_taken_from_the_level_that_says_most():
    assert name_in("tele/air-market/SENSOR") == "air-market"
    assert name_in("zigbee2mqtt/Pasar Daruba") == "pasar-daruba"
    assert name_in("sensors/reading") == "sensors"
    assert name_in("//") == "sensor"
