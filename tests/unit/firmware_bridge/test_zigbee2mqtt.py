"""Zigbee2MQTT: recorded messages, names with slashes, the four settings of last_seen, units that only a model knows."""

import msgspec
import pytest

from firmware_bridge import MQTT_DIALECTS, Frame, Noise, OptionError, Sample
from firmware_bridge.dialects import zigbee2mqtt
from tests.recorded import Source, recorded
from tests.synthetic.messages import BURST_MS, messages_tsv

BASE = "zigbee2mqtt"


def parser(**options):
    return MQTT_DIALECTS[BASE].parser(options)


def parse(message, topic=f"{BASE}/air", **options):
    payload = message if isinstance(message, bytes) else msgspec.json.encode(message)
    return parser(**options)(topic, payload)


def pairs(outcome) -> list[tuple[str, float]]:
    return [(sample.quantity, sample.value) for sample in outcome.samples]


RECORDED_MS = (
    1_765_292_593_065, 1_765_292_593_107, 1_765_292_593_564, 1_765_292_593_606, 1_765_292_593_983, 1_765_292_594_021,
)  # fmt: skip


@pytest.mark.parametrize(
    ("source", "name", "times_ms", "values"),
    [
        pytest.param(messages_tsv, "Made up", BURST_MS, (29.0, 74.0, 455.0, 180.0, 1.0), id="synthetic"),
        recorded(
            "mqtt_json/messages.tsv", "Air Quality Sensor", RECORDED_MS, (21.0, 50.0, 368.0, 255.0, 2.0)
        ),
    ],
)  # fmt: skip
def test_a_burst_keeps_the_times_at_which_the_device_was_heard(source: Source, name, times_ms, values):
    rows = [line.split("\t") for line in source().splitlines() if line.startswith(f"{BASE}\t")]
    read = parser()
    outcomes = [read(topic, payload.encode()) for _, topic, payload in rows]
    assert [{sample.time_ms for sample in outcome.samples} for outcome in outcomes] == [{at} for at in times_ms]
    quantities = ("temperature", "humidity", "co2", "link_quality", "formaldehyde")
    for outcome in outcomes:
        assert pairs(outcome) == list(zip(quantities, values, strict=True))
        assert {sample.channel for sample in outcome.samples} == {name}
        assert outcome.note == "voc has no unit that could be known; set it: units = { voc = … }"


@pytest.mark.parametrize(
    ("given", "time_ms", "note"),
    [
        (1_772_855_674_000, 1_772_855_674_000, ""),
        ("1772855674000", 1_772_855_674_000, ""),
        ("2026-03-07T03:54:34.000Z", 1_772_855_674_000, ""),
        ("2026-03-07T12:54:34+09:00", 1_772_855_674_000, ""),
        (None, None, ""),
        ("3 minutes ago", None, "last_seen is not an ISO 8601 time"),
        ({}, None, "last_seen is not a number"),
    ],
)
def test_last_seen_is_read_in_each_of_its_settings(given, time_ms, note):
    outcome = parse({"temperature": 20, "last_seen": given})
    assert outcome == Frame((Sample("temperature", 20.0, "air", time_ms),), note)


@pytest.mark.parametrize(
    ("base", "topic", "channel"),
    [
        (BASE, "zigbee2mqtt/air", "air"),
        (BASE, "zigbee2mqtt/market/hall 2/air", "market/hall 2/air"),
        (BASE, "zigbee2mqtt/0x00158d0001dc126a", "0x00158d0001dc126a"),
        (BASE, "z2m/market/air", "market/air"),
        ("home/zigbee", "home/zigbee/market/air", "market/air"),
        ("home/zigbee/", "home/zigbee/air", "air"),
        (BASE, "", ""),
    ],
)
def test_the_friendly_name_is_what_stands_below_the_base(base, topic, channel):
    assert parse({"humidity": 50}, topic, base=base) == Frame((Sample("humidity", 50.0, channel),))


@pytest.mark.parametrize(
    ("given", "expected"), [(1009.2, 1009.2), (100.92, 1009.2), (100_920, 1009.2), (98.7, 987.0), ("1009.2", 1009.2)]
)
def test_an_air_pressure_is_in_the_only_unit_that_it_can_be_in(given, expected):
    assert pairs(parse({"pressure": given})) == [("pressure", expected)]


@pytest.mark.parametrize("given", [0, 7, 200, 5_000, -100.9])
def test_what_is_no_air_pressure_in_any_unit_is_no_reading(given):
    assert parse({"pressure": given}) == Frame((), f"pressure of {given:g} is no air pressure in hPa, kPa or Pa")


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ({"battery": 90, "voltage": 3_005}, [("battery", 90.0), ("battery_voltage", 3.005)]),
        ({"battery": 90, "voltage": 3.1}, [("battery", 90.0), ("battery_voltage", 3.1)]),
        ({"battery": 90, "voltage": 230}, [("battery", 90.0)]),
        ({"voltage": 230.1, "power": 12}, []),
        ({"battery": "100.00", "voltage": None}, [("battery", 100.0)]),
    ],
)
def test_a_voltage_is_the_batterys_only_where_there_is_one(message, expected):
    assert pairs(parse(message)) == expected


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ({"illuminance": 21_000, "illuminance_lux": 125}, [("illuminance", 125.0)]),
        ({"illuminance": 21_000, "illuminance_lux": None}, []),
        ({"illuminance": 125}, [("illuminance", 125.0)]),
        ({"co": 9}, [("co", 10_310.42945)]),
        ({"hcho": 0.02}, [("formaldehyde", 20.0)]),
        ({"voc_index": 103, "pm25": 5, "pm1": 3}, [("pm1", 3.0), ("pm2_5", 5.0), ("voc_index", 103.0)]),
        ({"people": 4, "noise": 61.5}, [("noise", 61.5), ("occupancy", 4.0)]),
        ({"occupancy": True, "presence": False, "water_leak": True, "contact": True}, []),
        ({"device_temperature": 31, "temperature_calibration": 1, "local_temperature": 22}, []),
    ],
)  # fmt: skip
def test_keys_are_quantities_where_they_measure_one(message, expected):
    assert pairs(parse(message)) == expected


# What the converters of zigbee-herdsman-converters 26.112 gave for made-up attribute reports (29.34 Cel, 1009 hPa,
# 74.5 %, 12 ug/m3, 612 ppm, 2900 mV), run by hand: keys and scales are theirs.
OF_MODELS = {
    "EFEKTA_PST_V1": (
        {"temperature": 29.34, "pressure": 100.9, "bar": 1.01, "psi": 14.63, "battery": 87, "voltage": 2_900},
        {"temperature": 29.34, "pressure": 1009.0, "battery": 87.0, "battery_voltage": 2.9},
    ),
    "Heiman HS2AQ-EM": (
        {"temperature": 29.34, "humidity": 74.5, "pm25": 12, "pm10": 20, "hcho": 0.021, "voc": 12, "aqi": 2,
         "battery": 87, "voltage": 2_900, "battery_state": "charging"},
        {"temperature": 29.34, "humidity": 74.5, "pm2_5": 12.0, "pm10": 20.0, "formaldehyde": 21.0, "battery": 87.0,
         "battery_voltage": 2.9},
    ),
    "IKEA E2112": ({"temperature": 29.34, "humidity": 74.5, "pm25": 12},
                   {"temperature": 29.34, "humidity": 74.5, "pm2_5": 12.0}),
    "IKEA E2007": ({"pm25": 12, "air_quality": "good"}, {"pm2_5": 12.0}),
    "Aqara WSDCGQ11LM": ({"temperature": 29.34, "humidity": 74.5, "pressure": None},
                         {"temperature": 29.34, "humidity": 74.5}),
    "Aqara VOCKQJK11LM": ({"temperature": 29.34, "humidity": 74.5, "voltage": 2_900, "battery": 33, "voc": 7},
                          {"temperature": 29.34, "humidity": 74.5, "battery": 33.0, "battery_voltage": 2.9}),
    "Xiaomi GZCGQ01LM": ({"illuminance": 125, "voltage": 2_900, "battery": 33},
                         {"illuminance": 125.0, "battery": 33.0, "battery_voltage": 2.9}),
    "EFEKTA_CO2_Smart_Monitor": ({"temperature": 29.34, "humidity": 74.5, "co2": 612},
                                 {"temperature": 29.34, "humidity": 74.5, "co2": 612.0}),
    "ShinaSystem CSM-300ZB": ({"voltage": 2_900, "battery": 42, "people": 7, "status": "idle"},
                              {"occupancy": 7.0, "battery": 42.0, "battery_voltage": 2.9}),
    "Bacchus water level": ({"temperature": 29.34, "battery": 87, "voltage": 2_900, "water_level": 70},
                            {"temperature": 29.34, "battery": 87.0, "water_level": 70.0, "battery_voltage": 2.9}),
}  # fmt: skip


@pytest.mark.parametrize("model", OF_MODELS)
def test_what_models_publish_is_read(model):
    message, expected = OF_MODELS[model]
    assert dict(pairs(parse(message))) == expected


def devices(name: str, **units: str) -> bytes:
    exposes = [{"type": "numeric", "property": key, "unit": unit} for key, unit in units.items()]
    entries = [{"friendly_name": name, "definition": {"exposes": [*exposes, {"features": []}, 7]}}]
    return msgspec.json.encode([*entries, {"friendly_name": "Coordinator", "definition": None}, {}, None])


def test_units_are_those_that_the_bridge_says_of_the_model():
    read = parser()
    message = b'{"voc":12,"pressure":101.3}'
    assert pairs(read(f"{BASE}/air", message)) == [("pressure", 1013.0)]
    told = read(f"{BASE}/bridge/devices", devices("air", voc="µg/m³", pressure="kPa"))
    assert told == Frame((), "bridge/devices is of Zigbee2MQTT itself, no reading")
    assert pairs(read(f"{BASE}/air", message)) == [("pressure", 1013.0), ("voc", 12.0)]
    assert pairs(read(f"{BASE}/another", message)) == [("pressure", 1013.0)]


def test_a_unit_that_is_none_of_the_quantity_is_no_reading():
    read = parser()
    read(f"{BASE}/bridge/devices", devices("air", voc="ppb"))
    assert read(f"{BASE}/air", b'{"voc":12}') == Frame((), "voc is in 'ppb', which is no unit of voc (ug/m3)")


def test_the_units_of_the_configuration_go_before_those_of_the_bridge():
    read = parser(units={"voc": "mg/m3"})
    read(f"{BASE}/bridge/devices", devices("air", voc="ppb"))
    assert pairs(read(f"{BASE}/air", b'{"voc":0.25}')) == [("voc", 250.0)]


def test_a_part_of_a_device_is_chosen_by_its_key():
    message = {"temperature_1": 20.5, "temperature_2": 21.5}
    assert parse(message) == Frame(
        (), "no quantity of the device as a whole; name one in values: temperature_1, temperature_2"
    )
    assert pairs(parse(message, values={"temperature": "temperature_2"})) == [("temperature", 21.5)]
    assert pairs(parse({"presence": True, "temperature": 20}, values={"occupancy": "presence"})) == [
        ("occupancy", 1.0),
        ("temperature", 20.0),
    ]


def test_values_on_topics_of_their_own_are_read_where_no_json_has_them():
    read = parser()
    assert read(f"{BASE}/hall/air/temperature", b"21.5") == Frame((Sample("temperature", 21.5, "hall/air"),))
    assert read(f"{BASE}/hall/air/state", b"ON") == Frame((), "no quantity in this message")
    assert pairs(read(f"{BASE}/hall/air", b'{"temperature":21.5}')) == [("temperature", 21.5)]
    assert read(f"{BASE}/hall/air/temperature", b"21.5") == Frame((), "temperature is in the device's JSON too")


@pytest.mark.parametrize(
    ("topic", "payload", "note"),
    [
        ("air/availability", b"online", "device is online"),
        ("air/availability", b'{"state":"offline"}', "device is offline"),
        ("air/availability", b"{", "availability of the device, no reading"),
        ("bridge/state", b"online", "bridge/state is of Zigbee2MQTT itself, no reading"),
        ("bridge/logging", b'{"temperature":3}', "bridge/logging is of Zigbee2MQTT itself, no reading"),
        ("bridge/devices", b"[{", "bridge/devices is of Zigbee2MQTT itself, no reading"),
        ("valve/set", b'{"temperature":21}', "a command to the device, no reading"),
        ("valve/set/temperature", b"21", "a command to the device, no reading"),
        ("air/get", b'{"temperature":""}', "a command to the device, no reading"),
        ("air", b"", "message is empty: the device was taken out or renamed, or a value is not known"),
        ("air", b'{"action":"single","linkquality":null}', "link_quality is missing"),
    ],
)
def test_what_is_no_reading_says_so(topic, payload, note):
    assert parse(payload, f"{BASE}/{topic}") == Frame((), note)


@pytest.mark.parametrize("payload", [b"[1]", b"[" * 200_000, b'{"temperature":' * 9_000, b"{" + b"x" * 300_000])
def test_a_hostile_message_is_noise(payload):
    outcome = parse(payload)
    assert isinstance(outcome, Noise)
    assert outcome.size == len(payload)


def test_what_is_kept_of_devices_is_bounded():
    reader = zigbee2mqtt.Zigbee2MqttParser({})
    read = reader.parse
    for at in range(zigbee2mqtt._MOST_DEVICES + 50):
        read(f"{BASE}/air-{at}", b'{"temperature":20}')
    read(f"{BASE}/bridge/devices", b"[" + b",".join([devices("a", voc="ppm")[1:-1]] * 900) + b"]")
    assert len(reader._json_of) == zigbee2mqtt._MOST_DEVICES
    assert len(reader._units_of) == 1


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"values": {"temprature": "t"}}, "values: 'temprature' is no quantity; did you mean temperature?"),
        ({"values": {"temperature": 7}}, "values.temperature: 7 is no name; write one in quotes"),
        ({"units": {"voc": "bananas"}}, "units.voc: 'bananas' is no unit of voc; write one such as 'ug/m3'"),
        ({"channels": {"air": "Not A Name"}}, "channels: 'Not A Name' is no sensor's name"),
    ],
)
def test_options_that_cannot_be_used_are_refused(options, said):
    with pytest.raises(OptionError) as refused:
        parser(**options)
    assert str(refused.value).startswith(said)


def test_a_message_is_built_as_zigbee2mqtt_writes_it():
    built = zigbee2mqtt.build({"temperature": 20.5, "linkquality": 99}, last_seen="2026-03-07T03:54:34.000Z")
    assert built == b'{"temperature":20.5,"linkquality":99,"last_seen":"2026-03-07T03:54:34.000Z"}'
    assert pairs(parse(built)) == [("temperature", 20.5), ("link_quality", 99.0)]
