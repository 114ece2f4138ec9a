"""What the API answers and takes of rules: one model for each.

{"family":"river-level","scope":"site:daruba","version":3,"fields":{"levels":[…]},"valid_from":"…","author":"ani",…}
"""

from typing import Any

import msgspec
from pydantic import Field

from cloud.alarms.preview import Crossing, Preview, PreviewAlarm, PreviewOutcome
from cloud.api.schemas.alarms import LevelAnswer, level_answer
from cloud.api.schemas.state import AnswerModel, HistoryPoint, Time
from cloud.core.printable import GivenTime, Id, ScopeId, Sentence
from cloud.core.times import rfc_3339
from cloud.registry.snapshot import Registry
from cloud.rulebook.asleep import also_asleep, asleep
from cloud.rulebook.records import RuleVersion
from cloud.rulebook.rule_words import sentence
from i18n.catalog import words_in
from rules.marks import names_of
from rules.rule import Rule
from rules.scope import Resolved
from runtime.settings import Settings

_TIME = Field(description="RFC 3339, UTC, milliseconds", examples=["2026-11-24T03:10:00.000Z"])
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
    valid_from: Time = _TIME
    time: Time = _TIME
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
    rule: dict[str, Any]
    origin: dict[str, str] = Field(description="the scope that set each field; what is not there is the default")
    versions: str = Field(examples=["all@3 sensor:river-daruba-1@1"])
    sentence: str
    sentence_id: str


class PreviewAlarmAnswer(AnswerModel):
    """An alarm that would have been; `closed` is null where it goes on at the end."""

    opened: Time = _TIME
    closed: Time | None = _TIME
    worst: LevelAnswer
    value: float
    late: bool


class CrossingAnswer(AnswerModel):
    """Where the rule's state changed."""

    time: Time = _TIME
    kind: str = Field(examples=["raised", "worsened", "closed"])
    level: int
    value: float


class OutcomeAnswer(AnswerModel):
    """What a rule would have done; `rule` and `sentence` are null where none holds."""

    rule: dict[str, Any] | None
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
    start: Time = _TIME
    end: Time = _TIME
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
    """A version as the API shows it, in the city of `registry`."""
    return RuleVersionAnswer(
        family=version.family,
        scope=version.scope,
        version=version.version,
        fields=version.fields,
        removed=version.removed,
        valid_from=rfc_3339(version.valid_from_ms),
        time=rfc_3339(version.at_ms),
        author=version.author,
        reason=version.reason,
        asleep=_asleep(version, registry),
    )


def _asleep(version: RuleVersion, registry: Registry) -> str | None:
    also = version.fields.get("also")
    second = also.get("sensor") if isinstance(also, dict) else None
    found = asleep(version.scope, registry) or (also_asleep(str(second), registry) if second else None)
    return None if found is None or version.removed else str(found)


def describe(rule: Rule, language: str) -> str:
    """A rule as people say it, in "en" or "id"."""
    return sentence(words_in(language), rule)


def resolved_answer(resolved: Resolved) -> ResolvedAnswer:
    """A resolved rule as the API shows it."""
    return ResolvedAnswer(
        family=resolved.rule.family,
        rule=msgspec.to_builtins(resolved.rule),
        origin=resolved.origin,
        versions=resolved.versions,
        sentence=describe(resolved.rule, "en"),
        sentence_id=describe(resolved.rule, "id"),
    )


def preview_answer(preview: Preview) -> PreviewAnswer:
    """A preview as the API shows it."""
    saved, edited = preview.saved, preview.edited
    return PreviewAnswer(
        sensor=preview.sensor,
        quantity=preview.quantity,
        start=rfc_3339(preview.start_ms),
        end=rfc_3339(preview.end_ms),
        readings=preview.readings,
        saved=_outcome(saved),
        edited=_outcome(edited),
        difference=DifferenceAnswer(
            more=_alarms(preview.difference.more, edited.rule),
            fewer=_alarms(preview.difference.fewer, saved.rule),
            hours_a_week=preview.difference.hours_a_week,
        ),
        points=[
            HistoryPoint(time=rfc_3339(point.time_ms), value=point.value, marks=names_of(point.marks))
            for point in preview.points
        ],
    )


def _outcome(outcome: PreviewOutcome) -> OutcomeAnswer:
    rule = outcome.rule
    return OutcomeAnswer(
        rule=None if rule is None else msgspec.to_builtins(rule),
        sentence=None if rule is None else describe(rule, "en"),
        sentence_id=None if rule is None else describe(rule, "id"),
        alarms=_alarms(outcome.alarms, rule),
        crossings=[_crossing(crossing) for crossing in outcome.crossings[-MOST_SHOWN:]],
        hours=outcome.hours,
        hours_a_week=outcome.hours_a_week,
    )


def _alarms(alarms: tuple[PreviewAlarm, ...], rule: Rule | None) -> list[PreviewAlarmAnswer]:
    if rule is None:
        return []
    return [
        PreviewAlarmAnswer(
            opened=rfc_3339(alarm.opened_ms),
            closed=None if alarm.closed_ms is None else rfc_3339(alarm.closed_ms),
            worst=level_answer(rule.levels, alarm.worst),
            value=alarm.value,
            late=alarm.late,
        )
        for alarm in alarms[-MOST_SHOWN:]
    ]


def _crossing(crossing: Crossing) -> CrossingAnswer:
    return CrossingAnswer(
        time=rfc_3339(crossing.time_ms), kind=crossing.kind, level=crossing.level, value=crossing.value
    )
