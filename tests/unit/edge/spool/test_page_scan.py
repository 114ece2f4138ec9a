"""The small tables of a damaged spool, of rows that stand in more than one page."""

import contextlib
import sqlite3
from itertools import permutations
from pathlib import Path

import pytest

from edge.spool.page_scan import PageScan
from edge.spool.pages import Pages
from edge.spool.schema import SCHEMA
from edge.spool.spans import Spans
from edge.spool.sync_checkpoint import Names
from edge.spool.tables import StreamRow
from tests.damaged_spool import PAGE_BYTES

OLDER = StreamRow(1, "river", "b", 7, 300, checked=True, here=Spans([(1, 300)]))
UNKNOWN = OLDER._replace(here=None)
ACKED_SINCE = OLDER._replace(here=Spans([(101, 300)]))
GROWN = OLDER._replace(last=400, here=Spans([(101, 400)]))


def pages_of(path: Path, rows: tuple[StreamRow, ...]) -> Pages:
    """A file that has each row of the same stream in a table of its own, so in a page of its own."""
    with contextlib.closing(sqlite3.connect(path)) as db:
        db.execute(f"PRAGMA page_size = {PAGE_BYTES}")
        db.executescript(SCHEMA)
        for at, row in enumerate(rows):
            db.execute(f"CREATE TABLE copy_{at} (id INTEGER PRIMARY KEY, name, boot, origin, last, checked, here, crc)")
            words = (row.id, row.name, row.boot, row.origin_ms, row.last, int(row.checked), row.here_text, row.check)
            db.execute(f"INSERT INTO copy_{at} VALUES (?, ?, ?, ?, ?, ?, ?, ?)", words)
        db.commit()
    return Pages(path, PAGE_BYTES)


@pytest.mark.parametrize("rows", list(permutations((OLDER, UNKNOWN, ACKED_SINCE))))
def test_of_two_rows_of_a_stream_the_one_after_the_acknowledgement_counts(tmp_path: Path, rows: tuple[StreamRow, ...]):
    with pages_of(tmp_path / "spool.db", rows) as pages:
        assert PageScan(pages, Names({}, {}), ()).tables().streams == [ACKED_SINCE]


@pytest.mark.parametrize("rows", list(permutations((ACKED_SINCE, GROWN))))
def test_of_two_rows_of_a_stream_the_one_with_more_readings_counts(tmp_path: Path, rows: tuple[StreamRow, ...]):
    with pages_of(tmp_path / "spool.db", rows) as pages:
        assert PageScan(pages, Names({}, {}), ()).tables().streams == [GROWN]
