"""Troubles as alarms, in the same tables as all others: shown, acknowledged, escalated and sent in the same way.

component "store" down ─► alarm (family platform, sensor siaga-store) ─► event raised ─► notices ─► the steps' channels
gateway offline        ─► alarm (family gateway-offline, sensor gw-daruba, at its site)

They are about no reading: their quantity is empty, and their rule says in words what is the matter and what to do.
"""

from collections.abc import Iterable
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import ColumnElement, Connection, insert, literal, select, update

from cloud.alarms.ranks import rank_by_row, rank_of
from cloud.alarms.tables import AlarmEventRow, AlarmRow
from cloud.core.component_names import name_of
from cloud.core.health import Condition
from cloud.database.upsert import insert_ignore
from cloud.gateways.last_words import sentence, to_do
from cloud.monitoring.trouble import ComponentTrouble
from cloud.registry.records import Gateway
from i18n.catalog import Catalog, LanguageCode, catalog_of
from rules.events import EventKind
from rules.rule import OFFLINE, PLATFORM, Level, Rule, RuleKind, Severity
from wire import LastWord
from wire.topics import SHARDS

_LEVELS = (Condition.DEGRADED, Condition.DOWN)
_SEVERITY = {Condition.DEGRADED: Severity.MODERATE, Condition.DOWN: Severity.SEVERE}

_STATES = {Condition.DEGRADED: ("needs attention", "perlu perhatian"), Condition.DOWN: ("is down", "mati")}


def prefix_of(shards: range) -> str:
    """Return the prefix of this process's components in alarms' rows: several ingesters have one each."""
    return "siaga-" if len(shards) == SHARDS else f"siaga-{shards.start}-{shards.stop - 1}-"


def open_troubles(connection: Connection, prefix: str) -> dict[str, Condition]:
    """Return the components below `prefix` whose alarm is open, each with the condition that it was raised for."""
    query = select(AlarmRow.sensor, AlarmRow.level).where(AlarmRow.family == PLATFORM, AlarmRow.closed_ms.is_(None))
    rows = connection.execute(query.where(AlarmRow.sensor.startswith(prefix, autoescape=True)))
    return {sensor.removeprefix(prefix): _LEVELS[level] for sensor, level in rows}


def offline_gateways(connection: Connection) -> set[str]:
    """Return the gateways whose alarm of being offline is open."""
    query = select(AlarmRow.sensor).where(AlarmRow.family == OFFLINE, AlarmRow.closed_ms.is_(None))
    return set(connection.execute(query).scalars())


def raise_trouble(connection: Connection, trouble: ComponentTrouble, prefix: str, *, now_ms: int) -> None:
    """Open the alarm of a component, or worsen the one that is open."""
    level, sensor = _LEVELS.index(trouble.status), f"{prefix}{trouble.component}"
    _raise(connection, _rule_of(trouble), sensor, level=level, gateway=PLATFORM, now_ms=now_ms)


class GoneGateway(NamedTuple):
    """A gateway that has not been heard for so long, what it said last of why, and the zone of its site."""

    gateway: Gateway
    silent_s: float
    last_word: LastWord | None
    zone: ZoneInfo


def raise_offline(connection: Connection, gone: GoneGateway, *, now_ms: int) -> None:
    """Open the alarm of a gateway that does not connect any more."""
    gateway, rule = gone.gateway, _offline_rule(gone)
    _raise(connection, rule, gateway.id, level=0, gateway=gateway.id, site=gateway.site, now_ms=now_ms)


def close(
    connection: Connection, family: str, sensors: Iterable[str], *, now_ms: int, kind: EventKind = EventKind.CLOSED
) -> None:
    """End the open alarms of `family` on `sensors`, by an event of that kind."""
    for sensor in sensors:
        row = _open(connection, family, sensor)
        if row is not None:
            ended = {"state": "closed", "closed_ms": now_ms, "changed_ms": now_ms, "rank": _rank(row.rule, row.worst)}
            connection.execute(update(AlarmRow).where(AlarmRow.id == row.id).values(ended))
            _record_event(connection, row.id, kind.value, row.level, now_ms)


def _raise(
    connection: Connection, rule: Rule, sensor: str, *, level: int, gateway: str, now_ms: int, site: str = ""
) -> None:
    text = msgspec.json.encode(rule).decode()
    row = _open(connection, rule.family, sensor)
    if row is not None:
        if row.level < level:
            worst = max(row.worst, level)
            worse = {"level": level, "worst": worst, "rank": _rank(text, level), "rule": text, "changed_ms": now_ms}
            connection.execute(update(AlarmRow).where(AlarmRow.id == row.id).values(worse))
            _record_event(connection, row.id, "worsened", level, now_ms)
        return
    values: dict[str, Any] = {
        "family": rule.family, "sensor": sensor, "quantity": "", "site": site, "gateway": gateway,
        "opened_ms": now_ms, "at_ms": now_ms, "state": "alarming", "level": level, "worst": level, "value": 0.0,
        "rank": rank_of(text, level),
        "value_ms": now_ms, "changed_ms": now_ms, "late": False, "withdrawn": False, "test": False, "versions": "",
        "rule": text,
    }  # fmt: skip
    if insert_ignore(connection, AlarmRow, [values]):
        opened = _open(connection, rule.family, sensor)
        assert opened is not None  # noqa: S101 - it was inserted in this transaction
        _record_event(connection, opened.id, "raised", level, now_ms)


def _open(connection: Connection, family: str, sensor: str) -> Any:
    columns = (AlarmRow.id, AlarmRow.level, AlarmRow.worst, AlarmRow.rule)
    where = (AlarmRow.family == family, AlarmRow.sensor == sensor, AlarmRow.closed_ms.is_(None))
    return connection.execute(select(*columns).where(*where).limit(1)).one_or_none()


def _rank(rule: str, level: int) -> ColumnElement[int]:
    return rank_by_row(literal(rank_of(rule, level)))


def _record_event(connection: Connection, alarm: int, kind: str, level: int, now_ms: int) -> None:
    event = {"alarm": alarm, "kind": kind, "time_ms": now_ms, "level": level, "value": 0.0, "late": False}
    connection.execute(insert(AlarmEventRow).values(event | {"at_ms": now_ms}))


def _rule_of(trouble: ComponentTrouble) -> Rule:
    name = name_of(trouble.component)
    levels = [
        Level(f"{name.english} {english}", _SEVERITY[status], 0.0, name_id=f"{name.indonesian} {indonesian}")
        for status, (english, indonesian) in _STATES.items()
    ]
    return Rule(
        family=PLATFORM,
        quantity="",
        kind=RuleKind.ABOVE,
        levels=tuple(levels),
        title=name.english,
        title_id=name.indonesian,
        advice=_trouble_advice(catalog_of(LanguageCode.ENGLISH), trouble),
        advice_id=_trouble_advice(catalog_of(LanguageCode.INDONESIAN), trouble),
    )


def _trouble_advice(_: Catalog, trouble: ComponentTrouble) -> str:
    said = _.said(trouble.detail)
    return _("{said}. The runbook is docs/operations.md, “When something is wrong”.", said=said)


def _offline_rule(gone: GoneGateway) -> Rule:
    return Rule(
        family=OFFLINE,
        quantity="",
        kind=RuleKind.ABOVE,
        levels=(Level("Gateway offline", Severity.MODERATE, 0.0, name_id="Gateway tidak tersambung"),),
        title="Gateway offline",
        title_id="Gateway tidak tersambung",
        advice=_advice(catalog_of(LanguageCode.ENGLISH), gone),
        advice_id=_advice(catalog_of(LanguageCode.INDONESIAN), gone),
    )


def _advice(_: Catalog, gone: GoneGateway) -> str:
    told = {"name": gone.gateway.name, "minutes": _.number(gone.silent_s / 60, 0), "to_do": to_do(_, gone.last_word)}
    if gone.last_word is None:
        return _("{name} was not heard for {minutes} min: {to_do}.", **told)
    said = sentence(_, gone.last_word, gone.zone)
    return _("{name} was not heard for {minutes} min; {said}: {to_do}.", said=said, **told)
