"""ChirpStack: both versions, with a codec and without, duplicates, several devices, events that are no uplinks."""

import base64

import msgspec
import pytest

from firmware_bridge import MQTT_DIALECTS, Frame, Noise
from firmware_bridge.dialects import chirpstack
from tests.recorded import Source, recorded
from tests.synthetic.messages import messages_tsv

EUI = "24e124713b492056"
TOPIC = f"application/1/device/{EUI}/event/up"
AT = "2026-03-07T03:54:34.482+00:00"
AT_MS = 1_772_855_674_482


def parser(**options):
    return MQTT_DIALECTS["chirpstack"].parser(options)


def parse(event, topic: str = TOPIC, **options):
    return parser(**options)(topic, event if isinstance(event, bytes) else msgspec.json.encode(event))


def up(counter: int = 1, **more):
    return {"deduplicationId": f"d{counter}", "time": AT, "deviceInfo": {"devEui": EUI}, "fCnt": counter, **more}


def pairs(outcome) -> list[tuple[str, float]]:
    return [(sample.quantity, sample.value) for sample in outcome.samples]


def coded(text: str) -> str:
    return base64.b64encode(bytes.fromhex(text)).decode()


def test_an_event_is_built_as_it_is_read():
    event = chirpstack.build(EUI, data=bytes.fromhex("05cc02000100"), time=AT, counter=3, profile="VS121")
    assert pairs(parse(event)) == [("people_in", 2.0), ("people_out", 1.0)]
    event = chirpstack.build(EUI, decoded={"temperature": 23.8}, time=AT, counter=3)
    assert pairs(parse(event)) == [("temperature", 23.8)]


def test_a_payload_is_decoded_by_what_is_configured_before_what_the_profile_names():
    event = up(data=coded("0367ee00"), deviceInfo={"devEui": EUI, "deviceProfileName": "VS121"})
    assert isinstance(parse(event), Noise)
    assert pairs(parse(event, decoder="am308")) == [("temperature", 23.8)]


def test_without_decoder_the_codec_is_read_and_without_both_it_says_what_to_do():
    assert pairs(parse(up(data="AQID", object={"co2": 800}))) == [("co2", 800.0)]
    assert parse(up(data="AQID")) == Frame((), "3 bytes that nothing decodes: set decoder, or a codec in the server")


def test_the_codec_of_milesight_says_history_and_units_as_the_payload_does():
    decoded = {"history": [{"timestamp": 1693530747, "distance": 2116}]}
    event = up(object=decoded, deviceInfo={"devEui": EUI, "deviceProfileName": "EM500-UDL"})
    outcome = parse(event)
    assert [(s.quantity, s.value, s.time_ms) for s in outcome.samples] == [("distance", 211.6, 1693530747000)]
    assert outcome.kept


def test_a_field_of_which_nobody_knows_the_unit_is_no_reading():
    outcome = parse(up(object={"distance": 2116, "battery": 3.6}))
    assert outcome.samples == ()
    assert outcome.note == (
        "distance is in no unit that is known here: name it in units; "
        "battery 3.6 may be volts as well as per cent: name it in values"
    )
    assert pairs(parse(up(object={"distance": 2116}), units={"distance": "mm"})) == [("distance", 211.6)]


@pytest.mark.parametrize(
    ("decoded", "pair"),
    [
        ({"TempC_SHT": 14.65}, ("temperature", 14.65)),
        ({"temp": "20.5 °C"}, ("temperature", 20.5)),
        ({"Temperature": "68 °F"}, ("temperature", 20.0)),
        ({"Bat": "3.384 V"}, ("battery_voltage", 3.384)),
        ({"distance": "1752 mm"}, ("distance", 175.2)),
        ({"PM1_0": 3}, ("pm1", 3.0)),
        ({"pm2_5": 4}, ("pm2_5", 4.0)),
        ({"pm10": 5}, ("pm10", 5.0)),
        ({"air": {"relativeHumidity": 70}}, ("humidity", 70.0)),
        ({"line_2_period_in": 4}, ("people_in", 4.0)),
        ({"outdoorTemperature": 31.5, "soil": {"temperature": 27}, "setpoint_temperature": 20}, ("temperature", 31.5)),
        ({"CarbonDioxide": 612, "rain": 12, "countIn": 7}, ("co2", 612.0)),
    ],
)
def test_fields_are_known_by_the_names_that_people_give_them(decoded, pair):
    assert pairs(parse(up(object=decoded))) == [pair]


def test_values_choose_among_fields():
    decoded = {"TempC_SHT": 14.65, "TempC_DS": 13.18}
    assert [sample.own_id for sample in parse(up(object=decoded)).others] == ["TempC_DS"]
    outcome = parse(up(object=decoded), values={"water_temperature": "TempC_DS"})
    assert pairs(outcome) == [("water_temperature", 13.18)]


def test_an_uplink_that_comes_twice_counts_once():
    read = parser(decoder="vs121")
    event = msgspec.json.encode(up(5, data=coded("05cc02000100")))
    assert len(read(TOPIC, event).samples) == 2
    assert read(TOPIC, event) == Frame((), f"uplink 5 of {EUI} came a second time")
    assert len(read(TOPIC, msgspec.json.encode(up(6, data=coded("05cc02000100")))).samples) == 2


def test_a_device_that_joined_again_may_count_from_the_start():
    read = parser(decoder="vs121")
    first = {"devEUI": EUI, "fCnt": 0, "data": coded("05cc02000100"), "publishedAt": AT}
    later = {**first, "publishedAt": "2026-03-07T04:54:34Z"}
    assert len(read(TOPIC, msgspec.json.encode(first)).samples) == 2
    assert len(read(TOPIC, msgspec.json.encode(later)).samples) == 2


@pytest.mark.parametrize("eui", ["AgICAgICAgI=", "0202020202020202", "0202020202020202".upper()])
def test_an_eui_may_be_written_in_hexadecimal_or_base64(eui):
    event = {"devEUI": eui, "deviceName": "garden", "fCnt": 1, "objectJSON": '{"temperature": 20}', "publishedAt": AT}
    for name in ("0202020202020202", "garden"):
        [sample] = parse(event, channels={name: "garden-1"}).samples
        assert (sample.channel, sample.time_ms) == (name, AT_MS)


def test_a_device_without_channel_is_named_by_its_eui():
    [sample] = parse(up(object={"temperature": 20}), channels={"0202020202020202": "garden-1"}).samples
    assert sample.channel == EUI


def test_a_gateways_clock_that_runs_ahead_gives_way_to_the_servers():
    received = [{"gwTime": "2027-01-01T00:00:00Z", "nsTime": AT, "rssi": -60}]
    event = up(object={"temperature": 20}, time="2027-01-01T00:00:00Z", rxInfo=received)
    assert {sample.time_ms for sample in parse(event).samples} == {AT_MS}
    event = up(object={"temperature": 20}, time="1980-01-06T00:00:00Z", rxInfo=received)
    assert {sample.time_ms for sample in parse(event).samples} == {AT_MS}


def test_an_uplink_without_a_time_is_stamped_on_arrival():
    [sample] = parse({"fPort": 2, "object": {"Temperature": 20}}, topic="x").samples
    assert sample.time_ms is None


@pytest.mark.parametrize(
    ("topic", "event", "note"),
    [
        ("event/join", {"devAddr": "00189440"}, "join event: only up events hold readings"),
        ("event/status", {"margin": 10, "batteryLevel": 75.6}, "status event: only up events hold readings"),
        ("event/ack", {"acknowledged": True}, "ack event: only up events hold readings"),
        ("event/log", {"level": "ERROR", "code": "UPLINK_CODEC", "description": "boom"},
         "ChirpStack says: ERROR UPLINK_CODEC boom"),
        ("other", {"margin": 10}, "status event: only up events hold readings"),
        ("other", {"devAddr": "00189440"}, "join event: only up events hold readings"),
        ("event/up", {}, "uplink without data"),
        ("event/up", {"fPort": 0, "fCnt": 3}, "uplink without data"),
    ],
)  # fmt: skip
def test_events_without_readings_say_so(topic, event, note):
    assert parse(event, topic=f"application/1/device/{EUI}/{topic}") == Frame((), note)


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"[1]", "message is no JSON object, which events of ChirpStack are"),
        (b'{"a":1}', "event has neither deviceInfo, devEUI nor data: is it of ChirpStack?"),
        (b'{"deviceInfo":7}', "event's deviceInfo is no object: is it of ChirpStack?"),
        (b'{"devEUI":"123","data":"123"}', "event's data '123' is no base64: is it of ChirpStack?"),
        (b'{"devEUI":"123","data":7}', "event's data '7' is no base64: is it of ChirpStack?"),
    ],
)
def test_what_is_no_event_of_chirpstack_says_so(payload, reason):
    assert parse(payload, topic="x") == Noise(len(payload), reason)


# made by chirpstack-api 4, with a payload and with the object of a codec
WITH_A_PAYLOAD = (
    "0a083361633765336334120c08fac2aecd061080f9eae5011a253209454d3530302d55444c3a0662726964676542103234653132343731"
    "33623439323035362208303031383934343038074055520701756403821e0062310a103030313663303031663135336131346330c7ffff"
    "ffffffffffff013d000014418a010c08fac2aecd0610808c8d9e02"
)
WITH_AN_OBJECT = (
    "0a083361633765336334120c08fac2aecd061080f9eae5011a1d3201583a06627269646765421032346531323437313362343932303536"
    "22083030313839343430380840555a5d0a240a046c697374121c321a0a0911000000000000f03f0a051a0332206d0a0220010a0208000a"
    "1b0a0361697212142a120a100a03636f3212091100000000000089400a180a0b74656d7065726174757265120911000000000080354062"
    "310a103030313663303031663135336131346330c7ffffffffffffffff013d000014418a010c08fac2aecd0610808c8d9e02"
)


def test_protobuf_means_what_json_does():
    first, second = (parse(bytes.fromhex(text)) for text in (WITH_A_PAYLOAD, WITH_AN_OBJECT))
    assert pairs(first) == [("battery", 100.0), ("distance", 3.0), ("signal", -57.0), ("signal_to_noise", 9.25)]
    assert {sample.time_ms for sample in first.samples} == {AT_MS}
    assert pairs(second)[:2] == [("co2", 800.0), ("temperature", 21.5)]
    assert parse(bytes.fromhex(WITH_A_PAYLOAD), topic=f"application/1/device/{EUI}/event/join").samples == ()


@pytest.mark.parametrize("cut", range(1, 130, 7))
def test_protobuf_that_is_cut_is_no_event(cut):
    outcome = parse(bytes.fromhex(WITH_A_PAYLOAD)[:cut])
    assert isinstance(outcome, Noise) or not outcome.samples


def test_json_that_begins_with_a_line_feed_is_json():
    assert pairs(parse(b"\n" + msgspec.json.encode(up(object={"temperature": 20})))) == [("temperature", 20.0)]


@pytest.mark.parametrize("payload", [b"\xff", b"{" * 9_000, b'{"object":' * 9_000, b'{"object":[' + b"[" * 9_000])
def test_a_hostile_message_is_noise(payload):
    assert isinstance(parse(payload), Noise)


def test_a_deep_or_long_object_costs_no_more_than_its_first_fields():
    deep: dict[str, object] = {"temperature": 20}
    for _ in range(100):
        deep = {"a": deep}
    assert pairs(parse(up(object={"humidity": 50, "deep": deep, "long": list(range(9_000))}))) == [("humidity", 50.0)]


@pytest.mark.parametrize("source", [messages_tsv, recorded("mqtt_json/messages.tsv")])
def test_recorded_events_of_version_3_are_told_from_readings(source: Source):
    lines = [line.split("\t") for line in source().splitlines() if line.startswith("chirpstack_v3")]
    assert lines
    for _, topic, payload in lines:
        outcome = parse(payload.encode(), topic=topic)
        assert isinstance(outcome, Noise) or not [s for s in outcome.samples if not s.quantity.startswith("signal")]
