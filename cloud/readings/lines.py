"""InfluxDB line protocol: one line for all quantities of a sensor that share a time.

air,gateway=gw-daruba,sensor=air-market,site=daruba pm10=30.5,pm2_5=12.0 1764000000000
air,gateway=gw-daruba,sensor=air-market,site=daruba pm10=31.0,pm2_5=12.1,marks=1i 1764000001000

Values are written as floats always, so a field has one type for ever; `marks` is a whole number, left out where 0.
`blocks_of` reads the lines back.
Fast because columnar: all numbers become text in one call, and all lines in one formatting.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import chain, groupby

import msgspec

from cloud.readings.blocks import Block
from cloud.readings.contract import Verdict

MARKS = "marks"
VERDICT = "verdict"
"""The measurement of later verdicts on readings."""
_NUMBERS = msgspec.json.Encoder()


def lines_of(blocks: Sequence[Block]) -> bytes:
    """The lines of `blocks`, times in milliseconds: point by point in turn, each ended by a newline."""
    templates: list[bytes] = []
    rows: list[zip[tuple[float, ...]]] = []
    for block in blocks:
        names, columns = zip(*block.fields, strict=True)
        template = _template(block.domain, block.site, block.sensor, block.gateway, block.marks, names)
        templates.append(template * len(block.times_ms))
        rows.append(zip(*columns, block.times_ms, strict=True))
    numbers = list(chain.from_iterable(chain.from_iterable(rows)))
    return b"".join(templates) % tuple(_NUMBERS.encode(numbers)[1:-1].split(b","))


def lines_of_verdicts(verdicts: Iterable[Verdict]) -> list[bytes]:
    """The lines of verdicts, without newlines: `verdict,quantity=pm2_5,sensor=air-market marks=0i 1764000001000`."""
    return [
        f"{VERDICT},quantity={tag(each.quantity)},sensor={tag(each.sensor)}".encode()
        + f" {MARKS}={each.marks}i {each.time_ms}".encode()
        for each in verdicts
    ]


def verdict_of(line: bytes) -> Verdict | None:
    """The verdict in a line; None where it is one of readings; ValueError where it is neither."""
    if not line.startswith(f"{VERDICT},".encode()):
        return None
    try:
        head, fields, time_ms = _split(line.rstrip(b"\n"), b" ")
        _, tags = _tags(head)
        marks = int(fields.removeprefix(f"{MARKS}=".encode()).removesuffix(b"i"))
        return Verdict(tags["sensor"], tags["quantity"], int(time_ms), marks)
    except (ValueError, KeyError):
        raise ValueError(f"{line[:200]!r} is no verdict") from None


def blocks_of(lines: Iterable[bytes]) -> Iterator[Block]:
    """The blocks of `lines`, neighbours of one shape together; ValueError where one of them is no line of readings."""
    for (head, names, marks), group in groupby(map(_taken_apart, lines), key=lambda line: line[:3]):
        measurement, tags = _tags(head)
        times_ms, rows = zip(*((line[3], line[4]) for line in group), strict=True)
        columns = zip(*rows, strict=True)
        fields = tuple((name, list(column)) for name, column in zip(names, columns, strict=True))
        yield Block(tags["site"], tags["sensor"], tags["gateway"], measurement, marks, list(times_ms), fields)


def parts_of(line: bytes) -> list[tuple[str, bytes]]:
    """A line of several quantities as a line for each of them; none where it has one alone."""
    head, fields, time_ms = _split(line, b" ")
    named = [(_unescaped(_split(field, b"=")[0]), field) for field in _split(fields, b",")]
    marks = b"".join(b"," + field for name, field in named if name == MARKS)
    quantities = [(name, field) for name, field in named if name != MARKS]
    if len(quantities) == 1:
        return []
    return [(name, b"%b %b%b %b" % (head, field, marks, time_ms)) for name, field in quantities]


_Line = tuple[bytes, tuple[str, ...], int, int, tuple[float, ...]]
"""Measurement with tags, names of the fields, marks, time in ms, values."""


def _taken_apart(line: bytes) -> _Line:
    try:
        head, fields, time_ms = _split(line.rstrip(b"\n"), b" ")
        pairs = [_split(field, b"=") for field in _split(fields, b",")]
        values = {_unescaped(name): value for name, value in pairs}
        marks = int(values.pop(MARKS, b"0i").removesuffix(b"i"))
        return head, tuple(values), marks, int(time_ms), tuple(map(float, values.values()))
    except ValueError:
        raise ValueError(f"{line[:200]!r} is no line of readings") from None


@lru_cache(maxsize=65_536)
def _tags(head: bytes) -> tuple[str, dict[str, str]]:
    measurement, *tags = _split(head, b",")
    named = dict(_split(tag, b"=") for tag in tags)
    return _unescaped(measurement), {_unescaped(key): _unescaped(tag) for key, tag in named.items()}


def _split(text: bytes, mark: bytes) -> list[bytes]:
    """At every mark that no backslash stands before."""
    return re.split(rb"(?<!\\)" + mark, text) if b"\\" in text else text.split(mark)


@lru_cache(maxsize=65_536)
def _unescaped(text: bytes) -> str:
    return re.sub(r"\\(.)", lambda found: "\n" if found[1] == "n" else found[1], text.decode())


@lru_cache(maxsize=65_536)
def _template(measurement: str, site: str, sensor: str, gateway: str, marks: int, names: tuple[str, ...]) -> bytes:
    # tags in the order of their names, as InfluxDB sorts them itself
    tags = "".join(f",{key}={_escaped(tag)}" for key, tag in (("gateway", gateway), ("sensor", sensor), ("site", site)))
    fields = ",".join(f"{_escaped(name)}=%b" for name in names)
    marked = f",{MARKS}={marks}i" if marks else ""
    return f"{_escaped(measurement)}{tags} {fields}{marked} %b\n".encode()


def tag(text: str) -> str:
    """A name as it stands in a line as a tag."""
    return _escaped(text).replace("%%", "%")


def _escaped(text: str) -> str:
    for special in ("\\", " ", ",", "="):
        text = text.replace(special, f"\\{special}")
    return text.replace("\n", "\\n").replace("%", "%%")  # %% because the line is a formatting template
