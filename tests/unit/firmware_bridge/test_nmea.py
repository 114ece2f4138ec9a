"""NMEA 0183: worked cases, logs of receivers, which wind counts, what a transducer is, fixes that are never used."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from firmware_bridge import SERIAL_FAMILIES, Frame, Noise, OptionError
from firmware_bridge.catalog import find
from firmware_bridge.families import nmea, nmea_fix
from firmware_bridge.sample import ReceiverFix
from tests.recorded import Source, recorded
from tests.synthetic import sentences
from tests.vectors import cases

TRUE = "WIMWV,90.0,T,10.0,M,A"
RELATIVE = "WIMWV,45.0,R,10.0,M,A"
PLACE = "0202.0736,N,12817.4062,E"


def decoder(**options: Any):
    return SERIAL_FAMILIES["nmea"].decoder(options, {})


def frames(*texts: str, made: Any = None, **options: Any) -> list[Frame]:
    outcomes: Sequence[Frame | Noise] = (made or decoder(**options)).feed(b"".join(map(nmea.build, texts)))
    found = [outcome for outcome in outcomes if isinstance(outcome, Frame)]
    assert len(found) == len(outcomes) == len(texts)
    return found


def values(frame: Frame) -> dict[str, float]:
    return {sample.quantity: sample.value for sample in frame.samples}


@pytest.mark.parametrize("case", cases("nmea"), ids=lambda case: case["id"])
def test_the_worked_cases_of_this_protocol_hold(case: dict[str, Any]):
    outcomes = decoder().feed(case["input"].encode() + b"\r\n" + bytes(256))
    found = [outcome for outcome in outcomes if isinstance(outcome, Frame)]
    if case["kind"] == "bad_checksum":
        assert found == []
        return
    assert case["kind"] in ("sentence", "sentence_void_mode")
    [frame] = found
    expect = case["expect"] if case["kind"] == "sentence" else {}
    ours = values(frame)
    for theirs, value in expect.items():
        match theirs:
            case "lat" | "lon" | "alt_m":
                assert frame.fix is not None
                place = (frame.fix.latitude_deg, frame.fix.longitude_deg, frame.fix.altitude_m)
                assert place[("lat", "lon", "alt_m").index(theirs)] == pytest.approx(value)
            case "utc":
                assert value in frame.note
                assert frame.fix is not None
                assert frame.fix.time_ms is None  # 1994: said, and not used
            case "bar":
                assert ours["pressure"] == pytest.approx(1_000 * value)
            case "air_c":
                assert ours["temperature"] == value
            case "rh":
                assert ours.get("humidity") == value
            case "wind_m_s":
                assert ours["wind_speed"] == pytest.approx(value, abs=1e-4)
            case "wind_dir" | "wind_true":
                assert ours["wind_direction"] == value
            case other:
                assert other in ("sats", "ref", "wind_kn", "dew_c"), f"nobody asks about {other}"


@pytest.mark.parametrize("log", [sentences.start_up, recorded("nmea/pygpsdata-nmeastartup.log")])
def test_a_receiver_that_starts_up_tells_nothing_that_is_used(log: Source):
    outcomes = decoder().feed(log().replace("\r", "").replace("\n", "\r\n").encode())
    assert outcomes
    assert all(isinstance(outcome, Frame) and not outcome.samples and outcome.fix is None for outcome in outcomes)
    assert nmea_fix.NO_FIX in outcomes


@pytest.mark.parametrize("log", [sentences.with_a_fix, recorded("nmea/pygpsdata-nmea2.log")])
def test_a_receiver_with_a_fix_tells_its_place_and_a_time_of_the_past_is_not_used(log: Source):
    outcomes = decoder().feed(log().encode())
    fixes = [outcome for outcome in outcomes if isinstance(outcome, Frame) and outcome.fix is not None]
    assert len(fixes) >= 3
    assert len({round(frame.fix.latitude_deg or 0.0, 3) for frame in fixes if frame.fix}) == 1
    assert all(frame.fix and frame.fix.time_ms is None for frame in fixes)
    assert any("2021-03-07T10:29:29Z lies before this software was made" in frame.note for frame in fixes)


def test_a_time_that_can_be_is_that_of_the_sentence():
    [rmc, zda] = frames(f"GPRMC,123519.50,A,{PLACE},0.0,,291126,,,A", "GPZDA,123520.25,29,11,2026,09,00")
    assert rmc.fix == ReceiverFix(2.03456, 128.2901033, None, 1_795_955_719_500)
    assert zda.fix == ReceiverFix(time_ms=1_795_955_720_250)
    assert zda.note == "time 2026-11-29T12:35:20Z"


@pytest.mark.parametrize(
    "text",
    [
        f"GPRMC,123519.50,V,{PLACE},0.0,,291126,,,A",
        f"GPRMC,123519.50,A,{PLACE},0.0,,291126,,,N",
        f"GPRMC,123519.50,A,{PLACE},0.0,,291126,,,E",
        f"GPRMC,123519.50,A,{PLACE},0.0,,291126,,,S",
        f"GPGGA,123519.50,{PLACE},0,04,2.6,100.0,M,-33.9,M,,",
        f"GPGGA,123519.50,{PLACE},6,04,2.6,100.0,M,-33.9,M,,",
        f"GPGGA,123519.50,{PLACE},8,04,2.6,100.0,M,-33.9,M,,",
        f"GPGLL,{PLACE},123519.50,V,A",
        "GPRMC,123519.50,A,0262.0736,N,12817.4062,E,0.0,,291126,,,A",
        "GPRMC,123519.50,A,9102.0736,N,12817.4062,E,0.0,,291126,,,A",
        "GPRMC,123519.50,A,0202.0736,N,18017.4062,E,0.0,,291126,,,A",
        "GPRMC,123519.50,A,0202.0736,X,12817.4062,E,0.0,,291126,,,A",
        "GPRMC,123519.50,A,0202.0736,,12817.4062,E,0.0,,291126,,,A",
        "GPRMC,123519.50,A,02x2.0736,N,12817.4062,E,0.0,,291126,,,A",
        "GPRMC,123519.50,A,0202.0736,N,12817.4062,E,0.0,,291126",
        "GPZDA,123520.25,29,11,2026,09,00",
    ],
)
def test_what_is_no_fix_is_never_used_and_says_why(text: str):
    [frame] = frames(text)
    assert frame.fix is None
    assert frame.note


def test_a_fix_that_is_lost_takes_the_time_with_it():
    found = frames(
        f"GPRMC,123519,A,{PLACE},0.0,,291126,,,A",
        "GPRMC,,V,,,,,,,,,,N",
        "GPZDA,123520,29,11,2026,,",
        "GPGGA,,,,,,0,,,,,,,,",
    )
    assert [frame.fix is not None for frame in found] == [True, False, False, False]


@pytest.mark.parametrize("date", ["310226", "290227", "000126", "xx1126", "2911", "32112026"])
def test_a_date_that_is_none_leaves_the_position(date: str):
    [frame] = frames(f"GPRMC,123519,A,{PLACE},0.0,,{date},,,A")
    assert frame.fix is not None
    assert frame.fix.time_ms is None


def test_weeks_that_rolled_over_give_no_time():
    now = datetime(2026, 11, 29, 12, tzinfo=UTC)
    early = now - timedelta(weeks=1_024)
    [frame, zda] = frames(f"GPRMC,120000,A,{PLACE},0.0,,{early:%d%m%y},,,A", f"GPZDA,120000,{early:%d,%m,%Y},,")
    assert frame.fix == ReceiverFix(2.03456, 128.2901033)
    assert zda.fix is None
    for one in (frame, zda):
        assert "2007-04-15T12:00:00Z lies before this software was made" in one.note
    late = now + timedelta(weeks=1_024)
    [zda] = frames(f"GPRMC,120000,A,{PLACE},0.0,,{late:%d%m%y},,,A", f"GPZDA,120000,{late:%d,%m,%Y},,")[1:]
    assert zda.fix is None
    assert "2046-07-15T12:00:00Z lies 1,024 weeks after this software was made" in zda.note


@pytest.mark.parametrize(("unit", "speed"), [("K", 10 / 3.6), ("M", 10.0), ("N", 5.1444444), ("S", 4.4704)])
def test_wind_is_in_metres_a_second_whatever_its_unit(unit: str, speed: float):
    [frame] = frames(f"WIMWV,45.0,R,10.0,{unit},A")
    assert values(frame) == {"wind_speed": pytest.approx(speed), "wind_direction": 45.0}


@pytest.mark.parametrize(
    "text",
    ["WIMWV,45.0,R,10.0,M,V", "WIMWV,45.0,R,10.0,Q,A", "WIMWV,45.0,X,10.0,M,A", "WIMWV,400.0,R,10.0,M,A",
     "WIMWV,45.0,R,-1.0,M,A", "WIMWV,,R,,M,A", "WIMWV,45.0,R,10.0,M", "WIMWV,nan,R,inf,M,A", "WIMWV,1e2,R,1_0,M,A"],
)  # fmt: skip
def test_what_is_no_wind_is_no_reading(text: str):
    [frame] = frames(text)
    assert frame.samples == ()
    assert frame.note


def test_one_half_of_a_wind_is_a_reading_without_the_other():
    assert values(frames("WIMWV,,R,3.0,M,A")[0]) == {"wind_speed": 3.0}
    assert values(frames("WIMWV,10.0,R,,M,A")[0]) == {"wind_direction": 10.0}


def test_true_wind_counts_where_a_station_gives_both_and_relative_wind_once_it_is_gone():
    made = decoder()
    first, true, second = frames(RELATIVE, TRUE, RELATIVE, made=made)
    assert [values(frame).get("wind_direction") for frame in (first, true, second)] == [45.0, 90.0, None]
    assert "true wind" in second.note
    later = frames(*[RELATIVE] * 60, made=made)
    assert [bool(frame.samples) for frame in later] == [False] * 59 + [True]


def test_relative_wind_is_turned_by_the_heading_of_the_mark_and_true_wind_is_not():
    assert values(frames(RELATIVE, heading_deg=350.0)[0])["wind_direction"] == 35.0
    assert values(frames(TRUE, heading_deg=350.0)[0])["wind_direction"] == 90.0


def test_wind_from_the_magnetic_north_alone_is_no_direction():
    [frame] = frames("WIMWD,,T,20.0,M,8.8,N,4.5,M")
    assert values(frame) == {"wind_speed": 4.5}
    assert "magnetic" in frame.note


def test_single_values_have_sentences_of_their_own():
    found = frames("WIMTA,19.40,C", "YXMTW,80.6,F", "WIMHU,66.0,,18.0,C", "WIMMB,29.92,I,,B", "WIMMB,29.92,I,1.0133,B")
    assert [values(frame) for frame in found] == [
        {"temperature": 19.4},
        {"water_temperature": pytest.approx(27.0)},
        {"humidity": 66.0},
        {"pressure": pytest.approx(1013.207, abs=0.01)},
        {"pressure": pytest.approx(1013.3)},
    ]


@pytest.mark.parametrize(
    ("text", "expect"),
    [
        ("P,101325,P,,C,300.15,K,AirTemp,H,55,P,", {"pressure": 1013.25, "temperature": 27.0, "humidity": 55.0}),
        ("P,760.0,M,Baro", {"pressure": 1013.25}),
        ("C,21.0,C,WTEMP,C,22.0,C,TEMP", {"water_temperature": 21.0, "temperature": 22.0}),
        ("C,21.0,C,WCHR,C,23.0,C,DEWP,C,24.0,C,ENGINE#0", {}),
        ("C,21.0,C,0,C,40.0,C,1", {"temperature": 21.0}),
        ("C,,C,0", {}),
        ("P,2.5,B,OIL#1", {}),
        ("P,2.5,B,", {}),
        ("H,120,P,", {}),
        ("C,200,C,", {}),
        ("R,2.5,M,0,R,9.0,M,2", {"rain_rate": 2.5}),
        ("C,21.0,Q,", {}),
        ("C,21.0", {}),
        ("", {}),
    ],
)
def test_a_transducer_is_what_its_type_name_and_unit_say(text: str, expect: dict[str, float]):
    [frame] = frames(f"WIXDR,{text}" if text else "WIXDR")
    assert values(frame) == pytest.approx(expect)
    assert frame.samples or frame.note


def test_names_say_what_a_transducer_measures_and_their_unit_must_fit():
    options = {"names": {"LEVEL": "water_level", "TANK": "pressure", "T1": "water_temperature"}}
    [frame] = frames("WIXDR,D,2.5,M,LEVEL,C,20.0,C,TANK,C,21.0,C,t1", **options)
    assert values(frame) == {"water_level": 250.0, "water_temperature": 21.0}
    assert "C TANK: 20.0 C is no pressure (hPa)" in frame.note
    with pytest.raises(OptionError, match=r"names.T1: 'watr' is no quantity"):
        decoder(names={"T1": "watr"})
    with pytest.raises(OptionError, match=r"names.T1: 5 is no name of a quantity"):
        decoder(names={"T1": 5})


@pytest.mark.parametrize("end", [b"\r\n", b"\n", b"\r", b""])
def test_a_sentence_is_whole_with_its_checksum_however_its_line_ends(end: bytes):
    text = nmea.build(RELATIVE).strip()
    made = decoder()
    assert [len(made.feed(text + end)) for _ in range(3)] == [1, 1, 1]


def test_a_torn_sentence_costs_itself_alone():
    whole = nmea.build(RELATIVE)
    for size in range(1, len(whole) - 2):
        found = [outcome for outcome in decoder().feed(whole[:size] + whole) if isinstance(outcome, Frame)]
        assert [values(frame)["wind_direction"] for frame in found] == [45.0]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (b"$WIMWV,45.0,R,10.0,M,A\r\n", "sentence has no checksum"),
        (b"$WIMWV,45.0,R,10.0,M,A*00\r\n", "checksum is wrong"),
        (b"$WIMWV,45.0,R,10.0,M,A*ZZ\r\n", "checksum is no number"),
        (b"$WIMWV,45.0,R,10.0\x00", "sentence is cut off"),
    ],
)
def test_what_is_wrong_with_a_sentence_is_said(text: bytes, why: str):
    outcomes = decoder().feed(text + nmea.build(RELATIVE))
    assert [outcome.reason for outcome in outcomes if isinstance(outcome, Noise)] == [why]
    assert isinstance(outcomes[-1], Frame)


def test_other_sentences_and_ais_are_passed_over():
    ais = b"!AIVDM,1,1,,B,177KQJ5000G?tO`K>RA1wUbN0TKH,0*5C\r\n"
    [frame] = decoder().feed(ais)
    assert frame == Frame((), "sentence !AIVDM is not among those that are read")
    assert frames("PGRMT,GPS 15H")[0].samples == ()


def test_a_receiver_is_found_by_what_people_call_it():
    for name in ("NMEA 0183", "nmea-0183", "NMEA", "GPS", "gnss"):
        found = find(name)
        assert found is not None
        assert found.entry.name == "nmea"
