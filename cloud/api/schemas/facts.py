"""Dated facts: one as it is shown, and what is sent to record, correct or undo one.

{"id":7,"subject":"sensor:river","what":"mounting_height_cm","value":420,"valid_from":"2026-11-20T00:00:00.000Z",…}
"""

from typing import Annotated, Any

from pydantic import Field, JsonValue

from cloud.api.schemas.base import AnswerModel, Time
from cloud.core.printable import GivenTime, PrintableText
from cloud.registry.fact_service import LONGEST_TEXT
from cloud.registry.facts import SINCE_EVER_MS, Fact, Facts
from runtime.settings import Settings

Name = Annotated[PrintableText, Field(max_length=80)]
Word = Annotated[PrintableText, Field(max_length=LONGEST_TEXT)]


class FactAnswer(AnswerModel):
    """A fact; `valid_from` is null where it has held since ever. `holds`: it is what holds now."""

    id: int
    subject: str = Field(examples=["sensor:river-daruba-1", "gateway:gw-daruba"])
    what: str = Field(examples=["mounting_height_cm", "calibration.pm2_5", "correction.pm2_5", "site", "gateway"])
    value: Any
    valid_from: Time | None
    holds: bool
    author: str
    source: str
    reason: str
    recorded: Time = Field(validation_alias="recorded_ms")
    undone: Time | None = Field(validation_alias="undone_ms")
    undone_by: str | None
    computing: bool = Field(description="what is stored is being computed again because of it")


class NewFact(Settings):
    """A fact to record: from `valid_from` on, or from now; `source` says where it was read off."""

    subject: Name
    what: Name
    value: JsonValue
    valid_from: GivenTime | None = None
    source: Word = ""
    reason: Word


class Correction(Settings):
    """Another value with the same validity: the fact was a mistake."""

    value: JsonValue
    source: Word = ""
    reason: Word


class Undoing(Settings):
    """Why a fact is taken back."""

    reason: Word


def fact_answer(fact: Fact, facts: Facts, now_ms: int) -> FactAnswer:
    """Answer with a fact; `facts` know which one holds at `now_ms`."""
    holding = facts.fact_at(fact.subject, fact.what, now_ms)
    return FactAnswer.of(
        fact,
        valid_from=None if fact.valid_from_ms <= SINCE_EVER_MS else fact.valid_from_ms,
        holds=holding is not None and holding.id == fact.id,
        computing=fact.due_ms is not None,
    )
