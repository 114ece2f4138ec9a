"""What the API answers and takes of alarms, the journal and maintenance: one model for each.

{"id":17,"family":"river-level","title":"River is high","sensor":"river-daruba-1","site":"daruba","state":"alarming",
 "level":{"name":"Siaga 2","severity":"severe",…},"value":262.0,"unit":"cm","opened":"2026-11-24T03:10:00.000Z",…}
"""

import json
from collections.abc import Mapping
from typing import Annotated, Any, Literal

import msgspec
from pydantic import BeforeValidator, Field

from cloud.alarms.checklists import StepDone
from cloud.alarms.records import Alarm, AlarmChange
from cloud.api.schemas.base import AnswerModel, Time
from cloud.core.printable import GivenTime, Id, Sentence
from rules.rule import Level, Rule, Severity
from rules.steps import count_steps, step_of
from runtime.settings import Settings
from wire import QuantityTable

State = Literal["alarming", "silent", "recovering", "closed"]
RuleFields = Annotated[dict[str, Any], BeforeValidator(msgspec.to_builtins)]
"""A rule with all its fields."""


def _decoded(text: str) -> object:
    return json.loads(text) if text else None


Decoded = Annotated[Any, BeforeValidator(_decoded)]
"""What stands in the journal as JSON, or null."""


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
    value_time: Time = Field(validation_alias="value_ms")
    read_by: str | None = Field(description="who has read `value`, where a person has, in place of the sensor")
    read: Time | None = Field(validation_alias="read_ms", description="when they have read it")
    opened: Time = Field(validation_alias="opened_ms")
    found: Time = Field(validation_alias="at_ms", description="when the cloud found it")
    changed: Time = Field(validation_alias="changed_ms")
    closed: Time | None = Field(validation_alias="closed_ms")
    late: bool = Field(description="found too late to page anybody as if it were new")
    withdrawn: bool = Field(description="a reading that came out of order has shown that it never was")
    test: bool
    acknowledged: Time | None = Field(validation_alias="acknowledged_ms")
    acknowledged_by: str | None
    acknowledged_word: str | None
    assigned_to: str | None
    shelved_until: Time | None = Field(validation_alias="shelved_until_ms")
    versions: str = Field(description="where the rule came from", examples=["all@3 sensor:river-daruba-1@1"])


class AlarmPage(AnswerModel):
    """Alarms, newest first; `next_before_id` asks for the page after this one, null at the end."""

    alarms: list[AlarmAnswer]
    next_before_id: int | None


class ChangeAnswer(AnswerModel):
    """A change of an alarm, at `time` of event time, found at `found`."""

    kind: str = Field(examples=["raised", "worsened", "silent", "closed"])
    time: Time = Field(validation_alias="time_ms")
    found: Time = Field(validation_alias="at_ms")
    level: int
    value: float
    late: bool
    read_by: str | None = Field(description="who has read `value`, where a person has, in place of the sensor")
    read: Time | None = Field(validation_alias="read_ms")


class StepAnswer(AnswerModel):
    """A step of the checklist that its advice counts; `done` is null and `done_by` empty where it is open."""

    number: int
    text: str
    text_id: str
    done: Time | None
    done_by: str


class AlarmDetail(AlarmAnswer):
    """An alarm with the rule as it stood when it fired, its changes in the order of event time, and its checklist."""

    rule: RuleFields
    changes: list[ChangeAnswer]
    steps: list[StepAnswer]


class EntryAnswer(AnswerModel):
    """A line of the journal; `before` and `after` are what the action changed, null where there was nothing."""

    id: int
    time: Time = Field(validation_alias="at_ms")
    actor: str
    origin: str
    action: str = Field(examples=["acknowledge", "save-rule"])
    subject: str = Field(examples=["alarm:17", "rule:river-level@all"])
    word: str = Field(validation_alias="reason")
    before: Decoded
    after: Decoded


class JournalPage(AnswerModel):
    """Lines of the journal, newest first; `next_before_id` asks for the page after this one, null at the end."""

    entries: list[EntryAnswer]
    next_before_id: int | None


class MaintenanceAnswer(AnswerModel):
    """A window in which a site's or a sensor's alarms page nobody."""

    id: int
    site: str | None
    sensor: str | None
    start: Time = Field(validation_alias="from_ms")
    until: Time = Field(validation_alias="until_ms")
    author: str
    reason: str


class Acknowledge(Settings):
    """`word`: what the next shift should know."""

    word: Sentence = Field(examples=["the pump runs"])


class Assign(Settings):
    """`person`: whose it is from now on; empty: nobody's."""

    person: Id = Field(examples=["budi"])
    word: Sentence = ""


class TickStep(Settings):
    """`done`: whether it is done; false opens it again."""

    done: bool = True


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
    """Answer with the level `number` of a rule."""
    chosen = max(0, min(number, len(levels) - 1))
    return LevelAnswer.of(levels[chosen], number=chosen)


def alarm_answer(alarm: Alarm, table: QuantityTable) -> AlarmAnswer:
    """Answer with an alarm."""
    return AlarmAnswer.of(alarm, **_alarm_fields(alarm, table))


def alarm_detail(
    alarm: Alarm, changes: list[AlarmChange], table: QuantityTable, done: Mapping[int, StepDone]
) -> AlarmDetail:
    """Answer with an alarm and all that is known of it."""
    steps = [_step_answer(alarm.rule, number, done.get(number)) for number in range(1, count_steps(alarm.rule) + 1)]
    return AlarmDetail.of(alarm, changes=changes, steps=steps, **_alarm_fields(alarm, table))


def _step_answer(rule: Rule, number: int, done: StepDone | None) -> StepAnswer:
    answer = {
        "number": number,
        "text": step_of(rule, number, indonesian=False),
        "text_id": step_of(rule, number, indonesian=True),
        "done": None if done is None else done.at_ms,
        "done_by": "" if done is None else done.by,
    }
    return StepAnswer.model_validate(answer)


def _alarm_fields(alarm: Alarm, table: QuantityTable) -> dict[str, Any]:
    rule, row = alarm.rule, table.get(alarm.quantity)
    return {
        **{name: getattr(rule, name) for name in ("title", "title_id", "advice", "advice_id")},
        "severity": alarm.severity,
        "unit": "" if row is None else row.unit,
        "level": level_answer(rule.levels, alarm.level),
        "worst": level_answer(rule.levels, alarm.worst),
    }
