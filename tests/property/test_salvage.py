"""The law of a damaged spool: what a plain reader gets as it was written comes out, the rest is declared lost."""

import contextlib
import os
import random
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from edge.spool.losses import SPOOL_FULL
from edge.spool.pages import Pages
from edge.spool.rows import check_of_words
from edge.spool.spans import SeqRange, Spans
from edge.spool.sync_checkpoint import Forced, Names, sync_checkpoint_path, write_sync_checkpoint
from tests.damaged_spool import PAGE_BYTES, batch, drain, fill, fill_version_1, named_series, plain_reader, reading
from wire import Lost

STREAMS = {"before": 700, "last": 500}
ACKED = Spans([(1, 200), (300, 350)])
LOST = Spans([(351, 400)])
LEFT = Spans([(201, 299), (401, 700)])
OLD = {"old": 900}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A spool of two streams, with the second in its log."""
    folder = tmp_path_factory.mktemp("whole")
    file = fill(folder / "open.db", STREAMS, at_once=50)
    for ending in ("", "-wal", ".mark"):
        shutil.copy(folder / f"open.db{ending}", folder / f"spool.db{ending}")
    file.close()
    return folder / "spool.db"


@pytest.fixture(scope="module")
def partly_acked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A spool with a stream of which ACKED and LOST are gone, but stand in free pages; a second is in its log."""
    folder = tmp_path_factory.mktemp("partly-acked")
    file = fill(folder / "open.db", {"gone": 100, "before": 700}, at_once=50)
    forget = [SeqRange("gone", 1, 100), *(SeqRange("before", *run) for run in Spans([*ACKED, *LOST]))]
    losses = tuple(Lost("before", *run, SPOOL_FULL) for run in LOST)
    left = {"gone": Spans(), "before": LEFT}
    file.commit(batch("before", last=700, forget=forget, losses=losses, here=left, finished=["gone"]))
    file.checkpoint()
    for seq in range(1, 301, 25):
        runs = [(seq, [reading("last", each) for each in range(seq, seq + 25)])]
        file.commit(batch("last", last=seq + 24, runs=runs, here={"last": Spans([(1, seq + 24)])}))
    file.force()
    names = Names({row.id: row.name for row in file.names().streams}, file.names().series)
    forced = {"before": Forced(201, 700), "last": Forced(1, 300)}
    write_sync_checkpoint(sync_checkpoint_path(folder / "open.db"), forced, names)
    for ending in ("", "-wal", ".mark"):
        shutil.copy(folder / f"open.db{ending}", folder / f"spool.db{ending}")
    file.close()
    return folder / "spool.db"


@pytest.fixture(scope="module")
def version_1(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A spool of the first version."""
    path = tmp_path_factory.mktemp("version-1") / "spool.db"
    fill_version_1(path, OLD["old"])
    return path


@contextlib.contextmanager
def copied(path: Path) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="salvage-law-") as folder:
        copy = Path(folder) / "spool.db"
        for ending in ("", "-wal", ".mark"):
            if path.with_name(path.name + ending).exists():
                shutil.copy(path.with_name(path.name + ending), copy.with_name(copy.name + ending))
        yield copy


damages = st.lists(
    st.tuples(
        st.sampled_from(["", "", "", "-wal"]),
        st.floats(0, 1),
        st.sampled_from([1, 16, 100, PAGE_BYTES, PAGE_BYTES, 4 * PAGE_BYTES]),
        st.sampled_from(["zeros", "noise", "another place"]),
        st.integers(0, 2**32),
    ),
    min_size=1,
    max_size=4,
)


def damage(path: Path, ending: str, place: float, size: int, kind: str, seed: int) -> None:
    target = path.with_name(path.name + ending)
    if not target.exists():
        return
    length = target.stat().st_size
    start = int(place * length)
    if size >= PAGE_BYTES:
        start = start // PAGE_BYTES * PAGE_BYTES
    with target.open("r+b") as file:
        made = {
            "zeros": bytes(size),
            "noise": random.Random(seed).randbytes(size),
            "another place": os.pread(file.fileno(), size, seed % length // PAGE_BYTES * PAGE_BYTES),
        }
        os.pwrite(file.fileno(), made[kind][: max(0, length - start)], start)


def check(path: Path, whole: Path, streams: dict[str, int]) -> None:
    with copied(path) as damaged, copied(whole) as sound:
        rows = plain_reader(damaged, streams) & plain_reader(sound, streams)
        named = named_series(damaged)
    plain = {(list(streams)[row[0] - 1], row[1]) for row in rows if row[2] in named}
    drained = drain(path)
    assert drained.is_true(), "a reading came out that was never written so"
    assert plain <= drained.readings.keys(), "a plain reader gets more"
    assert drained.accounts_for(streams), "a reading has neither come nor is it declared lost, or it is both"
    assert drained.damage or not any(stream in drained.lost for stream in streams), "what was lost is not told"


@settings(max_examples=50, deadline=None)
@given(damages)
@example([("", 0.3125, 1_024, "another place", 5_178_368)])  # a page of names among those of readings
@example([("", 0.5164554218787164, 1, "noise", 250)])  # a cell's place, with bits that no place in the page needs
@example([("", 0.0, 1, "zeros", 0), ("", 0.75, 1_024, "another place", 30_456_832), ("", 0.75, 16, "zeros", 0)])
def test_whatever_is_overwritten_what_is_readable_comes_and_the_rest_is_declared(whole: Path, done):
    with copied(whole) as path:
        for one in done:
            damage(path, *one)
        check(path, whole, STREAMS)


@settings(max_examples=50, deadline=None)
@given(damages)
def test_nothing_that_was_acknowledged_comes_back_and_no_loss_is_declared_twice(partly_acked: Path, done):
    with copied(partly_acked) as path:
        for one in done:
            damage(path, *one)
        with copied(path) as damaged:
            knows_stream = _has_row(damaged, "SELECT 1 FROM stream WHERE name = 'before' AND here = '201-299 401-700'")
            knows_loss = _has_whole_loss(damaged, "before", 351, 400)
        drained = drain(path)
    came, lost = drained.of("before")
    assert drained.is_true()
    assert not drained.twice
    assert came.without(lost) == came, "a reading has come, and is declared lost too"
    assert not LEFT.without(came).without(lost), "a reading has neither come nor is it declared lost"
    assert not came.within(1, 200)
    assert not lost.within(1, 200)
    if knows_stream:  # else all gaps count, and the cloud takes off what it has received
        assert not came.without(LEFT)
        assert not lost.without(LEFT).without(LOST)
    if knows_loss:
        assert not LOST.without(lost)
    assert drained.accounts_for({"last": 300})
    assert drained.of("gone") == (Spans(), Spans())


def _has_whole_loss(path: Path, stream: str, first: int, last: int) -> bool:
    """Whether the row of a declared loss is there as it was written; the gap of another counts in the cloud."""
    query = "SELECT stream, first, last, reason, crc FROM loss"
    with contextlib.closing(sqlite3.connect(path)) as db, contextlib.suppress(sqlite3.Error, UnicodeDecodeError):
        whole = [row for *row, crc in db.execute(query).fetchall() if check_of_words(*row) == crc]
        return any(row[:3] == [stream, first, last] for row in whole)
    return False


def _has_row(path: Path, query: str) -> bool:
    """Whether anybody gets a row who asks SQLite for it."""
    with contextlib.closing(sqlite3.connect(path)) as db, contextlib.suppress(sqlite3.Error, UnicodeDecodeError):
        return db.execute(query).fetchone() is not None
    return False


@pytest.mark.parametrize("page", range(1, 13))
@pytest.mark.parametrize("kind", ["zeros", "noise", "another place"])
def test_any_of_the_first_pages_may_be_overwritten(whole: Path, page: int, kind: str):
    with copied(whole) as path:
        place = (page - 0.5) * PAGE_BYTES / path.stat().st_size
        damage(path, "", place, PAGE_BYTES, kind, seed=20 * PAGE_BYTES)
        check(path, whole, STREAMS)


@settings(max_examples=20, deadline=None)
@given(st.floats(0, 1), st.sampled_from(["", "-wal"]))
def test_a_file_may_be_cut_anywhere(whole: Path, place: float, ending: str):
    with copied(whole) as path:
        target = path.with_name(path.name + ending)
        os.truncate(target, int(place * target.stat().st_size))
        check(path, whole, STREAMS)


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.tuples(st.just(""), st.floats(0.01, 1), st.just(PAGE_BYTES), st.just("noise"), st.integers(0, 2**32)))
)
def test_a_damaged_spool_of_the_first_version_gives_up_its_readings_too(version_1: Path, done):
    with copied(version_1) as path:
        for one in done:
            damage(path, *one)
        check(path, version_1, OLD)


_STREAM, _STREAM_NAMES, _SERIES, _SERIES_NAMES = 2, 3, 4, 5  # their pages in a spool of the first version


@pytest.mark.parametrize(
    "pages", [(_SERIES,), (_SERIES_NAMES,), (_STREAM, _STREAM_NAMES), (_STREAM, _STREAM_NAMES, _SERIES)]
)
def test_the_names_of_a_spool_of_the_first_version_come_from_whatever_has_them(version_1: Path, pages: tuple[int, ...]):
    with copied(version_1) as path:
        for page in pages:
            overwrite(path, page)
        drained = drain(path)
        assert drained.is_true()
        assert len(drained.readings) == OLD["old"]


def test_readings_whose_sensor_nothing_names_any_more_are_declared_and_the_file_is_kept(version_1: Path):
    with copied(version_1) as path:
        overwrite(path, _SERIES)
        overwrite(path, _SERIES_NAMES)
        drained = drain(path)
        assert not drained.readings
        assert drained.accounts_for(OLD)
        assert drained.damage
        assert len(plain_reader(path.with_name("spool.db.damaged"), OLD)) == OLD["old"]


def overwrite(path: Path, page: int) -> None:
    with path.open("r+b") as file:
        os.pwrite(file.fileno(), random.Random(page).randbytes(PAGE_BYTES), (page - 1) * PAGE_BYTES)


def test_the_pages_give_the_rows_that_sqlite_gives(whole: Path):
    with copied(whole) as path:
        with Pages(path, PAGE_BYTES) as pages:
            found = [tuple(record) for number in range(1, pages.count + 1) for record in pages.records(number)]
        with contextlib.closing(sqlite3.connect(path)) as db:
            rows = db.execute("SELECT stream, seq, series, time_ms, value, clock, crc FROM reading").fetchall()
            kept = db.execute("SELECT key, value, crc FROM kept").fetchall()
    assert sorted(row for row in found if len(row) == 7) == sorted(rows)
    assert set(kept) <= set(found)


@pytest.mark.parametrize("content", [b"", bytes(50_000), b"\xa5" * 50_000])
def test_a_file_of_which_nothing_is_left_is_declared_to_the_seq(whole: Path, content: bytes):
    with copied(whole) as path:
        path.write_bytes(content)
        path.with_name("spool.db-wal").unlink()
        drained = drain(path)
        assert not drained.readings
        assert drained.accounts_for(STREAMS)
        assert "declared lost" in drained.damage


def test_without_its_mark_too_a_damaged_spool_gives_all_that_is_sound(whole: Path):
    with copied(whole) as path:
        sync_checkpoint_path(path).unlink()
        damage(path, "", 0.0, PAGE_BYTES, "noise", seed=1)
        drained = drain(path)
        assert drained.is_true()
        assert drained.accounts_for(STREAMS)
