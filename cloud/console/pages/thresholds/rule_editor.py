"""The editor of a rule: what a form holds, what it means, and what would be saved of it.

form ─► Edited(draft, released, rule or problems) ─► fields that the place must set      and back, as fields to fill in
"""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from cloud.console.frame.visit import PageVisit
from cloud.console.pages.thresholds.editor_fields import LEVELS_MOST, EditorFields, Part, SectionView
from cloud.console.pages.thresholds.rule_draft import (
    Draft,
    draft_of,
    draft_sent,
    level_count,
    levels_in,
    meaning_of,
    next_level,
    without_level,
    without_levels,
)
from cloud.console.pages.thresholds.rule_subject import RuleSubject
from cloud.console.view_models.second_series import second_series
from cloud.console.view_models.thresholds import fields_to_save
from cloud.rulebook.rule_store import RuleStore
from cloud.rulebook.rule_words import sentence
from i18n.catalog import Catalog
from rules.rule import Rule

Sent = Mapping[str, Sequence[str]]


class Edited(msgspec.Struct, frozen=True):
    """What a form holds; `released` are fields to be inherited again, `rule` is None where there are problems."""

    draft: Draft
    released: frozenset[str]
    rule: Rule | None
    problems: dict[str, str]


class EditorView(msgspec.Struct, frozen=True):
    """The form to fill in; `told` are the problems that stand beside a field."""

    levels: list[tuple[Part, ...]]
    levels_problem: str
    levels_origin: str
    levels_can_release: bool
    may_add: bool
    sections: list[SectionView]
    sentence: str
    released: frozenset[str]
    reason: str
    reason_problem: str
    told: set[str]


class RuleEditor:
    """Reads and shows forms, in the city of `rule_store`."""

    def __init__(self, rule_store: RuleStore) -> None:
        self._rule_store = rule_store

    def begun(self, _: Catalog, subject: RuleSubject) -> Edited:
        """A form that nobody has touched."""
        return self._meant(_, subject, draft_of(_, subject.view.resolved.rule), frozenset())

    def edited(self, _: Catalog, subject: RuleSubject, sent: Sent) -> Edited:
        """A form as it was sent, after what its button says: a level more or less, a field inherited again."""
        draft = draft_sent(_, subject.view.resolved.rule, sent)
        released = frozenset(sent.get("released", ())) if subject.inherited is not None else frozenset()
        what, _colon, which = next(iter(sent.get("do", ())), "").partition(":")
        if what == "add" and level_count(draft) < LEVELS_MOST:
            draft = next_level(_, subject.view.resolved.rule, draft)
        elif what == "drop" and which.isdecimal() and level_count(draft) > 1:
            draft = without_level(draft, int(which[:3]))
        elif what == "release" and subject.inherited is not None:
            draft, released = _released(draft, draft_of(_, subject.inherited), which), released | {which}
        return self._meant(_, subject, draft, released)

    def fields_of(self, subject: RuleSubject, edited: Edited) -> dict[str, Any]:
        """What the place must set for the edited rule to hold there."""
        if edited.rule is None:
            return {}
        inherited, rule = subject.inherited, edited.rule
        still = [name for name in edited.released if getattr(inherited, name, None) == getattr(rule, name, None)]
        return fields_to_save(subject.view.resolved, rule, subject.scope, released=still)

    def shown(self, visit: PageVisit, subject: RuleSubject, edited: Edited) -> EditorView:
        """The form to fill in."""
        _, table, view = visit.words, self._rule_store.registry.quantities, subject.view
        fields = EditorFields(
            _,
            table,
            view,
            edited.draft,
            edited.problems,
            released=edited.released,
            inherited=subject.inherited,
            others=second_series(_, self._rule_store.registry, subject.scope, visit.principal.sites),
        )
        levels, own = fields.field("levels"), fields.levels()
        return EditorView(
            levels=own,
            levels_problem=edited.problems.get("levels", ""),
            levels_origin=levels.origin,
            levels_can_release=levels.can_release,
            may_add=len(own) < LEVELS_MOST,
            sections=fields.sections(),
            sentence=view.sentence if edited.rule is None else sentence(_, table, edited.rule),
            released=edited.released,
            reason=next(iter(visit.sent.get("reason", ())), ""),
            reason_problem=edited.problems.get("reason", ""),
            told={*fields.told, "reason"},
        )

    def _meant(self, _: Catalog, subject: RuleSubject, draft: Draft, released: frozenset[str]) -> Edited:
        meaning = meaning_of(_, self._rule_store.registry.quantities, subject.view.resolved.rule, draft)
        return Edited(draft, released, meaning.rule, meaning.problems)


def _released(draft: Draft, inherited: Draft, name: str) -> Draft:
    if name == "levels":
        return without_levels(draft) | levels_in(inherited)
    parts = {part: text for part, text in inherited.items() if part == name or part.startswith(f"{name}.")}
    return draft | parts
