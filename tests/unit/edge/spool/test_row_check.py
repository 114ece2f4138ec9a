"""A start looks at both ends of what is left; what lies between is counted while readings come and go."""

from pathlib import Path

import pytest

from edge.spool import row_check, salvage
from edge.spool.file import SpoolFile
from edge.spool.opening import open_or_salvage, salvaged
from edge.spool.rows import check_of, seed_of
from edge.spool.spans import SeqRange, Spans
from edge.spool.write_batch import DiskProblem, FileDamaged
from tests.damaged_spool import batch, fill, reading
from tests.unit.edge.spool.test_salvage import change, overwrite, spool
from tests.unit.edge.spool.test_spooler import readings, spooler, until


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(row_check, "EVERY_S", 0.0)
    monkeypatch.setattr(row_check, "ROWS_AT_ONCE", 500)


def test_a_start_reads_none_of_the_rows_between_both_ends(tmp_path: Path):
    path = spool(tmp_path / "spool.db", {"river": 9_000})
    overwrite(path, 60)
    file = SpoolFile(path)
    opened = open_or_salvage(file)
    file.close()
    assert opened.damage == ""
    assert [earlier.spans for earlier in opened.previous] == [Spans([(1, 9_000)])]


async def test_a_damaged_page_that_nobody_reads_is_found_and_what_it_held_is_declared(tmp_path: Path):
    path = spool(tmp_path / "spool.db", {"river": 9_000})
    overwrite(path, 60)
    kept = spooler(path)
    await kept.start()
    await until(lambda: bool(kept.spool.losses))
    lost = kept.spool.losses.ever
    assert 0 < lost < 100
    assert kept.spool.ledger.depth == 9_000 - lost
    assert f"{lost} are declared lost" in kept.spool.trouble
    await kept.stop()


async def test_an_acknowledged_reading_that_is_there_again_is_found_and_goes(tmp_path: Path):
    path = tmp_path / "spool.db"
    file = fill(path, {"river": 300})
    file.commit(
        batch("river", last=300, forget=[SeqRange("river", 50, 100)], here={"river": Spans([(1, 49), (101, 300)])})
    )
    file.close()
    old = reading("river", 60)
    check = check_of(seed_of("river", (old.sensor, old.quantity)), 60, old.time_ms, old.value, 0)
    change(path, f"INSERT INTO reading VALUES (1, 60, 1, {old.time_ms}, {old.value}, 0, {check})")
    kept = spooler(path)
    await kept.start()
    await until(lambda: "other readings are in it" in kept.spool.trouble)
    assert (kept.spool.ledger.depth, kept.spool.losses.ever) == (249, 0)
    await kept.stop()


async def test_what_is_as_it_was_committed_is_left_alone_while_it_is_drained(tmp_path: Path):
    path = spool(tmp_path / "spool.db", {"river": 9_000, "air": 1_200})
    kept = spooler(path)
    await kept.start()
    checked = kept._row_check
    assert checked is not None
    while (span := kept.spool.ledger.pop_backlog(700)) is not None:
        assert await kept.read(span) is not None
        kept.ack(span)
    await until(checked.done)
    assert (kept.spool.trouble, kept.spool.losses.ever) == ("", 0)
    await kept.stop()


async def test_a_salvage_that_finds_no_room_is_left_to_the_commits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = spool(tmp_path / "spool.db", {"river": 9_000})
    overwrite(path, 60)
    fill_old, refusals = salvage._fill, [DiskProblem("the disk is full")]

    def refuse_once(*arguments: object, **options: object) -> None:
        if refusals:
            raise refusals.pop()
        fill_old(*arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(salvage, "_fill", refuse_once)
    kept = spooler(path)
    await kept.start()
    await until(lambda: not refusals)
    kept.append(readings(1))
    await until(lambda: bool(kept.spool.losses))
    assert kept._row_check is not None
    await until(kept._row_check.done)
    assert kept._row_check.exception() is None
    await kept.stop()


def test_what_a_salvage_has_brought_over_is_compared_with_nothing_that_was_there_before(tmp_path: Path):
    path = spool(tmp_path / "spool.db", {"river": 9_000})
    overwrite(path, 60)
    file = SpoolFile(path)
    open_or_salvage(file)
    with pytest.raises(FileDamaged) as found:
        file.compare(SeqRange("river", 1, 9_000))
    salvaged(file, str(found.value))
    file.compare(SeqRange("river", 1, 9_000))  # a check that waited for the salvage would start another
    file.close()
