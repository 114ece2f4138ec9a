"""What the API answers and takes of rules: one model for each.

{"family":"river-level","scope":"site:daruba","version":3,"fields":{"levels":[…]},"valid_from":"…","author":"ani",…}
"""

from typing import Any

from pydantic import Field

from cloud.alarms.preview import Preview
from cloud.alarms.preview_outcome import PreviewAlarm, PreviewOutcome
from cloud.api.schemas.alarms import LevelAnswer, RuleFields, level_answer
from cloud.api.schemas.base import AnswerModel, Time
from cloud.api.schemas.readings import HistoryPoint
from cloud.core.printable import GivenTime, Id, ScopeId, Sentence
from cloud.registry.snapshot import Registry
from cloud.rulebook.asleep import also_asleep, asleep
from cloud.rulebook.records import RuleVersion
from cloud.rulebook.rule_words import sentence
from i18n.catalog import catalog_of
from rules.rule import Rule
from rules.scope import Resolved
from runtime.settings import Settings
from wire import QuantityTable

_FIELDS = Field(description="the fields of a rule that this scope sets; /docs and docs/rules.md explain each")


MOST_SHOWN = 1_000
"""Alarms and crossings of a preview, the newest: a rule that has more of them is known by its hours a week."""


class RuleVersionAnswer(AnswerModel):
    """One version of what a scope says of a family; `removed`: from it on the scope says nothing."""

    family: str
    scope: str = Field(examples=["all", "group:rivers", "site:daruba", "sensor:river-daruba-1"])
    version: int
    fields: dict[str, Any] = _FIELDS
    removed: bool
    valid_from: Time = Field(validation_alias="valid_from_ms")
    time: Time = Field(validation_alias="at_ms")
    author: str
    reason: str
    asleep: str | None = Field(description="why it watches nothing: what it is about is gone from the city; else null")


class FamilyAnswer(AnswerModel):
    """A family: what each scope says of it now, and the versions that are yet to come into force."""

    family: str
    scopes: list[RuleVersionAnswer]
    coming: list[RuleVersionAnswer]


class ResolvedAnswer(AnswerModel):
    """The rule that holds for a sensor: each field, the scope it came from, and the whole as people say it."""

    family: str
    rule: RuleFields
    origin: dict[str, str] = Field(description="the scope that set each field; what is not there is the default")
    versions: str = Field(examples=["all@3 sensor:river-daruba-1@1"])
    sentence: str
    sentence_id: str


class PreviewAlarmAnswer(AnswerModel):
    """An alarm that would have been; `closed` is null where it goes on at the end."""

    opened: Time = Field(validation_alias="opened_ms")
    closed: Time | None = Field(validation_alias="closed_ms")
    worst: LevelAnswer
    value: float
    late: bool


class CrossingAnswer(AnswerModel):
    """Where the rule's state changed."""

    time: Time = Field(validation_alias="time_ms")
    kind: str = Field(examples=["raised", "worsened", "closed"])
    level: int
    value: float


class OutcomeAnswer(AnswerModel):
    """What a rule would have done; `rule` and `sentence` are null where none holds."""

    rule: RuleFields | None
    sentence: str | None
    sentence_id: str | None
    alarms: list[PreviewAlarmAnswer]
    crossings: list[CrossingAnswer]
    hours: float
    hours_a_week: float


class DifferenceAnswer(AnswerModel):
    """The edited rule against the saved one."""

    more: list[PreviewAlarmAnswer]
    fewer: list[PreviewAlarmAnswer]
    hours_a_week: float


class PreviewAnswer(AnswerModel):
    """Both rules over the same readings; `points` are at most 1,500, the extremes among them."""

    sensor: str
    quantity: str
    start: Time = Field(validation_alias="start_ms")
    end: Time = Field(validation_alias="end_ms")
    readings: int
    saved: OutcomeAnswer
    edited: OutcomeAnswer
    difference: DifferenceAnswer
    points: list[HistoryPoint]


class NewRule(Settings):
    """What the scope sets from now or `valid_from` on, and why; every field that it does not set is inherited."""

    fields: dict[str, Any] = _FIELDS
    reason: Sentence = Field(examples=["after the flood of 12 March"])
    valid_from: GivenTime | None = None


class Undo(Settings):
    """Why the newest version is taken back."""

    reason: Sentence


class NewPreview(Settings):
    """A rule to try; `fields` null: as if the scope said nothing. `start` is 30 days before `end`, which is now."""

    family: Id
    scope: ScopeId = "all"
    fields: dict[str, Any] | None = _FIELDS
    sensor: Id
    start: GivenTime | None = None
    end: GivenTime | None = None


def version_answer(version: RuleVersion, registry: Registry) -> RuleVersionAnswer:
    """Answer with a version, in the city of `registry`."""
    return RuleVersionAnswer.of(version, asleep=_asleep(version, registry))


def _asleep(version: RuleVersion, registry: Registry) -> str | None:
    also = version.fields.get("also")
    second = also.get("sensor") if isinstance(also, dict) else None
    found = asleep(version.scope, registry) or (also_asleep(str(second), registry) if second else None)
    return None if found is None or version.removed else str(found)


def describe(rule: Rule, table: QuantityTable, language: str) -> str:
    """Say a rule as people do, in "en" or "id"."""
    return sentence(catalog_of(language), table, rule)


def resolved_answer(resolved: Resolved, table: QuantityTable) -> ResolvedAnswer:
    """Answer with a resolved rule."""
    return ResolvedAnswer.of(resolved, family=resolved.rule.family, **_sentences(resolved.rule, table))


def preview_answer(preview: Preview, table: QuantityTable) -> PreviewAnswer:
    """Answer with a preview."""
    saved, edited, difference = preview.saved, preview.edited, preview.difference
    more, fewer = _alarms(difference.more, edited.rule), _alarms(difference.fewer, saved.rule)
    return PreviewAnswer.of(
        preview,
        saved=_outcome(saved, table),
        edited=_outcome(edited, table),
        difference=DifferenceAnswer.of(difference, more=more, fewer=fewer),
    )


def _outcome(outcome: PreviewOutcome, table: QuantityTable) -> OutcomeAnswer:
    return OutcomeAnswer.of(
        outcome,
        alarms=_alarms(outcome.alarms, outcome.rule),
        crossings=outcome.crossings[-MOST_SHOWN:],
        **_sentences(outcome.rule, table),
    )


def _sentences(rule: Rule | None, table: QuantityTable) -> dict[str, str | None]:
    return {
        "sentence": None if rule is None else describe(rule, table, "en"),
        "sentence_id": None if rule is None else describe(rule, table, "id"),
    }


def _alarms(alarms: tuple[PreviewAlarm, ...], rule: Rule | None) -> list[PreviewAlarmAnswer]:
    if rule is None:
        return []
    return [
        PreviewAlarmAnswer.of(alarm, worst=level_answer(rule.levels, alarm.worst)) for alarm in alarms[-MOST_SHOWN:]
    ]
