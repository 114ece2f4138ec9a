"""The edition of the registry in its database: another with every change of records, facts or what city.toml owns.

Edition(change=812, fact=44_031, undone_ms=0, due=2)        read by edition_rows.py
"""

import msgspec


class Edition(msgspec.Struct, frozen=True):
    """The newest change of records; the newest fact, when (UTC) the newest one was undone, and how many are due."""

    change: int
    fact: int
    undone_ms: int
    due: int
