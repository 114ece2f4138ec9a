"""Which manual readings have counted in place of their sensor, and from when until when: rows that people are shown.

evaluator: reading 17 counts ─► (17, 14:05:20, 15:05)        the sensor speaks plainly at 14:31 ─► (17, 14:05:20, 14:31)
"""

from collections.abc import Mapping
from typing import cast

import msgspec
from sqlalchemy import Connection, Table, bindparam, update

from cloud.alarms.manual_values import counting
from cloud.alarms.tables import OverrulingRow
from cloud.database.upsert import insert_statement
from rules.engine import START, RuleState
from rules.overruling import until_ms

_ROWS = cast(Table, OverrulingRow.__table__)
_States = Mapping[tuple[str, str], RuleState]
"""By (sensor, family)."""


class Overrulings(msgspec.Struct, frozen=True):
    """What has `begun` to count, (since, until) by the number of the manual reading, and what has `ended`; UTC ms."""

    begun: dict[int, tuple[int, int]]
    ended: dict[int, int]


def overrulings_of(before: _States, states: _States) -> Overrulings:
    """What has begun to count and what has ended, between two states of the same rules."""
    found = Overrulings({}, {})
    for key, state in states.items():
        was, now = counting(before.get(key, START)), counting(state)
        if was is not None and (now is None or now.reading != was.reading):
            found.ended[was.reading] = state.head.heard_ms
        if now is not None and (was is None or now.reading != was.reading):
            found.begun[now.reading] = (state.head.heard_ms, until_ms(now))
    return found


def write_overrulings(connection: Connection, found: Overrulings) -> None:
    """Keep them, however often they are found: what has ended earlier stays so."""
    rows = [
        {"reading": reading, "since_ms": since, "until_ms": until} for reading, (since, until) in found.begun.items()
    ]
    if rows:
        connection.execute(insert_statement(connection, _ROWS).on_conflict_do_nothing(), rows)
    ended = [{"b_reading": reading, "b_until": until} for reading, until in found.ended.items()]
    if ended:
        connection.execute(_END, ended)


_END = (
    update(_ROWS)
    .where(_ROWS.c.reading == bindparam("b_reading"), _ROWS.c.until_ms > bindparam("b_until"))
    .values(until_ms=bindparam("b_until"))
)
