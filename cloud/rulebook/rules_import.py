"""An import of rules: what of a file differs from what holds, and why it may not hold, each problem with its line.

planned(rule_store, text, principal=ani, whole=False) ─► ImportPlan(changes, problems, known) ─► rule_store.save_all
All of it is checked as it would stand together. `whole`: the file is all there is of the families that it names.
"""

from collections.abc import Iterator, Mapping, Sequence
from math import isfinite
from typing import Any

import msgspec

from cloud.access.principal import Principal
from cloud.rulebook.admission import no_such_sensor
from cloud.rulebook.records import ScopeChange
from cloud.rulebook.rule_store import RuleStore
from cloud.rulebook.rules_file import HEAD, Lines, canonical, fields_in, rules_text
from cloud.rulebook.visibility import foreign_in, may_change_scope, may_read_scope, readable_families
from i18n.message import LocalizedMessage
from rules.scope import Patch
from runtime.settings import SettingsError, document_in

MOST_BYTES = 2**20
MOST_TABLES = 2_000
MOST_PROBLEMS = 50


class ScopeDifference(msgspec.Struct, frozen=True):
    """What an import would change of what a scope sets: None where it says nothing before, or afterwards."""

    family: str
    scope: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    line: int | None = None


class ImportProblem(msgspec.Struct, frozen=True):
    """Why a table of a file may not hold; `line` is where to look, if that is known."""

    line: int | None
    sentence: str


class ImportPlan(msgspec.Struct, frozen=True):
    """What an import would do; `known` stands for the rules that it was compared with."""

    differences: tuple[ScopeDifference, ...]
    problems: tuple[ImportProblem, ...]
    known: int

    @property
    def changes(self) -> list[ScopeChange]:
        """The changes to be saved."""
        return [ScopeChange(one.family, one.scope, one.after) for one in self.differences]


class _FromFile(msgspec.Struct, frozen=True):
    family: str
    scope: str
    fields: dict[str, Any]
    number: int


def exported(rule_store: RuleStore, principal: Principal, family: str | None = None) -> str:
    """Write what holds now of a family, or of all, as far as `principal` may read it."""
    names = readable_families(principal, rule_store) if family is None else [family]
    targets = rule_store.targets
    return rules_text(
        {
            name: [patch for patch in rule_store.patches(name) if may_read_scope(principal, targets, patch.scope)]
            for name in names
        }
    )


def planned(rule_store: RuleStore, text: str, *, principal: Principal, whole: bool = False) -> ImportPlan:
    """Compare a file with what holds now. It takes long for a long one: call it in a thread."""
    known, lines = rule_store.known, Lines(text)
    try:
        tables, problems = _tables_in(text, lines)
    except SettingsError as error:
        return ImportPlan((), tuple(ImportProblem(None, problem) for problem in error.problems), known)
    if problems:
        return ImportPlan((), tuple(problems[:MOST_PROBLEMS]), known)
    differences = tuple(_differences(rule_store, tables, principal, lines, whole=whole))
    found = [*_of_rights(rule_store, principal, differences), *_of_rules(rule_store, principal, differences, lines)]
    return ImportPlan(differences, tuple(found[:MOST_PROBLEMS]), known)


def _tables_in(text: str, lines: Lines) -> tuple[list[_FromFile], list[ImportProblem]]:
    document = document_in(text, f"{HEAD}.toml")
    entries = document.pop(HEAD, [])
    problems = [
        ImportProblem(None, LocalizedMessage("{name}: unknown key; rules stand in [[rules]]", name=name[:40]))
        for name in document
    ]
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        return [], [*problems, ImportProblem(None, LocalizedMessage("rules: write each as a table [[rules]]"))]
    if len(entries) > MOST_TABLES:
        many = LocalizedMessage("rules: there are {n}; import at most {most} at once", n=len(entries), most=MOST_TABLES)
        return [], [ImportProblem(None, many)]
    return _named(entries, lines if len(lines) == len(entries) else Lines(""), problems)


def _named(
    entries: Sequence[Mapping[str, Any]], lines: Lines, problems: list[ImportProblem]
) -> tuple[list[_FromFile], list[ImportProblem]]:
    found: dict[tuple[str, str], _FromFile] = {}
    for number, entry in enumerate(entries):
        family, scope = entry.get("family", ""), entry.get("scope", "all")
        if not isinstance(family, str) or not isinstance(scope, str) or not family:
            named = LocalizedMessage("family and scope are texts; family must be there")
            problems.append(ImportProblem(lines.of(number), named))
        elif (family, scope) in found:
            twice = LocalizedMessage(
                "{family} for {scope} stands in the file twice; keep one", family=family[:80], scope=scope[:80]
            )
            problems.append(ImportProblem(lines.of(number), twice))
        elif (odd := _no_json(entry)) is not None:
            no_value = LocalizedMessage(
                "{name}: has a value that no rule can have; write a number, a text or a list", name=odd[:40]
            )
            problems.append(ImportProblem(lines.of(number, odd), no_value))
        else:
            found[family, scope] = _FromFile(family, scope, fields_in(entry), number)
    return list(found.values()), problems


def _no_json(entry: Mapping[str, Any]) -> str | None:
    """The key of a value that JSON cannot have: a date, or a number that is none."""
    for name, value in entry.items():
        parts: list[Any] = [value]
        while parts:
            part = parts.pop()
            if isinstance(part, dict):
                parts += part.values()
            elif isinstance(part, list):
                parts += part
            elif not isinstance(part, str | int | float) or (isinstance(part, float) and not isfinite(part)):
                return name
    return None


def _differences(
    rule_store: RuleStore, tables: Sequence[_FromFile], principal: Principal, lines: Lines, *, whole: bool
) -> Iterator[ScopeDifference]:
    families = dict.fromkeys(table.family for table in tables)
    held = {(family, patch.scope): patch for family in families for patch in rule_store.patches(family)}
    for table in tables:
        readable = may_read_scope(principal, rule_store.targets, table.scope)
        patch = held.get((table.family, table.scope)) if readable else None
        before, after = None if patch is None else canonical(patch.fields), canonical(table.fields)
        if before != after:
            yield ScopeDifference(table.family, table.scope, before, after, lines.of(table.number))
    if whole:
        named = {(table.family, table.scope) for table in tables}
        yield from _left_out(rule_store, held, named, principal)


def _left_out(
    rule_store: RuleStore, held: Mapping[tuple[str, str], Patch], named: set[tuple[str, str]], principal: Principal
) -> Iterator[ScopeDifference]:
    """What the file does not have; of other people's places nothing."""
    for (family, scope), patch in held.items():
        if (family, scope) not in named and may_change_scope(principal, rule_store.targets, scope):
            yield ScopeDifference(family, scope, canonical(patch.fields), None)


def _of_rights(
    rule_store: RuleStore, principal: Principal, differences: Sequence[ScopeDifference]
) -> Iterator[ImportProblem]:
    for one in differences:
        if not may_change_scope(principal, rule_store.targets, one.scope):
            refused = LocalizedMessage(
                "{family} for {scope}: reaches beyond the sites that you may see; take it out of the file",
                family=one.family[:80],
                scope=one.scope[:80],
            )
            yield ImportProblem(one.line, refused)
        else:
            foreign = foreign_in(principal, rule_store.targets, one.after or {}, one.before or {})
            yield from (ImportProblem(one.line, no_such_sensor(name)) for name in foreign[:1])


def _of_rules(
    rule_store: RuleStore, principal: Principal, differences: Sequence[ScopeDifference], lines: Lines
) -> Iterator[ImportProblem]:
    mine = [one for one in differences if may_change_scope(principal, rule_store.targets, one.scope)]
    changes = [ScopeChange(one.family, one.scope, one.after) for one in mine]
    versions = rule_store.versions_for(changes, actor=principal.actor, reason="an import")
    seen: set[tuple[str, str]] = set()
    for one, problems in zip(mine, rule_store.problems_of_each(versions, sites=principal.sites), strict=True):
        for problem in problems:
            if (one.family, problem) not in seen:  # a wide rule's mistake shows in the narrower ones too
                seen.add((one.family, problem))
                yield ImportProblem(lines.near(one.line, problem.field), _at(one, problem))


def _at(one: ScopeDifference, problem: LocalizedMessage) -> LocalizedMessage:
    return LocalizedMessage(
        "{family} for {scope}: {problem}", family=one.family[:80], scope=one.scope[:80], problem=problem
    )
