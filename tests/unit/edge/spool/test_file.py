"""The SQLite file itself: damage, salvage, a disk without room."""

import contextlib
import os
import sqlite3
from pathlib import Path

import pytest

from edge.spool.file import PAGE_BYTES, SpoolFile
from edge.spool.limits import FLOOR_BYTES, Limits, SpoolUsage, readings_to_drop
from edge.spool.opening import open_or_salvage
from edge.spool.schema import VERSION as SCHEMA_VERSION
from edge.spool.spans import SeqRange, Spans
from edge.spool.sync_checkpoint import Forced
from edge.spool.write_batch import (
    DiskProblem,
    FileDamaged,
    OpenedSpool,
    PreviousStream,
    TimeCorrection,
    WriteBatch,
    unaccounted,
)
from wire import Clock, Lost, Reading


def batch(**changed: object) -> WriteBatch:
    chosen = {
        "stream": "s", "boot": "b", "origin_ms": 7, "last": 0, "runs": [], "forget": [], "losses": None, "ever_lost": 0,
        "kept": {}, "corrections": [], "finished": [], **changed,
    }  # fmt: skip
    return WriteBatch(**chosen)  # type: ignore[arg-type]


def readings(first: int, last: int, clock: Clock = Clock.SYNCED) -> list[Reading]:
    return [Reading(f"sensor-{seq % 3}", "co2", seq * 10, seq / 4, clock) for seq in range(first, last + 1)]


@pytest.fixture
def file(tmp_path: Path) -> SpoolFile:
    spool = SpoolFile(tmp_path / "spool.db")
    spool.open()
    return spool


def test_what_was_committed_is_found_by_the_next_start(file: SpoolFile):
    losses = (Lost("t", 1, 9, "spool full"),)
    file.commit(
        batch(last=9, runs=[(1, readings(1, 4)), (7, readings(7, 9))], losses=losses, ever_lost=9, kept={"k": "v"})
    )
    file.close()
    opened = file.open()
    assert opened == OpenedSpool(
        [PreviousStream("s", "b", 7, 9, Spans([(1, 4), (7, 9)]))], [Lost("t", 1, 9, "spool full")], 9, {"k": "v"}
    )
    assert file.read(SeqRange("s", 3, 8)) == [
        (3, readings(3, 3)[0]), (4, readings(4, 4)[0]), (7, readings(7, 7)[0]), (8, readings(8, 8)[0]),
    ]  # fmt: skip
    assert file.time_ms("s", 7) == 70
    assert file.time_ms("s", 5) is None


def test_a_commit_that_fails_leaves_nothing_of_itself(file: SpoolFile):
    bad = Reading("new-sensor", "co2", 1, "no number")  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        file.commit(batch(last=2, runs=[(1, [*readings(1, 1), bad]), (2**70, readings(2, 2))], kept={"k": "v"}))
    file.commit(batch(last=1, runs=[(1, [Reading("new-sensor", "co2", 1, 2.0)])]))
    assert file.read(SeqRange("s", 1, 9)) == [(1, Reading("new-sensor", "co2", 1, 2.0))]


def test_readings_of_an_unknown_time_move_and_others_do_not(file: SpoolFile):
    file.commit(batch(last=6, runs=[(1, readings(1, 4, Clock.UNKNOWN)), (5, readings(5, 6))]))
    file.commit(batch(last=6, corrections=[TimeCorrection("s", 1_000, ((1, 2), (4, 6)))]))
    moved = [(reading.time_ms, reading.clock) for _, reading in file.read(SeqRange("s", 1, 6))]
    assert moved == [
        (1_010, Clock.ESTIMATED), (1_020, Clock.ESTIMATED), (30, Clock.UNKNOWN), (1_040, Clock.ESTIMATED),
        (50, Clock.SYNCED), (60, Clock.SYNCED),
    ]  # fmt: skip


def test_a_second_agent_is_kept_out(file: SpoolFile):
    file.commit(batch(last=1, runs=[(1, readings(1, 1))]))
    with pytest.raises(DiskProblem, match="locked"):
        SpoolFile(file.path).open()


@pytest.mark.parametrize("opened_from", [0, 99])
def test_a_spool_of_a_newer_version_is_left_alone(file: SpoolFile, opened_from: int):
    file.close()
    with contextlib.closing(sqlite3.connect(file.path)) as db:
        db.execute("PRAGMA user_version = 99")
        db.execute(f"PRAGMA application_id = {opened_from}")
    with pytest.raises(DiskProblem, match="newer siaga-edge"):
        file.open()


def test_a_spool_that_a_newer_version_leaves_to_this_one_is_used_and_stays_the_newers(file: SpoolFile):
    """As after an update that was taken back: the newer version has added a column."""
    file.commit(batch(last=3, runs=[(1, readings(1, 3))]))
    file.close()
    with contextlib.closing(sqlite3.connect(file.path)) as db:
        for table in ("stream", "series", "reading", "loss", "kept"):
            db.execute(f"ALTER TABLE {table} ADD COLUMN colour TEXT")
        db.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    assert [earlier.spans.total for earlier in file.open().previous] == [3]
    file.commit(batch(last=5, runs=[(4, readings(4, 5))], kept={"a": "b"}, losses=(Lost("old", 1, 2, "spool full"),)))
    file.close()
    with contextlib.closing(sqlite3.connect(file.path)) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (SCHEMA_VERSION + 1,)
        assert db.execute("SELECT count(*) FROM reading").fetchone() == (5,)


def test_all_readable_rows_around_the_damage_are_salvaged(file: SpoolFile):
    file.commit(batch(last=5_000, runs=[(1, readings(1, 5_000))], kept={"decoder.board": "{}"}, ever_lost=3, losses=()))
    file.close()
    size = file.path.stat().st_size
    with file.path.open("r+b") as raw:
        for place in (size // 3, size * 2 // 3):
            raw.seek(place // PAGE_BYTES * PAGE_BYTES)
            raw.write(b"\xa5" * PAGE_BYTES)
    with pytest.raises(FileDamaged):
        file.open()
    opened = open_or_salvage(file)
    found = opened.previous[0].spans
    assert 4_700 < found.total < 5_000
    assert "damaged" in opened.damage
    assert (opened.kept, opened.ever_lost) == ({"decoder.board": "{}"}, 3)
    assert [seq for seq, _ in file.read(SeqRange("s", 1, 5_000))] == [n for a, b in found for n in range(a, b + 1)]
    assert file.read(SeqRange("s", 5_000, 5_000)) == [(5_000, readings(5_000, 5_000)[0])]


def test_a_file_that_is_no_database_any_more_is_moved_aside(file: SpoolFile):
    file.commit(batch(last=10, runs=[(1, readings(1, 10))]))
    file.close()
    file.path.write_bytes(os.urandom(20_000))
    opened = open_or_salvage(file)
    assert opened.previous == []
    assert opened.damage
    assert (file.path.parent / "spool.db.damaged").stat().st_size == 20_000
    file.commit(batch(last=1, runs=[(1, readings(1, 1))]))


def test_a_torn_log_loses_only_its_end(file: SpoolFile):
    for seq in range(1, 51):
        file.commit(batch(last=seq, runs=[(seq, readings(seq, seq))]))
    torn = file.path.with_name("torn.db")
    torn.write_bytes(file.path.read_bytes())
    log = file.wal.read_bytes()
    torn.with_name("torn.db-wal").write_bytes(log[: len(log) * 2 // 3])
    opened = SpoolFile(torn).open()
    (earlier,) = opened.previous
    assert not opened.damage
    assert list(earlier.spans) == [(1, earlier.last)]
    assert 10 < earlier.last < 50


def test_what_was_forced_and_is_gone_is_unaccounted_for():
    sound = OpenedSpool([PreviousStream("s", "b", 0, 30, Spans([(10, 30)]))], [], 0, {})
    checkpoint = {"s": Forced(10, 50), "gone": Forced(3, 4)}
    assert unaccounted(sound, checkpoint) == [SeqRange("s", 31, 50), SeqRange("gone", 3, 4)]
    assert unaccounted(sound, {"s": Forced(10, 30)}) == []


def test_the_gaps_of_a_damaged_file_are_unaccounted_for():
    damaged = OpenedSpool([PreviousStream("s", "b", 0, 60, Spans([(10, 30)]))], [], 0, {}, "damaged")
    assert unaccounted(damaged, {"s": Forced(5, 50)}) == [SeqRange("s", 5, 9), SeqRange("s", 31, 60)]
    assert unaccounted(damaged, {}) == [SeqRange("s", 1, 9), SeqRange("s", 31, 60)]


def test_what_is_declared_lost_already_is_accounted_for():
    losses = [Lost("s", 5, 40, "spool full"), Lost("other", 41, 60, "spool full")]
    damaged = OpenedSpool([PreviousStream("s", "b", 0, 60, Spans([(10, 30)]))], losses, 0, {}, "damaged")
    assert unaccounted(damaged, {"s": Forced(1, 60)}) == [SeqRange("s", 1, 4), SeqRange("s", 41, 60)]


LIMITS = Limits(max_bytes=8_000_000, min_free_bytes=1_000_000, fsync_s=1.0)


@pytest.mark.parametrize(
    ("room", "must_drop"),
    [
        (SpoolUsage(used=6_900_000, reusable=0, wal=0, disk_free=10**9), False),
        (SpoolUsage(used=7_100_000, reusable=0, wal=0, disk_free=10**9), True),
        (SpoolUsage(used=3_000_000, reusable=0, wal=0, disk_free=999_999), True),
        (SpoolUsage(used=3_000_000, reusable=500_000, wal=0, disk_free=999_999), False),
        (SpoolUsage(used=FLOOR_BYTES, reusable=0, wal=0, disk_free=0), False),
    ],
)
def test_readings_go_when_the_spool_or_the_disk_is_at_its_limit(room: SpoolUsage, must_drop: bool):
    assert (readings_to_drop(room, LIMITS) > 0) is must_drop


@pytest.mark.parametrize(
    "damage", ["UPDATE loss SET last = 10 WHERE first = 1", "UPDATE kept SET value = 'x' WHERE key = 'spool.losses'"]
)
def test_a_damaged_row_costs_no_declared_loss_and_no_sum(file: SpoolFile, damage: str):
    losses = (Lost("t", 1, 9, "spool full"), Lost("t", 20, 29, "spool full"))
    file.commit(batch(losses=losses, ever_lost=19))
    file.close()
    with contextlib.closing(sqlite3.connect(file.path)) as db, db:
        assert db.execute(damage).rowcount == 1
    opened = file.open()
    assert sorted(opened.losses, key=lambda each: each.first) == list(losses)
    assert opened.ever_lost == 19
