"""Sensor.Community: names of types and chips, values as texts, devices, what was not measured."""

import msgspec
import pytest

from firmware_bridge import MQTT_DIALECTS, Frame, Noise, OptionError, Sample
from firmware_bridge.dialects import sensor_community


def parse(message, topic="", **options):
    payload = message if isinstance(message, bytes) else msgspec.json.encode(message)
    return MQTT_DIALECTS["sensor_community"].parser(options)(topic, payload)


def of(**values):
    return {"sensordatavalues": [{"value_type": name, "value": value} for name, value in values.items()]}


def pairs(outcome) -> dict[str, float]:
    return {sample.quantity: sample.value for sample in outcome.samples}


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"P1": "15.23", "P2": "10.17"}, {"pm10": 15.23, "pm2_5": 10.17}),
        ({"SPS30_P0": "1.1", "SPS30_P2": "2.2", "SPS30_P4": "3.3", "SPS30_P1": "4.4"},
         {"pm1": 1.1, "pm2_5": 2.2, "pm4": 3.3, "pm10": 4.4}),
        ({"PMS_P0": "1", "PMS_P1": "3", "PMS_P2": "2"}, {"pm1": 1.0, "pm10": 3.0, "pm2_5": 2.0}),
        ({"NPM_P0": "1", "NPM_N1": "77"}, {"pm1": 1.0}),
        ({"sds_p1": 15.23}, {"pm10": 15.23}),
        ({"BMP_pressure": "100950.00", "BMP_temperature": "28.4"}, {"pressure": 1009.5, "temperature": 28.4}),
        ({"BME280_humidity": "78.43", "BME280_pressure": "98920.23"}, {"humidity": 78.43, "pressure": 989.2023}),
        ({"DNMS_noise_LAeq": "61.2", "DNMS_noise_LA_max": "80"}, {"noise": 61.2}),
        ({"noise_LAeq": "61.2"}, {"noise": 61.2}),
        ({"SCD30_co2_ppm": "612"}, {"co2": 612.0}),
        ({"signal": "-50", "samples": "588824", "interval": "145000"}, {"signal": -50.0}),
        ({"durP1": "12", "ratioP1": "0.1", "P1": "250.44", "P2": "80"}, {}),
    ],
)  # fmt: skip
def test_types_are_quantities_whatever_chip_stands_before_them(values, expected):
    assert pairs(parse(of(**values))) == expected


def test_of_two_chips_the_better_counts_in_whatever_order_they_stand():
    for values in (
        {"temperature": "31", "BME280_temperature": "29"},
        {"BME280_temperature": "29", "temperature": "31"},
    ):
        outcome = parse(of(**values))
        assert pairs(outcome) == {"temperature": 29.0}
        assert outcome.note == "temperature left out: BME280_temperature gives temperature"
    chosen = parse(of(temperature="31", BME280_temperature="29"), values={"temperature": "temperature"})
    assert chosen == Frame((Sample("temperature", 31.0),))


@pytest.mark.parametrize(
    ("values", "note"),
    [
        ({"SDS_P1": "-1.00"}, "SDS_P1 is -1: the device has not measured it"),
        ({"temperature": "-128.00"}, "temperature is -128: the device has not measured it"),
        ({"DS18B20_temperature": "-127"}, "DS18B20_temperature is -127: the device has not measured it"),
        ({"BME280_pressure": "-1.00"}, "BME280_pressure is -1: the device has not measured it"),
        ({"P2": "nan"}, "P2 is not a number"),
        ({"P2": None}, "P2 is missing"),
    ],
)
def test_what_was_not_measured_gives_no_reading_and_costs_none_beside_it(values, note):
    outcome = parse(of(**values, humidity="50"))
    assert pairs(outcome) == {"humidity": 50.0}
    assert outcome.note == note


@pytest.mark.parametrize(
    ("message", "topic", "channel"),
    [
        ({"esp8266id": "12345"}, "", "esp8266-12345"),
        ({"esp8266id": 12345}, "", "esp8266-12345"),
        ({"esp32id": "9ab"}, "", "esp32-9ab"),
        ({"esp8266id": "esp8266-12345"}, "", "esp8266-12345"),
        ({}, "push-sensor-data/esp8266-12345/11", "esp8266-12345"),
        ({}, "push-sensor-data", ""),
    ],
)
def test_a_device_is_known_by_its_name(message, topic, channel):
    assert parse({**message, **of(P1="3")}, topic) == Frame((Sample("pm10", 3.0, channel),))


def test_a_row_of_the_archive_has_its_time_in_utc():
    row = {"timestamp": "2026-03-07 03:54:34", **of(P1="3")}
    assert parse(row) == Frame((Sample("pm10", 3.0, "", 1_772_855_674_000),))
    assert parse({"timestamp": 7, **of(P1="3")}) == Frame((Sample("pm10", 3.0),), "timestamp is not text")


@pytest.mark.parametrize(
    "payload", [b"", b"[1]", b"{}", b'{"sensordatavalues":{}}', b"{" * 100_000, b"x" * 300_000, b"<html>"]
)
def test_what_is_no_post_is_noise(payload):
    assert isinstance(parse(payload), Noise)


def test_rows_that_are_none_cost_nothing_beside_them():
    message = {"sensordatavalues": [None, 7, {"value_type": 3}, {"value": "1"}, *of(P1="3")["sensordatavalues"]]}
    assert pairs(parse(message)) == {"pm10": 3.0}
    assert parse({"sensordatavalues": []}) == Frame((), "no quantity in this message")
    assert len(parse({"sensordatavalues": of(P1="x")["sensordatavalues"] * 5_000}).note) < 1_000


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"values": {"dust": "P1"}}, "values: 'dust' is no quantity"),
        ({"units": {"pressure": "°C"}}, "units.pressure: '°C' is no unit of pressure"),
        ({"channels": {"": "air"}}, "channels: '' is no channel; write the name of a device"),
    ],
)
def test_options_that_cannot_be_used_are_refused(options, said):
    with pytest.raises(OptionError) as refused:
        parse({}, **options)
    assert str(refused.value).startswith(said)


def test_a_message_is_built_as_a_device_writes_it():
    built = sensor_community.build({"SDS_P1": 15.23}, device="7", version="NRZ-2020-133")
    assert built == (
        b'{"esp8266id":"7","software_version":"NRZ-2020-133","sensordatavalues":[{"value_type":"SDS_P1","value":"15.23"}]}'
    )
    assert parse(built) == Frame((Sample("pm10", 15.23, "esp8266-7"),))
