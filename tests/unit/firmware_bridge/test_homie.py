"""Homie: descriptions and attributes in any order, units, states, what is no measurement, and bounded memory."""

from collections.abc import Mapping

import msgspec
import pytest

from firmware_bridge import MQTT_DIALECTS, Frame, Noise, Sample
from firmware_bridge.dialects import homie, homie_devices
from firmware_bridge.dialects.homie import HomieTopic, place_of
from firmware_bridge.family import OptionError


def parser(**options):
    return MQTT_DIALECTS["homie"].parser(options)


def heard(parse, *messages: tuple[str, object]) -> list[Frame | Noise]:
    return [parse(topic, given if isinstance(given, bytes) else str(given).encode()) for topic, given in messages]


def description(properties: Mapping[str, object], node: str = "air", **more: object) -> bytes:
    return msgspec.json.encode({"homie": "5.0", "version": 1, "nodes": {node: {"properties": properties}}, **more})


def samples(outcomes) -> list[tuple[str, float, str]]:
    frames = [outcome for outcome in outcomes if isinstance(outcome, Frame)]
    return [(sample.quantity, sample.value, sample.channel) for frame in frames for sample in frame.samples]


RIVER = (
    b'{"homie":"5.0","version":8,"name":"River gauge","nodes":{"level":{"name":"Level","properties":'
    b'{"value":{"name":"Level","unit":"m","datatype":"float","settable":false}}}}}'
)


def test_a_described_device_is_read_in_its_unit():
    outcomes = heard(
        parser(),
        ("homie/5/river/$state", "init"),
        ("homie/5/river/$description", RIVER),
        ("homie/5/river/$state", "ready"),
        ("homie/5/river/level/value", "1.52"),
    )
    assert outcomes[-1] == Frame((Sample("water_level", 152.0, "river"),))
    assert [outcome.note for outcome in outcomes] == [
        "device river is init",
        "device river describes 1 properties, no reading",
        "device river is ready",
        "",
    ]


def test_version_4_says_the_same_in_attributes_whatever_their_order():
    attributes = [
        ("homie/weather/$homie", "4.0"),
        ("homie/weather/$name", "Weather"),
        ("homie/weather/$nodes", "air"),
        ("homie/weather/air/$name", "Air"),
        ("homie/weather/air/$properties", "temperature,hum"),
        ("homie/weather/air/temperature/$datatype", "float"),
        ("homie/weather/air/temperature/$unit", "°F"),
        ("homie/weather/air/hum/$datatype", "integer"),
        ("homie/weather/$state", "ready"),
    ]
    values = [("homie/weather/air/temperature", "68.9"), ("homie/weather/air/hum", "71")]
    for order in (attributes, attributes[::-1]):
        outcomes = heard(parser(), *order, *values)
        assert samples(outcomes) == [("temperature", 20.5, "weather"), ("humidity", 71.0, "weather")]


def test_a_value_before_its_description_is_left_out_and_said_and_the_next_one_is_read():
    early, _, later = heard(
        parser(),
        ("homie/5/river/level/value", "1.5"),
        ("homie/5/river/$description", RIVER),
        ("homie/5/river/level/value", "1.6"),
    )
    assert early == Frame((), "river/level/value is not announced yet, so its unit is not known; left out")
    assert later.samples == (Sample("water_level", 160.0, "river"),)


def test_a_unit_that_may_still_come_is_waited_for():
    parse = parser()
    value = ("homie/w/air/temperature", "20")
    assert samples(heard(parse, value, ("homie/w/air/temperature/$datatype", "float"), value)) == []
    assert samples(heard(parse, ("homie/w/$state", "ready"), value)) == [("temperature", 20.0, "w")]
    assert samples(heard(parse, ("homie/w/air/temperature/$unit", "K"), ("homie/w/air/temperature", "293.65"))) == [
        ("temperature", 20.5, "w")
    ]


def test_settings_say_the_unit_where_nothing_is_announced():
    parse = parser(values={"water_level": "gauge/x1"}, units={"water_level": "cm"})
    assert (
        samples(heard(parse, ("homie/5/r/gauge/x1", "152"), ("homie/r/gauge/x1", "152")))
        == [("water_level", 152.0, "r")] * 2
    )


@pytest.mark.parametrize(
    ("own", "fields", "payload", "expected"),
    [
        ("temperature", {"datatype": "float", "unit": "°C"}, "21.5", ("temperature", 21.5)),
        ("temperature", {"datatype": "float", "unit": "°F"}, "68.9", ("temperature", 20.5)),
        ("t1", {"datatype": "float", "unit": "K", "name": "Temperature"}, "293.65", ("temperature", 20.5)),
        ("humidity", {"datatype": "integer", "unit": "%"}, "71", ("humidity", 71.0)),
        ("pressure", {"datatype": "float", "unit": "Pa"}, "100950", ("pressure", 1_009.5)),
        ("pressure", {"datatype": "float", "unit": "psi"}, "14.7", ("pressure", 1_013.529279)),
        ("co2", {"datatype": "integer", "unit": "ppm"}, "447", ("co2", 447.0)),
        ("pm25", {"datatype": "float", "unit": "µg/m³"}, "12.3", ("pm2_5", 12.3)),
        ("light", {"datatype": "integer", "unit": "lx", "name": "Illuminance"}, "300", ("illuminance", 300.0)),
        ("wind-speed", {"datatype": "float", "unit": "kn"}, "10", ("wind_speed", 5.144444444)),
        ("occupancy", {"datatype": "integer", "unit": "#"}, "12", ("occupancy", 12.0)),
        ("water-level", {"datatype": "float", "unit": "ft"}, "10", ("water_level", 304.8)),
        ("battery", {"datatype": "integer", "unit": "%"}, "87", ("battery", 87.0)),
    ],
)
def test_units_and_types_of_a_description(own, fields, payload, expected):
    outcomes = heard(
        parser(), ("homie/5/w/$description", description({own: fields})), (f"homie/5/w/air/{own}", payload)
    )
    assert samples(outcomes) == [(*expected, "w")]


@pytest.mark.parametrize(
    ("own", "fields", "payload", "why"),
    [
        ("temperature", {"datatype": "float", "unit": "%"}, "21", "which is no unit of temperature (Cel)"),
        ("temperature", {"datatype": "float", "unit": "rpm"}, "21", "which is no unit of temperature (Cel)"),
        ("temperature", {"datatype": "float", "settable": True, "unit": "°C"}, "21", "can be set"),
        ("setpoint", {"datatype": "float", "unit": "°C"}, "21", "is no quantity that is known"),
        ("target-temperature", {"datatype": "float", "unit": "°C"}, "21", "is no quantity that is known"),
        ("temperature", {"datatype": "float", "unit": "°C"}, "NaN", "is not a number"),
        ("temperature", {"datatype": "float", "unit": "°C"}, "", "is empty"),
        ("temperature", {"datatype": "float", "unit": "°C"}, "\0", "is empty"),
        ("temperature", {"datatype": "float", "unit": "°C"}, "9" * 65, "no number"),
        ("temperature", {"datatype": "integer", "unit": "°C"}, "21.5", "which is no integer"),
        ("distance", {"datatype": "float"}, "21.5", "has no unit that could be known"),
        ("wet", {"datatype": "boolean"}, "true", "is boolean, no number"),
        ("mode", {"datatype": "enum", "format": "a,b"}, "a", "is enum, no number"),
        ("humidity", {"datatype": "string"}, "50", "is string, no number"),
        ("temperature", {"unit": "°C"}, "21", "is not announced yet"),
        ("temperature", "float", "21", "is not announced yet"),
    ],
)
def test_what_is_no_measurement_says_why(own, fields, payload, why):
    parse = parser()
    outcome = heard(parse, ("homie/5/w/$description", description({own: fields})), (f"homie/5/w/air/{own}", payload))[
        -1
    ]
    assert isinstance(outcome, Frame)
    assert outcome.samples == ()
    assert why in outcome.note


def test_truth_and_what_can_be_set_are_readings_where_values_names_them():
    parse = parser(values={"occupancy": "door/people", "temperature": "heat/now"})
    described = {
        "homie": "5.0",
        "nodes": {
            "door": {"properties": {"people": {"datatype": "boolean"}}},
            "heat": {"properties": {"now": {"datatype": "float", "unit": "°C", "settable": True}}},
        },
    }
    outcomes = heard(
        parse,
        ("homie/5/w/$description", msgspec.json.encode(described)),
        ("homie/5/w/door/people", "true"),
        ("homie/5/w/door/people", "TRUE"),
        ("homie/5/w/heat/now", "21"),
    )
    assert samples(outcomes) == [("occupancy", 1.0, "w"), ("temperature", 21.0, "w")]


TWO = {"b-temperature": {"datatype": "float", "unit": "°C"}, "temperature": {"datatype": "float", "unit": "°C"}}


def test_of_several_properties_for_one_quantity_the_same_one_counts_whoever_is_heard_first():
    messages = [("homie/5/w/air/temperature", "20"), ("homie/5/w/air/b-temperature", "30")]
    for order in (messages, messages[::-1]):
        parse = parser()
        outcomes = heard(parse, ("homie/5/w/$description", description(TWO)), *order)
        assert samples(outcomes) == [("temperature", 30.0, "w")]
        assert "left out: air/b-temperature gives temperature; choose in values" in "\n".join(
            outcome.note for outcome in outcomes
        )
    chosen = parser(values={"temperature": "air/temperature"})
    assert samples(heard(chosen, ("homie/5/w/$description", description(TWO)), *messages)) == [
        ("temperature", 20.0, "w")
    ]


def test_a_property_that_is_described_no_more_stands_in_nobodys_way():
    parse = parser()
    left = {"temperature": TWO["temperature"]}
    value = ("homie/5/w/air/temperature", "20")
    both, gone = (("homie/5/w/$description", description(some)) for some in (TWO, left))
    assert samples(heard(parse, both, value, gone, value)) == [("temperature", 20.0, "w")]


def test_nodes_are_channels_where_they_are_named():
    nodes = {name: {"properties": {"temperature": {"datatype": "float", "unit": "°C"}}} for name in ("in", "out")}
    described = msgspec.json.encode({"homie": "5.0", "nodes": nodes})
    parse = parser(channels={"w/in": "air-in", "w/out": "air-out"})
    messages = [("homie/5/w/in/temperature", "20"), ("homie/5/w/out/temperature", "30")]
    outcomes = heard(parse, ("homie/5/w/$description", described), *messages)
    assert samples(outcomes) == [("temperature", 20.0, "w/in"), ("temperature", 30.0, "w/out")]


def test_children_are_devices_of_their_own_and_lost_with_their_root():
    child = description({"temperature": {"datatype": "float", "unit": "°C"}}, root="bridge", parent="bridge")
    outcomes = heard(
        parser(),
        ("homie/5/bridge/$description", msgspec.json.encode({"homie": "5.0", "children": ["probe-1", 7, "probe-2"]})),
        ("homie/5/probe-1/$description", child),
        ("homie/5/probe-1/air/temperature", "20"),
        ("homie/5/bridge/$state", "lost"),
    )
    assert samples(outcomes) == [("temperature", 20.0, "probe-1")]
    assert outcomes[-1].note == "device bridge is lost, and so are its children probe-1, probe-2"


@pytest.mark.parametrize("state", ["init", "ready", "disconnected", "sleeping", "lost", "alert"])
def test_states_are_said(state):
    assert heard(parser(), ("homie/5/w/$state", state)) == [Frame((), f"device w is {state}")]


def test_a_device_that_was_taken_out_is_forgotten():
    parse = parser()
    value = ("homie/5/river/level/value", "1.5")
    outcomes = heard(parse, ("homie/5/river/$description", RIVER), value, ("homie/5/river/$state", b""), value)
    assert samples(outcomes) == [("water_level", 150.0, "river")]
    assert [outcome.note for outcome in outcomes[2:]] == [
        "device river was taken out",
        "river/level/value is not announced yet, so its unit is not known; left out",
    ]


@pytest.mark.parametrize(
    ("topic", "base", "place"),
    [
        ("homie/5/w/air/t", "", HomieTopic(5, "homie/w", "w", ("air", "t"))),
        ("myhome/5/w/air/t", "", HomieTopic(5, "myhome/w", "w", ("air", "t"))),
        ("homie/w/air/t", "", HomieTopic(4, "homie/w", "w", ("air", "t"))),
        ("city/homie/w/air/t", "city/homie", HomieTopic(4, "city/homie/w", "w", ("air", "t"))),
        ("city/homie/5/w/$state", "city/homie/", HomieTopic(5, "city/homie/w", "w", ("$state",))),
        ("other/w/air/t", "homie", None),
        ("homie/5/$broadcast/alert", "", None),
        ("homie/$broadcast/alert", "", None),
        ("homie/w", "", None),
        ("", "", None),
    ],
)
def test_a_topic_says_version_device_and_property(topic, base, place):
    assert place_of(topic, base) == place


@pytest.mark.parametrize(
    "topic",
    [
        "homie/5/w/air/temperature/set",
        "homie/5/w/air/temperature/$target",
        "homie/5/w/$log/warn",
        "homie/5/w/$alert/x",
        "homie/w/$stats/uptime",
        "homie/w/air/temperature/deeper/still",
        "homie/5/w/lonely",
        "homie/$broadcast/x",
        "x",
    ],
)
def test_what_is_no_value_is_no_reading(topic):
    parse = parser(values={"temperature": "air/temperature"}, units={"temperature": "Cel"})
    [outcome] = heard(parse, (topic, "21"))
    assert isinstance(outcome, Frame)
    assert outcome.samples == ()
    assert outcome.note


@pytest.mark.parametrize("payload", [b"[]", b"7", b"{", b"\xff" * 50])
def test_a_description_that_is_none_is_noise(payload):
    [outcome] = heard(parser(), ("homie/5/w/$description", payload))
    assert isinstance(outcome, Noise)


def test_what_is_remembered_is_bounded(monkeypatch):
    monkeypatch.setattr(homie_devices, "MOST_DEVICES", 3)
    monkeypatch.setattr(homie_devices, "MOST_PROPERTIES", 4)
    parse = parser()
    many = description({f"p{number}": {"datatype": "float"} for number in range(5)})
    few = description({"temperature": {"datatype": "float", "unit": "°C"}})
    full = "left out: more devices or properties than are remembered of one source"
    assert heard(parse, ("homie/5/a/$description", many))[0].note == full
    assert samples(heard(parse, ("homie/5/b/$description", few), ("homie/5/b/air/temperature", "20"))) != []
    assert heard(parse, ("homie/5/c/$description", few), ("homie/5/d/$description", few))[1].note == full
    assert heard(parse, *((f"homie/b/n/p{n}/$datatype", "float") for n in range(5)))[-1].note == full
    heard(parse, ("homie/5/a/$state", b""), ("homie/5/c/$state", b""))
    assert heard(parse, ("homie/5/d/$description", few))[0].note == "device d describes 1 properties, no reading"


def test_the_names_of_so_many_nodes_are_remembered_and_no_more():
    parse = parser()
    heard(parse, *((f"homie/w/n{number}/$name", "Temperature") for number in range(60)))
    for node in ("n1", "n59"):
        heard(parse, (f"homie/w/{node}/value/$datatype", "float"), (f"homie/w/{node}/value/$unit", "%"))
    named, unnamed = heard(parse, ("homie/w/n1/value", "20"), ("homie/w/n59/value", "20"))
    assert "which is no unit of temperature" in named.note
    assert "is no quantity that is known" in unnamed.note


def test_a_message_is_built_as_homie_writes_it():
    assert homie.build("w", "air", "temperature", 21.5) == ("homie/5/w/air/temperature", b"21.5")
    assert homie.build("w", "air", "wet", "true", version=4) == ("homie/w/air/wet", b"true")


@pytest.mark.parametrize(
    "options",
    [{"values": {"nothing": "a/b"}}, {"values": {"co2": 5}}, {"units": {"co2": "m"}}, {"channels": {"w": "No Name"}}],
)
def test_options_that_cannot_be_meant_are_refused(options):
    with pytest.raises(OptionError):
        parser(**options)
