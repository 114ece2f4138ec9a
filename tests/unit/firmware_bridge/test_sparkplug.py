"""Sparkplug B: births and aliases, numbers, deaths, integers of all datatypes, what is protobuf and no Sparkplug."""

import base64
import time

import pytest

from firmware_bridge import MQTT_DIALECTS, Frame, Noise, OptionError
from firmware_bridge.dialects import sparkplug, sparkplug_session
from firmware_bridge.dialects.sparkplug_payload import Metric, decode, encode
from tests.recorded import Source, recorded
from tests.synthetic.payloads import sparkplug_tsv
from tests.vectors import cases

AT = 1_772_855_674_482
TYPES = {"UInt64": 8, "Boolean": 11, "Double": 10}


def listener(**options):
    return MQTT_DIALECTS["sparkplug"].parser(options)


def send(listen, kind: str, metrics=(), seq: int | None = 0, device: str = "", node: str = "n", at: int = AT) -> Frame:
    topic = f"spBv1.0/g/{kind}/{node}" + (f"/{device}" if device else "")
    return listen(topic, encode(list(metrics), time_ms=at, seq=seq))


def born(listen, *metrics: Metric, bd_seq: int = 7, node: str = "n") -> Frame:
    return send(listen, "NBIRTH", [Metric("bdSeq", None, AT, 8, value=bd_seq), *metrics], 0, node=node)


def pairs(outcome) -> list[tuple[str, float]]:
    return [(sample.quantity, sample.value) for sample in outcome.samples]


NO_LEVELS = "topic 'spBv1.0/g/NDATA' has not the levels of Sparkplug B: spBv1.0/group/type/node/device"
TEMPERATURE = Metric("Temperature", 100, AT, 10, value=21.5)
WARMER = Metric("", 100, AT + 1_000, value=22.5)


@pytest.mark.parametrize("case", cases("sparkplug"), ids=lambda case: case["id"])
def test_a_payload_holds_what_its_source_says(case):
    payload = decode(base64.b64decode(case["input"]))
    assert payload.seq == case["expect"].get("seq", payload.seq)
    assert payload.time_ms == case["expect"].get("timestamp", payload.time_ms)
    for metric, expected in zip(payload.metrics, case["expect"]["metrics"], strict=True):
        assert metric.value == expected["value"]
        assert metric.name == expected.get("name", metric.name)
        assert metric.alias == expected.get("alias", metric.alias)
        assert metric.datatype == TYPES.get(expected.get("type", ""), metric.datatype)


def test_the_published_messages_are_a_session():
    listen = listener()
    inputs = [base64.b64decode(case["input"]) for case in cases("sparkplug")]
    outcomes = [
        listen(f"spBv1.0/g/{case['kind']}/n", data) for case, data in zip(cases("sparkplug"), inputs, strict=True)
    ]
    assert [pairs(outcome) for outcome in outcomes] == [[("temperature", 21.5)], [("temperature", 22.5)], []]
    assert outcomes[2].note == "death of an earlier session of n (bdSeq 0): passed over"


@pytest.mark.parametrize("source", [sparkplug_tsv, recorded("sparkplug_b/payloads.tsv")])
def test_commands_of_others_are_no_readings(source: Source):
    for line in source().splitlines()[1:]:
        _, topic, text = line.split("\t")
        assert listener()(topic.translate({60: None, 62: None}), bytes.fromhex(text)).note.startswith("command to ")
        assert decode(bytes.fromhex(text)).metrics[0].value is True


def test_the_command_for_a_rebirth_is_the_one_that_others_send():
    listen = listener()
    [answer] = send(listen, "NDATA", [WARMER], 5).answers
    assert answer.topic == "spBv1.0/g/NCMD/n"
    [metric] = decode(answer.payload).metrics
    assert (metric.name, metric.datatype, metric.value) == ("Node Control/Rebirth", 11, True)
    assert decode(answer.payload).time_ms == AT


def test_an_alias_means_what_the_birth_says():
    listen = listener()
    born(listen, TEMPERATURE)
    outcome = send(listen, "NDATA", [WARMER], 1)
    assert [(s.quantity, s.value, s.time_ms) for s in outcome.samples] == [("temperature", 22.5, AT + 1_000)]
    assert (outcome.note, outcome.answers) == ("", ())


def test_the_unit_of_the_birth_holds_for_data():
    listen = listener()
    born(listen, Metric("Temperature", 1, AT, 10, unit="°F", value=68.0))
    assert pairs(send(listen, "NDATA", [Metric("", 1, value=50.0, datatype=10)], 1)) == [("temperature", 10.0)]
    assert pairs(send(listen, "NDATA", [Metric("Temperature", None, value=32.0)], 2)) == [("temperature", 0.0)]


def test_what_has_no_birth_and_no_unit_waits_for_its_birth():
    listen = listener()
    outcome = send(listen, "NDATA", [Metric("Temperature", None, value=68.0)], 3)
    assert outcome.samples == ()
    assert outcome.note == (
        "birth of node n was not heard; Temperature has no unit before its birth is heard: "
        "name it in units if no birth comes; rebirth asked for"
    )
    born(listen, TEMPERATURE)
    assert pairs(send(listen, "NDATA", [WARMER], 1)) == [("temperature", 22.5)]
    silent = listener(units={"temperature": "°F"})
    assert pairs(send(silent, "NDATA", [Metric("Temperature", None, value=68.0)], 3)) == [("temperature", 20.0)]


@pytest.mark.parametrize(
    ("numbers", "is_gap"),
    [
        ((1, 2, 3), False),
        ((*range(1, 256), 0, 1), False),
        ((1, 1), False),
        ((1, 2, 5), True),
        ((2,), True),
        ((1, 2, 0), True),
    ],
)
def test_a_gap_in_the_numbers_asks_for_a_rebirth(numbers, is_gap):
    listen = listener()
    born(listen, TEMPERATURE)
    outcomes = [send(listen, "NDATA", [WARMER], seq) for seq in numbers]
    assert [bool(outcome.answers) for outcome in outcomes] == [*[False] * (len(numbers) - 1), is_gap]


def test_a_gap_forward_costs_no_reading_and_one_that_may_hide_a_birth_costs_what_has_no_name():
    listen = listener()
    born(listen, TEMPERATURE)
    assert pairs(send(listen, "NDATA", [WARMER], 4)) == [("temperature", 22.5)]
    outcome = send(listen, "NDATA", [WARMER], 2)
    assert outcome.samples == ()
    assert "perhaps a birth" in outcome.note
    assert pairs(send(listen, "NDATA", [Metric("Temperature", None, AT, 10, value=23.0)], 3)) == [("temperature", 23.0)]


def test_nobody_is_asked_where_rebirth_is_off():
    outcome = send(listener(rebirth=False), "NDATA", [WARMER], 5)
    assert (outcome.answers, "rebirth" in outcome.note) == ((), False)


def test_devices_of_a_node_share_its_numbers_and_aliases():
    listen = listener(channels={"n/river": "bridge", "n": "cabinet"})
    born(listen, TEMPERATURE)
    level = Metric("Level", 200, AT, 9, unit="m", value=1.25)
    assert pairs(send(listen, "DBIRTH", [level], 1, "river")) == [("water_level", 125.0)]
    outcome = send(listen, "DDATA", [Metric("", 200, value=1.5, datatype=9)], 2, "river")
    assert [(s.channel, s.quantity, s.value) for s in outcome.samples] == [("n/river", "water_level", 150.0)]
    assert [s.channel for s in send(listen, "NDATA", [WARMER], 3).samples] == ["n"]
    assert "alias that no birth named" in send(listen, "DDATA", [WARMER], 4, "river").note


def test_a_death_of_this_session_ends_it_and_one_of_an_earlier_does_not():
    listen = listener()
    born(listen, TEMPERATURE, bd_seq=7)
    death = [Metric("bdSeq", None, AT, 8, value=6)]
    assert send(listen, "NDEATH", death, None).note == "death of an earlier session of n (bdSeq 6): passed over"
    assert pairs(send(listen, "NDATA", [WARMER], 1)) == [("temperature", 22.5)]
    death = [Metric("bdSeq", None, AT, 8, value=7)]
    assert send(listen, "NDEATH", death, None).note == "node n is offline"
    assert send(listen, "NDATA", [WARMER], 2).answers


def test_a_device_that_dies_counts_in_the_numbers():
    listen = listener()
    born(listen, TEMPERATURE)
    assert send(listen, "DDEATH", (), 1, "river").note == "device n/river is offline"
    assert send(listen, "NDATA", [WARMER], 2).answers == ()
    assert "messages are missing" in send(listen, "DDEATH", (), 9, "river").note


def test_what_is_historical_comes_at_its_own_time_and_late():
    listen = listener()
    born(listen, TEMPERATURE)
    old = Metric("", 100, AT - 3_600_000, value=20.0, is_historical=True)
    outcome = send(listen, "NDATA", [old], 1)
    assert ([s.time_ms for s in outcome.samples], outcome.kept) == ([AT - 3_600_000], True)
    assert not send(listen, "NDATA", [old, WARMER], 2).kept


@pytest.mark.parametrize(
    ("datatype", "sent", "value"),
    [
        (1, -4, -4.0), (2, -300, -300.0), (3, -70_000, -70_000.0), (4, -(2**40), float(-(2**40))), (5, 250, 250.0),
        (6, 65_000, 65_000.0), (7, 2**32 - 1, float(2**32 - 1)), (8, 2**40, float(2**40)), (9, 21.1, 21.1),
        (10, 21.123456789, 21.123456789),
    ],
)  # fmt: skip
def test_numbers_of_each_datatype_come_as_they_were_meant(datatype, sent, value):
    [metric] = decode(encode([Metric("x", None, AT, datatype, value=sent)], time_ms=AT)).metrics
    assert metric.value == value


def test_a_small_negative_number_may_come_in_eight_bits_and_its_datatype_in_the_birth():
    listen = listener()
    born(listen, Metric("Temperature", 1, AT, 1, value=-1))
    assert pairs(send(listen, "NDATA", [Metric("", 1, AT, 7, value=0xFC)], 1)) == [("temperature", 252.0)]
    bare = bytes.fromhex("12041001500c 1802".replace(" ", ""))
    assert pairs(listen("spBv1.0/g/NDATA/n", bare)) == [("temperature", 12.0)]
    assert pairs(listen("spBv1.0/g/NDATA/n", bytes.fromhex("1205100150fc011803"))) == [("temperature", -4.0)]


@pytest.mark.parametrize(
    ("metric", "note"),
    [
        (Metric("Temperature", 1, AT, 10, is_null=True), "Temperature is null"),
        (Metric("Temperature", 1, AT, 10), "Temperature has no value"),
        (Metric("Temperature", 1, AT, 10, value=float("nan")), "Temperature is not finite"),
        (Metric("Temperature", 1, AT, 12, value="warm"), "Temperature is not a number"),
        (Metric("Temperature", 1, AT, 10, unit="kg", value=1.0),
         "Temperature is in 'kg', which is no unit of temperature (Cel)"),
        (Metric("River/Level", 1, AT, 10, value=1.2), "River/Level has no engUnit: name it in units"),
        (Metric("Pump", 1, AT, 11, value=True),
         "no metric that is known here: name those that are meant in values"),
    ],
)  # fmt: skip
def test_a_metric_that_is_no_reading_costs_itself(metric, note):
    outcome = born(listener(), metric)
    assert (outcome.samples, outcome.note) == ((), note)
    assert pairs(born(listener(), metric, Metric("Humidity", 2, AT, 10, value=60.0))) == [("humidity", 60.0)]


def test_of_several_metrics_for_a_quantity_the_first_of_the_birth_counts_whoever_comes_alone():
    listen = listener()
    outcome = born(
        listen, Metric("Temperature 1", 1, AT, 10, value=20.0), Metric("Temperature 2", 2, AT, 10, value=30.0)
    )
    assert [(s.value, s.own_id) for s in outcome.samples] == [(20.0, "Temperature 1")]
    assert outcome.note == "Temperature 2 left out: values choose among several"
    outcome = send(listen, "NDATA", [Metric("", 2, value=31.0, datatype=10)], 1)
    assert (outcome.samples, [s.own_id for s in outcome.others]) == ((), ["Temperature 2"])
    listen = listener(values={"temperature": "Temperature 2"})
    assert pairs(born(listen, Metric("In/Temperature 2", 2, AT, 10, value=30.0), TEMPERATURE)) == [
        ("temperature", 30.0)
    ]


def test_metrics_of_a_node_may_be_sensors_of_their_own():
    two = [Metric("In/Temperature", 1, AT, 10, value=30.0), Metric("Out/Temperature", 2, AT, 10, value=20.0)]
    listen = listener(channels={"n/Out/Temperature": "air-1", "n": "cabinet"})
    born(listen, *two)
    outcome = send(listen, "NDATA", [Metric("", 1, value=31.0), Metric("", 2, value=21.0)], 1)
    assert [(s.channel, s.value) for s in outcome.samples] == [("n", 31.0), ("n/Out/Temperature", 21.0)]
    assert [s.channel for s in send(listener(channels={"d": "x"}), "DBIRTH", two[:1], 1, "d").samples] == ["d"]


def test_a_template_is_read_as_the_metrics_in_it():
    inner = encode([Metric("Humidity", None, AT, 10, value=61.0)], time_ms=AT)[7:]  # behind its timestamp
    metric = b"\x0a\x04Yard" + b"\x20\x13" + b"\x92\x01" + bytes((len(inner),)) + inner
    payload = b"\x08\x01" + b"\x12" + bytes((len(metric),)) + metric + b"\x18\x00"
    assert pairs(listener()("spBv1.0/g/NBIRTH/n", payload)) == [("humidity", 61.0)]


def test_a_time_that_cannot_be_is_that_of_arrival():
    outcome = send(listener(), "NBIRTH", [Metric("Temperature", 1, 1, 10, value=20.0)], 0, at=1)
    assert [sample.time_ms for sample in outcome.samples] == [None]


@pytest.mark.parametrize(
    ("topic", "payload", "reason"),
    [
        ("x/y", b"", "topic 'x/y' is none of Sparkplug B: subscribe to spBv1.0/#"),
        ("spBv1.0/g/NDATA", b"", NO_LEVELS),
        ("spBv1.0/g/XDATA/n", b"\x18\x01", "topic says 'XDATA', which is no type of message of Sparkplug B"),
        ("spBv1.0/g/NDATA/n", b"", "payload is protobuf but not Sparkplug's: it has neither time, number nor metrics"),
        ("spBv1.0/g/NDATA/n", b'{"a":1}', "payload is no protobuf, which Sparkplug's are"),
        ("spBv1.0/g/N/n", b"\x0a\x03abc", "payload is protobuf but not Sparkplug's: its field 1 is of another type"),
        ("spBv1.0/g/NDATA/n", b"\x12\x02\x08\x07",
         "payload is protobuf but not Sparkplug's: field 1 of a metric is of another type"),
    ],
)  # fmt: skip
def test_what_is_no_sparkplug_says_so(topic, payload, reason):
    assert listener()(topic, payload) == Noise(len(payload), reason)


@pytest.mark.parametrize("topic", ["spBv1.0/STATE/scada", "STATE/scada"])
def test_the_state_of_a_host_is_no_protobuf(topic):
    assert listener()(topic, b"OFFLINE") == Frame((), "host application scada: OFFLINE")


def test_a_name_with_broken_bytes_costs_no_metric_beside_it():
    payload = bytes.fromhex("08d2e283b9fa32120f0a02fffe200a69000000000000f03f") + encode(
        [Metric("Temperature", 1, AT, 10, value=20.0)], time_ms=AT, seq=0
    )
    assert pairs(listener()("spBv1.0/g/NBIRTH/n", payload)) == [("temperature", 20.0)]


def test_what_is_remembered_stays_bounded(monkeypatch):
    monkeypatch.setattr(sparkplug_session, "MOST_NODES", 5)
    monkeypatch.setattr(sparkplug_session, "MOST_BORN", 20)
    listen = listener()
    outcome = born(listen, *(Metric(f"Temperature {at}", at, AT, 10, value=1.0) for at in range(40)))
    assert "node has more than 20 metrics" in outcome.note
    for node in range(30):
        born(listen, TEMPERATURE, node=f"n{node}")
    assert len(listen.__self__._nodes._nodes) == 5


def test_a_birth_of_thousands_of_metrics_takes_no_second():
    metrics = [Metric(f"Folder/Temperature {at}", at, AT, 10, value=1.0) for at in range(2_000)]
    listen = listener()
    started = time.process_time()
    born(listen, *metrics)
    assert time.process_time() - started < 2


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"values": {"wave": "x"}}, "values: 'wave' is no quantity"),
        ({"units": {"water_level": "kg"}}, "units.water_level: 'kg' is no unit"),
        ({"channels": {"n": "Not A Name"}}, "channels: 'Not A Name' is no sensor's name"),
        ({"rebirth": "yes"}, "write true or false"),
    ],
)
def test_options_that_cannot_be_meant_are_refused(options, problem):
    with pytest.raises(OptionError, match=problem):
        listener(**options)


def test_a_birth_is_built_as_it_is_read():
    payload = sparkplug.build({"Temperature": 21.5}, time_ms=AT, seq=0, bd_seq=3)
    assert decode(payload).number_of("bdSeq") == 3
    assert pairs(listener()("spBv1.0/g/NBIRTH/n", payload)) == [("temperature", 21.5)]
