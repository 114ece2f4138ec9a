"""Lines of text by configuration: patterns and columns, what is no reading, what is refused before a line comes."""

import time
from typing import Any

import pytest

from edge.sources.configured import mistakes_in
from firmware_bridge import SERIAL_FAMILIES, Frame, Noise, OptionError, Sample
from firmware_bridge.families.generic import build
from firmware_bridge.family import QUANTITIES_KNOWN, Asking
from wire import BUILT_IN, DomainRow, Quantity, QuantityTable

FLOAT = "[-+0-9.]+"


def feed(data: bytes, **options: Any):
    return SERIAL_FAMILIES["generic"].decoder(options, {}).feed(data)


def values(data: bytes, **options: Any):
    return [
        (sample.quantity, sample.value)
        for outcome in feed(data, **options)
        if isinstance(outcome, Frame)
        for sample in outcome.samples
    ]


@pytest.mark.parametrize(
    ("line", "options", "found"),
    [
        (b"T=23.4 H=55", {"pattern": f"T=(?P<temperature>{FLOAT})"}, [("temperature", 23.4)]),
        (b"level: 1.52 m", {"pattern": r"level: (?P<water_level>\d+\.?\d*) m", "units": {"water_level": "m"}},
         [("water_level", 152.0)]),
        (b"level 12", {"pattern": "^level (?P<water_level>[0-9]+)(?: temp (?P<temperature>[0-9]+))?"},
         [("water_level", 12.0)]),
        (b"23.4,55", {"columns": {"temperature": 1, "humidity": 2}}, [("temperature", 23.4), ("humidity", 55.0)]),
        (b"  23.4   55", {"columns": {"humidity": 2}, "separator": "blanks"}, [("humidity", 55.0)]),
        (b"a\t55\tb", {"columns": {"humidity": 2}, "separator": "tab"}, [("humidity", 55.0)]),
        (b'"a;b";"55,5"', {"columns": {"humidity": 2}, "separator": ";", "decimal": ","}, [("humidity", 55.5)]),
        (b"\xb0C 20", {"pattern": "^°C (?P<temperature>[0-9]+)", "encoding": "latin-1"}, [("temperature", 20.0)]),
        (b"1.234,5", {"columns": {"noise": 1}, "separator": ";", "decimal": ","}, []),
        (b"182", {"columns": {"water_level": 1}, "scale": {"water_level": -1}, "offset": {"water_level": 450}},
         [("water_level", 268.0)]),
    ],
)  # fmt: skip
def test_what_stands_where_is_said_by_the_options(line: bytes, options: dict[str, Any], found: list[Any]):
    assert values(line + b"\r\n", **options) == found


@pytest.mark.parametrize("end", [b"\r", b"\n", b"\r\n", b"\n\r", b"\r\r\n"])
def test_lines_end_as_devices_end_them(end: bytes):
    assert values((b"23.4" + end) * 3, columns={"temperature": 1}) == [("temperature", 23.4)] * 3


def test_a_line_may_end_with_another_character():
    assert values(b"\x0223.4\x03\x0223.5\x03", pattern="^\x02(?P<temperature>[0-9.]+)", end="\x03") == [
        ("temperature", 23.4), ("temperature", 23.5),
    ]  # fmt: skip
    assert values(b"1 2;3 4;", columns={"noise": 2}, separator="blanks", end=";") == [("noise", 2.0), ("noise", 4.0)]


@pytest.mark.parametrize("text", ["NaN", "---", "", "null", "ERR", "inf", "-999", "-999.0", "9999", "85"])
def test_what_a_sensor_says_instead_of_a_reading_is_none(text: str):
    options = {"no_reading": {"any": [-999, "9999"], "temperature": 85}}
    [outcome] = feed(f"{text},55\n".encode(), columns={"temperature": 1, "humidity": 2}, **options)
    assert outcome.samples == (Sample("humidity", 55.0),)
    assert outcome.note.startswith("temperature ")


def test_a_value_beyond_its_bounds_is_no_reading_and_costs_nothing_beside_it():
    [outcome] = feed(b"601,20\n", columns={"water_level": 1, "temperature": 2}, bounds={"water_level": [0, 600]})
    assert outcome == Frame((Sample("temperature", 20.0),), "water_level is 601, beyond its bounds")


def test_two_sensors_of_one_line_are_told_apart_by_a_column_or_by_the_field():
    assert feed(b"07,20\n", columns={"channel": 1, "temperature": 2}) == [Frame((Sample("temperature", 20.0, "7"),))]
    assert feed(b"20,25\n", columns={"temperature__in": 1, "temperature__out": 2}) == [
        Frame((Sample("temperature", 20.0, "in"), Sample("temperature", 25.0, "out")))
    ]
    [outcome] = feed(b"8,20\n", columns={"channel": 1, "temperature": 2}, channels={"7": "air-1"})
    assert outcome == Frame((), "channel '8' has no sensor: name it in channels")


@pytest.mark.parametrize("columns", [{"channel": 1, "noise": 2}, {"noise__in": 1, "noise__out": 2}])
def test_a_gateway_is_told_which_sensor_is_behind_each_channel(columns: dict[str, int]):
    table = {"name": "a", "family": "generic", "port": "/dev/ttyX", "columns": columns}
    [said] = mistakes_in({**table, "sensor": "noise-1"}, BUILT_IN)
    assert str(said).startswith("channels: is missing; name the sensor of each channel")
    assert list(mistakes_in({**table, "channels": {"in": "noise-1", "out": "noise-2"}}, BUILT_IN)) == []


@pytest.mark.parametrize(
    ("text", "options", "time_ms"),
    [
        ("2026-11-29T12:00:00", {"zone": "+09:00"}, 1_795_921_200_000),
        ("2026-11-29 12:00:00", {"zone": "+09:00"}, 1_795_921_200_000),
        ("29/11/26 12:00", {"time_format": "%d/%m/%y %H:%M", "zone": "+09:00"}, 1_795_921_200_000),
        ("1795921200", {"time_format": "epoch_s"}, 1_795_921_200_000),
        ("1795921200000000000", {"time_format": "epoch_ns"}, 1_795_921_200_000),
        ("1795921200000", {"time_format": "epoch"}, 1_795_921_200_000),
    ],
)
def test_a_devices_own_time_is_the_time_of_its_readings(text: str, options: dict[str, Any], time_ms: int):
    [outcome] = feed(f"{text},20\n".encode(), columns={"time": 1, "temperature": 2}, **options)
    assert outcome == Frame((Sample("temperature", 20.0, "", time_ms),))


def test_a_date_and_a_time_in_two_columns_are_one_time():
    columns = {"date": 1, "time": 2, "temperature": 3}
    [outcome] = feed(b"2026-11-29,12:00:00,20\n", columns=columns, zone="+09:00")
    assert outcome.samples == (Sample("temperature", 20.0, "", 1_795_921_200_000),)


def test_a_time_that_cannot_be_read_is_noted_and_the_reading_is_stamped_on_arrival():
    [outcome] = feed(b"soon,20\n", columns={"time": 1, "temperature": 2})
    assert outcome == Frame((Sample("temperature", 20.0),), "time is not an ISO 8601 time")


@pytest.mark.parametrize("kind", ["nmea", "xor", "sum8", "crc16", "crc16-arc", "crc16-ccitt"])
def test_a_checksum_holds_a_line_together(kind: str):
    options = {"columns": {"temperature": 2}, "checksum": kind}
    line = build(b"$A,23.4,55", checksum=kind)
    assert values(line, **options) == [("temperature", 23.4)]
    for at in range(len(line) - 2):
        assert values(line[:at] + bytes((line[at] ^ 1,)) + line[at + 1 :], **options) == []


def test_checksums_are_those_of_their_standards():
    assert build(b"$GPGLL,4916.45,N,12311.12,W,225444,A,", checksum="nmea").startswith(
        b"$GPGLL,4916.45,N,12311.12,W,225444,A,*1D"
    )
    assert build(b"123456789", checksum="crc16") == b"123456789*4B37\r\n"
    assert build(b"123456789", checksum="crc16-arc") == b"123456789*BB3D\r\n"
    assert build(b"123456789", checksum="crc16-ccitt") == b"123456789*29B1\r\n"


def test_a_torn_line_before_a_whole_one_makes_no_reading_of_both():
    options = {"pattern": f"T=(?P<temperature>{FLOAT})"}
    assert values(b"T=2T=23.4\n", **options) == []
    assert values(b"T=2T=23.4\n", start="T=", **options) == [("temperature", 23.4)]
    assert values(b"\xff\x00?T=23.4\n", start="T=", **options) == [("temperature", 23.4)]


def test_a_line_that_is_too_long_is_noise_up_to_its_end_and_the_next_one_is_read():
    outcomes = feed(b"1" * 700 + b"\n23.4\n", columns={"temperature": 1})
    assert outcomes[-1] == Frame((Sample("temperature", 23.4),))
    assert sum(outcome.size for outcome in outcomes[:-1]) == 701
    assert all("longer than 256 bytes" in outcome.reason for outcome in outcomes[:-1])


def test_foreign_lines_are_noise_and_say_why():
    assert feed(b"hello\n", pattern="^T=(?P<temperature>[0-9]+)") == [Noise(6, "line does not fit the pattern")]
    assert feed(b"hello\n", columns={"temperature": 3}) == [Noise(6, "line has 1 columns, and column 3 was configured")]
    assert feed(b"hello\n", columns={"temperature": 1}, start="$") == [Noise(6, "line does not begin with '$'")]


@pytest.mark.parametrize(
    "pattern",
    [
        r"(?P<noise>(?:[0-9]+)*)x", r"(?P<noise>(?:a|a)*)x", r"(?P<noise>(?:[0-9]?)*)x", r"(?P<noise>.*).*.*.*.*.*x",
        r"(?P<noise>a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?aaaaaaaaaaaaaaaaaaaaaaaa)",
        r"(?P<noise>[0-9]+)(?=(?:a+)+)x", r"(?P<noise>[0-9]+)\1+x", r"(?i)(?P<noise>A+)a+[aA]+a+a+a+x",
    ],
)  # fmt: skip
def test_a_pattern_that_could_take_for_ever_is_refused(pattern: str):
    with pytest.raises(OptionError, match=r"^pattern: "):
        feed(b"", pattern=pattern)


@pytest.mark.parametrize(
    "pattern",
    [
        r"T=(?P<temperature>-?\d+\.?\d*),H=(?P<humidity>\d+\.?\d*),P=(?P<pressure>\d+\.?\d*)",
        r"^\s*(?P<water_level>-?\d+(?:\.\d+)?)\s*cm\s*(?P<temperature>\S+)",
        r".*T:(?P<temperature>[^,]+),.*H:(?P<humidity>[0-9.]+)",
        r"^(?P<time>[^;]+);(?P<temperature>[^;]*);(?P<humidity>[^;]*);(?P<pressure>[^;]*);(?P<noise>[^;]*)$",
        r"(?:Level|Depth)[ :=]+(?P<water_level>[-+]?[0-9]*\.?[0-9]+)",
    ],
)
def test_a_pattern_as_people_write_it_is_taken_and_the_worst_line_takes_a_second_at_most(pattern: str):
    decoder = SERIAL_FAMILIES["generic"].decoder({"pattern": pattern}, {})
    for worst in (b"1" * 127, b"T=1" * 42, b"T:1,H:" * 21, b" " * 127, b";" * 127, b"1." * 63):
        start_s = time.process_time()
        decoder.feed(worst + b"\n")
        assert time.process_time() - start_s < 1.0


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({}, "pattern: write either pattern, a regular expression whose named groups"),
        ({"pattern": "(?P<noise>.)", "columns": {"noise": 1}}, "pattern: write either pattern"),
        ({"pattern": "(?P<noise>["}, "pattern: '(?P<noise>[' is no regular expression: unterminated character set"),
        ({"pattern": "(?P<temperatur>.)"}, "pattern: 'temperatur' is no quantity; did you mean temperature?"),
        ({"pattern": "T=(.)"}, "pattern: names no quantity; name one, such as water_level"),
        ({"columns": {"time": 1}}, "columns: names no quantity"),
        ({"columns": {"humidity": 0}}, "columns.humidity: 0 is no column; they are counted from 1"),
        ({"columns": {"humidity": "2"}}, "columns.humidity: '2' is no column"),
        ({"columns": {"noise": 1}, "separator": "::"}, "separator: '::': write one character such as"),
        ({"columns": {"noise": 1}, "decimal": ","}, "separator: ',' cannot be the decimal sign too"),
        ({"columns": {"noise": 1}, "units": {"noise": "°C"}}, "units.noise: '°C' is no unit of noise"),
        ({"columns": {"noise": 1}, "scale": {"noise": 0}}, "scale.noise: 0: write a number other than 0"),
        ({"columns": {"noise": 1}, "offset": {"noise": "1"}}, "offset.noise: '1': write a number"),
        ({"columns": {"noise": 1}, "bounds": {"noise": 7}}, "bounds.noise: 7: write the lowest and the highest value"),
        ({"columns": {"noise": 1}, "bounds": {"noise": [9, 1]}}, "bounds.noise: [9, 1]: write the lowest"),
        ({"columns": {"noise": 1}, "scale": {"nois": 2}}, "scale.nois: is not among columns; did you mean noise?"),
        ({"columns": {"noise": 1}, "time_format": "unix"}, "time_format: 'unix': write one of: epoch_ms, epoch_s, iso"),
        ({"columns": {"noise": 1}, "time_format": "%H:%M"}, "time_format: '%H:%M': write one of: epoch_ms"),
        ({"columns": {"noise": 1}, "zone": "WIT"}, "zone: 'WIT': write its offset from UTC, \"+09:00\""),
        ({"columns": {"noise": 1}, "end": ""}, "end: '': write 1 to 4 characters of ASCII"),
        ({"columns": {"noise": 1}, "end": ","}, "end: ',': write 1 to 4 characters of ASCII"),
        ({"columns": {"noise": 1}, "end": "5"}, "end: '5': write 1 to 4 characters of ASCII"),
        ({"columns": {"noise": 1}, "checksum": "md5"}, "checksum: 'md5': write one of: "),
    ],
)  # fmt: skip
def test_a_mistake_in_the_configuration_is_one_sentence(options: dict[str, Any], sentence: str):
    with pytest.raises(OptionError) as caught:
        feed(b"", **options)
    assert str(caught.value).startswith(sentence)
    table = {"name": "a", "family": "generic", "port": "/dev/ttyX", "sensor": "a-1", **options}
    assert [str(problem) for problem in mistakes_in(table, BUILT_IN)] == [str(caught.value)]


def test_a_quantity_that_the_city_added_can_be_named():
    city = QuantityTable(
        [DomainRow("street", "Street", "Jalan")], [Quantity("leq", "street", "dB[SPL]", 1, 0, 140, "Leq", "Leq")]
    )
    decoder = SERIAL_FAMILIES["generic"].decoder({"columns": {"leq": 1}, QUANTITIES_KNOWN: city}, {})
    assert decoder.feed(b"61.5\n") == [Frame((Sample("leq", 61.5),))]


def test_a_sensor_that_answers_when_asked_is_asked_and_its_silence_is_said():
    decoder = SERIAL_FAMILIES["generic"].decoder({"columns": {"noise": 1}, "ask": "R\r\n", "every_s": 5.0}, {})
    assert isinstance(decoder, Asking)
    assert decoder.poll(0.0).send == b"R\r\n"
    decoder.feed(b"55\n")
    assert [decoder.poll(float(now)).send for now in range(1, 6)] == [b""] * 4 + [b"R\r\n"]
    for now in range(6, 30):
        trouble = decoder.poll(float(now)).trouble
    assert "the sensor does not answer" in trouble
