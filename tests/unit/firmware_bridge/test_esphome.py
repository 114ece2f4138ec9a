"""ESPHome: names of sensors and what they mean, units that no message has, states that are none."""

import pytest

from firmware_bridge import MQTT_DIALECTS, Frame, Noise, OptionError, Sample
from firmware_bridge.dialects import esphome


def parser(**options):
    return MQTT_DIALECTS["esphome"].parser(options)


def parse(object_id, payload, **options):
    return parser(**options)(f"air-1/sensor/{object_id}/state", payload)


@pytest.mark.parametrize(
    ("object_id", "payload", "expected"),
    [
        ("temperature", b"23.4", Sample("temperature", 23.4, "air-1")),
        ("bme280_humidity", b"71", Sample("humidity", 71.0, "air-1")),
        ("bme280_pressure", b"1009.5", Sample("pressure", 1009.5, "air-1")),
        ("bme280_pressure", b"100950", Sample("pressure", 1009.5, "air-1")),
        ("living_room_pm_2_5", b"9", Sample("pm2_5", 9.0, "air-1")),
        ("pm_10_0_concentration", b"9", Sample("pm10", 9.0, "air-1")),
        ("particulate_matter__1_0__m_concentration", b"3", Sample("pm1", 3.0, "air-1")),
        ("scd41_co2", b"612.0", Sample("co2", 612.0, "air-1")),
        ("wifi_signal", b"-61", Sample("signal", -61.0, "air-1")),
        ("temperature", b" 2.34e1\r\n\0", Sample("temperature", 23.4, "air-1")),
    ],
)
def test_a_sensors_name_says_its_quantity(object_id, payload, expected):
    assert parse(object_id, payload) == Frame((expected,))


@pytest.mark.parametrize(
    "object_id", ["uptime", "cpu_temperature", "dew_point", "suhu", "wifi_signal_percent", "rainfall", "", "_", "°"]
)
def test_a_name_that_says_nothing_gives_no_reading(object_id):
    outcome = parse(object_id, b"3")
    assert isinstance(outcome, Frame)
    assert outcome.samples == ()
    assert outcome.note


@pytest.mark.parametrize("object_id", ["water_level", "tank_distance", "wind_speed", "o3", "tvoc"])
def test_a_quantity_whose_unit_nobody_can_know_needs_it_in_the_configuration(object_id):
    outcome = parse(object_id, b"1.5")
    assert isinstance(outcome, Frame)
    assert outcome.samples == ()
    assert "set it: units" in outcome.note


def test_units_and_names_of_the_configuration_count():
    level = parse("pit", b"1.5", values={"water_level": "pit"}, units={"water_level": "m"})
    assert level == Frame((Sample("water_level", 150.0, "air-1"),))
    assert parse("tank_distance", b"1.5", units={"distance": "m"}) == Frame((Sample("distance", 150.0, "air-1"),))
    read = parser(values={"temperature": "home/porch"})
    assert read("home/porch", b"23.4") == Frame((Sample("temperature", 23.4, "home"),))


def test_where_values_names_a_sensor_no_other_gives_its_quantity():
    read = parser(values={"temperature": "porch"})
    assert read("air-1/sensor/porch/state", b"23.4").samples
    assert read("air-1/sensor/temperature/state", b"25.0") == Frame(
        (), "temperature is no quantity that is known; name it in values"
    )


def test_of_two_sensors_for_one_quantity_the_plainer_name_counts_whoever_was_heard_first():
    read = parser()
    assert read("a/sensor/dht22_temperature/state", b"31").samples
    assert read("a/sensor/bme280_temperature/state", b"29").samples
    assert read("a/sensor/dht22_temperature/state", b"31") == Frame(
        (), "dht22_temperature left out: bme280_temperature gives temperature; choose in values"
    )
    assert read("a/sensor/temperature/state", b"30").samples
    assert not read("a/sensor/bme280_temperature/state", b"29").samples
    assert read("b/sensor/dht22_temperature/state", b"31") == Frame((Sample("temperature", 31.0, "b"),))


@pytest.mark.parametrize("payload", [b"nan", b"NaN", b"-inf", b"", b"unknown", b"unavailable"])
def test_a_state_without_a_value_says_so(payload):
    outcome = parse("temperature", payload)
    assert isinstance(outcome, Frame)
    assert outcome.samples == ()
    assert "has failed, or has not measured yet" in outcome.note


@pytest.mark.parametrize("payload", [b"ON", b"\xff\xfe", b"23.4 \xc2\xb0C", b"{}", b"1" * 300, b"1_0", b"0x10"])
def test_a_state_that_is_no_number_is_noise(payload):
    assert parse("temperature", payload) == Noise(len(payload), "state of temperature is not a number")


@pytest.mark.parametrize(
    ("topic", "payload", "note"),
    [
        ("air-1/status", b"online", "device is online"),
        ("air-1/status", b"?", "status of the device, no reading"),
        ("air-1/debug", b"[D][sensor:094]", "topic air-1/debug is no sensor's state, no reading"),
        ("air-1/switch/fan/state", b"ON", "topic air-1/switch/fan/state is no sensor's state, no reading"),
        ("a/binary_sensor/leak/state", b"ON", "topic a/binary_sensor/leak/state is no sensor's state, no reading"),
        ("", b"23.4", "topic  is no sensor's state, no reading"),
    ],
)  # fmt: skip
def test_what_is_no_sensors_state_is_no_reading(topic, payload, note):
    assert parser()(topic, payload) == Frame((), note)


def test_what_is_remembered_of_devices_is_bounded():
    read = parser()
    outcomes = [read(f"a{at}/sensor/temperature/state", b"20") for at in range(2_100)]
    assert sum(bool(outcome.samples) for outcome in outcomes) == 2_000
    assert outcomes[-1].note.startswith("temperature left out: more than 2000 devices")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"values": {"dust": "x"}}, "values: 'dust' is no quantity"),
        ({"values": {"pm2_5": ""}}, "values.pm2_5: '' is no name; write one in quotes"),
        ({"units": {"temperature": "hPa"}}, "units.temperature: 'hPa' is no unit of temperature"),
        ({"channels": {"air": 1}}, "channels: '1' is no sensor's name"),
    ],
)
def test_options_that_cannot_be_used_are_refused(options, said):
    with pytest.raises(OptionError) as refused:
        parser(**options)
    assert str(refused.value).startswith(said)


def test_a_state_is_built_as_esphome_writes_it():
    assert esphome.build("air-1", "pm_2_5", 12.3) == ("air-1/sensor/pm_2_5/state", b"12.3")
    assert parser()(*esphome.build("air-1", "pm_2_5", 12.3)) == Frame((Sample("pm2_5", 12.3, "air-1"),))
    assert not parser()(*esphome.build("air-1", "pm_2_5", float("nan"))).samples
