"""What the API answers and takes of alarms, the journal and maintenance: one model for each.

{"id":17,"family":"river-level","title":"River is high","sensor":"river-daruba-1","site":"daruba","state":"alarming",
 "level":{"name":"Siaga 2","severity":"severe",…},"value":262.0,"unit":"cm","opened":"2026-11-24T03:10:00.000Z",…}
"""

import json
from typing import Any, Literal

import msgspec
from pydantic import Field

from cloud.alarms.records import Alarm, AlarmChange, Maintenance
from cloud.api.schemas.state import AnswerModel, Time
from cloud.core.printable import GivenTime, Id, Sentence
from cloud.core.times import rfc_3339
from cloud.database.audit_log import AuditEntry
from rules.rule import Level, Severity
from runtime.settings import Settings
from wire import QUANTITIES

_TIME = Field(description="RFC 3339, UTC, milliseconds", examples=["2026-11-24T03:10:00.000Z"])
State = Literal["alarming", "silent", "recovering", "closed"]


class LevelAnswer(AnswerModel):
    """A level of a rule in its own terms; `number` counts from 0, the mildest; `colour` is #rrggbb or empty."""

    number: int
    name: str
    name_id: str
    severity: Severity
    limit: float
    high: float | None
    inclusive: bool
    colour: str


class AlarmAnswer(AnswerModel):
    """An alarm; `value` is what brought its level, at `value_time`; `level` is the present one, `worst` the worst."""

    id: int
    family: str
    title: str
    title_id: str
    advice: str
    advice_id: str
    sensor: str
    quantity: str
    unit: str = Field(description="UCUM; empty for silence of a whole sensor", examples=["cm", "ug/m3"])
    site: str
    gateway: str
    state: State
    severity: Severity
    level: LevelAnswer
    worst: LevelAnswer
    value: float
    value_time: Time = _TIME
    opened: Time = _TIME
    found: Time = Field(description="when the cloud found it", examples=["2026-11-24T03:10:00.420Z"])
    changed: Time = _TIME
    closed: Time | None = _TIME
    late: bool = Field(description="found too late to page anybody as if it were new")
    withdrawn: bool = Field(description="a reading that came out of order has shown that it never was")
    test: bool
    acknowledged: Time | None = _TIME
    acknowledged_by: str | None
    acknowledged_word: str | None
    assigned_to: str | None
    shelved_until: Time | None = _TIME
    versions: str = Field(description="where the rule came from", examples=["all@3 sensor:river-daruba-1@1"])


class AlarmPage(AnswerModel):
    """Alarms, newest first; `next_before_id` asks for the page after this one, null at the end."""

    alarms: list[AlarmAnswer]
    next_before_id: int | None


class ChangeAnswer(AnswerModel):
    """A change of an alarm, at `time` of event time, found at `found`."""

    kind: str = Field(examples=["raised", "worsened", "silent", "closed"])
    time: Time = _TIME
    found: Time = _TIME
    level: int
    value: float
    late: bool


class AlarmDetail(AlarmAnswer):
    """An alarm with the rule as it stood when it fired, and its changes in the order of event time."""

    rule: dict[str, Any]
    changes: list[ChangeAnswer]


class EntryAnswer(AnswerModel):
    """A line of the journal; `before` and `after` are what the action changed, null where there was nothing."""

    id: int
    time: Time = _TIME
    actor: str
    origin: str
    action: str = Field(examples=["acknowledge", "save-rule"])
    subject: str = Field(examples=["alarm:17", "rule:river-level@all"])
    word: str
    before: Any
    after: Any


class JournalPage(AnswerModel):
    """Lines of the journal, newest first; `next_before_id` asks for the page after this one, null at the end."""

    entries: list[EntryAnswer]
    next_before_id: int | None


class MaintenanceAnswer(AnswerModel):
    """A window in which a site's or a sensor's alarms page nobody."""

    id: int
    site: str | None
    sensor: str | None
    start: Time = Field(description="RFC 3339, UTC, milliseconds", examples=["2026-11-24T03:10:00.000Z"])
    until: Time = _TIME
    author: str
    reason: str


class Acknowledge(Settings):
    """`word`: what the next shift should know."""

    word: Sentence = Field(examples=["the pump runs"])


class Assign(Settings):
    """`person`: whose it is from now on; empty: nobody's."""

    person: Id = Field(examples=["budi"])
    word: Sentence = ""


class Shelve(Settings):
    """`until`: a time ahead, by 7 days at most; null takes the alarm back at once."""

    until: GivenTime | None = Field(examples=["2026-11-24T06:00:00+09:00"])
    word: Sentence = Field(examples=["the gauge is cleaned"])


class NewMaintenance(Settings):
    """A window for a `site` or a `sensor`, from now or `start` until `until`."""

    site: Id | None = None
    sensor: Id | None = None
    start: GivenTime | None = None
    until: GivenTime = Field(examples=["2026-11-24T06:00:00+09:00"])
    reason: Sentence = Field(examples=["the gauge is cleaned"])


def level_answer(levels: tuple[Level, ...], number: int) -> LevelAnswer:
    """The level `number` of a rule."""
    chosen = max(0, min(number, len(levels) - 1))
    return LevelAnswer(number=chosen, **msgspec.structs.asdict(levels[chosen]))


def alarm_answer(alarm: Alarm) -> AlarmAnswer:
    """An alarm as the API shows it."""
    return AlarmAnswer(**_alarm_fields(alarm))


def alarm_detail(alarm: Alarm, changes: list[AlarmChange]) -> AlarmDetail:
    """An alarm with all that is known of it."""
    shown = [
        ChangeAnswer(
            kind=change.kind,
            time=rfc_3339(change.time_ms),
            found=rfc_3339(change.at_ms),
            level=change.level,
            value=change.value,
            late=change.late,
        )
        for change in changes
    ]
    return AlarmDetail(**_alarm_fields(alarm), rule=msgspec.to_builtins(alarm.rule), changes=shown)


def entry_answer(entry: AuditEntry) -> EntryAnswer:
    """A line of the journal as the API shows it."""
    return EntryAnswer(
        id=entry.id,
        time=rfc_3339(entry.at_ms),
        actor=entry.actor,
        origin=entry.origin,
        action=entry.action,
        subject=entry.subject,
        word=entry.word,
        before=json.loads(entry.before) if entry.before else None,
        after=json.loads(entry.after) if entry.after else None,
    )


def maintenance_answer(window: Maintenance) -> MaintenanceAnswer:
    """A maintenance window as the API shows it."""
    return MaintenanceAnswer(
        id=window.id,
        site=window.site,
        sensor=window.sensor,
        start=rfc_3339(window.from_ms),
        until=rfc_3339(window.until_ms),
        author=window.author,
        reason=window.reason,
    )


def _alarm_fields(alarm: Alarm) -> dict[str, Any]:
    same = (
        "id", "family", "sensor", "quantity", "site", "gateway", "state", "severity", "value", "late", "withdrawn",
        "test", "acknowledged_by", "acknowledged_word", "assigned_to", "versions",
    )  # fmt: skip
    times = {
        "value_time": alarm.value_ms,
        "opened": alarm.opened_ms,
        "found": alarm.at_ms,
        "changed": alarm.changed_ms,
        "closed": alarm.closed_ms,
        "acknowledged": alarm.acknowledged_ms,
        "shelved_until": alarm.shelved_until_ms,
    }
    row = QUANTITIES.get(alarm.quantity)
    return {
        **{name: getattr(alarm, name) for name in same},
        **{name: None if time_ms is None else rfc_3339(time_ms) for name, time_ms in times.items()},
        **{name: getattr(alarm.rule, name) for name in ("title", "title_id", "advice", "advice_id")},
        "unit": "" if row is None else row.unit,
        "level": level_answer(alarm.rule.levels, alarm.level),
        "worst": level_answer(alarm.rule.levels, alarm.worst),
    }
