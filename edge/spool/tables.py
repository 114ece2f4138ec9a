"""The rows of the spool's small tables, each with a check sum over what it says.

stream   3 | 9f3c… | boot | origin_ms | last 360 | checked | here "1-90 120-360" | crc
"""

from typing import NamedTuple

from edge.spool.rows import SeriesKey, check_of_words
from edge.spool.spans import Spans
from wire import Lost


class StreamRow(NamedTuple):
    """A row of the table of streams; `here` is what the file should hold of it, None where that is not known."""

    id: int
    name: str
    boot: str
    origin_ms: int
    last: int
    checked: bool
    here: Spans | None

    @property
    def here_text(self) -> str | None:
        """`here` as the file has it: 1-90 120-360."""
        return None if self.here is None else " ".join(f"{first}-{last}" for first, last in self.here)

    @property
    def check(self) -> int:
        """The crc of the row."""
        return check_of_words(self.name, self.boot, self.origin_ms, self.last, int(self.checked), self.here_text)


def stream_row(
    number: int, name: str, boot: str, origin_ms: int, last: int, checked: int, here: str | None, crc: int | None
) -> StreamRow | None:
    """A row of the table of streams as the file has it; None where it is damaged."""
    if check_of_words(name, boot, origin_ms, last, checked, here) != crc:
        return None
    runs = (run.split("-") for run in here.split()) if here is not None else ()
    spans = None if here is None else Spans((int(first), int(last)) for first, last in runs)
    return StreamRow(number, name, boot, origin_ms, last, bool(checked), spans)


class Tables(NamedTuple):
    """The small tables of a spool."""

    streams: list[StreamRow]
    series: dict[int, SeriesKey]
    losses: list[Lost]
    kept: dict[str, str]
