"""Tasmota: recorded messages, units, several sensors on one device, what is no telemetry."""

import msgspec
import pytest

from firmware_bridge import MQTT_DIALECTS, Frame, Noise, Sample
from firmware_bridge.dialects import tasmota
from tests.recorded import Source, recorded
from tests.synthetic.messages import messages_tsv
from wire import QUANTITIES
from wire.units import conversion


def parse(message, **options):
    payload = message if isinstance(message, bytes) else msgspec.json.encode(message)
    return MQTT_DIALECTS["tasmota"].parser(options)("tele/device/SENSOR", payload)


def pairs(outcome) -> list[tuple[str, float]]:
    return [(sample.quantity, sample.value) for sample in outcome.samples]


@pytest.mark.parametrize(
    ("source", "readings"),
    [
        pytest.param(
            messages_tsv,
            [
                [("temperature", 28.4), ("humidity", 81.2), ("pressure", 1009.5), ("pm2_5", 17.3), ("pm10", 30.9)],
                [("pm1", 2.0), ("pm2_5", 4.0), ("pm10", 5.0)],
                [("temperature", 24.9)],
            ],
            id="synthetic",
        ),
        recorded(
            "mqtt_json/messages.tsv",
            [
                [("temperature", 20.5), ("humidity", 53.1), ("pressure", 977.0), ("pm2_5", 11.8), ("pm10", 5.8)],
                [("pm1", 0.0), ("pm2_5", 1.0), ("pm10", 1.0)],
                [("temperature", 20.6)],
            ],
        ),
    ],
)
def test_messages_give_what_they_say(source: Source, readings: list[list[tuple[str, float]]]):
    lines = source().splitlines()
    outcomes = [parse(line.split("\t")[2].encode()) for line in lines if line.startswith("tasmota\t")]
    assert [pairs(outcome) for outcome in outcomes] == readings
    assert {outcome.note for outcome in outcomes} == {""}


def test_readings_are_stamped_on_arrival_since_the_devices_time_has_no_zone():
    outcome = parse({"Time": "2023-05-21T01:06:38", "SR04": {"Distance": 12.5}})
    assert outcome.samples == (Sample("distance", 12.5, "", None),)


@pytest.mark.parametrize(
    ("key", "unit", "given", "expected"),
    [
        ("TempUnit", "C", {"Temperature": 20.7}, ("temperature", 20.7)),
        ("TempUnit", "F", {"Temperature": 32.0}, ("temperature", 0.0)),
        ("TempUnit", "F", {"Temperature": -40}, ("temperature", -40.0)),
        ("PressureUnit", "hPa", {"Pressure": 1013.4}, ("pressure", 1013.4)),
        ("PressureUnit", "mmHg", {"Pressure": 760}, ("pressure", 1013.25)),
        ("PressureUnit", "inHg", {"Pressure": 29.92}, ("pressure", 1013.21)),
    ],
)
def test_units_are_those_the_message_names(key, unit, given, expected):
    assert pairs(parse({"BMP280": given, key: unit})) == [expected]


@pytest.mark.parametrize("unit", [b"C", b"\xb0C", "°C".encode(), b"\xff\xffC", b"\xff", b"C\x00", b" C "])
def test_a_unit_with_broken_bytes_costs_no_number(unit):
    assert pairs(parse(b'{"BME280":{"Temperature":29.5},"TempUnit":"' + unit + b'"}')) == [("temperature", 29.5)]


def test_a_value_in_a_unit_that_is_not_known_is_left_out():
    outcome = parse({"BME280": {"Temperature": 290, "Humidity": 50, "Pressure": 1000}, "TempUnit": "X"})
    assert pairs(outcome) == [("humidity", 50.0), ("pressure", 1000.0)]
    assert outcome.note == "BME280 Temperature is in unknown unit 'X'"


TWO = {"DS18B20-1": {"Id": "01131B", "Temperature": 20.1}, "DS18B20-2": {"Id": "02F3A9", "Temperature": 24.9}}
A, B = Sample("temperature", 20.1, own_id="01131B"), Sample("temperature", 24.9, own_id="02F3A9")
ONE = {"DS18B20": {"Id": "02F3A9", "Temperature": 24.9}}


def test_the_first_of_two_sensors_counts_and_each_is_known_by_its_id():
    assert parse(TWO) == Frame((A,), "DS18B20-2 Temperature left out: set only to 02F3A9 to choose it", (B,))
    assert parse(ONE) == Frame((B,))


@pytest.mark.parametrize("only", ["02F3A9", "02f3a9"])
def test_a_sensor_is_chosen_by_its_id_wherever_it_stands(only):
    assert parse(TWO, only=only).samples == parse(ONE, only=only).samples == (Sample("temperature", 24.9),)
    assert parse(ONE, only="01131B") == Frame((), "no sensor 01131B")


def test_a_sensor_that_is_chosen_by_its_place_carries_its_id():
    assert parse(TWO, only="DS18B20-2") == Frame((B,), "", (A,))
    assert parse(ONE, only="DS18B20-2") == Frame((), "no sensor DS18B20-2", (B,))
    assert parse(TWO, only="DS18B20-3").samples == ()


@pytest.mark.parametrize("key", ["SHT3X-0x44", "BME280-76", "DS18B20_1", "SR04-1", "SDS0X1"])
def test_a_sensors_index_or_address_is_no_part_of_its_kind(key):
    body = {"Temperature": 20, "Humidity": 40, "Pressure": 1000, "Distance": 10, "PM2.5": 1, "PM10": 2}
    assert parse({key: body}).samples


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ({"SCD40": {"CarbonDioxide": 618, "eCO2": 623, "Temperature": 23.8, "Humidity": 61.1, "DewPoint": 15.8}},
         [("co2", 618.0), ("temperature", 23.8), ("humidity", 61.1)]),
        ({"SPS30": {"PM1_0": 1.1, "PM2_5": 2.2, "PM4_0": 3.3, "PM10": 4.4, "NCPM0_5": 9}},
         [("pm1", 1.1), ("pm2_5", 2.2), ("pm4", 3.3), ("pm10", 4.4)]),
        ({"SEN5X": {"PM2.5": 2.2, "VOC": 103, "NOx": 1, "AbsHumidity": 12}},
         [("pm2_5", 2.2), ("voc_index", 103.0), ("nox_index", 1.0)]),
        ({"VL53L0X": {"Distance": 263}}, [("distance", 26.3)]),
        ({"BH1750": {"Illuminance": 21}, "AHT2X": {"Temperature": 29}}, [("illuminance", 21.0), ("temperature", 29.0)]),
        ({"CCS811": {"eCO2": 400, "TVOC": 3}, "ANALOG": {"Temperature": 12}}, []),
    ],
)  # fmt: skip
def test_of_each_chip_what_it_measures_counts(message, expected):
    assert pairs(parse(message)) == expected


@pytest.mark.parametrize("behind", [b',"BME280":{"Temperature":29.5},"TempUnit":"C"}', b"}", b""])
def test_a_driver_that_closes_the_message_too_early_costs_no_number(behind):
    payload = b'{"Time":"2026-03-07T12:54:34","PMSA003I":{"CF1":2,"PM1":1,"PM2.5":2,"PM10":3,"PB10":0}}' + behind
    assert pairs(parse(payload))[:3] == [("pm1", 1.0), ("pm2_5", 2.0), ("pm10", 3.0)]
    assert (("temperature", 29.5) in pairs(parse(payload))) is (b"BME280" in behind)


def test_a_broken_byte_in_a_text_costs_no_number_beside_it():
    payload = b'{"Time":"\xff\xff","Name":"Pantai \xe9","BME280":{"Temperature":29.5},"TempUnit":"C"}\x00'
    assert pairs(parse(payload)) == [("temperature", 29.5)]


def test_a_failed_sensor_gives_no_sample():
    outcome = parse({"AM2301": {"Temperature": None, "Humidity": 71.5}})
    assert pairs(outcome) == [("humidity", 71.5)]
    assert outcome.note == "AM2301 Temperature is missing"


def test_status_answers_hold_the_same_under_their_own_key():
    assert pairs(parse({"StatusSNS": {"Time": "2026-03-07T12:54:34", "SR04": {"Distance": 9.5}}})) == [
        ("distance", 9.5)
    ]


@pytest.mark.parametrize(
    ("payload", "outcome"),
    [
        (b"Offline", Frame((), "device is offline")),
        (b'{"Time":"2026-03-07T12:54:34","ESP32":{"Temperature":53.9}}', Frame((), "no sensor that is known here")),
        (b'{"StatusSNS":7}', Frame((), "no sensor that is known here")),
        (b"[1]", Noise(3, "message is no JSON object")),
    ],
)
def test_what_is_no_telemetry_says_so(payload, outcome):
    assert parse(payload) == outcome


@pytest.mark.parametrize("payload", [b"\xff", b"{" * 100_000, b'{"BME280":{"Temperature":' * 9_000, b"x" * 300_000])
def test_a_hostile_message_is_noise(payload):
    outcome = parse(payload)
    assert isinstance(outcome, Noise)
    assert outcome.size == len(payload)


def test_the_table_names_quantities_of_the_wire_and_units_that_can_be_converted():
    usual = {"TempUnit": "C", "PressureUnit": "hPa"}
    for _, quantity, unit in (field for fields in tasmota.SENSORS.values() for field in fields):
        assert conversion(usual.get(unit, unit), QUANTITIES[quantity]) is not None


def test_a_message_is_built_as_tasmota_writes_it():
    built = tasmota.build({"BME280": {"Temperature": 68.0}}, time="2026-03-07T12:54:34", TempUnit="F")
    assert built == b'{"Time":"2026-03-07T12:54:34","BME280":{"Temperature":68.0},"TempUnit":"F"}'
    assert pairs(parse(built)) == [("temperature", 20.0)]
