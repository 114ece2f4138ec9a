"""Which readings the file holds of each stream, and whether those are the ones that it should:

stream 3   here "1-90 120-360"      rows 1..90 120..360 ─► sound      rows 1..80 ─► damaged      row 95 ─► damaged too

To count 5 million rows takes a second, and half a minute from a card. So a start looks at both ends of a stream whose
row says what is `here`, and row_check.py counts what lies between while readings come and go.
"""

import sqlite3
from collections.abc import Collection, Iterator

from edge.spool.spans import Spans
from edge.spool.tables import StreamRow
from edge.spool.write_batch import FileDamaged, PreviousStream
from wire.batch import MAX_INTEGER


def previous_stream(db: sqlite3.Connection, row: StreamRow, *, salvaged: bool) -> PreviousStream:
    """What is left of a stream; FileDamaged where that is not what its row says. What was `salvaged` may lack some."""
    if row.here is not None and not salvaged and _ends(db, row.id) == _ends_of(row.here):
        return PreviousStream(row.name, row.boot, row.origin_ms, row.last, Spans(row.here), row.here)
    spans = Spans(_runs(db, row.id))
    last = max([row.last, *(last for _, last in spans)])
    earlier = PreviousStream(row.name, row.boot, row.origin_ms, last, spans, row.here)
    _compare(earlier, row.last, salvaged=salvaged)
    return earlier


def has_strangers(db: sqlite3.Connection, known: Collection[int]) -> bool:
    """Whether there are rows of a stream whose number is not `known`."""
    return any(stream not in known for stream in _streams_of_rows(db))


def differs(db: sqlite3.Connection, row: StreamRow, first: int, last: int) -> bool:
    """Whether the rows from seq `first` to `last` of a stream are others than its row says is here."""
    if row.here is None:
        return False
    found = db.execute(
        "SELECT count(*), ifnull(sum(seq), 0) FROM reading WHERE stream = ? AND seq BETWEEN ? AND ?",
        (row.id, first, last),
    ).fetchone()
    runs = row.here.within(first, last)
    count = sum(high - low + 1 for low, high in runs)
    return bool(found != (count, sum((low + high) * (high - low + 1) // 2 for low, high in runs)))


def _ends(db: sqlite3.Connection, stream: int) -> tuple[int | None, int | None]:
    query = "SELECT (SELECT min(seq) FROM reading WHERE stream = ?), (SELECT max(seq) FROM reading WHERE stream = ?)"
    low, high = db.execute(query, (stream, stream)).fetchone()
    return low, high


def _ends_of(here: Spans) -> tuple[int | None, int | None]:
    runs = list(here)
    return (runs[0][0], runs[-1][1]) if runs else (None, None)


def _streams_of_rows(db: sqlite3.Connection) -> Iterator[int]:
    """The number of each stream that has rows, one step in the index for each."""
    query = "SELECT stream FROM reading WHERE stream > ? ORDER BY stream LIMIT 1"
    at = db.execute("SELECT stream FROM reading ORDER BY stream LIMIT 1").fetchone()
    while at is not None:
        yield at[0]
        at = db.execute(query, at).fetchone()


def _compare(earlier: PreviousStream, last: int, *, salvaged: bool) -> None:
    expected = Spans([(1, last)]) if earlier.expected is None else earlier.expected
    missing = expected.without(earlier.spans)
    if missing and earlier.expected is not None and not salvaged:
        raise FileDamaged(f"{missing.total} of its readings are not where they should be")
    unexpected = earlier.spans.without(expected)
    if salvaged:  # rows may be newer than what was left of the table of streams
        unexpected.remove(last + 1, MAX_INTEGER)
    if unexpected:  # the uplink would send, or declare lost, what was acknowledged or never was
        raise FileDamaged(f"{unexpected.total} of its readings should not be there")


def _runs(db: sqlite3.Connection, stream: int) -> list[tuple[int, int]]:
    """The ranges of seq that the file holds of a stream: counted where there is no hole, else walked."""
    low, high, count = db.execute(
        "SELECT min(seq), max(seq), count(*) FROM reading WHERE stream = ?", (stream,)
    ).fetchone()
    if not count:
        return []
    if not (isinstance(low, int) and isinstance(high, int)):  # a page of another table stands among those of readings
        raise FileDamaged(f"rows of stream {stream} have no seq")
    if high - low + 1 == count:
        return [(low, high)]
    edges = db.execute(
        "SELECT before, seq FROM (SELECT seq, lag(seq) OVER (ORDER BY seq) AS before FROM reading WHERE stream = ?)"
        " WHERE seq != before + 1 ORDER BY seq",
        (stream,),
    ).fetchall()
    if not all(isinstance(seq, int) for edge in edges for seq in edge):
        raise FileDamaged(f"rows of stream {stream} have no seq")
    return list(zip([low, *(after for _, after in edges)], [*(before for before, _ in edges), high], strict=True))
