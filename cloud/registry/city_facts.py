"""The city file as facts: baselines, and what changed since the file before.

file before      file now         becomes
height 450       height 420       a fact: 420, from `valid_from` of the sensor, else from now on
height 450       height 450       nothing: what people recorded meanwhile stays, since the file did not change
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec
from sqlalchemy import Connection

from cloud.database.audit_log import SYSTEM, Actor
from cloud.registry.fact_rows import FactEntry, read_facts, record, record_baselines
from cloud.registry.facts import Fact, Facts, Key
from cloud.registry.history import file_values, subject_of, value_of
from cloud.registry.records import NO_CALIBRATION, Gateway, Sensor

CITY_FILE = "city file"
"""The source of facts that come from the city file."""
BY_EDITING = "registry"
"""The source of facts that come from a changed record of the registry."""

Dated = Gateway | Sensor
"""A record of which some columns are dated facts too."""


def record_file_changes(connection: Connection, before: Iterable[Dated], now: Iterable[Dated], *, now_ms: int) -> None:
    """Record each difference of a city file from the one before it; the first file gives the baselines."""
    facts, filed = read_facts(connection), {subject_of(record): record for record in before}
    records = list(now)
    if baselines := list(_baselines(records, filed, facts)):
        record_baselines(connection, baselines, source=CITY_FILE, now_ms=now_ms)
        facts = read_facts(connection)
    for each in records:
        earlier = filed.get(subject_of(each))
        if earlier is not None and earlier != each:
            for new in _changes(earlier, each, facts, now_ms, CITY_FILE):
                record(connection, new, actor=Actor(SYSTEM), now_ms=now_ms)


def record_edits(
    connection: Connection, edits: Iterable[tuple[Dated | None, Dated]], facts: Facts, *, actor: Actor, reason: str,
    now_ms: int,
) -> list[Fact]:  # fmt: skip
    """Record where edited records differ from what held before; the facts that this made. New ones give baselines.

    `edits` are (before, after), `facts` those that were recorded until now.
    """
    given = list(edits)
    filed = {subject_of(before): before for before, _ in given if before is not None}
    baselines = list(_baselines((after for _, after in given), filed, facts))
    record_baselines(connection, baselines, source=BY_EDITING, now_ms=now_ms)
    made = []
    for before, after in given:
        changes = () if before is None else _changes(before, after, facts, now_ms, BY_EDITING)
        entries = [msgspec.structs.replace(new, reason=reason) for new in changes]
        made += [record(connection, new, actor=actor, now_ms=now_ms) for new in entries]
    return made


def _baselines(records: Iterable[Dated], filed: Mapping[str, Dated], facts: Facts) -> Iterator[tuple[Key, Any]]:
    for record_now in records:
        subject = subject_of(record_now)
        first = file_values(filed[subject]) if subject in filed else {}
        for what, value in file_values(record_now).items():
            plain = what.startswith("calibration.") and first.get(what, value) == value_of(NO_CALIBRATION)
            if not plain and not facts.of(subject, what):
                yield (subject, what), first.get(what, value)


def _changes(before: Dated, now: Dated, facts: Facts, now_ms: int, source: str) -> Iterator[FactEntry]:
    earlier = file_values(before)
    dated_ms = now.valid_from_ms if isinstance(now, Sensor) else None
    is_dated_again = isinstance(before, Sensor) and dated_ms not in (None, before.valid_from_ms)
    start_ms = now_ms if dated_ms is None else dated_ms
    for what, value in file_values(now).items():
        baseline = earlier.get(what, value)
        timeline = facts.timeline(subject_of(now), what)
        current = baseline if timeline is None else timeline.at(start_ms)
        if (value != baseline or is_dated_again) and current != value:
            yield FactEntry(
                subject=subject_of(now), what=what, value=value, baseline=baseline, valid_from_ms=start_ms,
                source=source,
            )  # fmt: skip
