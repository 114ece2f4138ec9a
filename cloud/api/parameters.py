"""Parameters that several routes take, and what becomes of them.

alarm_id: RowId      before_id: BeforeId = None      start: GivenTime ─► time_of("start", start) -> UTC ms, or a problem
"""

from typing import Annotated

from fastapi import Path, Query

from cloud.core.times import parse_time
from cloud.http.problems import bad_parameter

LARGEST_ROW_ID = 2**63 - 1
RowId = Annotated[int, Path(ge=1, le=LARGEST_ROW_ID)]
"""The id of a database row in a path."""
BeforeId = Annotated[int | None, Query(ge=1, le=LARGEST_ROW_ID)]
"""Where the next page begins: only rows older than this one."""


def time_of(name: str, text: str | None) -> int | None:
    """Read a time that a request may give, as UTC ms; the problem bad-parameter where it is none."""
    return None if text is None else given_time(name, text)


def given_time(name: str, text: str) -> int:
    """Read a time that a request gives, as UTC ms; the problem bad-parameter where it is none."""
    try:
        return parse_time(text)
    except ValueError as error:
        raise bad_parameter(name, text, str(error)) from None
