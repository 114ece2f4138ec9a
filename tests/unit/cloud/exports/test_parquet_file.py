"""An export as Parquet: read back with types, what is stored, in row groups of bounded size."""

import io
import json
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest
from pyarrow import parquet

from cloud.exports import parquet_file
from cloud.exports.order import ExportFormat, ExportRefused, ExportStep
from cloud.exports.parquet_file import local_ms, must_have_parquet
from tests.unit.cloud.exports.stored import AIR, DOUBTED, PLAIN, RIVER, START, file_of, order_of, stored
from wire.durations import HOUR_MS

NAME = pa.dictionary(pa.int32(), pa.string())


def read(content: bytes) -> pa.Table:
    return parquet.read_table(io.BytesIO(content))


async def test_what_is_read_back_is_what_is_stored(tmp_path: Path):
    async with stored(tmp_path) as store:
        table = read(await file_of(store, order_of(form=ExportFormat.PARQUET), most=7))
        kept = await store.history("river", "water_level", start_ms=0, end_ms=START + 9 * HOUR_MS)
    assert {field.name: field.type for field in table.schema} == {
        "sensor": NAME, "quantity": NAME, "time": pa.timestamp("ms", "UTC"), "value": pa.float64(), "unit": NAME,
        "marks": NAME, "site": NAME, "local_time": pa.timestamp("ms"), "zone": NAME,
    }  # fmt: skip
    assert json.loads(table.field("value").metadata[b"units"]) == {"water_level": "cm", "pm2_5": "ug/m3"}
    rows = table.to_pylist()
    assert len(rows) == PLAIN + DOUBTED + 3
    assert [row["value"] for row in rows[: len(kept)]] == [point.value for point in kept]
    assert rows[0] == {
        "sensor": "river", "quantity": "water_level", "time": datetime(2026, 11, 24, 3, 0, 0, 123_000, UTC),
        "value": 100.0, "unit": "cm", "marks": "twins_disagree", "site": "daruba",
        "local_time": datetime(2026, 11, 24, 12, 0, 0, 123_000, UTC).replace(tzinfo=None), "zone": "Asia/Jayapura",
    }  # fmt: skip
    assert [row["marks"] for row in rows[PLAIN : PLAIN + DOUBTED]] == ["backfill spike"] * DOUBTED


async def test_a_step_in_which_all_is_doubted_has_no_mean(tmp_path: Path):
    async with stored(tmp_path) as store:
        order = order_of(RIVER, AIR, step=ExportStep.HOUR, form=ExportFormat.PARQUET)
        rows = read(await file_of(store, order)).to_pylist()
    assert [(row["count"], row["doubted"], row["doubted_max"]) for row in rows] == [
        (59, 1, 100),
        (0, 5, 900),
        (3, 0, None),
    ]
    assert [row["mean"] is None for row in rows] == [False, True, False]


async def test_groups_of_rows_are_bounded_and_without_its_end_the_file_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(parquet_file, "ROWS_A_GROUP", 20)
    async with stored(tmp_path) as store:
        content = await file_of(store, order_of(form=ExportFormat.PARQUET), most=8)
    groups = parquet.ParquetFile(io.BytesIO(content)).metadata
    sizes = [groups.row_group(number).num_rows for number in range(groups.num_row_groups)]
    assert sum(sizes) == PLAIN + DOUBTED + 3
    assert max(sizes) < 20 + 8
    assert len(sizes) > 2
    with pytest.raises(pa.ArrowInvalid):
        read(content[: len(content) - 8])


async def test_a_file_of_nothing_has_its_columns(tmp_path: Path):
    async with stored(tmp_path) as store:
        order = order_of(
            RIVER.__class__("dry", "water_level", "cm", "daruba", "Asia/Jayapura"), form=ExportFormat.PARQUET
        )
        table = read(await file_of(store, order))
    assert (table.num_rows, table.num_columns) == (0, 9)


def test_without_pyarrow_one_sentence_says_what_to_install(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(parquet_file, "find_spec", lambda _name: None)
    with pytest.raises(ExportRefused, match=r"pip install 'siaga\[parquet\]'") as refused:
        must_have_parquet()
    assert refused.value.kind == "no-parquet"


@pytest.mark.parametrize("zone", ["Asia/Jayapura", "Europe/Berlin", "Asia/Kathmandu", "Australia/Lord_Howe"])
def test_local_times_are_those_of_the_zones_clock(zone: str):
    times_ms = [1_792_800_000_123 + step * 977_001 for step in range(400)]
    right = [datetime.fromtimestamp(time_ms / 1_000, ZoneInfo(zone)).replace(tzinfo=UTC) for time_ms in times_ms]
    assert local_ms(times_ms, ZoneInfo(zone)) == [round(each.timestamp() * 1_000) for each in right]
