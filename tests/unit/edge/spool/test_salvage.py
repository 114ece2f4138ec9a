"""What one damaged row, one old file or one ended salvage costs: itself, nothing, nothing."""

import asyncio
import contextlib
import os
import sqlite3
from pathlib import Path

import pytest

from edge.spool.disk import RESERVE_BYTES
from edge.spool.file import SpoolFile
from edge.spool.opening import open_or_salvage
from edge.spool.rows import check_of, seed_of
from edge.spool.salvage import salvage
from edge.spool.spans import SeqRange, Spans
from edge.spool.write_batch import DiskProblem, TimeCorrection
from tests.damaged_spool import PAGE_BYTES, batch, drain, fill, fill_version_1, reading
from wire import Clock, Reading

THREE = {"river": 300}


def spool(path: Path, streams: dict[str, int]) -> Path:
    fill(path, streams).close()
    return path


def change(path: Path, *statements: str) -> None:
    with contextlib.closing(sqlite3.connect(path)) as db:
        for statement in statements:
            db.execute(statement)
        db.commit()


def overwrite(path: Path, page: int, *, pages: int = 1) -> None:
    with path.open("r+b") as file:
        file.seek((page - 1) * PAGE_BYTES)
        file.write(b"\xa5" * PAGE_BYTES * pages)


CELLS = (
    "clock = 7", "clock = -1", "clock = 'x'", "series = 99", "series = 2", "series = 1.5", "stream = 1.5",
    "time_ms = -1", "time_ms = 9e300", "time_ms = 'noon'", "value = 9e999", "value = 'x'", "value = x'ff'",
    "value = 1.5", "crc = NULL", "crc = 5",
)  # fmt: skip


@pytest.mark.parametrize("cell", CELLS)
def test_a_damaged_cell_costs_its_row_alone(tmp_path: Path, cell: str):
    path = spool(tmp_path / "spool.db", THREE)
    change(path, f"UPDATE reading SET {cell} WHERE seq = 50")
    drained = drain(path)
    assert drained.is_true()
    assert drained.lost == {"river": Spans([(50, 50)])}
    assert drained.accounts_for(THREE)
    assert "lost: 1" in drained.damage or "1 are declared lost" in drained.damage


def test_a_row_that_was_never_committed_keeps_no_other_back_and_is_no_loss(tmp_path: Path):
    path = spool(tmp_path / "spool.db", THREE)
    change(path, "INSERT INTO reading (stream, seq, series, time_ms, value, clock) VALUES (1, 301, 999, 0, 1.0, 0)")
    drained = drain(path)
    assert drained.accounts_for(THREE)
    assert not drained.lost


def test_a_damaged_row_of_what_is_kept_is_left_out(tmp_path: Path):
    path = spool(tmp_path / "spool.db", THREE)
    change(path, """UPDATE kept SET value = '{"0/rainfall": 8}'""")
    drained = drain(path)
    assert drained.accounts_for(THREE)
    assert "decoder.board" not in drained.kept


@pytest.mark.parametrize("table", ["series", "stream"])
def test_a_small_table_that_is_empty_is_filled_from_the_sync_checkpoint(tmp_path: Path, table: str):
    path = spool(tmp_path / "spool.db", THREE)
    change(path, f"DELETE FROM {table}")
    drained = drain(path)
    assert len(drained.readings) == 300
    assert drained.is_true()


@pytest.mark.parametrize("place", [*range(59), 60, 61, 62])  # 63 is the version's last byte: as a newer agent wrote it
def test_any_byte_of_the_head_of_the_file_may_change_and_costs_nothing(tmp_path: Path, place: int):
    path = spool(tmp_path / "spool.db", {"river": 40})
    with path.open("r+b") as file:
        old = os.pread(file.fileno(), 1, place)[0]
        os.pwrite(file.fileno(), bytes([old ^ 0x4D]), place)
    drained = drain(path)
    assert drained.accounts_for({"river": 40})
    assert not drained.lost


def test_the_first_eight_pages_may_go_at_once(tmp_path: Path):
    path = spool(tmp_path / "spool.db", {"river": 3_000})
    overwrite(path, 1, pages=8)
    drained = drain(path)
    assert drained.accounts_for({"river": 3_000})
    assert len(drained.readings) > 2_900


def test_readings_that_are_gone_without_a_trace_are_missed(tmp_path: Path):
    path = spool(tmp_path / "spool.db", THREE)
    change(path, "DELETE FROM reading WHERE seq BETWEEN 100 AND 109")
    drained = drain(path)
    assert drained.lost == {"river": Spans([(100, 109)])}
    assert "290 readings were saved, 10 are declared lost" in drained.damage


def test_an_acknowledged_reading_is_not_declared_lost_by_a_damaged_page(tmp_path: Path):
    path = tmp_path / "spool.db"
    file = fill(path, {"river": 3_000})
    here = Spans([(1, 500), (2_501, 3_000)])
    file.commit(batch("river", last=3_000, forget=[SeqRange("river", 501, 2_500)], here={"river": here}))
    file.close()
    overwrite(path, 12)
    drained = drain(path)
    assert 0 < drained.lost["river"].total < 100
    assert not drained.lost["river"].without(here)
    assert len(drained.readings) + drained.lost["river"].total == 1_000


def test_a_row_that_was_acknowledged_does_not_come_out_of_a_page_that_was_copied_to_another_place(tmp_path: Path):
    path = tmp_path / "spool.db"
    file = fill(path, THREE)
    file.commit(batch("river", last=300, forget=[SeqRange("river", 1, 100)], here={"river": Spans([(101, 300)])}))
    file.close()
    old = reading("river", 60)
    check = check_of(seed_of("river", (old.sensor, old.quantity)), 60, old.time_ms, old.value, 0)
    change(path, f"INSERT INTO reading VALUES (1, 60, 1, {old.time_ms}, {old.value}, 0, {check})")
    drained = drain(path)
    assert drained.of("river") == (Spans([(101, 300)]), Spans())
    assert "1 of its readings should not be there" in drained.damage


def test_what_was_lost_is_declared_though_the_salvage_was_the_last_that_this_start_did(tmp_path: Path):
    path = spool(tmp_path / "spool.db", {"river": 3_000})
    overwrite(path, 20)
    file = SpoolFile(path)
    open_or_salvage(file)
    file.close()  # killed before its losses were committed
    drained = drain(path)
    assert drained.accounts_for({"river": 3_000})
    assert 0 < drained.lost["river"].total < 100
    assert drain(path).lost == drained.lost  # still to be acknowledged, and nothing was added


def salvage_until_the_sixth_portion(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put_rows, calls = SpoolFile.put_rows, []

    def put_some(self: SpoolFile, rows: object, bound: object) -> None:
        calls.append(bound)
        if len(calls) == 6:
            raise DiskProblem("the disk is full")
        put_rows(self, rows, bound)  # type: ignore[arg-type]

    monkeypatch.setattr("edge.spool.salvage.PORTION_PAGES", (32, 32))
    monkeypatch.setattr(SpoolFile, "put_rows", put_some)
    with pytest.raises(DiskProblem, match="saving what is readable waits: the disk is full"):
        salvage(SpoolFile(path), "spool.db is damaged")


def test_a_salvage_that_is_damaged_itself_is_salvaged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = spool(tmp_path / "spool.db", {"river": 9_000})
    overwrite(path, 20)
    monkeypatch.setattr("edge.spool.salvage._make_room", lambda _path: False)
    salvage_until_the_sixth_portion(path, monkeypatch)
    overwrite(tmp_path / "spool.db.salvage", 30)
    drained = drain(path)
    assert drained.accounts_for({"river": 9_000})
    assert drained.is_true()
    assert 0 < drained.lost["river"].total < 200


def test_a_page_whose_first_reading_is_damaged_gives_the_others_though_the_salvage_was_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    path = spool(tmp_path / "spool.db", {"river": 9_000})
    seq = first_seq_to_32767(path, page=40)
    overwrite(path, 20)
    salvage_until_the_sixth_portion(path, monkeypatch)
    drained = drain(path)
    assert drained.accounts_for({"river": 9_000})
    assert drained.is_true()
    lost_with_it = drained.lost["river"].within(seq - 5, seq + 40)
    assert lost_with_it == [(seq, seq)]


def first_seq_to_32767(path: Path, page: int) -> int:
    """Damage the first reading of a page, so that it seems to be the last of all; which it was."""
    with path.open("r+b") as file:
        start = (page - 1) * PAGE_BYTES
        at = start + int.from_bytes(os.pread(file.fileno(), 2, start + 8), "big") + 9  # after its size and head
        seq = int.from_bytes(os.pread(file.fileno(), 2, at), "big")
        os.pwrite(file.fileno(), b"\x7f\xff", at)
    return seq


def test_a_spool_of_the_first_version_is_opened_without_loss_and_used_on(tmp_path: Path):
    path = tmp_path / "spool.db"
    fill_version_1(path, 500)
    file = SpoolFile(path)
    opened = file.open()
    assert (opened.ever_lost, opened.kept) == (9, {"decoder.board": "{}"})
    assert [loss.stream for loss in opened.losses] == ["gone"]
    file.commit(batch("new", last=2, runs=[(1, [reading("new", 1), reading("new", 2)])], here={"new": Spans([(1, 2)])}))
    file.close()
    drained = drain(path)
    assert drained.is_true()
    assert len(drained.readings) == 502


@pytest.mark.parametrize("cell", ["time_ms = -1", "time_ms = 9007199254740992", "value = 9e999", "clock = 7"])
def test_a_damaged_cell_of_the_first_version_costs_its_row_alone(tmp_path: Path, cell: str):
    path = tmp_path / "spool.db"
    fill_version_1(path, 300)
    change(path, f"UPDATE reading SET {cell} WHERE seq = 50")
    drained = drain(path)
    assert drained.accounts_for({"old": 300})
    assert drained.lost["old"] == Spans([(50, 50)])


def test_readings_of_the_first_version_move_when_the_time_is_found(tmp_path: Path):
    path = tmp_path / "spool.db"
    fill_version_1(path, 3)
    change(path, "UPDATE reading SET clock = 2")
    file = SpoolFile(path)
    file.open()
    file.commit(batch("old", last=3, corrections=[TimeCorrection("old", 1_000, ((2, 3),))]))
    before = reading("old", 2)
    moved = Reading(before.sensor, before.quantity, before.time_ms + 1_000, before.value, Clock.ESTIMATED)
    assert file.read(SeqRange("old", 2, 2)) == [(2, moved)]
    change_closed(file, "UPDATE reading SET time_ms = 5 WHERE seq = 2")
    assert file.read(SeqRange("old", 2, 2)) == []


def change_closed(file: SpoolFile, statement: str) -> None:
    file.close()
    change(file.path, statement)
    file.open()


def test_a_row_that_was_damaged_does_not_become_sound_when_the_time_is_found(tmp_path: Path):
    path = tmp_path / "spool.db"
    file = SpoolFile(path)
    file.open()
    unknown = [Reading("river-1", "water_level", 10 * seq, float(seq), Clock.UNKNOWN) for seq in (1, 2, 3)]
    file.commit(batch("s", last=3, runs=[(1, unknown)], here={"s": Spans([(1, 3)])}))
    change_closed(file, "UPDATE reading SET value = 99.0 WHERE seq = 2")
    file.commit(batch("s", last=3, corrections=[TimeCorrection("s", 5, ((1, 3),))]))
    assert [(seq, found.time_ms) for seq, found in file.read(SeqRange("s", 1, 3))] == [(1, 15), (3, 35)]


@pytest.mark.parametrize("value", [-0.0, 1e300, 3.0, 2.0**60, 5e-324])
def test_any_number_passes_its_check(tmp_path: Path, value: float):
    file = SpoolFile(tmp_path / "spool.db")
    file.open()
    file.commit(batch("s", last=1, runs=[(1, [Reading("river-1", "water_level", 10, value)])]))
    assert [found.value for _, found in file.read(SeqRange("s", 1, 1))] == [value]


def test_the_damaged_file_is_kept_where_the_disk_has_room(tmp_path: Path):
    path = spool(tmp_path / "spool.db", {"river": 3_000})
    overwrite(path, 20)
    damaged = path.read_bytes()
    drain(path)
    assert (tmp_path / "spool.db.damaged").read_bytes() == damaged
    assert not (tmp_path / "spool.db.salvage").exists()


def test_a_spool_has_a_reserve_for_its_salvage(tmp_path: Path):
    drain(tmp_path / "spool.db")
    assert (tmp_path / "spool.db.reserve").stat().st_blocks * 512 >= RESERVE_BYTES


async def test_asyncio_is_not_held_up_by_a_second_agent_that_salvages(tmp_path: Path):
    path = spool(tmp_path / "spool.db", {"river": 3_000})
    overwrite(path, 20)
    first = SpoolFile(tmp_path / "spool.db.salvage")  # what another agent builds
    first.open()
    with pytest.raises(DiskProblem, match="locked"):
        await asyncio.to_thread(open_or_salvage, SpoolFile(path))
    first.close()


def test_a_schema_that_is_no_text_any_more_is_damage(tmp_path: Path):
    path = spool(tmp_path / "spool.db", THREE)
    data = path.read_bytes()
    at = data.index(b"tablereading")
    path.write_bytes(data[:at] + b"table\xff\xfe\xfd" + data[at + 8 :])
    drained = drain(path)
    assert len(drained.readings) == 300
    assert drained.is_true()
