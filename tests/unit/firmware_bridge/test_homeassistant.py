"""Home Assistant discovery: who is announced is read, what is announced and is no measurement is not, and why."""

from typing import Any

import msgspec
import pytest

from firmware_bridge import MQTT_DIALECTS, Frame, Noise, Sample
from firmware_bridge.dialects import homeassistant
from firmware_bridge.dialects.homeassistant_config import component_of
from firmware_bridge.family import OptionError

PM25 = {
    "name": "Air quality PM2.5", "stat_t": "tele/pm/SENSOR", "val_tpl": "{{ value_json.PMS5003['PM2.5'] }}",
    "unit_of_meas": "µg/m³", "dev_cla": "pm25", "stat_cla": "measurement", "uniq_id": "A0B1_PM25",
    "avty_t": "tele/pm/LWT", "pl_avail": "Online", "pl_not_avail": "Offline", "dev": {"ids": ["A0B1"]},
}  # fmt: skip


def parser(**options):
    return MQTT_DIALECTS["homeassistant"].parser(options)


def heard(parse, *messages):
    return [
        parse(topic, given if isinstance(given, bytes) else msgspec.json.encode(given)) for topic, given in messages
    ]


def announced(object_id="x1", component="sensor", **config):
    return f"homeassistant/{component}/{object_id}/config", config


def samples(outcomes):
    frames = [outcome for outcome in outcomes if isinstance(outcome, Frame)]
    return [(sample.quantity, sample.value, sample.channel) for frame in frames for sample in frame.samples]


def test_an_announced_sensor_is_read_from_its_topic():
    outcomes = heard(parser(), announced(**PM25), ("tele/pm/SENSOR", {"PMS5003": {"CF2.5": 40, "PM2.5": 31}}))
    assert outcomes[1] == Frame((Sample("pm2_5", 31.0, "A0B1"),))


def test_availability_is_said_however_it_is_announced():
    listed: dict[str, Any] = {
        key: value for key, value in PM25.items() if key not in ("avty_t", "pl_avail", "pl_not_avail")
    }
    listed["avty"] = [{"t": "up/bridge"}, {"t": "up/json", "val_tpl": "{{ value_json.state }}"}, "no object"]
    parse = parser()
    notes = [
        outcome.note
        for outcome in heard(
            parse, announced("a", **PM25), announced("b", **listed), ("tele/pm/LWT", b"Offline"),
            ("tele/pm/LWT", b"Online"), ("tele/pm/LWT", b"?"), ("up/bridge", b"offline"), ("up/json", b"{}"),
        )
    ]  # fmt: skip
    assert notes[2:] == [
        "device A0B1 is not available", "device A0B1 is available", "device A0B1 is '?'",
        "device A0B1 is not available", "no sensor was announced for topic up/json",
    ]  # fmt: skip


def test_several_sensors_are_read_from_one_message_and_a_missing_one_costs_itself():
    more = {**PM25, "name": "Air quality PM10", "val_tpl": "{{ value_json.PMS5003['PM10'] }}", "dev_cla": "pm10"}
    parse = parser()
    heard(parse, announced("a", **PM25), announced("b", **{**more, "uniq_id": "A0B1_PM10"}))
    whole, half = heard(
        parse,
        ("tele/pm/SENSOR", {"PMS5003": {"PM2.5": 31, "PM10": 48}}),
        ("tele/pm/SENSOR", {"PMS5003": {"PM2.5": None, "PM10": 48}}),
    )
    assert samples([whole]) == [("pm10", 48.0, "A0B1"), ("pm2_5", 31.0, "A0B1")]
    assert half == Frame((Sample("pm10", 48.0, "A0B1"),), "A0B1_PM25 is missing")


def test_long_keys_a_base_topic_and_a_plain_payload_are_read_too():
    config = {
        "~": "weather/out", "name": "Temperature", "state_topic": "~/temperature", "unit_of_measurement": "°F",
        "device_class": "temperature", "unique_id": "w1_t", "device": {"connections": [["mac", "02:5b:26:a8:dc:12"]]},
    }  # fmt: skip
    outcomes = heard(parser(), announced(**config), ("weather/out/temperature", b"68.9"))
    assert samples(outcomes) == [("temperature", 20.5, "02:5b:26:a8:dc:12")]
    behind = {**config, "~": "weather", "state_topic": "stat/~"}
    assert samples(heard(parser(), announced(**behind), ("stat/weather", b"68.9"))) != []


CELSIUS = {"dev_cla": "temperature", "unit_of_meas": "°C"}
DEVICE: dict[str, Any] = {
    "dev": {"ids": ["0AFFD2"], "name": "Yard"},
    "o": {"name": "bla2mqtt", "sw": "2.1"},
    "state_topic": "yard/state",
    "avty": [{"t": "yard/status"}],
    "cmps": {
        "t": {"p": "sensor", "dev_cla": "temperature", "unit_of_meas": "°C", "val_tpl": "{{ value_json.t | float }}"},
        "rh": {"platform": "sensor", "device_class": "humidity", "unit_of_measurement": "%",
               "value_template": "{{ value_json.get('h') | round(1) }}", "uniq_id": "yard_rh"},
        "lvl": {"p": "sensor", "name": "Water level", "stat_t": "yard/level", "unit_of_meas": "m"},
        "sw": {"p": "switch", "cmd_t": "yard/set"},
        "gone": {"p": "sensor"},
    },
}  # fmt: skip


def test_a_device_announces_its_components_at_once():
    parse = parser()
    outcomes = heard(
        parse,
        announced("0AFFD2", "device", **DEVICE),
        ("yard/state", {"t": 29.4, "h": 74.56}),
        ("yard/level", b"1.52"),
        ("yard/status", b"offline"),
    )
    assert samples(outcomes) == [
        ("temperature", 29.4, "0AFFD2"), ("humidity", 74.56, "0AFFD2"), ("water_level", 152.0, "0AFFD2"),
    ]  # fmt: skip
    assert "sw is a switch, no measurement" in outcomes[0].note
    assert outcomes[3].note == "device 0AFFD2 is not available"


def test_a_component_that_is_announced_no_more_is_read_no_more():
    parse = parser()
    fewer = {**DEVICE, "cmps": {"rh": DEVICE["cmps"]["rh"]}}
    value = ("yard/state", {"t": 29.4, "h": 74.5})
    heard(parse, announced("0AFFD2", "device", **DEVICE))
    assert len(samples(heard(parse, value))) == 2
    heard(parse, announced("0AFFD2", "device", **fewer))
    assert samples(heard(parse, value)) == [("humidity", 74.5, "0AFFD2")]


def test_an_empty_message_takes_a_sensor_back():
    parse = parser()
    topic, config = announced("A0B1_PM25", **PM25)
    value = ("tele/pm/SENSOR", {"PMS5003": {"PM2.5": 31}})
    outcomes = heard(parse, (topic, config), value, (topic, b""), value)
    assert samples(outcomes) == [("pm2_5", 31.0, "A0B1")]
    assert [outcome.note for outcome in outcomes[2:]] == [
        "A0B1_PM25 was taken back, which had 1 sensors",
        "no sensor was announced for topic tele/pm/SENSOR",
    ]


def test_a_template_that_is_no_plain_path_is_named_and_never_evaluated():
    computed = {**PM25, "val_tpl": "{{ (value_json.PMS5003['PM2.5'] | float) * 0.5 }}"}
    first, second = heard(parser(), announced(**computed), ("tele/pm/SENSOR", {"PMS5003": {"PM2.5": 31}}))
    assert first.note.startswith(
        'A0B1_PM25 has a template that is no plain path, and templates are not evaluated: "{{ (value_json.PMS5003'
    )
    assert second == Frame((), first.note)


@pytest.mark.parametrize(
    ("config", "payload", "expected"),
    [
        ({"dev_cla": "temperature", "unit_of_meas": "°C"}, b"21.5", ("temperature", 21.5)),
        ({"dev_cla": "temperature", "unit_of_meas": "K"}, b"293.65", ("temperature", 20.5)),
        ({**CELSIUS, "name": "Water temperature"}, b"28", ("water_temperature", 28.0)),
        ({"dev_cla": "atmospheric_pressure", "unit_of_meas": "inHg"}, b"29.92", ("pressure", 1_013.207589)),
        ({"dev_cla": "carbon_dioxide", "unit_of_meas": "ppm"}, b"447", ("co2", 447.0)),
        ({"dev_cla": "carbon_monoxide", "unit_of_meas": "ppm"}, b"1", ("co", 1_145.603272)),
        ({"dev_cla": "ozone", "unit_of_meas": "µg/m³"}, b"50", ("o3", 50.0)),
        ({"dev_cla": "distance", "unit_of_meas": "mm"}, b"1520", ("distance", 152.0)),
        ({"dev_cla": "distance", "unit_of_meas": "m", "name": "Water level"}, b"1.5", ("water_level", 150.0)),
        ({"dev_cla": "wind_speed", "unit_of_meas": "km/h"}, b"36", ("wind_speed", 10.0)),
        ({"dev_cla": "wind_speed", "unit_of_meas": "ft/s", "name": "Wind gust"}, b"10", ("wind_gust", 3.048)),
        ({"dev_cla": "precipitation_intensity", "unit_of_meas": "in/h"}, b"1", ("rain_rate", 25.4)),
        ({"dev_cla": "sound_pressure", "unit_of_meas": "dBA"}, b"61.5", ("noise", 61.5)),
        ({"dev_cla": "signal_strength", "unit_of_meas": "dBm", "ent_cat": "diagnostic"}, b"-70", ("signal", -70.0)),
        ({"dev_cla": "battery", "unit_of_meas": "%", "name": "Battery level"}, b"87", ("battery", 87.0)),
        ({"dev_cla": "volume_flow_rate", "unit_of_meas": "m³/h"}, b"3600", ("flow", 1.0)),
        ({"name": "PM2.5", "unit_of_meas": "µg/m³"}, b"12.3", ("pm2_5", 12.3)),
        ({"unit_of_meas": "lx"}, b"300", ("illuminance", 300.0)),
    ],
)  # fmt: skip
def test_classes_and_names_say_the_quantity_and_units_are_converted(config, payload, expected):
    object_id = "s" if "name" in config else "1"
    outcomes = heard(parser(), announced(object_id, stat_t="s/1", **config), ("s/1", payload))
    assert samples(outcomes) == [(*expected, object_id)]


@pytest.mark.parametrize(
    ("config", "why"),
    [
        ({"dev_cla": "temperature", "unit_of_meas": "%"}, "is in '%', which is no unit of temperature (Cel)"),
        ({**CELSIUS, "name": "CPU temperature"}, "is no quantity that is known"),
        ({**CELSIUS, "name": "Target temperature"}, "is no quantity that is known"),
        ({**CELSIUS, "val_tpl": "{{ value_json.ESP32.Temperature }}"}, "is no quantity"),
        ({**CELSIUS, "val_tpl": "{{ value_json.BME280.DewPoint }}"}, "is no quantity"),
        ({**CELSIUS, "ent_cat": "diagnostic"}, "is diagnostic of the device"),
        ({"dev_cla": "energy", "unit_of_meas": "kWh"}, "is no quantity that is known"),
        ({"dev_cla": "precipitation", "unit_of_meas": "mm"}, "is no quantity that is known"),
        ({"dev_cla": "pm25", "unit_of_meas": "AQI"}, "which is no unit of pm2_5"),
        ({"name": "Uptime", "unit_of_meas": "s"}, "is no quantity that is known"),
    ],
)  # fmt: skip
def test_what_is_no_measurement_is_not_read_and_says_why(config, why):
    first, second = heard(parser(), announced("s", stat_t="s/1", **config), ("s/1", b"21"))
    assert why in first.note
    assert second.samples == ()


def test_a_sensor_that_only_counts_up_gives_no_rain_and_one_of_a_while_does():
    named = {"values": {"rainfall": "rain_1"}}
    config = {"stat_t": "rain", "unit_of_meas": "mm", "uniq_id": "rain_1"}
    up = heard(parser(**named), announced(**config, stat_cla="total_increasing"), ("rain", b"12.4"))
    assert samples(up) == []
    assert "counts up since some start (total_increasing)" in up[0].note
    assert samples(heard(parser(**named), announced(**config), ("rain", b"0.4"))) == [("rainfall", 0.4, "x1")]


@pytest.mark.parametrize(
    "config",
    [
        {}, {"stat_t": ""}, {"stat_t": 5}, {"stat_t": "a/#"}, {"stat_t": "a/+/b"}, {"stat_t": "x" * 500},
        {"stat_t": "a", "val_tpl": 5}, {"stat_t": "a", "val_tpl": ["x"]},
    ],
)  # fmt: skip
def test_an_announcement_that_cannot_be_followed_says_so(config):
    [outcome] = heard(parser(), announced("s", dev_cla="temperature", unit_of_meas="°C", **config))
    assert isinstance(outcome, Frame)
    assert outcome.samples == ()
    assert outcome.note.startswith("s has ")


@pytest.mark.parametrize("payload", [b"[]", b"7", b"{", b"\xff\xff"])
def test_an_announcement_that_is_no_object_is_noise_and_takes_the_earlier_one_back(payload):
    parse = parser()
    topic, config = announced(**PM25)
    outcomes = heard(parse, (topic, config), (topic, payload), ("tele/pm/SENSOR", {"PMS5003": {"PM2.5": 31}}))
    assert isinstance(outcomes[1], Noise)
    assert samples(outcomes) == []


@pytest.mark.parametrize("payload", [b"unavailable", b"unknown", b"None", b"", b"nan", b"on", b"9" * 65])
def test_a_state_that_is_no_number_is_no_reading(payload):
    outcomes = heard(parser(), announced(stat_t="s/1", dev_cla="temperature", unit_of_meas="°C"), ("s/1", payload))
    assert samples(outcomes) == []
    assert outcomes[1].note


def test_of_several_sensors_for_one_quantity_the_same_one_counts_whoever_is_announced_first():
    def one(number):
        return announced(
            f"p{number}", stat_t="tele/p/SENSOR", dev_cla="temperature", unit_of_meas="°C", uniq_id=f"p{number}",
            val_tpl=f"{{{{ value_json['DS18B20-{number}'].Temperature }}}}", dev={"ids": ["P"]},
        )  # fmt: skip

    value = ("tele/p/SENSOR", {"DS18B20-1": {"Temperature": 20.1}, "DS18B20-2": {"Temperature": 24.9}})
    for order in ((one(1), one(2)), (one(2), one(1))):
        assert samples(heard(parser(), *order, value)) == [("temperature", 20.1, "P")]
        chosen = parser(values={"temperature": "p2"})
        assert samples(heard(chosen, *order, value)) == [("temperature", 24.9, "P")]
        each = parser(channels={"p1": "probe-1", "p2": "probe-2"})
        assert samples(heard(each, *order, value)) == [("temperature", 20.1, "p1"), ("temperature", 24.9, "p2")]


def test_a_topic_that_nobody_listens_to_is_said():
    [covered] = heard(parser(state_topics="stat/#, tele/+/SENSOR"), announced(**PM25))
    [other] = heard(parser(state_topics="stat/#"), announced(**PM25))
    assert covered.note == "A0B1 pm2_5 is read from tele/pm/SENSOR"
    assert other.note == f"{covered.note}; see that state_topics, or topic, covers it"


@pytest.mark.parametrize(
    ("topic", "found"),
    [
        ("homeassistant/sensor/a/config", ("sensor", "a")),
        ("homeassistant/sensor/n/a/config", ("sensor", "n a")),
        ("homeassistant/device/a/config", ("device", "a")),
        ("homeassistant/sensor/a/b/c/config", None),
        ("homeassistant/sensor/config", None),
        ("homeassistant/sensor//config", None),
        ("homeassistant/sensor/a/state", None),
        ("other/sensor/a/config", None),
    ],
)
def test_a_discovery_topic_has_a_component_and_an_id(topic, found):
    assert component_of(topic, "homeassistant") == found


def test_another_prefix_is_named():
    topic, config = announced(**PM25)
    outcomes = heard(
        parser(prefix="ha/"),
        (topic.replace("homeassistant", "ha"), config),
        ("tele/pm/SENSOR", {"PMS5003": {"PM2.5": 31}}),
        ("ha/status", b"online"),
    )
    assert samples(outcomes) == [("pm2_5", 31.0, "A0B1")]
    assert outcomes[2].note == "status of Home Assistant, no reading"


def test_what_is_remembered_is_bounded(monkeypatch):
    monkeypatch.setattr(homeassistant, "MOST_ENTITIES", 2)
    parse = parser()
    notes = [heard(parse, announced(f"s{n}", **PM25))[0].note for n in range(3)]
    assert notes[2] == "left out: more than 2 sensors are announced"
    many = {**PM25, "avty": [{"t": f"up/{number}"} for number in range(5)]}
    heard(parse, ("homeassistant/sensor/s0/config", b""), announced("s1", "device", cmps={
        str(number): {"p": "sensor", **many, "avty_t": f"there/{number}"} for number in range(9)
    }))  # fmt: skip
    notes = [parse(f"there/{number}", b"offline").note for number in range(9)]
    assert "no sensor was announced for topic there/8" in notes
    heard(parse, ("homeassistant/device/s1/config", b""))
    assert "is read from" in heard(parse, announced("s3", **PM25))[0].note


def test_the_gateway_is_asked_to_listen_to_the_state_topics():
    more_topics = MQTT_DIALECTS["homeassistant"].more_topics
    assert more_topics({"state_topics": "tele/+/SENSOR, zigbee2mqtt/+"}) == ("tele/+/SENSOR", "zigbee2mqtt/+")
    assert more_topics({}) == ()


@pytest.mark.parametrize(
    "options",
    [
        {"state_topics": "tele/#/x"}, {"state_topics": "tele/a+"}, {"values": {"nothing": "a"}},
        {"units": {"co2": "m"}}, {"channels": {"a": "No Name"}},
    ],
)  # fmt: skip
def test_options_that_cannot_be_meant_are_refused(options):
    with pytest.raises(OptionError):
        parser(**options)


def test_an_announcement_is_built_as_devices_write_it():
    topic, payload = homeassistant.build("a1", stat_t="a1/t", dev_cla="temperature", unit_of_meas="°C")
    assert samples([parser()(topic, payload)]) == []
    assert samples(heard(parser(), (topic, payload), ("a1/t", b"20"))) == [("temperature", 20.0, "a1")]
