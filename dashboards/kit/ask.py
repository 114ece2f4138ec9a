"""InfluxQL in pieces, so that no dashboard writes the words between them: over time, lately, and as rows of a table.

over_time('max("water_level")', "flood", where=one_of("site"), by="sensor")
SELECT max("water_level") FROM "flood" WHERE "site" =~ /^$site$/ AND $timeFilter GROUP BY time($__interval), "sensor" …
"""

STEP = "time($__interval)"
"""As wide as a pixel or two of the panel; `interval` of the panel says how narrow at the least."""
HOURS = "time(1h, 1ms)"
"""Hours whose value stands at their end (as in all derived series), drawn from their beginning: 10:00 from 9:00 on."""


def over_time(
    what: str, measurement: str, *, where: str, by: str, step: str = STEP, fill: str = "null", zone: str = ""
) -> str:
    """`what` for each `step` of the dashboard's range and each value of the tags `by`; days are those of `zone`.

    A `measurement` in slashes is a pattern: one that fits none, as of an empty variable, finds nothing.
    """
    groups = ", ".join([step, *_quoted(by)])
    ending = f" tz('{zone}')" if zone else ""
    source = measurement if measurement.startswith("/") else f'"{measurement}"'
    return f"SELECT {what} FROM {source} WHERE {where} AND $timeFilter GROUP BY {groups} fill({fill}){ending}"


def lately(what: str, measurement: str, *, where: str, by: str, within: str) -> str:
    """`what` of the time `within` which it counts as now (15m, 2h), for each value of the tags `by`."""
    groups = ", ".join(_quoted(by))
    return f'SELECT {what} FROM "{measurement}" WHERE time > now() - {within} AND {where} GROUP BY {groups}'


def in_range(what: str, measurement: str, *, where: str, by: str, earlier: str = "") -> str:
    """`what` of the whole range of the dashboard, or of the same range `earlier` (52w), for each value of the tags."""
    times = f"time >= ${{__from}}ms - {earlier} AND time <= ${{__to}}ms - {earlier}" if earlier else "$timeFilter"
    return f'SELECT {what} FROM "{measurement}" WHERE {where} AND {times} GROUP BY {", ".join(_quoted(by))}'


def rows(columns: str, inner: str) -> str:
    """A table with these columns (names with blanks between them), tags among them, out of a query."""
    return f"SELECT {', '.join(_quoted(columns))} FROM ({inner})"


def last(*fields: str) -> str:
    """The newest of each field under its own name; `field:name` under another."""
    pairs = (field.partition(":") for field in fields)
    return ", ".join(f'last("{name}") AS "{shown or name}"' for name, _, shown in pairs)


def _quoted(names: str) -> list[str]:
    return [f'"{name}"' for name in names.split()]
