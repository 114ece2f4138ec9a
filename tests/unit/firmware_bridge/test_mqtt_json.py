"""Plain JSON: paths, numbers as devices write them, times, hostile messages."""

import pytest

from edge.sources.configured import mistakes_in
from firmware_bridge import MQTT_DIALECTS, Frame, Noise, OptionError, Sample
from firmware_bridge.device_json import number
from firmware_bridge.dialects import mqtt_json
from tests.recorded import Source, recorded
from tests.synthetic.messages import BURST_MS, messages_tsv
from wire import BUILT_IN

HOSTILE = {
    "nothing": b"",
    "a word": b"Online",
    "not UTF-8": b'{"a":"\xff\xfe"}',
    "deep lists": b"[" * 200_000,
    "deep objects": b'{"a":' * 40_000,
    "a number of a thousand digits": b'{"a":' + b"1" * 1_000 + b"}",
    "a number of ten thousand digits": b'{"a":' + b"1" * 10_000 + b"}",
    "a large exponent": b'{"a":1e400}',
    "a text of a large exponent": b'{"a":"1e400"}',
    "a number that no unit could hold": b'{"a":1e308}',
    "its text": b'{"a":"-1e308"}',
    "a text of a megabyte": b'{"a":"' + b"9" * 2**20 + b'"}',
    "a text of the largest size": b'{"a":"' + b"9" * (2**18 - 8) + b'"}',
    "open quotes": b'{"a":nan,"' + b'\\"' * 120_000,
    "many nans": b'{"a":' + b"nan," * 50_000,
    "a bool": b'{"a":true}',
    "an object": b'{"a":{}}',
    "a list": b"[1,2,3]",
    "a number": b"1",
    "digits of another script": '{"a":"١٢"}'.encode(),
    "an underscore": b'{"a":"1_000"}',
    "a number in hexadecimal": b'{"a":"0x10"}',
}


def parse(payload: bytes, values=None, **options):
    return MQTT_DIALECTS["json"].parser({"values": values or {"noise": "a"}, **options})("a/topic", payload)


@pytest.mark.parametrize("payload", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_message_is_noise_or_holds_no_sample(payload):
    outcome = parse(payload)
    assert outcome.size == len(payload) if isinstance(outcome, Noise) else outcome.samples == ()
    assert len(outcome.reason if isinstance(outcome, Noise) else outcome.note) < 200


@pytest.mark.parametrize(
    ("path", "payload", "value"),
    [
        ("pm.2_5", b'{"pm":{"2_5":12.3}}', 12.3),
        ("0.v", b'[{"v":4}]', 4.0),
        ("list.1.v", b'{"list":[{},{"v":5}]}', 5.0),
        ("list.1", b'{"list":{"1":6}}', 6.0),
        (r"PMS5003.PM2\.5", b'{"PMS5003":{"PM2.5":7}}', 7.0),
        (r"a\\b", b'{"a\\\\b":8}', 8.0),
        ("probes.id=28FF01.t", b'{"probes":[{"id":"28FF02","t":1},{"id":"28FF01","t":9}]}', 9.0),
        ("id=7.t", b'[{"id":7,"t":10}]', 10.0),
    ],
)
def test_a_path_goes_by_keys_and_places_in_lists(path, payload, value):
    assert parse(payload, {"noise": path}) == Frame((Sample("noise", value),))


BROKEN = {
    "Latin-1 in a unit": b'{"unit":"\xb5g/m\xb3","a":12.5}',
    "Latin-1 in a unit, UTF-8 in a place": b'{"unit":"\xb0C","place":"Tanjung \xe2\x80\x93","a":12.5}',
    "half a character": b'{"place":"Daruba \xe2\x80","a":12.5}',
    "bytes of a flash that was erased": b'{"name":"\xff\xff\xff\xff","a":12.5}',
    "a NUL in a name": b'{"name":"gauge\x00","a":12.5}',
    "a line end in a name": b'{"name":"gauge\r\n","a":12.5}',
    "a path of Windows": b'{"file":"C:\\data\\x","a":12.5}',
    "half an escape": b'{"name":"\\u00","a":12.5}',
    "half a pair": b'{"name":"\\ud83d","other":"\\ud83d\\ude00","a":12.5}',
    "a mark in front": b'\xef\xbb\xbf{"a":12.5}',
    "a NUL behind": b'{"a":12.5}\x00',
    "a buffer behind its NUL": b'{"a":12.5}\x00"old":7}',
    "lines of Windows": b'{"a":\r\n12.5}\r\n',
    "UTF-16": '{"unit":"µg/m³","a":12.5}'.encode("utf-16"),
    "UTF-16 without its mark": '{"unit":"µg/m³","a":12.5}'.encode("utf-16-le"),
    "all at once": b'\xef\xbb\xbf{"u":"\xb0\\q\x01","b":nan,"a":12.5}\x00\x00',
}


@pytest.mark.parametrize("payload", BROKEN.values(), ids=BROKEN)
def test_a_broken_byte_in_a_text_costs_no_number_beside_it(payload):
    assert parse(payload) == Frame((Sample("noise", 12.5),))


def test_a_key_in_latin_1_is_the_one_that_was_meant():
    assert parse('{"température":29.5}'.encode("latin-1"), {"noise": "température"}).samples == (Sample("noise", 29.5),)


@pytest.mark.parametrize("items", [b"[]", b'[{"id":"b","t":1}]', b'[{"id":"a","t":1},{"id":"a","t":2}]', b"[7]"])
def test_an_item_that_is_not_there_or_not_alone_is_not_taken(items):
    assert parse(b'{"probes":' + items + b"}", {"noise": "probes.id=a.t"}) == Frame((), "noise is missing")


@pytest.mark.parametrize("path", ["", ".", "a.", ".a", "a..b", "a\\", 7])
def test_what_is_no_path_is_a_mistake_in_the_options(path):
    with pytest.raises(OptionError, match=r"^values\.noise: .* is no path; write keys with dots between them"):
        parse(b"{}", {"noise": path})


@pytest.mark.parametrize(
    ("text", "value"),
    [(b'"00545.7085"', 545.7085), (b'" 21.5 "', 21.5), (b'"-1e2"', -100.0), (b"-0", 0.0), (b"3", 3.0)],
)
def test_numbers_may_be_written_as_text(text, value):
    assert parse(b'{"a":%b}' % text) == Frame((Sample("noise", value),))


@pytest.mark.parametrize(
    "text", [b"NaN", b"nan", b"-inf", b"Infinity", b'"nan"', b"null", b"[]", b"false", b'""', b'"--"']
)
def test_what_is_no_number_is_left_out_and_the_others_are_read(text):
    outcome = parse(b'{"b": "a nan, b", "a":%b,"c": 2}' % text, {"noise": "a", "co2": "c"})
    assert outcome.samples == (Sample("co2", 2.0),)
    assert outcome.note.startswith("noise is ")


@pytest.mark.parametrize(
    ("time_format", "text", "zone", "time_ms"),
    [
        ("epoch_ms", b"1765292593065", "", 1_765_292_593_065),
        ("epoch_ms", b'"1765292593065"', "", 1_765_292_593_065),
        ("epoch_s", b"1680962879.62", "", 1_680_962_879_620),
        ("epoch_s", b"1680962879", "", 1_680_962_879_000),
        ("iso", b'"2021-11-11T08:33:35.136100251Z"', "", 1_636_619_615_136),
        ("iso", b'"2024-05-02T20:41:54+0200"', "", 1_714_675_314_000),
        ("iso", b'"2026-03-07T12:54:34+09:00"', "-05:00", 1_772_855_674_000),
        ("iso", b'"2026-03-07T12:54:34"', "+09:00", 1_772_855_674_000),
        ("iso", b'"2026-03-07 12:54:34.5"', "-03:30", 1_772_900_674_500),
        ("iso", b'"2026-03-07t03:54:34z"', "", 1_772_855_674_000),
    ],
)
def test_a_devices_own_time_is_taken(time_format, text, zone, time_ms):
    outcome = parse(b'{"a":1,"t":%b}' % text, time="t", time_format=time_format, zone=zone)
    assert outcome == Frame((Sample("noise", 1.0, "", time_ms),))


@pytest.mark.parametrize(
    ("time_format", "text", "note"),
    [
        ("iso", b'"2026-03-07T12:54:34"', "time names no zone; set zone"),
        ("iso", b'"2026-03-07"', "time is not an ISO 8601 time"),
        ("iso", b'"2026-13-07T12:54:34Z"', "time is not an ISO 8601 time"),
        ("iso", b'"2026-03-07T12:54:34+99:00"', "time is not an ISO 8601 time"),
        ("iso", b"1765292593065", "time is not text"),
        ("iso", b"null", "time is missing"),
        ("epoch_ms", b"null", "time is missing"),
        ("epoch_ms", b'"soon"', "time is not a number"),
        ("epoch_s", b"1e300", "time is beyond any date"),
    ],
)
def test_a_time_that_cannot_be_read_is_noted_and_the_reading_is_stamped_on_arrival(time_format, text, note):
    outcome = parse(b'{"a":1,"t":%b}' % text, time="t", time_format=time_format)
    assert outcome == Frame((Sample("noise", 1.0),), note)


@pytest.mark.parametrize("extreme", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_the_ends_of_the_calendar_are_times_like_others(extreme):
    [sample] = parse(b'{"a":1,"t":"%b"}' % extreme.encode(), time="t", time_format="iso").samples
    assert abs(sample.time_ms) > 62 * 10**12


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"values": {}}, "values: is empty; name at least one quantity"),
        ({"values": {"pm25": "a"}}, "values: 'pm25' is no quantity; did you mean pm2_5?"),
        ({"values": "pm"}, "values: 'pm': write a table"),
        ({}, "values: is missing; add it"),
        (
            {"values": {"noise": "a"}, "time_format": "unix"},
            "time_format: 'unix': write one of: epoch_ms, epoch_s, iso",
        ),
        ({"values": {"noise": "a"}, "zone": "WIT"}, "zone: 'WIT': write its offset from UTC, \"+09:00\""),
        ({"values": {"noise": "a"}, "zone": "+25:00"}, "zone: '+25:00': write an offset from UTC"),
        ({"values": {"noise": "a"}, "time": "t."}, "time: 't.' is no path"),
    ],
)
def test_a_wrong_option_is_one_sentence(options, words):
    with pytest.raises(OptionError) as caught:
        MQTT_DIALECTS["json"].parser(options)
    assert str(caught.value).startswith(words)


TSV = "mqtt_json/messages.tsv"


def messages(source: Source, kind: str) -> list[bytes]:
    lines = source().splitlines()
    return [line.split("\t")[2].encode() for line in lines if line.startswith(kind + "\t")]


@pytest.mark.parametrize(
    ("source", "flow", "distance", "time_ms"),
    [
        pytest.param(messages_tsv, 0.00415, 318.4406, 1_767_258_000_000, id="synthetic"),
        recorded(TSV, 0.00092, 545.7085, 1_714_675_314_000),
    ],
)
def test_a_water_meter_writes_its_numbers_as_text(source: Source, flow: float, distance: float, time_ms: int):
    [payload] = messages(source, "watermeter")
    outcome = parse(payload, {"flow": "rate", "distance": "raw"}, time="timestamp", time_format="iso")
    assert outcome == Frame((Sample("flow", flow, "", time_ms), Sample("distance", distance, "", time_ms)))


BURST = (
    1_765_292_593_065, 1_765_292_593_107, 1_765_292_593_564, 1_765_292_593_606, 1_765_292_593_983, 1_765_292_594_021,
)  # fmt: skip


@pytest.mark.parametrize(
    ("source", "times_ms", "values"),
    [
        pytest.param(messages_tsv, BURST_MS, (455.0, 29.0, 74.0), id="synthetic"),
        recorded(TSV, BURST, (368.0, 21.0, 50.0)),
    ],
)
def test_a_zigbee_burst_keeps_the_times_of_the_device(
    source: Source, times_ms: tuple[int, ...], values: tuple[float, ...]
):
    paths = {"co2": "co2", "temperature": "temperature", "humidity": "humidity"}
    outcomes = [parse(payload, paths, time="last_seen") for payload in messages(source, "zigbee2mqtt")]
    assert tuple(outcome.samples[0].time_ms for outcome in outcomes) == times_ms
    assert {tuple((s.quantity, s.value) for s in outcome.samples) for outcome in outcomes} == {
        tuple(zip(paths, values, strict=True))
    }


@pytest.mark.parametrize(("source", "noise"), [pytest.param(messages_tsv, 6.5, id="synthetic"), recorded(TSV, 8.2)])
def test_a_chirpstack_message_is_read_by_place_in_a_list(source: Source, noise: float):
    [payload] = messages(source, "chirpstack_v3")
    outcome = parse(payload, {"noise": "rxInfo.0.loRaSNR", "co2": "object.co2"})
    assert outcome == Frame((Sample("noise", noise),), "co2 is missing")


def test_a_message_is_built_where_its_paths_say():
    paths = {"pm2_5": "pm.2_5", "pm10": "pm.10"}
    built = mqtt_json.build({"pm2_5": 1.5, "pm10": 2.5}, paths=paths, time="ts", at="2026-03-07T12:54:34Z")
    assert built == b'{"pm":{"2_5":1.5,"10":2.5},"ts":"2026-03-07T12:54:34Z"}'


@pytest.mark.parametrize(
    ("units", "said"),
    [
        ({"pressure": "bananas"}, "units.pressure: 'bananas' is no unit of pressure; write one such as 'hPa'"),
        ({"pressure": "°C"}, "units.pressure: '°C' is no unit of pressure"),
        ({"pressure": 7}, "units.pressure: 7 is no unit of pressure"),
        ({"presure": "Pa"}, "units.presure: is not among values; did you mean pressure?"),
    ],
)
def test_a_unit_that_does_not_fit_is_refused_before_a_message_comes(units, said):
    with pytest.raises(OptionError) as refused:
        MQTT_DIALECTS["json"].parser({"values": {"pressure": "p"}, "units": units})
    assert str(refused.value).startswith(said)


def test_values_in_another_unit_are_converted_and_the_others_stay_as_they_are():
    options = {
        "values": {"pressure": "p", "temperature": "t", "pm2_5": "d"},
        "units": {"pressure": "Pa", "temperature": "°F"},
    }
    frame = MQTT_DIALECTS["json"].parser(options)("x", b'{"p": 98920.23, "t": 68.9, "d": 12.3}')
    assert frame == Frame((Sample("pressure", 989.2023), Sample("temperature", 20.5), Sample("pm2_5", 12.3)))


@pytest.mark.parametrize("text", ["\x1d5", "5\x1c", "\x85 5", "5\u2003"])
def test_what_only_some_call_a_blank_is_no_part_of_a_number(text):
    assert number(text) == "is not a number"


@pytest.mark.parametrize(
    ("payload", "path", "value"),
    [
        (b"23.4", "$", 23.4),
        (b'"23.4"', "$", 23.4),
        (b"[1,2,3]", "[1]", 2.0),
        (b"[1,2,3]", "$[1]", 2.0),
        (b'{"a":[{"b":4}]}', "a[0].b", 4.0),
        (b'{"a":[{"b":4}]}', "$.a[0].b", 4.0),
        (b'{"a":[[5]]}', "a[0][0]", 5.0),
    ],
)
def test_a_bare_number_and_places_in_brackets_are_found(payload, path, value):
    assert parse(payload, {"noise": path}) == Frame((Sample("noise", value),))


@pytest.mark.parametrize(
    ("quantity", "unit", "written", "value"),
    [
        ("o3", "ppb", 20, 39.26), ("co", "mg/m3", 1.5, 1_500.0), ("co", "mg/m³", 1.5, 1_500.0),
        ("co", "ppm", 1, 1_145.6),
        ("temperature", "°F", 68.9, 20.5), ("temperature", "K", 293.65, 20.5), ("pressure", "inHg", 29.92, 1_013.2),
        ("water_level", "ft", 2, 60.96), ("distance", "feet", 2, 60.96), ("rainfall", "in", 1, 25.4),
        ("wind_speed", "km/h", 36, 10.0), ("wind_speed", "mph", 10, 4.4704), ("wind_speed", "kn", 10, 5.144444444),
    ],
)  # fmt: skip
def test_units_of_payloads_are_converted(quantity, unit, written, value):
    [sample] = parse(b'{"a":%s}' % str(written).encode(), {quantity: "a"}, units={quantity: unit}).samples
    assert sample.value == pytest.approx(value, rel=1e-3)


@pytest.mark.parametrize(
    ("time_format", "text"),
    [
        ("epoch_s", b"1795921200"), ("epoch_ms", b"1795921200000"), ("epoch_us", b"1795921200000000"),
        ("epoch_ns", b"1795921200000000000"), ("epoch_ns", b'"1795921200000000000"'), ("epoch", b"1795921200"),
        ("epoch", b"1795921200.0"), ("epoch", b"1795921200000"), ("epoch", b"1795921200000000"),
        ("epoch", b"1795921200000000000"), ("%Y/%m/%d %H:%M", b'"2026/11/29 03:00"'),
    ],
)  # fmt: skip
def test_times_of_any_unit_are_read(time_format, text):
    outcome = parse(b'{"a":1,"t":%b}' % text, time="t", time_format=time_format, zone="Z")
    assert outcome == Frame((Sample("noise", 1.0, "", 1_795_921_200_000),))


def test_items_of_a_list_are_read_one_by_one_and_a_bad_one_costs_itself():
    payload = b'[{"t":1,"v":1.5},7,{"t":"x","v":2.5},{"t":3,"v":null}]'
    outcome = parse(payload, {"noise": "v"}, each="$", time="t")
    assert outcome.samples == (Sample("noise", 1.5, "", 1), Sample("noise", 2.5))
    assert outcome.note == "time is missing; noise is missing; time is not a number"


def test_what_is_no_list_and_too_long_a_list_are_said():
    assert parse(b'{"d":{}}', {"noise": "v"}, each="d") == Frame((), "each: no list is there")
    assert parse(b'{"d":[]}', {"noise": "v"}, each="d") == Frame((), "the list is empty")
    long = parse(b"[" + b",".join([b"1"] * 1_002) + b"]", {"noise": "$"}, each="$")
    assert len(long.samples) == 1_000
    assert long.note == "2 items after the first 1000 are left out"


def test_a_message_says_whose_it_is():
    options = {"channel": "dev.id", "channels": {"7": "noise-1"}}
    assert parse(b'{"dev":{"id":"07"},"a":5}', **options) == Frame((Sample("noise", 5.0, "7"),))
    assert parse(b'{"dev":{"id":8},"a":5}', **options).note == "channel '8' has no sensor: name it in channels"
    assert parse(b'{"a":5}', **options).samples == ()


def test_a_gateway_is_told_whose_each_message_is():
    table = {"name": "a", "family": "json", "topic": "a", "values": {"noise": "a"}, "channel": "id"}
    [said] = mistakes_in({**table, "sensor": "noise-1"}, BUILT_IN)
    assert str(said).startswith("channels: is missing; name the sensor of each channel")
    assert list(mistakes_in({**table, "channels": {"7": "noise-1"}}, BUILT_IN)) == []


def test_what_says_that_there_is_no_reading_is_none():
    options = {"no_reading": {"any": [-999, "off"]}, "bounds": {"noise": [20, 140]}}
    for text in (b"-999", b"-999.0", b'"-999"', b'"OFF"', b"19.9", b"141"):
        assert parse(b'{"a":%b}' % text, **options).samples == ()
    assert parse(b'{"a":20}', **options).samples == (Sample("noise", 20.0),)
