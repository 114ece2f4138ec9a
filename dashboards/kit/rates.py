"""Rates of ingest from its samples: what an ingester did, by how long that took, added up over the ingesters.

per_minute("stored", "time > now() - 2m") -> each ingester's readings a minute, for an outer sum
"""


def per_minute(fields: str, times: str, *, every: str = "", where: str = "") -> str:
    """The rate of each ingester of what `fields` (names with blanks between) count, a minute, as a subquery.

    Without `every` it is the mean over `times`, else one for each step such as $__interval.
    """
    rates = ", ".join(f'sum("{field}") / sum("seconds") * 60 AS "{field}"' for field in fields.split())
    chosen = f'FROM "ingest" WHERE {times}' + (f" AND {where}" if where else "")
    grouped = f'time({every}), "instance" fill(none)' if every else '"instance"'
    return f"SELECT {rates} {chosen} GROUP BY {grouped}"


def all_per_minute(fields: str, *, where: str = "") -> str:
    """The rate of all ingesters over time, in one line for each of `fields`."""
    sums = ", ".join(f'sum("{field}") AS "{field}"' for field in fields.split())
    each = per_minute(fields, "$timeFilter", every="$__interval", where=where)
    return f"SELECT {sums} FROM ({each}) WHERE $timeFilter GROUP BY time($__interval) fill(null)"
