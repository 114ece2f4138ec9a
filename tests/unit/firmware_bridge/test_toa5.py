"""TOA5 tables: headers, units, times without a zone, values that are none, and lines that noise precedes."""

from typing import Any

import pytest

from firmware_bridge import SERIAL_FAMILIES, Frame, Noise, OptionError, Sample
from firmware_bridge.families import toa5_lines as toa5

AT = 1_795_917_900_000
"""2026-11-29 02:05 UTC"""
LOGGERNET = b"""\
"TOA5","CR1000","CR1000","1031","CR1000.Std.00.60","CPU:Test.CR1","4062","Test"
"TIMESTAMP","RECORD","batt_volt_Min","AirTC_Avg","RH","BP_mmHg_Avg","Rain_mm_Tot","WS_ms_Avg","WS_ms_Max","WindDir_SD1_WVT"
"TS","RN","Volts","Deg C","%","mmHg","mm","meters/second","meters/second","Deg"
"","","Min","Avg","Smp","Avg","Tot","Avg","Max","WVc"
"2026-11-29 11:05:00",0,13.7,28.5,81.2,758.3,0.4,2.5,6.1,12.1
"""


def decoder(**options: Any):
    return SERIAL_FAMILIES["toa5"].decoder({"zone": "+09:00", **options}, {})


def frames(data: bytes, **options: Any) -> list[Frame]:
    return [outcome for outcome in decoder(**options).feed(data) if isinstance(outcome, Frame)]


def values(frame: Frame) -> dict[str, float]:
    assert {sample.time_ms for sample in frame.samples} <= {AT}
    return {sample.quantity: sample.value for sample in frame.samples}


def table(unit: str, written: str, name: str = "Lvl") -> bytes:
    return toa5.build([name], [unit]) + f'"2026-11-29 11:05:00",7,{written}\r\n'.encode()


def test_the_columns_of_short_cut_are_known_by_their_names_and_units():
    assert values(frames(LOGGERNET)[-1]) == {
        "temperature": 28.5, "humidity": 81.2, "pressure": pytest.approx(1_011.0, abs=0.05), "rainfall": 0.4,
        "wind_speed": 2.5, "wind_gust": 6.1,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("unit", "written", "cm"), [("m", "1.82", 182.0), ("cm", "182", 182.0), ("mm", "1820", 182.0), ("ft", "6", 182.88)]
)
def test_a_level_is_converted_by_the_unit_of_the_header(unit: str, written: str, cm: float):
    assert values(frames(table(unit, written))[-1]) == {"water_level": cm}


def test_a_unit_that_is_missing_or_another_is_a_note_and_no_reading_until_it_is_configured():
    assert frames(table("", "1.82"))[-1] == Frame((), "water_level has no unit in the header: name its unit in units")
    assert frames(table("Deg C", "1.82"))[-1] == Frame((), "water_level is in 'Deg C': name its unit in units")
    assert values(frames(table("", "1.82"), columns={"water_level": "lvl"}, units={"water_level": "m"})[-1]) == {
        "water_level": 182.0
    }


def test_a_distance_and_the_height_of_the_sensor_make_a_level():
    assert values(frames(table("m", "1.82", name="TCDT"), mounting_height_cm=450)[-1]) == {
        "distance": 182.0, "water_level": 268.0,
    }  # fmt: skip
    assert values(frames(table("m", "1.82", name="TCDT"))[-1]) == {"distance": 182.0}


@pytest.mark.parametrize("written", ['"NAN"', "NAN", "nan", '"INF"', '"-INF"', "-7999", '""'])
def test_what_a_logger_could_not_measure_is_no_reading(written: str):
    assert frames(table("m", written))[-1] == Frame((), "water_level has no reading")


def test_a_value_that_is_none_costs_itself_alone():
    header = toa5.build(["Lvl", "AirTC", "RH"], ["m", "Deg C", "%"])
    frame = frames(header + b'"2026-11-29 11:05:00",7,"NAN",28.5,"wet"\r\n')[-1]
    assert values(frame) == {"temperature": 28.5}
    assert frame.note == "water_level has no reading; humidity is not a number"


def test_without_a_zone_nothing_is_read_since_a_logger_sends_old_records_too():
    assert frames(table("m", "1.82"), zone="")[-1] == Frame((), "time names no zone; set zone")
    with pytest.raises(OptionError, match=r"^zone: 'WIT': write its offset from UTC, \"\+09:00\"$"):
        decoder(zone="WIT")


@pytest.mark.parametrize("time", ["2026-11-29 11:05:00", "2026-11-29 11:05:00.0", "2026-11-29 11:05:00.00"])
def test_times_are_those_of_the_logger(time: str):
    line = f'"{time}",7,1.82\r\n'.encode()
    assert frames(toa5.build(["Lvl"], ["m"]) + line)[-1].samples == (Sample("water_level", 182.0, time_ms=AT),)


def test_records_before_a_header_are_none_unless_columns_are_numbers():
    record = b'"2026-11-29 11:05:00",7,1820\r\n'
    assert frames(record)[0].note == "no header has come, so columns are known by number only: name them so in columns"
    assert values(frames(record, columns={"water_level": 3}, units={"water_level": "mm"})[0]) == {"water_level": 182.0}
    assert frames(record, columns={"water_level": 4})[0] == Frame((), "column 4 of water_level is not in the table")


def test_without_a_header_the_number_of_columns_of_a_clear_line_tells_torn_ones_from_those_with_times():
    torn, first = b'"2026-11-29 10:05:00",6,', b'"2026-11-29 11:05:00",7,1820\r\n'
    options = {"columns": {"water_level": 3}, "units": {"water_level": "mm"}}
    [noise] = decoder(**options).feed(torn + first)
    assert noise == Noise(
        len(torn + first) - 1, "line begins more than once, and no header has told how many columns it has"
    )
    clear, after_torn = frames(first + torn + first, **options)
    assert values(clear) == values(after_torn) == {"water_level": 182.0}


def test_another_table_on_the_line_is_read_by_its_own_header():
    both = table("m", "1.82") + table("cm", "90")
    assert [values(frame) for frame in frames(both) if frame.samples] == [{"water_level": 182.0}, {"water_level": 90.0}]


def test_a_header_whose_units_are_lost_gives_no_reading_by_the_units_of_the_one_before():
    lost = table("m", "1.82") + b'"TIMESTAMP","RECORD","Lvl"\r\n"2026-11-29 11:05:00",8,182\r\n'
    assert frames(lost)[-1] == Frame((), "water_level has no unit in the header: name its unit in units")


def test_a_torn_record_before_a_whole_one_costs_nothing_but_itself():
    torn, whole = b'"2026-11-29 10:05:00",6,1.', b'"2026-11-29 11:05:00",7,1.82\r\n'
    for cut in range(1, len(torn)):
        *_, last = frames(toa5.build(["Lvl"], ["m"]) + torn[:cut] + whole)
        assert values(last) == {"water_level": 182.0}


def test_a_line_with_other_columns_than_the_header_is_noise():
    outcomes = decoder().feed(toa5.build(["Lvl"], ["m"]) + b'"2026-11-29 11:05:00",7\r\n')
    assert outcomes[-1] == Noise(24, "line has 2 columns, and the table 3")


def test_times_within_a_record_are_no_beginning_of_it():
    header = toa5.build(["Lvl_TMx", "Lvl"], ["", "m"])
    record = b'"2026-11-29 11:05:00",7,"2026-11-29 10:44:10",1.82\r\n'
    assert values(frames(header + record)[-1]) == {"water_level": 182.0}


def test_records_that_are_missing_are_said():
    header = toa5.build(["Lvl"], ["m"])
    lines = [f'"2026-11-29 11:05:00",{record},1.82\r\n'.encode() for record in (7, 8, 12, 0)]
    *_, first, second, third, fourth = frames(header + b"".join(lines))
    notes = [frame.note for frame in (first, second, third, fourth)]
    assert notes == ["", "", "3 records missing before record 12", ""]


def test_built_lines_are_those_of_the_manual():
    assert toa5.build_record("2004-11-11 15:03:45", 0, [13.7, None]) == b'"2004-11-11 15:03:45",0,13.7,"NAN"\r\n'
    [found] = toa5.readings_of('"2004-11-11 15:03:45",0,13.7')
    assert found == ("record", ["2004-11-11 15:03:45", "0", "13.7"])
    assert list(toa5.readings_of("no table")) == []


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"columns": {"level": 3}}, "columns: 'level' is no quantity; did you mean water_level?"),
        ({"columns": {"water_level": 0}}, "columns.water_level: 0: write the name of a column, or its number from 1"),
        ({"units": {"water_level": "°C"}}, "units.water_level: '°C' is no unit of water_level; write one such as 'cm'"),
    ],
)
def test_a_wrong_option_is_one_sentence(options: dict[str, Any], sentence: str):
    with pytest.raises(OptionError) as caught:
        decoder(**options)
    assert str(caught.value) == sentence
