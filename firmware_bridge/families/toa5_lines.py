"""Lines of a TOA5 table: which kind each is, and where it begins, for noise or a torn line may stand before it.

names       "TIMESTAMP","RECORD","Lvl_m_Avg"          each begins with a letter, and stands once
units       "TS","RN","m"
processing  "","","Avg"
table       "TOA5","daruba","CR1000","1031","CR1000.Std.32","CPU:river.CR1","4062","Hourly"
record      "2026-11-29 10:05:00",17,1.82             the time quoted or not, as all else

All cells of a header are quoted, and no string has a quote inside.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import islice

TIME, RECORD = "TIMESTAMP", "RECORD"
_CELL = r'(?:"[^"]*"|[^",]*)'
_LINE = re.compile(rf"{_CELL}(?:,{_CELL})*")
_CELLS = re.compile(rf"(?:^|,)({_CELL})")
_QUOTED = re.compile(r'"[^"]*"(?:,"[^"]*")*')
_STARTS = {
    "names": re.compile(rf'(?="(?:{TIME}|{RECORD})",)'),
    "units": re.compile(r'(?="(?:TS|RN)",)'),
    "processing": re.compile(r'(?="",)'),
    "table": re.compile(r'(?="TOA5",)'),
    "record": re.compile(r'(?="?[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:.]{5,20}"?,)'),
}
"""Where a line of each kind may begin, those first that no other kind can hold."""
_MOST_STARTS = 16
"""Of a kind in one line: more are no torn lines before a whole one, and each costs as much as the line is long."""
_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2} ")
_NAME = re.compile(r"[^\W0-9]")
_NEVER_INSIDE = frozenset(("TOA5", TIME, "TS"))


def build(names: Sequence[str], units: Sequence[str], *, table: str = "Hourly") -> bytes:
    """The header of a table with these columns beside time and record."""
    lines = (
        ("TOA5", "station", "CR1000", "1031", "CR1000.Std.32", "CPU:river.CR1", "4062", table),
        (TIME, RECORD, *names),
        ("TS", "RN", *units),
        ("", "", *("Smp" for _ in names)),
    )
    return "".join(",".join(f'"{cell}"' for cell in line) + "\r\n" for line in lines).encode()


def build_record(time: str, record: int, values: Sequence[float | None]) -> bytes:
    """A record; None is a value that the logger could not measure."""
    cells = (f'"{time}"', str(record), *('"NAN"' if value is None else f"{value:g}" for value in values))
    return ",".join(cells).encode() + b"\r\n"


def readings_of(line: str) -> Iterator[tuple[str, list[str]]]:
    """Each way to read a line, as its kind and cells, likeliest first."""
    for kind, start in _STARTS.items():
        for found in islice(start.finditer(line), _MOST_STARTS):
            text = line[found.start() :]
            if (_LINE if kind == "record" else _QUOTED).fullmatch(text):
                cells = [cell.strip('"') for cell in _CELLS.findall(text)]
                if _can_be(kind, cells):
                    yield kind, cells


def _can_be(kind: str, cells: list[str]) -> bool:
    """Whether a line of a kind can have these cells: else it is a torn one and another behind it."""
    inside = cells[1:]
    if _NEVER_INSIDE.intersection(inside):
        return False
    if kind == "record":
        return True
    if any(map(_MOMENT.match, inside)):
        return False
    return kind != "names" or (all(map(_NAME.match, inside)) and len(set(cells)) == len(cells))
