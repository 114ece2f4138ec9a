"""Payloads of LoRaWAN devices: the maker's examples, history, totals, lines and regions, what is no payload."""

import json
import time

import pytest

from firmware_bridge import MQTT_DIALECTS, Frame, Noise, OptionError, Sample
from firmware_bridge.dialects.lorawan import payload_in
from firmware_bridge.payloads import DEVICES, cayenne_lpp, device_named, device_within, payload_decoder
from firmware_bridge.uplink_devices import MOST_DEVICES
from tests.recorded import Source, recorded
from tests.synthetic.payloads import milesight_jsonl
from tests.unit.firmware_bridge.test_mutants import mutant
from tests.vectors import cases


def parser(decoder: str, **options):
    return MQTT_DIALECTS["lorawan"].parser({"decoder": decoder, **options})


def parse(decoder: str, text: str, **options):
    return parser(decoder, **options)("lora/24e124000000000a", bytes.fromhex(text))


def pairs(outcome) -> list[tuple[str, float]]:
    return [(sample.quantity, sample.value) for sample in outcome.samples]


def fields(device: str, text: str) -> dict[str, float]:
    return {field.name: field.value for field in payload_decoder(device)(bytes.fromhex(text)).fields}


NAMES = {"total_counter_in": "total_in", "total_counter_out": "total_out", "periodic_counter_in": "period_in",
         "periodic_counter_out": "period_out", "distance": "distance_mm", "depth": "depth_cm"}  # fmt: skip
DEVICE_OF = {"001": "vs121", "003": "vs132", "005": "vs350", "008": "em310-udl", "009": "em500-udl", "010": "em500-swl",
             "011": "wts506"}  # fmt: skip


@pytest.mark.parametrize("case", cases("milesight"), ids=lambda case: case["id"])
def test_a_payload_of_milesight_means_what_its_readme_says(case):
    found = fields(DEVICE_OF[case["id"][-3:]], case["input"])
    given = {NAMES.get(name, name): value for name, value in found.items()}
    assert given.items() >= {name: value for name, value in case["expect"].items() if name != "sn"}.items()


@pytest.mark.parametrize("case", cases("lpp"), ids=lambda case: case["id"])
def test_a_payload_of_cayenne_lpp_means_what_its_documentation_says(case):
    expected = {f"{name}_{channel}": value for channel, name, value in case["expect"] if name != "accel"}
    assert fields("lpp", case["input"]) == expected


def test_lpp_is_built_as_it_is_read():
    values = {"temperature_1": -4.1, "relative_humidity_2": 60.5, "barometric_pressure_3": 1013.2, "analog_in_9": -0.27}
    payload = cayenne_lpp.decode(cayenne_lpp.encode(values))
    assert {field.name: field.value for field in payload.fields} == values


NO_FIELD = "no field that is known here: name those that are meant in values"


@pytest.mark.parametrize("source", [milesight_jsonl, recorded("lorawan/milesight_examples.jsonl")])
def test_examples_of_the_maker_give_what_its_codec_makes_of_them(source: Source):
    checked = 0
    for row in map(json.loads, source().splitlines()):
        device = device_named(row["device"])
        if not device:
            continue
        payload = payload_decoder(device)(bytes.fromhex(row["hex"]))
        expected = dict(row["expected"])
        records = expected.pop("history", []) or expected.pop("data", [])
        assert payload.problem == ""
        for field in payload.fields:
            in_records = [record for record in records if record.get("timestamp") == field.time_s]
            given = [one[field.name] for one in (expected, *in_records) if field.name in one]
            checked += field.value in given
            assert field.value in given or not given or field.name == "tilt"
    assert checked >= 16


def test_every_device_is_found_by_its_name_and_reads_nothing_of_nothing():
    for device in DEVICES:
        assert device_named(device.upper().replace("-", "_")) == device
        assert payload_decoder(device)(b"").problem == "payload is empty"


@pytest.mark.parametrize(
    ("text", "device"),
    [
        ("Milesight VS133-P (EU868)", "vs133"),
        ("Milesight VS133 (EU868)", "vs133"),
        ("EM310-UDL", "em310-udl"),
        ("em500 udl river", "em500-udl"),
        ("VS121 and VS133", ""),
        ("Dragino LHT65", ""),
        ("", ""),
    ],
)
def test_a_device_profile_names_a_device(text, device):
    assert device_within(text) == device


def test_history_comes_at_its_own_time_and_says_that_it_was_kept():
    outcome = parse("vs360", "20ce7b3af164000b00040020ceff3df16401070002001d000800")
    assert outcome == Frame(
        (
            Sample("people_in", 11.0, "", 1693530747000),
            Sample("people_out", 4.0, "", 1693530747000),
            Sample("people_in", 7.0, "", 1693531647000),
            Sample("people_out", 2.0, "", 1693531647000),
        ),
        kept=True,
    )


def test_what_was_kept_before_the_clock_was_set_is_no_reading():
    outcome = parse("vs350", "20ce10000000000b000400")
    assert outcome.samples == ()
    assert outcome.note.startswith("period_in has no time")


def test_a_time_beside_what_is_measured_is_that_of_all_of_it():
    assert parse("vs121", "05cc020001000f857b3af164").samples == (
        Sample("people_in", 2.0, "", 1693530747000),
        Sample("people_out", 1.0, "", 1693530747000),
    )
    assert parse("vs121", "05cc020001000f8510000000").samples[0].time_ms is None


def test_lines_are_added_up_where_nobody_tells_them_apart():
    text = "05cc0200010008cc030000000bcc000000000ecc05000700"
    outcome = parse("vs133", text)
    assert pairs(outcome) == [("people_in", 10.0), ("people_out", 8.0)]
    assert outcome.note == "line_1, line_2, line_4 added up: channels tells them apart"
    channels = {"line_1": "north", "line_4": "south"}
    assert [(s.channel, s.value) for s in parse("vs133", text, channels=channels).samples] == [
        ("line_1", 2.0), ("line_1", 1.0), ("line_2", 3.0), ("line_2", 0.0), ("line_3", 0.0), ("line_3", 0.0),
        ("line_4", 5.0), ("line_4", 7.0),
    ]  # fmt: skip


def test_the_first_region_counts_and_each_with_channels():
    outcome = parse("vs133", "0fe302100709")
    assert outcome.samples == (Sample("occupancy", 2.0, own_id="region_1"),)
    assert [(sample.own_id, sample.value) for sample in outcome.others] == [
        ("region_2", 16.0), ("region_3", 7.0), ("region_4", 9.0)
    ]  # fmt: skip
    samples = parse("vs133", "0fe302100709", channels={"region_2": "hall"}).samples
    assert [(sample.channel, sample.value) for sample in samples][1] == ("region_2", 16.0)


def test_the_dwell_of_a_region_is_its_mean():
    outcome = parse("vs133", "10e40109101121")
    assert outcome.samples == (Sample("dwell", 4105.0),)


def test_people_are_counted_by_reports_or_by_totals_and_never_by_both():
    first, second = bytes.fromhex("04cc1200160005cc13001400"), bytes.fromhex("04cc1500160005cc03000000")
    by_reports = parser("vs350")
    assert pairs(by_reports("t", first)) == [("people_in", 19.0), ("people_out", 20.0)]
    assert pairs(by_reports("t", second)) == [("people_in", 3.0), ("people_out", 0.0)]
    by_totals = parser("vs350", counts="total")
    assert pairs(by_totals("t", first)) == []
    assert pairs(by_totals("t", second)) == [("people_in", 3.0), ("people_out", 0.0)]


def test_a_total_of_sixteen_bits_wraps():
    parse_ = parser("vs350", counts="total")
    parse_("t", bytes.fromhex("04ccfeff0000"))
    assert pairs(parse_("t", bytes.fromhex("04cc03000000"))) == [("people_in", 5.0), ("people_out", 0.0)]


def test_totals_of_two_devices_are_two():
    parse_ = parser("vs350", counts="total")
    parse_("lora/a", bytes.fromhex("04cc0a000000"))
    assert pairs(parse_("lora/b", bytes.fromhex("04cc14000000"))) == []
    assert pairs(parse_("lora/a", bytes.fromhex("04cc0b000000"))) == [("people_in", 1.0), ("people_out", 0.0)]


def test_totals_without_a_count_of_their_own_say_how_they_are_read():
    outcome = parse("vs133", "03d248000000")
    assert outcome == Frame((), 'line_1_total_in is 72 in all: counts = "total" reads what it grows by')


def test_rain_is_what_its_total_grew_by():
    parse_ = parser("wts506")
    texts = ("08777b0001", "08778b0001", "08778b0001", "0877100002", "20cee59be164ff00794f27ba0432008d13", "0877120002")
    outcomes = [parse_("t", bytes.fromhex(text)) for text in texts]
    rain = [[s.value for s in outcome.samples if s.quantity == "rainfall"] for outcome in outcomes]
    assert rain == [[], [0.16], [0.0], [0.16], [], [0.02]]
    assert outcomes[0].note == "rainfall_total: first count"


def test_an_alarm_counts_nobody_a_second_time():
    outcome = parse("vs350", "85cce803e90301")
    assert outcome.samples == ()
    assert "comes again with the report of its period" in outcome.note


def test_a_level_of_depth_and_of_distance():
    assert pairs(parse("em500-swl", "0377c800")) == [("water_level", 200.0)]
    assert pairs(parse("em500-udl", "03821e00", mounting_height_cm=300)) == [("distance", 3.0), ("water_level", 297.0)]


@pytest.mark.parametrize("text", ["0377ffff", "0377fdff"])
def test_a_probe_that_has_failed_measures_nothing(text):
    assert parse("em500-swl", text) == Frame((), "depth was not measured")


def test_a_tilted_sensor_tells_no_level():
    outcome = parse("em310-udl", "01755c03824408040001", mounting_height_cm=450)
    assert pairs(outcome) == [("battery", 92.0), ("distance", 211.6)]
    assert outcome.note == "sensor is tilted: its distance is none to the surface"
    assert pairs(parse("em310-udl", "03824408040000", mounting_height_cm=450))[1] == ("water_level", 238.4)


def test_gases_come_in_the_unit_of_their_quantity():
    outcome = parse("am319-hcho", "087d25000a7d0700")
    assert pairs(outcome) == [("formaldehyde", 70.0)]
    assert outcome.note == "tvoc_iaq is a rating without a unit"
    assert parse("am319-o3", "0d7d0300").samples[0].value == pytest.approx(58.9, abs=0.01)
    assert pairs(parse("am308", "08e67800")) == [("voc", 120.0)]


def test_a_device_with_a_sim_card_says_the_same_behind_its_own_header():
    header = "020001005f000000013031303130313130"
    header += b"6749D19054690031868508064807350460043224213110".hex() + b"89860412102270062857".hex() + "09000e"
    assert pairs(parse("em400-tld", header + "01756403670b0104823b01050001")) == [
        ("battery", 100.0), ("temperature", 26.7), ("distance", 31.5)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("decoder", "text", "outcome"),
    [
        ("vs350", "03d248000000", Noise(6, "payload begins with 03d2, which no VS350 sends: is it one?")),
        ("vs133", "05", Noise(1, "payload begins with 05, which no VS133 sends: is it one?")),
        ("lpp", "0199aabb", Noise(4, "channel 1 at byte 0 has type 99, which Cayenne LPP has not: is it Cayenne LPP?")),
        ("lpp", "016701", Noise(3, "channel 1 at byte 0 has no whole value: is it Cayenne LPP?")),
        ("vs121", "", Frame((), "uplink without data")),
        ("vs121", "ff0101ff086600b0940976", Frame((), NO_FIELD)),
        ("vs121", "fe03b004", Frame((), "fe03 at byte 0 is the answer to a command: not read from there on")),
        ("vs121", "20ce7b3af16499", Frame((), "history of the unknown kind 153: not read from there on")),
    ],
)  # fmt: skip
def test_what_is_no_payload_of_the_device_says_so(decoder, text, outcome):
    assert parse(decoder, text) == outcome


@pytest.mark.parametrize("size", range(1, 10))
def test_what_is_whole_before_a_cut_is_read(size):
    outcome = parse("wts506", "0175640367ff00046879"[: 2 * size])
    assert len(outcome.samples if isinstance(outcome, Frame) else ()) == sum(size >= whole for whole in (3, 7))


@pytest.mark.parametrize("message", [b"05cc02000100", b"05 CC 02 00 01 00\n", b"0x05cc02000100", b"05:cc:02:00:01:00"])
def test_a_payload_may_be_spelt_in_digits(message):
    assert payload_in(message) == bytes.fromhex("05cc02000100")
    assert pairs(parser("vs121")("t", message)) == [("people_in", 2.0), ("people_out", 1.0)]


def test_values_give_a_field_another_meaning():
    outcome = parse(
        "lpp", "0902fa4c 036700ff", values={"flow_velocity": "analog_in_9"}, units={"flow_velocity": "cm/s"}
    )
    assert pairs(outcome) == [("flow_velocity", -0.146)]


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({}, "decoder: is missing"),
        ({"decoder": "vs122"}, "did you mean vs1"),
        ({"decoder": "lpp", "values": {"wave": "x"}}, "values: 'wave' is no quantity"),
        ({"decoder": "lpp", "values": {"flow": 7}}, "values.flow: 7 is no field's name"),
        ({"decoder": "lpp", "units": {"distance": "kg"}}, "units.distance: 'kg' is no unit of distance"),
        ({"decoder": "lpp", "channels": {"3": "Not A Name"}}, "channels: 'Not A Name' is no sensor's name"),
        ({"decoder": "lpp", "counts": "all"}, "write one of: period, total"),
    ],
)
def test_options_that_cannot_be_meant_are_refused(options, problem):
    with pytest.raises(OptionError, match=problem.replace("?", r"\?")):
        MQTT_DIALECTS["lorawan"].parser(options)


def test_what_is_kept_of_devices_stays_bounded():
    parse_ = parser("vs350", counts="total")
    for device in range(3_000):
        parse_(f"lora/{device}", bytes.fromhex("04cc12001600"))
    assert len(parse_.news()) == MOST_DEVICES
    assert len(parse_._reader.devices._devices) == MOST_DEVICES


@pytest.mark.parametrize(("decoder", "piece"), [("lpp", "0167ffd7"), ("vs133", "0fe302100709"), ("am308", "0367ee00")])
def test_a_message_of_all_that_a_broker_lets_through_takes_no_second(decoder, piece):
    started = time.process_time()
    parse(decoder, piece * (64_000 // (len(piece) // 2)))
    assert time.process_time() - started < 1


MUTANTS = [
    ("payloads/tlv", 'TlvRecord(struct.Struct(characters)', "TlvRecord(struct.Struct('>' + characters[1:])"),
    ("payloads/tlv", "value / item.divisor, time_s, kept", "value / item.divisor, None, kept"),
    ("payloads/tlv", "value >= item.fails_from", "value > 0xFFFF"),
]  # fmt: skip


@pytest.mark.parametrize(("module", "sound", "spoilt"), MUTANTS)
def test_a_spoilt_decoder_of_payloads_is_caught(module, sound, spoilt):
    made = mutant(module, sound, spoilt)
    device = made.TlvDevice("EM500-SWL", {"0377": "depth:H!"}, {"20ce": "depth:H!"})
    good = payload_decoder("em500-swl")
    texts = ("0377c800", "0377ffff", "20ce7b3af1641e00")
    results = [[repr(decode(bytes.fromhex(text))) for text in texts] for decode in (device, good)]
    assert results[0] != results[1]
