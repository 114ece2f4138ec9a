"""The questions in InfluxQL: statements with their names and texts escaped, as many in one request as a URL holds.

SELECT last("water_level"), marks FROM "flood" WHERE time <= 1764000000000ms GROUP BY site, sensor, gateway
"""

from collections.abc import Iterator, Sequence

from cloud.readings.contract import LATEST_MS
from cloud.readings.lines import MARKS
from wire import Quantity

STATEMENTS = 40
"""Statements of one query."""
EARLIEST_MS = -(2**63) // 10**6 + 1
"""The earliest time that InfluxDB knows, in its nanoseconds of 64 bits."""


def in_requests(names: Sequence[str]) -> Iterator[Sequence[str]]:
    """Take as many at a time as a URL holds: proxies take 8 KiB of it, and a statement 130 bytes."""
    for first in range(0, len(names), STATEMENTS):
        yield names[first : first + STATEMENTS]


def newest_of_each(row: Quantity, until_ms: int) -> str:
    """Ask for the newest value of a quantity up to `until_ms`, of every series."""
    what, measurement = identifier(row.name), identifier(row.domain)
    until = f"WHERE time <= {until_ms}ms GROUP BY site, sensor, gateway"
    return f"SELECT last({what}), {MARKS} FROM {measurement} {until}"  # noqa: S608 - constants


def oldest_of_all(row: Quantity) -> str:
    """Ask for the oldest value of a quantity, of all series together."""
    return f"SELECT first({identifier(row.name)}) FROM {identifier(row.domain)}"  # noqa: S608 - constants


def select(what: str, sensor: str, row: Quantity, *, start_ms: int = EARLIEST_MS, end_ms: int = LATEST_MS) -> str:
    """Ask for `what` of the series of one sensor and quantity, start <= time < end."""
    measurement = identifier(row.domain)
    times = f"time >= {start_ms}ms AND time < {end_ms}ms"
    return f"SELECT {what} FROM {measurement} WHERE sensor = {literal(sensor)} AND {times}"  # noqa: S608 - escaped


def identifier(name: str) -> str:
    """Quote the name of a database, measurement, tag, field or user."""
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


def literal(text: str) -> str:
    """Quote a text, such as a password."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
