"""An import: in any cut of its bytes, whole or in pieces, the same is stored, and every other row says its line."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from cloud.core.times import rfc_3339
from cloud.database.audit_log import Actor
from cloud.database.tables import AuditRow
from cloud.ingest.historical import import_run, importer
from cloud.ingest.historical.csv_rows import FormRefused, RefusedRow
from cloud.ingest.historical.import_run import ImportOrder, ImportProgress, run_import
from cloud.ingest.historical.importer import Importer
from cloud.ingest.tables import ImportedRangeRow
from cloud.readings.contract import Point, StoreUnavailable
from rules.marks import Mark
from tests.registries import each_registry
from tests.unit.cloud.examples import T0, Workshop, city, reading
from tests.unit.cloud.examples import payload as batch_of

HEADER = "sensor,quantity,time,value,unit\n"
BACKFILL = int(Mark.BACKFILL)


def line(
    second: int, value: float = 12.5, *, sensor: str = "air-market", quantity: str = "pm2_5", unit: str = ""
) -> str:
    return f"{sensor},{quantity},{rfc_3339(T0 + second * 1_000)},{value},{unit}\n"


async def chunks(content: bytes, size: int) -> AsyncIterator[bytes]:
    for start in range(0, len(content), size):
        yield content[start : start + size]


async def imported(
    workshop: Workshop, text: str, *, order: ImportOrder | None = None, size: int = 1 << 16
) -> tuple[ImportProgress, list[RefusedRow]]:
    refused: list[RefusedRow] = []
    taking = Importer(workshop.registry, workshop.store, workshop.database, clock=lambda: T0 + 10**9)
    done = await run_import(taking, chunks(text.encode(), size), order or ImportOrder(), on_refused=refused.extend)
    return done, refused


async def stored(workshop: Workshop, sensor: str = "air-market", quantity: str = "pm2_5") -> list[Point]:
    return await workshop.store.history(sensor, quantity, start_ms=0, end_ms=2 * T0)


async def ranges(workshop: Workshop) -> list[tuple[str, str]]:
    query = select(ImportedRangeRow.sensor, ImportedRangeRow.quantity).order_by(ImportedRangeRow.id)
    rows = await workshop.database.run(lambda connection: connection.execute(query).all())
    return [(row.sensor, row.quantity) for row in rows]


@each_registry
async def test_a_file_is_stored_as_a_backlog_and_each_bad_row_costs_itself(tmp_path: Path):
    async with Workshop(tmp_path) as workshop:
        text = HEADER + "".join([
            line(1), line(2, 99_999.0), line(3, sensor="nobody"), line(4, sensor="river", quantity="pm10"), line(5),
            "rubbish\n", line(6, 8_000_000.0, quantity="no_such"), line(7, 0.013, unit="mg/m3"),
            "air-market,pm2_5,2019-12-31T23:59:59Z,1,\n", "air-market,pm2_5,2099-01-01T00:00:00Z,1,\n",
        ])  # fmt: skip
        done, refused = await imported(workshop, text)
        assert (done.line, done.stored, done.known, done.refused) == (11, 3, 0, 7)
        assert [point.value for point in await stored(workshop)] == [12.5, 12.5, 13.0]
        assert {point.marks for point in await stored(workshop)} == {BACKFILL}
        assert [row.line for row in refused] == [3, 4, 5, 7, 8, 10, 11]
        words = ("beyond 0 to", "there is none", "does not give sensor river quantity pm10", "has 1 fields",
                 "is not measured here", "before 2020", "ahead of the cloud's clock")  # fmt: skip
        assert all(word in row.why for word, row in zip(words, refused, strict=True)), refused
        assert await ranges(workshop) == [("air-market", "pm2_5")]


async def test_again_everything_is_known_and_nothing_is_written(tmp_path: Path):
    async with Workshop(tmp_path) as workshop:
        text = HEADER + "".join(line(second) for second in range(100))
        await imported(workshop, text)
        done, _ = await imported(workshop, text + line(200))
        assert (done.stored, done.known, done.refused) == (1, 100, 0)
        done, _ = await imported(workshop, text, order=ImportOrder(from_line=50))
        assert (done.line, done.known) == (101, 52)


async def test_what_a_sensor_sent_is_not_written_over(tmp_path: Path):
    async with Workshop(tmp_path) as workshop:
        at_ms = T0 + 1_000
        await workshop.writer.write([workshop.decoder.prepare(batch_of(reading(value=30.0, at=1_000)), "gw-daruba")])
        (before,) = await stored(workshop)
        assert before.time_ms == at_ms
        text = HEADER + f"air-market,pm2_5,{rfc_3339(at_ms)},31,\nair-market,pm2_5,{rfc_3339(at_ms + 1)},32,\n"
        done, (row,) = await imported(workshop, text)
        assert (done.stored, row.line) == (1, 2)
        assert "30 is stored of that time already" in row.why
        assert (await stored(workshop))[0] == before


async def test_a_row_that_stands_twice_is_one_reading_and_two_values_of_it_are_none(tmp_path: Path):
    async with Workshop(tmp_path) as workshop:
        done, (row,) = await imported(workshop, HEADER + line(1, 5.0) + line(1, 5.0) + line(1, 6.0))
        assert (done.stored, done.known, done.refused) == (1, 1, 1)
        assert (row.line, row.why) == (4, "another value of the same reading stands in line 2")


async def test_a_dry_run_says_the_same_and_stores_nothing(tmp_path: Path):
    async with Workshop(tmp_path) as workshop:
        text = HEADER + line(1) + line(2, 99_999.0)
        tried, said = await imported(workshop, text, order=ImportOrder(dry_run=True))
        assert await stored(workshop) == []
        assert await ranges(workshop) == []
        assert (tried, said) == await imported(workshop, text)


async def test_calibration_holds_for_history_as_for_what_is_sent(tmp_path: Path):
    async with Workshop(tmp_path) as workshop:
        await imported(workshop, HEADER + line(1, 50.0, sensor="river", quantity="water_level"))
        assert [point.value for point in await stored(workshop, "river", "water_level")] == [90.0]


async def test_who_may_not_see_a_site_imports_nothing_there_and_does_not_learn_of_it(tmp_path: Path):
    async with Workshop(tmp_path) as workshop:
        done, (row,) = await imported(workshop, HEADER + line(1), order=ImportOrder(may_see=lambda _site: False))
        assert (done.stored, done.refused) == (0, 1)
        _, (nowhere,) = await imported(workshop, HEADER + line(1, sensor="air-markey"))
        assert row.why.replace("air-market", "air-markey") == nowhere.why


async def test_a_store_that_goes_away_leaves_a_note_and_the_same_file_completes_it(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(import_run, "ROWS_A_PART", 10)
    async with Workshop(tmp_path) as workshop:
        workshop.store.script = [None, StoreUnavailable("away")]
        text = HEADER + "".join(line(second) for second in range(25))
        with pytest.raises(StoreUnavailable):
            await imported(workshop, text)
        assert 0 < len(await stored(workshop)) < 25
        assert len(await ranges(workshop)) == 2, "what was about to be stored is noted"
        done, _ = await imported(workshop, text)
        assert (done.stored + done.known, len(await stored(workshop))) == (25, 25)


@pytest.mark.parametrize("text", ["", "\n", "a,b\n1,2\n", "x" * 70_000])
async def test_what_is_no_file_of_readings_is_refused_whole(tmp_path: Path, text: str):
    async with Workshop(tmp_path) as workshop:
        with pytest.raises(FormRefused):
            await imported(workshop, text)


async def test_the_journal_says_who_began_and_what_came_of_it(tmp_path: Path):
    async with Workshop(tmp_path) as workshop:
        taking = Importer(city(), workshop.store, workshop.database)
        await taking.begin(Actor("ani"), reason="archive", name="old.csv")
        await taking.end(Actor("ani"), reason="archive", name="old.csv", stored=3, refused=1)
        query = select(AuditRow.actor, AuditRow.action, AuditRow.word).order_by(AuditRow.id)
        rows = await workshop.database.run(lambda connection: connection.execute(query).all())
        assert [tuple(row) for row in rows] == [
            ("ani", "import-readings", "archive"), ("ani", "imported-readings", "archive")
        ]  # fmt: skip


@settings(max_examples=15, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 30), st.sampled_from([1.0, 2.0, 99_999.0])), max_size=40),
    st.integers(1, 400), st.integers(1, 12),
)  # fmt: skip
def test_any_cut_of_the_bytes_and_of_the_parts_stores_the_same(
    tmp_path_factory: pytest.TempPathFactory, rows: Sequence[tuple[int, float]], size: int, part: int
):
    first_of = dict(reversed(rows))
    unlike = [row for row in rows if first_of[row[0]] == row[1]]
    text = HEADER + "".join(line(second, value) for second, value in unlike)

    async def run(folder: Path, size: int, part: int) -> tuple[object, ...]:
        async with Workshop(folder) as workshop:
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(import_run, "ROWS_A_PART", part)
                done, refused = await imported(workshop, text, size=size)
            return done, refused, await stored(workshop)

    whole = asyncio.run(run(tmp_path_factory.mktemp("whole"), 1 << 20, importer.ROWS_A_PART))
    assert asyncio.run(run(tmp_path_factory.mktemp("cut"), size, part)) == whole
