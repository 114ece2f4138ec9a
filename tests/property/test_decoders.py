"""The three laws of every serial decoder, for each family in the catalog, and what MQTT parsers owe to any bytes."""

import random
from collections.abc import Sequence
from math import isfinite
from typing import Any

import msgspec
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from firmware_bridge import MQTT_DIALECTS, SERIAL_FAMILIES, Frame, Noise, Sample
from firmware_bridge.dialects import mqtt_json, sparkplug, tasmota
from firmware_bridge.families import board, maxbotix, sds011
from firmware_bridge.payloads import cayenne_lpp
from tests.unit.firmware_bridge import laws
from tests.unit.firmware_bridge.examples import MQTT, SERIAL, family_of
from wire import QUANTITIES

each_family = pytest.mark.parametrize("name", SERIAL)
each_dialect = pytest.mark.parametrize("name", MQTT_DIALECTS)


def maker(name):
    return lambda: family_of(name).decoder(SERIAL[name].options, {})


def torn(frame):
    return st.integers(1, len(frame) - 1).map(lambda size: frame[:size])


def damaged(frame):
    def flip(place):
        at, mask = place
        return frame[:at] + bytes((frame[at] ^ mask,)) + frame[at + 1 :]

    return st.tuples(st.integers(0, len(frame) - 1), st.integers(1, 255)).map(flip)


def noise(name):
    frames = st.sampled_from(SERIAL[name].frames)
    starts = st.integers(1, 40).map(lambda count: SERIAL[name].frames[0][:1] * count)
    piece = st.one_of(st.binary(max_size=20), frames.flatmap(torn), frames.flatmap(damaged), starts)
    return st.lists(piece, max_size=3).map(b"".join)


def stream(name):
    piece = st.one_of(noise(name), st.sampled_from(SERIAL[name].frames))
    return st.lists(piece, max_size=12).map(b"".join)


@each_family
@settings(max_examples=5)  # for each of a hundred examples of the catalog
@given(data=st.data())
def test_splitting_the_bytes_changes_nothing(name, data):
    bytes_ = data.draw(stream(name))
    cuts = data.draw(st.lists(st.integers(0, len(bytes_)), max_size=20))
    laws.check_splitting_changes_nothing(maker(name), bytes_, cuts)
    laws.check_splitting_changes_nothing(maker(name), bytes_, range(len(bytes_)))


@each_family
@settings(max_examples=5)  # for each of a hundred examples of the catalog
@given(data=st.data())
def test_any_bytes_are_accepted_and_what_is_kept_stays_bounded(name, data):
    seed = data.draw(st.one_of(st.binary(max_size=300), noise(name)))
    laws.check_what_is_kept_stays_bounded(maker(name), seed * data.draw(st.integers(1, 50)), SERIAL[name].longest)


@each_family
@settings(max_examples=5)  # for each of a hundred examples of the catalog
@given(data=st.data())
def test_no_whole_frame_is_lost_to_the_noise_before_it(name, data):
    frames = SERIAL[name].frames
    noises = [data.draw(noise(name)) for _ in frames]
    for before, text, frame in zip((b"", *frames), noises, frames, strict=False):
        assume(not laws.whole_frames(maker(name)(), text))
        # nor is noise what is a frame with the last byte before it or the first behind it: marks may serve two frames
        assume(not laws.whole_frames(maker(name)(), before[-1:] + text + frame[:1]))
    laws.check_no_whole_frame_is_lost(maker(name), frames, noises)


@each_family
def test_megabytes_of_noise_from_a_wrong_baud_rate_are_accepted_in_pieces(name):
    decoder = maker(name)()
    generator = random.Random(7)
    for _ in range(64):
        assert all(isinstance(outcome, Frame | Noise) for outcome in decoder.feed(generator.randbytes(4_096)))


readings = st.floats(0, 6_553.5).map(lambda value: round(value, 1))


@given(readings, readings, st.integers(0, 0xFFFF))
def test_an_sds011_frame_means_what_was_built_into_it(pm2_5, pm10, device):
    assume(pm2_5 or pm10)
    frame = sds011.build(pm2_5=pm2_5, pm10=pm10, device=device)
    assert maker("sds011")().feed(frame) == [Frame((Sample("pm2_5", pm2_5), Sample("pm10", pm10)))]


@given(st.integers(301, 4_999), st.booleans())
def test_a_maxbotix_line_means_what_was_built_into_it(distance_mm, space):
    decoder = SERIAL_FAMILIES["maxbotix"].decoder({"median_of": 1}, {})
    line = maxbotix.build(distance_mm=distance_mm, space=space)
    assert decoder.feed(line) == [Frame((Sample("distance", distance_mm / 10),))]


def frames_of(outcomes: Sequence[object]) -> list[Frame]:
    """All of them, each of which must be a frame."""
    frames = [outcome for outcome in outcomes if isinstance(outcome, Frame)]
    assert len(frames) == len(outcomes)
    return frames


gauges = st.sampled_from([row for code, row in board.CODES.items() if code < 0x80])
steps = st.integers(-(2**31) + 1, 2**31 - 1)
items = st.tuples(st.integers(0, 255), gauges, steps).map(lambda drawn: (drawn[0], drawn[1], drawn[2]))


@given(st.lists(items, max_size=16, unique_by=lambda item: item[:2]), st.integers(0, 2**32 - 1))
def test_a_board_frame_means_what_was_built_into_it(drawn, seq):
    sent = [board.Item(channel, row.quantity, count * row.step) for channel, row, count in drawn]
    [frame] = frames_of(SERIAL_FAMILIES["board"].decoder({}, {}).feed(board.build(sent, seq=seq)))
    assert [(sample.channel, sample.quantity) for sample in frame.samples] == [
        (str(i.channel), i.quantity) for i in sent
    ]
    assert [sample.value for sample in frame.samples] == pytest.approx([item.value for item in sent])


@given(st.lists(st.integers(0, 2**20), min_size=2, max_size=20))
def test_what_a_counter_adds_sums_to_what_it_counted(growth):
    decoder = SERIAL_FAMILIES["board"].decoder({}, {})
    total, counted = 2**32 - 2**21, 0.0  # so that it wraps now and then
    for seq, more in enumerate(growth):
        total = (total + more) % 2**32
        [frame] = frames_of(decoder.feed(board.build([board.Item(0, "people_in", total)], seq=seq)))
        counted += sum(sample.value for sample in frame.samples)
    assert counted == sum(growth[1:])


@given(st.lists(st.integers(0, 50), min_size=2, max_size=12), st.data())
def test_what_a_counter_adds_survives_a_restart_of_the_gateway(growth, data):
    options = {"tip_mm": 0.2}
    frames = [
        board.build([board.Item(0, "rainfall", sum(growth[: seq + 1]))], seq=seq, uptime_ms=seq * 1_000)
        for seq in range(len(growth))
    ]
    cut = data.draw(st.integers(0, len(frames)))
    before = SERIAL_FAMILIES["board"].decoder(options, {})
    outcomes = before.feed(b"".join(frames[:cut]))
    after = SERIAL_FAMILIES["board"].decoder(options, before.memory())
    outcomes += after.feed(b"".join(frames[cut:]))
    fallen_mm = sum(
        sample.value for frame in frames_of(outcomes) for sample in frame.samples if sample.quantity == "rainfall"
    )
    assert fallen_mm == pytest.approx(0.2 * sum(growth[1:]))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=20,
)
keys = st.sampled_from(
    ["ts", "pm", "2_5", "list", "StatusSNS", "SDS0X1", "PM10", "DS18B20-1", "Temperature", "TempUnit"]
)
documents = st.dictionaries(keys, st.dictionaries(keys, json_values, max_size=4) | json_values, max_size=5)


@each_dialect
@settings(max_examples=25)  # for each of a dozen dialects
@given(topic=st.text(max_size=30), payload=st.binary(max_size=400), document=documents)
def test_a_parser_gives_an_outcome_for_any_topic_and_payload(name, topic, payload, document):
    for message in MQTT[name].messages:
        parse = MQTT_DIALECTS[name].parser(message.options)
        for text in (payload, msgspec.json.encode(document), message.payload[: len(payload)]):
            outcome = parse(topic, text)
            assert isinstance(outcome, Frame | Noise)


def with_another_leaf(document: Any, at: int, leaf: Any) -> Any:
    """The document with another value in the place of its leaf number `at`, in the order of its text."""
    left = iter(range(at, -1, -1))

    def copied(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: copied(inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [copied(inner) for inner in value]
        return leaf if next(left, -1) == 0 else value

    return copied(document)


def json_in(payload: bytes) -> Any:
    try:
        return msgspec.json.decode(payload)
    except ValueError:
        return None


@each_dialect
@settings(max_examples=40)
@given(at=st.integers(0, 30), leaf=json_values | st.sampled_from([1e308, -1e308, 2**63, "1e308", "nan", -1, ""]))
def test_a_strange_value_in_a_message_gives_no_strange_reading(name, at, leaf):
    for message in MQTT[name].messages:
        document = json_in(message.payload)
        if isinstance(document, dict | list):
            payload = msgspec.json.encode(with_another_leaf(document, at, leaf))
            outcome = MQTT_DIALECTS[name].parser(message.options)(message.topic, payload)
            assert isinstance(outcome, Noise) or outcome.samples or outcome.note or outcome.others
            for sample in () if isinstance(outcome, Noise) else (*outcome.samples, *outcome.others):
                assert isfinite(sample.value)
                assert sample.quantity in QUANTITIES


finite = st.floats(allow_nan=False, allow_infinity=False, width=32)


@given(st.dictionaries(st.sampled_from(["pm2_5", "pm10", "noise"]), finite), st.integers(0, 4_102_444_800_000))
def test_a_json_message_means_what_was_built_into_it(values, time_ms):
    paths = {"pm2_5": "pm.2_5", "pm10": "pm.10", "noise": r"a\.b.c"}
    parse = MQTT_DIALECTS["json"].parser({"values": paths, "time": "at.ms"})
    [outcome] = frames_of([parse("t", mqtt_json.build(values, paths=paths, time="at.ms", at=time_ms))])
    assert {sample.quantity: sample.value for sample in outcome.samples} == values
    assert {sample.time_ms for sample in outcome.samples} <= {time_ms}


@given(st.sampled_from(["SDS0X1", "SDS0X1-1", "SDS0X1_2"]), st.fixed_dictionaries({"PM2.5": finite, "PM10": finite}))
def test_a_tasmota_message_means_what_was_built_into_it(key, body):
    outcome = MQTT_DIALECTS["tasmota"].parser({})("t", tasmota.build({key: body}, time="2026-03-07T12:54:34"))
    assert outcome == Frame((Sample("pm2_5", body["PM2.5"]), Sample("pm10", body["PM10"])))


@given(st.dictionaries(st.sampled_from(["Temperature", "Yard/Humidity", "CO2"]), finite), st.integers(0, 255))
def test_a_sparkplug_birth_means_what_was_built_into_it(values, seq):
    payload = sparkplug.build(values, time_ms=1_764_000_000_000, seq=seq, bd_seq=3)
    [outcome] = frames_of([MQTT_DIALECTS["sparkplug"].parser({})("spBv1.0/g/NBIRTH/n", payload)])
    called = {"Temperature": "temperature", "Yard/Humidity": "humidity", "CO2": "co2"}
    assert {sample.quantity: sample.value for sample in outcome.samples} == {
        called[name]: value for name, value in values.items()
    }


lpp_steps = st.dictionaries(st.integers(0, 255), st.integers(-(2**15), 2**15 - 1), min_size=1, max_size=20)


@given(lpp_steps)
def test_a_payload_of_cayenne_lpp_means_what_was_built_into_it(steps):
    values = {f"temperature_{channel}": step / 10 for channel, step in steps.items()}
    fields = cayenne_lpp.decode(cayenne_lpp.encode(values)).fields
    assert {field.name: field.value for field in fields} == values
