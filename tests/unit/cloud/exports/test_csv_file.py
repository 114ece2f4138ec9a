"""An export as CSV: the columns of an import first, marks in words, the site's own time, steps that nobody imports."""

import csv
import io
from pathlib import Path

import pytest

from cloud.exports.csv_file import CsvFile
from cloud.exports.order import ExportFormat, ExportSeries, ExportStep
from cloud.exports.row_pages import RowPage
from cloud.ingest.historical.csv_rows import COLUMNS, CsvForm, FormRefused, ImportRow
from cloud.readings.contract import Point
from tests.unit.cloud.exports.stored import AIR, DOUBTED, PLAIN, RIVER, START, file_of, order_of, stored
from wire import BUILT_IN
from wire.durations import HOUR_MS


async def test_every_reading_is_a_line_with_its_marks_in_words_and_the_time_of_the_site(tmp_path: Path):
    async with stored(tmp_path) as store:
        lines = (await file_of(store, order_of())).decode().split("\r\n")
    assert lines[0] == "sensor,quantity,time,value,unit,marks,site,local_time,zone"
    tail = "daruba,2026-11-24 12:00:00.123,Asia/Jayapura"
    assert lines[1] == f"river,water_level,2026-11-24T03:00:00.123Z,100.0,cm,twins_disagree,{tail}"
    assert lines[PLAIN + 1].startswith("river,water_level,2026-11-24T05:00:00.123Z,900.0,cm,backfill spike,")
    assert lines[PLAIN + DOUBTED + 1] == f"air,pm2_5,2026-11-24T03:00:00.123Z,12.5,ug/m3,,{tail}"
    assert (len(lines), lines[-1]) == (PLAIN + DOUBTED + 3 + 2, "")


@pytest.mark.parametrize("form", [ExportFormat.CSV, ExportFormat.CSV_SEMICOLON])
async def test_what_an_import_reads_of_it_is_what_is_stored_to_the_last_bit(tmp_path: Path, form: ExportFormat):
    async with stored(tmp_path) as store:
        text = (await file_of(store, order_of(form=form))).decode()
        kept = [
            (series.sensor, point.time_ms, repr(point.value))
            for series in (RIVER, AIR)
            for point in await store.history(series.sensor, series.quantity, start_ms=0, end_ms=START + HOUR_MS * 9)
        ]
    header, *lines = text.split("\n")
    rows = list(CsvForm(header, BUILT_IN, zone=None).rows(enumerate(lines, start=2)))
    assert [(row.sensor, row.time_ms, repr(row.value)) for row in rows if isinstance(row, ImportRow)] == kept
    assert len(rows) == len(kept)


async def test_a_step_says_what_is_believed_and_apart_from_it_what_is_doubted(tmp_path: Path):
    async with stored(tmp_path) as store:
        text = (await file_of(store, order_of(RIVER, step=ExportStep.HOUR))).decode()
    first, second = csv.DictReader(io.StringIO(text, newline=""))
    assert (first["time"], first["count"], first["doubted"]) == ("2026-11-24T03:00:00.000Z", "59", "1")
    assert float(first["min"]) < float(first["mean"]) < float(first["max"])
    assert [second[name] for name in ("mean", "min", "max", "count")] == ["", "", "", "0"]
    assert [second[name] for name in ("doubted", "doubted_min", "doubted_max")] == ["5", "900.0", "900.0"]
    assert second["marks"] == "backfill spike"
    with pytest.raises(FormRefused, match="has no column value"):
        CsvForm(text.split("\r\n")[0], BUILT_IN, zone=None)


def test_no_text_of_a_cell_is_a_formula_and_an_import_reads_it_as_it_was():
    series = ExportSeries('=cmd|"/c calc"', "@sum", "-", "+site", "Asia/Jayapura")
    line = CsvFile(order_of(series)).part(RowPage(series, [Point(START, -1.5)])).decode()
    (cells,) = csv.reader([line])
    named = dict(zip((*COLUMNS, "marks", "site"), cells, strict=False))
    assert named["value"] == "-1.5"
    assert [named[name] for name in ("sensor", "quantity", "unit", "site")] == [
        "'=cmd|\"/c calc\"", "'@sum", "'-", "'+site",
    ]  # fmt: skip


def test_a_clock_that_is_set_back_shows_in_the_local_time_alone():
    series = ExportSeries("a", "pm2_5", "1", "s", "Europe/Berlin")
    times = (1_792_886_400_000, 1_792_890_000_000)  # 2026-10-25 00:00Z and 01:00Z
    lines = CsvFile(order_of(series)).part(RowPage(series, [Point(time_ms, 1.0) for time_ms in times])).decode()
    assert [line.split(",")[7] for line in lines.split()[0:1]] == ["2026-10-25"]
    assert lines.count("2026-10-25 02:00:00.000,Europe/Berlin") == 2
