"""The city file as facts: what it says of the present, and what changed since the file before.

file before      file now         becomes
height 450       height 420       a fact: 420, from `valid_from` of the sensor, else from now on
height 450       height 450       nothing, whatever people have recorded meanwhile: the file is older than their word
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from sqlalchemy import Connection

from cloud.database.audit_log import SYSTEM, Actor
from cloud.registry.fact_rows import FactEntry, lay_ground, read_facts, record
from cloud.registry.facts import Facts, Key
from cloud.registry.history import filed_values, subject_of, value_of
from cloud.registry.records import NO_CALIBRATION, Gateway, Sensor

CITY_FILE = "city file"
"""The source of what the city file says."""

Record = Gateway | Sensor


def follow(connection: Connection, before: Iterable[Record], now: Iterable[Record], *, now_ms: int) -> None:
    """Record what a city file says otherwise than the one before it; the first says what has held since ever."""
    facts, filed = read_facts(connection), {subject_of(record): record for record in before}
    records = list(now)
    lay_ground(connection, _grounds(records, filed, facts), source=CITY_FILE, now_ms=now_ms)
    facts = read_facts(connection)
    for each in records:
        earlier = filed.get(subject_of(each))
        if earlier is not None:
            for new in _changes(earlier, each, facts, now_ms):
                record(connection, new, who=Actor(SYSTEM), now_ms=now_ms)


def _grounds(records: Iterable[Record], filed: Mapping[str, Record], facts: Facts) -> Iterator[tuple[Key, Any]]:
    for record_now in records:
        subject = subject_of(record_now)
        first = filed_values(filed[subject]) if subject in filed else {}
        for what, value in filed_values(record_now).items():
            plain = what.startswith("calibration.") and first.get(what, value) == value_of(NO_CALIBRATION)
            if not plain and not facts.of(subject, what):
                yield (subject, what), first.get(what, value)


def _changes(before: Record, now: Record, facts: Facts, now_ms: int) -> Iterator[FactEntry]:
    was = filed_values(before)
    dated_ms = now.valid_from_ms if isinstance(now, Sensor) else None
    is_dated_anew = isinstance(before, Sensor) and dated_ms not in (None, before.valid_from_ms)
    start_ms = now_ms if dated_ms is None else dated_ms
    for what, value in filed_values(now).items():
        ground = was.get(what, value)
        held = facts.held(subject_of(now), what)
        holds = ground if held is None else held.at(start_ms)
        if (value != ground or is_dated_anew) and holds != value:
            yield FactEntry(
                subject=subject_of(now), what=what, value=value, ground=ground, valid_from_ms=start_ms,
                source=CITY_FILE,
            )  # fmt: skip
