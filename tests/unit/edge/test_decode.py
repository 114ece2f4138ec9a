"""siaga-edge decode: captures of a technician, line by line."""

import io
import json
from pathlib import Path

import pytest

from edge.cli import main
from edge.decode import _Lines
from firmware_bridge import MQTT_DIALECTS, SERIAL_FAMILIES, Frame, Sample
from firmware_bridge.catalog import NAMES, find
from firmware_bridge.families import board, nmea, sds011

FRAME = sds011.build(pm2_5=12.3, pm10=30.1)
AT = ("--time", "2026-11-29T12:00:00+09:00")


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[dict[str, object]]:
    assert main(["decode", *arguments]) == 0
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_bytes_become_readings_noise_and_notes(capsys, tmp_path: Path):
    file = tmp_path / "capture.bin"
    file.write_bytes(b"\xff\x00" + FRAME + bytes.fromhex("aac000000000a16001ab") + FRAME[:4])
    assert run(capsys, "sds011", *AT, str(file)) == [
        {"noise": "no frame starts here", "bytes": 2},
        {
            "sensor": "sds011", "quantity": "pm2_5", "value": 12.3, "unit": "ug/m3",
            "time": "2026-11-29T03:00:00.000Z", "marks": [],
        },
        {
            "sensor": "sds011", "quantity": "pm10", "value": 30.1, "unit": "ug/m3",
            "time": "2026-11-29T03:00:00.000Z", "marks": [],
        },
        {"noise": "warming up", "bytes": 10},
        {"noise": "the capture ends before this was a whole frame", "bytes": 4},
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "text", "last"),
    [
        ("sds011", "aac0d4043a0aa16000ab", [("checksum is wrong", 10)]),
        ("a02yyuw", "ff07a1a9", [("checksum is wrong", 4)]),
        ("a02yyuw", "ff07a1a9ff07", [("checksum is wrong", 4), ("the capture ends before this was a whole frame", 2)]),
        (
            "sds011",
            "00112233aac0d4043a0aa1601d",
            [("no frame starts here", 4), ("the capture ends before this was a whole frame", 9)],
        ),
        ("mhz19b", "ff8602", [("the capture ends before this was a whole frame", 3)]),
        ("sds011", "aac0d4043a0aa1601d", [("the capture ends before this was a whole frame", 9)]),
    ],
)
def test_a_capture_that_ends_with_a_bad_frame_says_what_is_wrong_with_it(
    capsys, tmp_path: Path, name: str, text: str, last: list[tuple[str, int]]
):
    file = tmp_path / "capture.txt"
    file.write_text(text + "\n")
    assert [(line["noise"], line["bytes"]) for line in run(capsys, name, "--hex", str(file))] == last


def test_a_last_frame_that_only_the_next_byte_would_prove_is_read(capsys, tmp_path: Path):
    file = tmp_path / "capture.txt"
    file.write_text("ff07f8fe\n")
    assert [line["value"] for line in run(capsys, "a02yyuw", "--hex", str(file))] == [204.0]


@pytest.mark.parametrize(
    "text",
    [FRAME.hex(), FRAME.hex(" ").upper() + "  # a comment", FRAME.hex(":"), ",".join(f"0x{b:02x}" for b in FRAME)],
)
def test_hexadecimal_text_is_read_as_people_write_it(capsys, tmp_path: Path, text: str):
    file = tmp_path / "capture.txt"
    file.write_text(text + "\n")
    assert [line["value"] for line in run(capsys, "SDS-011", "--hex", str(file))] == [12.3, 30.1]


@pytest.mark.parametrize(
    "text", ["05cc02000100", "lora/a\t05 CC 02 00 01 00  # a comment", "# one\n0x05,0xcc,02:00:01:00"]
)
def test_messages_of_bytes_may_stand_in_hexadecimal_digits(capsys, tmp_path: Path, text: str):
    file = tmp_path / "payloads.txt"
    file.write_text(text + "\n")
    lines = run(capsys, "VS121", "--hex", str(file))
    assert [(line["sensor"], line["quantity"], line["value"]) for line in lines] == [
        ("VS121", "people_in", 2.0), ("VS121", "people_out", 1.0)
    ]  # fmt: skip


def test_standard_input_is_a_file_too(capsys, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(FRAME)))
    assert [line["value"] for line in run(capsys, "sds011", "-", "--option", "sensor=air-1")] == [12.3, 30.1]


def test_options_are_those_of_edge_toml_and_channels_name_sensors(capsys, tmp_path: Path):
    file = tmp_path / "capture.bin"
    items = [board.Item(0, "temperature", 29.5), board.Item(3, "humidity", 71.0)]
    file.write_bytes(board.build(items, seq=0))
    lines = run(capsys, "board", str(file), "--option", 'channels={ "0" = "air-daruba", "3" = "air-juanga" }')
    assert [line["sensor"] for line in lines if "sensor" in line] == ["air-daruba", "air-juanga"]


def test_messages_are_lines_of_topic_and_payload(capsys, tmp_path: Path):
    file = tmp_path / "messages.tsv"
    payload = b'{"ts":1764000000000,"pm":{"2_5":"12.3"}}'
    file.write_bytes(
        b"sensors/market/reading\t" + payload + b"\n\nsensors/school/reading\thex:" + payload.hex().encode()
        + b"\nsensors/school/reading\thex:zz\nx\tnope\n"
    )  # fmt: skip
    options = ("--option", "values.pm2_5=pm.2_5", "--option", "time=ts", "--option", "sensor_level=1")
    first, second, third, fourth = run(capsys, "json", *options, str(file))
    assert first == second | {"sensor": "market"}
    assert first["time"] == "2025-11-24T16:00:00.000Z"
    assert third == {"noise": "what follows hex: is none", "bytes": 6}
    assert fourth["bytes"] == 4


def test_what_the_cloud_would_refuse_as_impossible_is_marked(capsys, tmp_path: Path):
    file = tmp_path / "messages.tsv"
    file.write_text('{"h": 140}\n')
    [line] = run(capsys, "json", "--option", "values.humidity=h", str(file))
    assert line["marks"] == ["out_of_bounds"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("sdso11", "-"), "'sdso11' is no family or dialect; did you mean sds011?"),
        (("sds011", "--option", "x=1", "-"), "--option x: unknown key of sds011; known: "),
        (("sds011", "--option", "x", "-"), "--option 'x': write key=value"),
        (("maxbotix", "--option", "median_of=0", "-"), "median_of: 0: write a number from 1 to 1000"),
        (("json", "-"), "values: is missing"),
        (("json", "--option", "values.banana=b", "-"), "values: 'banana' is no quantity"),
        (("sds011", "--time", "noon", "-"), "--time 'noon': write a time such as"),
        (("sds011", "/nowhere/capture"), "/nowhere/capture cannot be read: No such file or directory"),
        (("sds011", "--hex", "WRONG"), "line 1: 'no hex' is no hexadecimal text; write AA C0"),
    ],
)
def test_a_command_that_cannot_be_carried_out_is_one_sentence(capsys, monkeypatch, tmp_path, arguments, sentence):
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"")))
    (tmp_path / "WRONG").write_text("no hex\n")
    given = [str(tmp_path / one) if one == "WRONG" else one for one in arguments]
    assert main(["decode", *given]) == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err.startswith(sentence)


def test_the_list_names_every_family_and_dialect(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["decode", "--list"])
    assert ended.value.code == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.partition(":")[0].partition(" ")[0] for line in lines] == [*SERIAL_FAMILIES, *MQTT_DIALECTS]


def test_a_distance_is_shown_line_by_line_unless_a_median_is_asked_for(capsys, tmp_path: Path):
    file = tmp_path / "river.txt"
    file.write_bytes(b"R1234\rR5000\rR1240\r")
    first, nothing, third = run(capsys, "maxbotix", str(file))
    assert (first["value"], third["value"]) == (123.4, 124.0)
    assert nothing == {"noise": "no target in range", "bytes": 6}
    [median] = run(capsys, "maxbotix", "--option", "median_of=3", str(file))
    assert median["value"] == 123.7


def test_what_a_device_has_kept_is_marked():
    frame = Frame((Sample("co2", 400.0, time_ms=0),), kept=True)
    [line] = _Lines("x", {}, arrived_ms=0).of(frame, 3)
    assert json.loads(line)["marks"] == ["backfill"]


@pytest.mark.parametrize("name", NAMES)
def test_whoever_is_in_the_catalog_is_found_in_any_spelling(name):
    assert find(name) == find(name.upper().replace("_", "-")) is not None


def test_a_receivers_fix_is_shown_as_what_is_not_stored_and_the_end_of_its_last_line_is_no_noise(
    capsys, tmp_path: Path
):
    file = tmp_path / "capture.txt"
    file.write_bytes(nmea.build("GPRMC,030000,A,0202.0736,N,12817.4062,E,0.0,,291126,,,A"))
    at = {"sensor": "gps", "unit": "deg", "time": "2026-11-29T03:00:00.000Z", "marks": ["not_stored"]}
    assert run(capsys, "gps", *AT, str(file)) == [
        {**at, "quantity": "latitude", "value": 2.03456},
        {**at, "quantity": "longitude", "value": 128.2901033},
        {"note": "position 2.03456, 128.29010"},
    ]
