"""The Things Stack: times, formatters, normalized payloads, what is no uplink, and messages of v2."""

import msgspec
import pytest

from firmware_bridge import MQTT_DIALECTS, Frame, Noise
from firmware_bridge.dialects import ttn

AT = "2026-03-07T03:54:34.926321616Z"
AT_MS = 1_772_855_674_926


def parse(message, **options):
    payload = message if isinstance(message, bytes) else msgspec.json.encode(message)
    return MQTT_DIALECTS["ttn"].parser(options)("v3/app@ttn/devices/dev/up", payload)


def up(more=None, **uplink):
    message = {"f_port": 2, "f_cnt": 1, "received_at": AT, **uplink}
    return {
        "end_device_ids": {"device_id": "dev", "dev_eui": "A8404163F1834C84"},
        "uplink_message": message,
        **(more or {}),
    }


def pairs(outcome) -> list[tuple[str, float]]:
    return [(sample.quantity, sample.value) for sample in outcome.samples]


def test_a_message_is_built_as_it_is_read():
    outcome = parse(ttn.build("dev", {"temperature": 23.8}, received_at=AT, counter=3))
    assert [(s.quantity, s.value, s.time_ms) for s in outcome.samples] == [("temperature", 23.8, AT_MS)]


@pytest.mark.parametrize(
    ("gateway", "time_ms"),
    [
        ("2026-03-07T03:54:34.5Z", AT_MS - 426),
        ("2026-03-07T02:54:34.926Z", AT_MS - 3_600_000),
        ("2026-03-07T12:54:34Z", AT_MS),
        ("1980-01-06T00:00:00Z", AT_MS),
        ("soon", AT_MS),
    ],
)
def test_a_gateways_time_counts_unless_its_servers_gainsays_it(gateway, time_ms):
    [sample] = parse(up(decoded_payload={"temperature": 20}, settings={"time": gateway})).samples
    assert sample.time_ms == time_ms


def test_without_a_time_of_the_uplink_that_of_the_message_counts():
    message = up({"received_at": AT}, decoded_payload={"temperature": 20}, received_at=None)
    assert parse(message).samples[0].time_ms == AT_MS
    assert parse(up(decoded_payload={"temperature": 20}, received_at=None)).samples[0].time_ms is None


def test_a_payload_is_decoded_here_where_there_is_no_formatter():
    message = up(frm_payload="BcwCAAEA")
    assert pairs(parse(message, decoder="VS121")) == [("people_in", 2.0), ("people_out", 1.0)]
    assert parse(message).note == "6 bytes that nothing decodes: set decoder, or a codec in the server"


def test_a_formatter_of_cayenne_lpp_names_channels():
    message = up(decoded_payload={"temperature_3": 27.2, "temperature_5": 25.5})
    assert [s.channel for s in parse(message, channels={"3": "north", "5": "south"}).samples] == ["3", "5"]


def test_texts_with_units_are_numbers():
    decoded = {"Bat": "3.384 V", "TempC_DS18B20": "0.00 °C", "temp_SOIL": "30.11 °C", "Distance": "1752 mm"}
    assert pairs(parse(up(decoded_payload=decoded))) == [("battery_voltage", 3.384), ("distance", 175.2)]
    outcome = parse(up(decoded_payload=decoded), values={"temperature": "temp_SOIL"})
    assert pairs(outcome) == [("temperature", 30.11)]


def test_a_normalized_measurement_of_long_ago_comes_at_its_own_time():
    measurements = [{"time": "2026-03-07T02:54:34Z", "air": {"temperature": 19}}, {"air": {"temperature": 20}}]
    outcome = parse(up(normalized_payload=measurements))
    assert [(s.value, s.time_ms) for s in outcome.samples] == [(19.0, 1_772_852_074_000), (20.0, AT_MS)]
    assert not outcome.kept
    assert parse(up(normalized_payload=measurements[:1])).kept


def test_an_uplink_of_the_normalized_topic_and_of_the_storage_are_uplinks():
    uplink = {"f_cnt": 1, "normalized_payload": {"wind": {"speed": 4}}, "received_at": AT}
    message = {"end_device_ids": {"device_id": "dev"}, "uplink_normalized": uplink}
    assert pairs(parse(message)) == pairs(parse({"result": message})) == [("wind_speed", 4.0)]


def test_an_uplink_that_comes_twice_counts_once():
    read = MQTT_DIALECTS["ttn"].parser({})
    message = msgspec.json.encode(up(decoded_payload={"temperature": 20}))
    assert len(read("t", message).samples) == 1
    assert read("t", message) == Frame((), "uplink 1 of a8404163f1834c84 came a second time")


def test_a_simulated_uplink_is_no_reading():
    outcome = parse(up({"simulated": True}, decoded_payload={"temperature": 20}))
    assert outcome == Frame((), "simulated uplink: somebody tries the application, and nothing was measured")


def test_warnings_of_the_formatter_are_told():
    outcome = parse(up(decoded_payload={"temperature": 20}, decoded_payload_warnings=["battery low"]))
    assert (pairs(outcome), outcome.note) == ([("temperature", 20.0)], "battery low")


@pytest.mark.parametrize(
    ("message", "outcome"),
    [
        ({"join_accept": {}}, Frame((), "join accept: only uplinks hold readings")),
        ({"downlink_ack": {}}, Frame((), "downlink ack: only uplinks hold readings")),
        (up(), Frame((), "uplink without data")),
        (b"[1]", Noise(3, "message is no JSON object, which those of The Things Stack are")),
        (b'{"a":1}', Noise(7, "message has no uplink_message: is it of The Things Stack v3?")),
        (
            b'{"app_id":"a","dev_id":"d","payload_raw":"AQ=="}',
            Noise(48, "message is of The Things Network v2, which was switched off in 2021: move to v3"),
        ),
    ],
)
def test_what_is_no_uplink_says_so(message, outcome):
    assert parse(message) == outcome


def test_a_payload_that_is_no_base64_is_noise():
    message = msgspec.json.encode(up(frm_payload="no base64"))
    assert parse(message) == Noise(len(message), "frm_payload 'no base64' is no base64")


@pytest.mark.parametrize(
    "message",
    [
        up(decoded_payload=7), up(decoded_payload="x"), up(normalized_payload=[1, None, {"air": 7}]),
        up(rx_metadata=[1, {"rssi": "x"}]), up(settings=[1]), up(version_ids=7), up(f_cnt="x", f_port=None),
        {"end_device_ids": 7, "uplink_message": {}},
    ],
)  # fmt: skip
def test_a_message_that_is_odd_is_read_as_far_as_it_goes(message):
    assert parse(message).samples == ()
