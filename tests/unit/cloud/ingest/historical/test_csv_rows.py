"""Lines of historical readings: read in whatever form a spreadsheet writes, or refused with their number."""

import contextlib
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.ingest.historical.csv_rows import CsvForm, FormRefused, ImportRow, RefusedRow
from i18n.catalog import catalog_of
from wire import BUILT_IN

HEADER = "sensor,quantity,time,value,unit"
ZONE = ZoneInfo("Asia/Jayapura")
NOON_MS = 1_767_236_400_000  # 2026-01-01T12:00:00+09:00


def row(line: str, *, header: str = HEADER, zone: ZoneInfo | None = ZONE) -> ImportRow | RefusedRow:
    (found,) = CsvForm(header, BUILT_IN, zone=zone).rows([(2, line)])
    return found


@pytest.mark.parametrize(
    ("header", "line"),
    [
        (HEADER, "river,water_level,2026-01-01T12:00:00+09:00,132.5,cm"),
        (HEADER, "river,water_level,2026-01-01T03:00:00Z,132.5,"),
        (HEADER, "river , water_level,2026-01-01 12:00,1.325,m"),
        (HEADER, '"river","water_level","2026-01-01T12:00","1325","mm"'),
        ("\ufeffSensor;Quantity;Time;Value", "river;water_level;2026-01-01 12:00:00;132,5"),
        ('"sensor","quantity","time","value"', '"river","water_level","2026-01-01T12:00","132.5"'),
        ("value,time,quantity,sensor", "132.5,2026-01-01T12:00:00.000+09:00,water_level,river"),
    ],
)
def test_a_reading_is_the_same_however_it_is_written(header: str, line: str):
    assert row(line, header=header) == ImportRow(2, "river", "water_level", NOON_MS, 132.5)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("river,water_level,2026-01-01T12:00,132.5", "has 4 fields where the header has 5"),
        ("river,water_levle,2026-01-01T12:00,132.5,", "did you mean water_level?"),
        ("river,ispu,2026-01-01T12:00,50,", "is not measured here"),
        ("river,water_level,2026-01-01T12:00,132.5,Cel", "is no unit of water_level; write cm"),
        ("river,water_level,01/02/2026,132.5,", "write ISO 8601"),
        ("river,water_level,2026-01-01T12:00,nan,", "is no number"),
        ("river,water\r_level,2026-01-01T12:00,1,", "is no line of CSV"),
        ("river,water_level,2026-01-01T12:00,1_000,", "is no number"),
        ("river,water_level,2026-01-01T12:00,\u202e,", "is no number"),
        (f"river,water_level,2026-01-01T12:00,{'1' * 1_000},", "characters"),
    ],
)
def test_a_line_that_says_nothing_costs_itself_and_says_why(line: str, words: str):
    found = row(line)
    assert isinstance(found, RefusedRow)
    assert found.line == 2
    assert words in found.why


def test_a_time_without_an_offset_needs_the_files_zone():
    found = row("river,water_level,2026-01-01T12:00,1,", zone=None)
    assert isinstance(found, RefusedRow)
    assert "say the file's zone" in found.why


@pytest.mark.parametrize("time", ["2026-10-25T02:30", "2026-03-29T02:30"])
def test_a_time_that_stands_twice_or_never_on_the_clocks_is_refused(time: str):
    found = row(f"river,water_level,{time},1,", zone=ZoneInfo("Europe/Berlin"))
    assert isinstance(found, RefusedRow)
    assert "twice or never" in found.why


@pytest.mark.parametrize(
    ("header", "words"),
    [
        ("sensor,quantity,value", "has no column time"),
        ("sensor,quantity,time,value,colour", "'colour' is none of"),
        ("sensor,quantity,time,value,value", "stands there twice"),
        ("\x00\x01", "has no column sensor"),
    ],
)
def test_a_file_whose_header_says_nothing_is_refused_whole(header: str, words: str):
    with pytest.raises(FormRefused, match=words):
        CsvForm(header, BUILT_IN, zone=None)


def test_empty_lines_are_passed_over():
    assert list(CsvForm(HEADER, BUILT_IN, zone=None).rows([(2, ""), (3, "  ")])) == []


@given(st.text(max_size=300), st.text(max_size=60))
def test_any_text_is_a_row_a_refusal_or_nothing(line: str, header: str):
    for each in CsvForm(HEADER, BUILT_IN, zone=ZONE).rows([(2, line), (3, f"river,water_level,{line},{line}")]):
        assert isinstance(each, ImportRow | RefusedRow)
    with contextlib.suppress(FormRefused):
        CsvForm(header, BUILT_IN, zone=None)


def test_why_a_line_is_refused_is_said_in_indonesian_too():
    found = row("river,water_level,never,1,")
    assert isinstance(found, RefusedRow)
    said = catalog_of("id").said(found.why)
    assert said == "waktu 'never': tulis dalam ISO 8601, seperti 2026-01-01T00:10:00+09:00"
