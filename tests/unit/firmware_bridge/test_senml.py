"""SenML: resolution, units of the registry, what is refused and what it costs, CBOR that nobody should send."""

from decimal import Decimal

import cbor2
import pytest

from firmware_bridge import MQTT_DIALECTS, Frame, Noise, Sample
from firmware_bridge.cbor import MOST_NESTED, what_is_wrong
from firmware_bridge.dialects import senml
from firmware_bridge.dialects.senml_records import LABELS
from firmware_bridge.family import OptionError

ways = pytest.mark.parametrize("as_cbor", [False, True], ids=["json", "cbor"])


def parse(records, as_cbor=False, **options):
    payload = records if isinstance(records, bytes) else senml.build(records, as_cbor=as_cbor)
    return MQTT_DIALECTS["senml"].parser(options)("sensors/a/senml", payload)


def values(outcome) -> list[tuple[str, float]]:
    return [(sample.quantity, sample.value) for sample in outcome.samples]


@ways
def test_base_fields_hold_from_their_record_on(as_cbor):
    outcome = parse(
        [
            {"bn": "urn:dev:mac:1/", "bt": 1_700_000_000, "bu": "Cel", "bv": 20, "n": "temp", "v": 1.5},
            {"n": "temp", "t": 10, "v": 2},
            {"bn": "urn:dev:mac:2/", "bt": 1_700_000_100, "bv": 0, "n": "temp", "v": 19},
            {"n": "hum", "u": "%RH", "v": 55},
        ],
        as_cbor,
        channels={"urn:dev:mac:1": "one", "urn:dev:mac:2": "two"},
    )
    one, two = "urn:dev:mac:1", "urn:dev:mac:2"
    assert outcome == Frame(
        (
            Sample("temperature", 21.5, one, 1_700_000_000_000),
            Sample("temperature", 22.0, one, 1_700_000_010_000),
            Sample("temperature", 19.0, two, 1_700_000_100_000),
            Sample("humidity", 55.0, two, 1_700_000_100_000),
        )
    )


@pytest.mark.parametrize(
    ("base", "time", "expected"),
    [
        (None, None, Sample("temperature", 1.0, "d")),
        (None, 0, Sample("temperature", 1.0, "d")),
        (None, -2.5, Sample("temperature", 1.0, "d", age_ms=2_500)),
        (-60, 10, Sample("temperature", 1.0, "d", age_ms=50_000)),
        (None, 2**28, Sample("temperature", 1.0, "d", 2**28 * 1_000)),
        (1_764_000_000, -5.25, Sample("temperature", 1.0, "d", 1_763_999_994_750)),
        (1.764e9, 2**28 - 1, Sample("temperature", 1.0, "d", 2_032_435_455_000)),
    ],
)
def test_a_time_below_2_to_the_28_counts_from_now(base, time, expected):
    record = {"bn": "d/", "n": "t", "u": "Cel", "v": 1}
    record |= {key: value for key, value in (("bt", base), ("t", time)) if value is not None}
    assert parse([record]).samples == (expected,)


@pytest.mark.parametrize("time", [61, 2**28 - 1, -(2**28), -1e12])
def test_a_time_that_no_measurement_can_have_costs_its_record(time):
    outcome = parse([{"n": "d/temp", "u": "Cel", "v": 1, "t": time}, {"n": "d/hum", "u": "%RH", "v": 5}])
    assert values(outcome) == [("humidity", 5.0)]
    assert "which is no time of a measurement" in outcome.note


@pytest.mark.parametrize(
    ("name", "unit", "value", "expected"),
    [
        ("temp", "K", 293.65, ("temperature", 20.5)),
        ("temperature", "Cel", 20.5, ("temperature", 20.5)),
        ("humidity", "/", 0.715, ("humidity", 71.5)),
        ("humidity", "/1000", 715, ("humidity", 71.5)),
        ("battery", "EL", 0.87, ("battery", 87.0)),
        ("battery", "%EL", 87, ("battery", 87.0)),
        ("battery", "/100", 87, ("battery", 87.0)),
        ("vbat", "mV", 3_600, ("battery_voltage", 3.6)),
        ("pressure", "Pa", 100_950, ("pressure", 1_009.5)),
        ("pressure", "hPa", 1_009.5, ("pressure", 1_009.5)),
        ("pm2_5", "ug/m3", 12.3, ("pm2_5", 12.3)),
        ("PM10", "kg/m3", 5e-8, ("pm10", 50.0)),
        ("co2", "ppm", 447, ("co2", 447.0)),
        ("co2", "/", 0.000447, ("co2", 447.0)),
        ("noise", "Bspl", 6.15, ("noise", 61.5)),
        ("rain-rate", "m/s", 1e-6, ("rain_rate", 3.6)),
        ("rain-rate", "mm/h", 3.6, ("rain_rate", 3.6)),
        ("water-level", "m", 1.52, ("water_level", 152.0)),
        ("water-level", "cm", 152, ("water_level", 152.0)),
        ("distance", "mm", 1_520, ("distance", 152.0)),
        ("flow", "l/s", 1_500, ("flow", 1.5)),
        ("wind_speed", "km/h", 36, ("wind_speed", 10.0)),
        ("rssi", "dBW", -110, ("signal", -80.0)),
        ("rssi", "dBm", -80, ("signal", -80.0)),
        ("sensor", "lx", 300, ("illuminance", 300.0)),
    ],
)
def test_units_are_those_of_the_registry_and_become_ours(name, unit, value, expected):
    assert values(parse([{"bn": "urn:dev:mac:1:", "n": name, "u": unit, "v": value}])) == [expected]


@pytest.mark.parametrize(
    ("record", "why"),
    [
        ({"n": "d/temp", "u": "%RH", "v": 1}, "which is no unit of temperature (Cel)"),
        ({"n": "d/temp", "u": "bogus", "v": 1}, "which is no unit of temperature (Cel)"),
        ({"n": "d/temp", "v": 1}, "has no unit: give it in units"),
        ({"n": "d/setpoint", "u": "Cel", "v": 1}, "is no quantity that is known here"),
        ({"n": "d/target-temperature", "u": "Cel", "v": 1}, "is no quantity that is known here"),
        ({"n": "d;temp", "u": "Cel", "v": 1}, "'d;temp' is no name of SenML"),
        ({"n": "-3b", "u": "Cel", "v": 1}, "'-3b' is no name of SenML"),
        ({"u": "Cel", "v": 1}, "'' is no name of SenML"),
        ({"n": "d/temp", "u": "Cel", "vs": "1"}, "has vs: no number that is a reading"),
        ({"n": "d/temp", "u": "Cel", "vd": "AQ"}, "has vd: no number that is a reading"),
        ({"n": "d/temp", "u": "Cel", "s": 1}, "has s: no number that is a reading"),
        ({"n": "d/temp", "u": "Cel", "v": 1, "vb": True}, "which of them is it"),
        ({"n": "d/temp", "u": "Cel", "v": True}, "is not a number"),
        ({"n": "d/temp", "u": "Cel", "v": None}, "is missing"),
        ({"n": "d/temp", "u": "Cel", "v": 1, "t": "x"}, "is not a number"),
        ({"n": 7, "u": "Cel", "v": 1}, "is no text"),
        ({"n": "d/temp", "u": 5, "v": 1}, "is no text"),
        ({"n": "d/temp", "u": "Cel", "v": 1, "must_": 1}, "has must_, which must be understood and is not"),
    ],
)
@ways
def test_a_record_that_cannot_be_read_costs_itself_and_none_beside_it(record, why, as_cbor):
    good = {"n": "d/hum", "u": "%RH", "v": 50}
    outcome = parse([good, record, good], as_cbor)
    assert values(outcome) == [("humidity", 50.0)] * 2
    assert why in outcome.note


@pytest.mark.parametrize("record", [{"bv": 1e300, "v": 1e300}, {"bt": 1e300, "t": 1e300, "v": 1}, {"t": 1e20, "v": 1}])
def test_sums_beyond_any_number_or_date_cost_their_record(record):
    outcome = parse([{"n": "d/temp", "u": "Cel", **record}])
    assert outcome == Frame((), "d/temp adds up to no number, or to a time beyond any date")


def test_fields_that_nobody_knows_are_passed_over():
    assert values(parse([{"n": "d/temp", "u": "Cel", "v": 1, "foo": 1, "ut": 60, "s": 7}])) == [("temperature", 1.0)]


@pytest.mark.parametrize("field", ["bn", "bt", "bu", "bv", "bnew_"])
def test_what_builds_on_a_base_field_that_cannot_be_read_is_no_reading_until_another_comes(field):
    first = {"bn": "d/", "n": "temp", "u": "Cel", "v": 1}
    records = [first, {field: [], "n": "temp", "v": 2}, {"n": "temp", "v": 3}, first | {"bt": 0, "bu": "Cel", "bv": 0}]
    outcome = parse(records)
    assert values(outcome) == [("temperature", 1.0)] * 2
    assert outcome.note


@pytest.mark.parametrize("version", [11, 0, -1, "10", 10.5, True, None])
def test_a_version_that_is_not_known_costs_the_whole_pack(version):
    outcome = parse([{"n": "d/temp", "u": "Cel", "v": 1}, {"bver": version, "n": "d/temp", "u": "Cel", "v": 1}])
    assert isinstance(outcome, Noise)
    assert outcome.reason.startswith("bver is ")


@pytest.mark.parametrize("version", [1, 5, 10])
def test_a_version_up_to_that_of_the_rfc_is_read(version):
    assert values(parse([{"bver": version, "n": "d/temp", "u": "Cel", "v": 1}])) == [("temperature", 1.0)]


def test_the_rfcs_half_floats_are_read():
    records = [
        {"bn": "urn:dev:a:1/", "n": "t", "u": "Cel", "v": value, "t": at} for at, value in enumerate((1.5, 20.5), -1)
    ]
    packed = cbor2.dumps([{senml_label(key): value for key, value in one.items()} for one in records], canonical=True)
    assert b"\xf9\x3e\x00" in packed
    assert [(sample.value, sample.age_ms) for sample in parse(packed).samples] == [(1.5, 1_000), (20.5, 0)]


def senml_label(label: str) -> int:
    return next(key for key, name in LABELS.items() if name == label)


def test_values_say_what_a_name_means_and_nothing_else_is_taken():
    records = [
        {"bn": "urn:dev:mac:1/", "n": "echo", "u": "m", "v": 1.5},
        {"n": "0/level", "u": "m", "v": 2},
        {"n": "temp", "u": "Cel", "v": 9},
    ]
    outcome = parse(records, values={"distance": "echo", "water_level": "urn:dev:mac:1/0/level"})
    assert values(outcome) == [("distance", 150.0), ("water_level", 200.0)]
    assert outcome.note == "urn:dev:mac:1/temp is not among values"


@pytest.mark.parametrize(
    ("name", "channel"),
    [
        ("urn:dev:ow:10e2073a01080063", "urn:dev:ow:10e2073a01080063"),
        ("urn:dev:ow:10e2073a01080063:temp", "urn:dev:ow:10e2073a01080063"),
        ("urn:dev:mac:0024befffe804ff1/0/temp", "urn:dev:mac:0024befffe804ff1/0"),
        ("urn:uuid:0d3c9f9e-1111-4222-8333-0123456789ab", "urn:uuid:0d3c9f9e-1111-4222-8333-0123456789ab"),
        ("temp", ""),
    ],
)
def test_what_stands_before_the_last_part_of_a_name_is_the_device(name, channel):
    assert parse([{"n": name, "u": "Cel", "v": 1}]).samples == (Sample("temperature", 1.0, channel),)


@pytest.mark.parametrize("unit", ["count", None])
def test_counts_are_taken_where_values_name_them(unit):
    record = {"n": "d/in", "v": 3} | ({"u": unit} if unit else {})
    assert values(parse([record], values={"people_in": "in"})) == [("people_in", 3.0)]
    assert values(parse([record])) == []


def test_of_several_devices_the_first_counts_where_none_is_named():
    records = [{"n": f"d{number}/temp", "u": "Cel", "v": number} for number in (1, 2)]
    one = Sample("temperature", 1.0, "d1", own_id="d1")
    two = Sample("temperature", 2.0, "d2", own_id="d2")
    advice = "d2 left out: name the sensor of each device in channels"
    assert parse(records) == Frame((one,), advice, (two,))
    assert len(parse(records, channels={"d1": "a", "d2": "b"}).samples) == 2


def test_a_pack_full_of_strangers_says_so_in_a_few_words():
    outcome = parse([{"n": f"d/x{number}", "u": "A", "v": 1} for number in range(900)])
    assert outcome.samples == ()
    assert outcome.note.endswith("; and 895 more")
    assert len(outcome.note) < 600


@pytest.mark.parametrize(
    "payload",
    [b"", b"{}", b"[1]", b"[[]]", b"null", b"\x80\x00", b"\xa0", b"\x81\x01", b"[" * 90_000, b"\x81" * 90_000],
)
def test_what_is_no_pack_is_noise(payload):
    outcome = parse(payload)
    assert isinstance(outcome, Noise)
    assert outcome.size == len(payload)


@pytest.mark.parametrize("payload", [b"[]", b"\x80", b"\x9f\xff", b'[{"bn":"urn:dev:a:1/"}]'])
def test_an_empty_pack_gives_nothing(payload):
    assert parse(payload) == Frame((), "no record with a value")


def test_streams_and_marked_cbor_are_read_too():
    record = cbor2.dumps({0: "d/temp", 1: "Cel", 2: 21})
    for payload in (b"\x9f" + record + b"\xff", b"\xd9\xd9\xf7\x81" + record, b"\x81\xbf" + record[1:] + b"\xff"):
        assert values(parse(payload)) == [("temperature", 21.0)]
    assert values(parse(b"\x81" + cbor2.dumps({0: "d/temp", 1: "Cel", 2: Decimal("21.25")}))) == [
        ("temperature", 21.25)
    ]


@pytest.mark.parametrize(
    ("item", "why"),
    [
        ("9bffffffffffffffff", "an array or map is longer than the message"),
        ("bbffffffffffffffff", "an array or map is longer than the message"),
        ("7bffffffffffffffff61", "a string is longer than the message"),
        ("5affffffff", "a string is longer than the message"),
        ("7f6161ff", "a string or number of no definite length"),
        ("61ff", "a text is not UTF-8"),
        ("820119", "it ends too early"),
        ("19", "it ends too early"),
        ("1c", "no item begins with 1C"),
        ("0000", "1 bytes follow it"),
        ("c11a514b67b0", "tag 1 has no place here"),
        ("d8238162283f", "tag 35 has no place here"),
        ("d81c80", "tag 28 has no place here"),
        ("ff", "a string or number of no definite length"),
        ("81" * (MOST_NESTED + 1) + "00", f"it is nested more than {MOST_NESTED} deep"),
    ],
)
def test_cbor_that_asks_too_much_is_refused_before_it_is_read(item, why):
    assert what_is_wrong(bytes.fromhex(item)) == why
    outcome = parse(b"\x81" + bytes.fromhex(item))
    assert isinstance(outcome, Noise)
    assert outcome.reason.startswith("message is not CBOR: ")


@pytest.mark.parametrize("item", ["a181000201", "c4821b7fffffffffffffff01", "c48200f6", "a10261ff"])
def test_cbor_whose_content_cannot_be_is_noise_or_no_reading(item):
    outcome = parse(b"\x81" + bytes.fromhex(item))
    assert isinstance(outcome, Noise) or outcome.samples == ()


@pytest.mark.parametrize(
    "options",
    [
        {"values": {"no_such": "a"}},
        {"values": {"temperature": 5}},
        {"units": {"temperature": ""}},
        {"channels": {"d": "No Name"}},
        {"channels": {"": "air-1"}},
    ],
)
def test_options_that_cannot_be_meant_are_refused(options):
    with pytest.raises(OptionError):
        parse([], **options)
