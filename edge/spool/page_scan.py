"""What the pages of a damaged spool hold: its small tables, put together from all that is left of them, and where its
readings are.

    stream 3 is …?   its row | the index of names | the checkpoint     the one that the check sums of its readings fit
    series 7 is …?   its row | the index of names | the checkpoint     likewise

Nothing is believed for where it stands: a row is known by its columns, so a file without its first page gives them too.
"""

from collections.abc import Iterable
from typing import Any

from edge.spool.pages import Pages, Record
from edge.spool.rows import SeriesKey, SpoolRow, check_of_words, is_sound, seed_of
from edge.spool.sync_checkpoint import Names
from edge.spool.tables import StreamRow, Tables, stream_row
from wire import Lost, is_name
from wire.batch import MAX_INTEGER

SAMPLES = 3
"""Readings of a stream's series that are tried on what its names may be."""
_PAGE_BITS, _SEQ_BITS = 32, 64


def reading_in(record: Record) -> SpoolRow | None:
    """The row of a reading, with no crc where an earlier version wrote it; None for what has not its columns."""
    if len(record) not in (6, 7) or type(record[0]) is not int or type(record[1]) is not int:
        return None
    if record[0] < 1 or not 1 <= record[1] <= MAX_INTEGER:
        return None
    return SpoolRow._make(record if len(record) == 7 else [*record, None])


class PageScan:
    """Looks at each page once; afterwards `places` has those with readings, in the order of their first."""

    def __init__(self, pages: Pages, names: Names, checkpointed: Iterable[str]) -> None:
        self._checkpointed = tuple(checkpointed)
        self.places: list[int] = []
        self._rows: dict[int, StreamRow] = {}
        self._streams: dict[int, list[str]] = {}
        self._series: dict[int, list[SeriesKey]] = {}
        self._kept: dict[str, set[str]] = {}
        self._losses: dict[Lost, None] = {}
        self._samples: dict[tuple[int, int], list[SpoolRow]] = {}
        for number in range(1, pages.count + 1):
            self._scan_page(number, pages)
        self.places.sort()
        for stream, name in names.streams.items():
            self._may_be(self._streams, stream, name)
        for series, key in names.series.items():
            self._may_be(self._series, series, key)

    def tables(self) -> Tables:
        """The small tables."""
        streams, series = self._agreed()
        kept = {key: values.pop() for key, values in self._kept.items() if len(values) == 1}  # of two neither is sure
        rows = {name: self._row_of(number, name) for number, name in reversed(streams.items())}
        return Tables(sorted(rows.values()), series, list(self._losses), kept)

    def _scan_page(self, number: int, pages: Pages) -> None:
        for record in pages.records(number):
            row = reading_in(record)
            if row is None:
                self._small(record)
                continue
            self.places.append(place_of(row.stream, row.seq, number))
            samples = self._samples.setdefault((row.stream, row.series), [])
            if len(samples) < SAMPLES:
                samples.append(row)
            return

    def _small(self, record: Record) -> None:
        match record:
            case [str(key), str(value), int(crc)] if check_of_words(key, value) == crc:
                self._kept.setdefault(key, set()).add(value)
            case [str(sensor), str(quantity), int(number)] | [int(number), None, str(sensor), str(quantity)]:
                self._may_be(self._series, number, (sensor, quantity))
            case [str(key), str(value)]:
                self._kept.setdefault(key, set()).add(value)
            case [str(name), int(number)]:
                self._may_be(self._streams, number, name)
            case [int(number), None, str(name), str(boot), int(origin_ms), int(last), *rest]:
                self._may_be(self._streams, number, name)
                self._stream(number, name, boot, origin_ms, last, rest)
            case [int(), str(stream), int(first), int(last), str(reason), *rest]:
                self._loss(Lost(stream, first, last, reason[:200]), rest)

    def _may_be(self, known: dict[int, list[Any]], number: int, name: Any) -> None:
        names = (name,) if isinstance(name, str) else name
        found = known.setdefault(number, [])
        if name not in found and all(is_name(text) for text in names):
            found.append(name)

    def _stream(self, number: int, name: str, boot: str, origin_ms: int, last: int, rest: list[Any]) -> None:
        if rest:
            row = stream_row(number, name, boot, origin_ms, last, *rest) if len(rest) == 3 else None
        else:  # of an earlier version
            row = StreamRow(number, name, boot, origin_ms, min(last, MAX_INTEGER), checked=False, here=None)
        if row is not None and (number not in self._rows or _is_newer(row, self._rows[number])):
            self._rows[number] = row

    def _loss(self, loss: Lost, rest: list[Any]) -> None:
        fits = not rest or rest[0] == check_of_words(loss.stream, loss.first, loss.last, loss.reason)
        if fits and is_name(loss.stream) and 0 <= loss.first <= loss.last <= MAX_INTEGER:
            self._losses[loss] = None

    def _agreed(self) -> tuple[dict[int, str], dict[int, SeriesKey]]:
        """The names that the check sums of the samples fit; the first that was found where no check sum says."""
        streams = {number: names[0] for number, names in self._streams.items() if names}
        series = {number: keys[0] for number, keys in self._series.items() if keys}
        for (stream, number), samples in self._samples.items():
            for name in self._streams.get(stream, ()):
                for key in self._series.get(number, ()):
                    if _fits(samples, name, key):
                        streams[stream], series[number] = name, key
        self._name_the_nameless(streams, series)
        return streams, series

    def _name_the_nameless(self, streams: dict[int, str], series: dict[int, SeriesKey]) -> None:
        """Streams of which only the sync checkpoint has a name: the one that fits, or the only one that is left."""
        for (stream, number), samples in self._samples.items():
            left = [name for name in self._checkpointed if name not in streams.values()]
            fitting = [name for name in left if number in series and _fits(samples, name, series[number])]
            if stream not in streams and len(fitting or left) == 1:
                streams[stream] = (fitting or left)[0]

    def _row_of(self, number: int, name: str) -> StreamRow:
        row = self._rows.get(number)
        if row is not None and row.name == name:
            return row
        samples = [row for (stream, _), rows in self._samples.items() if stream == number for row in rows]
        checked = any(row.check is not None for row in samples)
        return StreamRow(number, name, "", 0, 0, checked=checked, here=None)


def _is_newer(row: StreamRow, other: StreamRow) -> bool:
    """Whether a row of a stream was written after the other: `last` only grows, and while it stays `here` shrinks."""
    if row.last != other.last:
        return row.last > other.last
    return row.here is not None and (other.here is None or row.here.total < other.here.total)


def _fits(samples: Iterable[SpoolRow], name: str, key: SeriesKey) -> bool:
    return any(is_sound(row, seed_of(name, key), checked=True) for row in samples)


def place_of(stream: int, seq: int, page: int) -> int:
    """A page and its first reading as one number (a spool may have half a million pages), in the order of readings."""
    return (stream << _SEQ_BITS | seq) << _PAGE_BITS | page


def parts_of(place: int) -> tuple[int, int, int]:
    """The stream's id, the seq and the page of a place."""
    first = place >> _PAGE_BITS
    return first >> _SEQ_BITS, first & (1 << _SEQ_BITS) - 1, place & (1 << _PAGE_BITS) - 1
