"""The versions of what a scope sets of a rule, in words, and what differs between any two of them.

version 3   24 Nov 2026 12:10   ani   "the dike was raised"
  Levels    before: Siaga 3 150 cm        after: Siaga 3 170 cm
"""

from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from cloud.console.view_models.rule_fields import FIELD_NAMES, typed, value_words
from cloud.rulebook.records import RuleVersion
from i18n import figures
from i18n.catalog import Catalog
from rules.rule import Rule
from runtime.toml_text import toml_value
from wire import QuantityTable

SHOWN = 20
"""Versions that a page lists, the newest: any other can be compared by its number."""


class ChangeView(msgspec.Struct, frozen=True):
    """One field in which two versions differ."""

    name: str
    before: str
    after: str


class VersionView(msgspec.Struct, frozen=True):
    """One version: who, when, why, and what it changed of the version before it."""

    version: int
    when: str
    since: str
    author: str
    reason: str
    removed: bool
    changes: tuple[ChangeView, ...]


def versions_of(
    _: Catalog, table: QuantityTable, rule: Rule, versions: Sequence[RuleVersion], *, zone: ZoneInfo
) -> tuple[VersionView, ...]:
    """The newest of `versions`, which are given the newest first, each beside the one before it."""
    before: list[RuleVersion | None] = [*versions[1:], None]
    pairs = list(zip(versions, before, strict=False))[:SHOWN]
    return tuple(_version(_, table, rule, version, older, zone) for version, older in pairs)


def _version(
    _: Catalog, table: QuantityTable, rule: Rule, version: RuleVersion, older: RuleVersion | None, zone: ZoneInfo
) -> VersionView:
    ahead = version.valid_from_ms > version.at_ms
    return VersionView(
        version=version.version,
        when=figures.day_and_time(_, version.at_ms, zone),
        since=_("holds from {time}", time=figures.day_and_time(_, version.valid_from_ms, zone)) if ahead else "",
        author=version.author,
        reason=version.reason,
        removed=version.removed,
        changes=changes_between(_, table, rule, {} if older is None else older.fields, version.fields),
    )


def changes_between(
    _: Catalog, table: QuantityTable, rule: Rule, before: dict[str, Any], after: dict[str, Any]
) -> tuple[ChangeView, ...]:
    """The fields in which two versions differ, in words; what a version does not set it inherits."""

    def words(fields: dict[str, Any], field: str) -> str:
        return value_words(_, table, rule, field, typed(field, fields[field])) if field in fields else _("inherited")

    return tuple(
        ChangeView(_(name), words(before, field), words(after, field))
        for field, name in FIELD_NAMES.items()
        if before.get(field) != after.get(field) or (field in before) != (field in after)
    )


def file_changes(_: Catalog, before: dict[str, Any], after: dict[str, Any]) -> tuple[ChangeView, ...]:
    """The fields in which what a file says differs from what a scope sets, in the words of the file."""

    def words(fields: dict[str, Any], field: str) -> str:
        if field not in fields:
            return _("inherited")
        return _("none") if fields[field] is None else toml_value(fields[field])

    names = [field for field in (*FIELD_NAMES, *after) if field in before or field in after]
    return tuple(
        ChangeView(_(FIELD_NAMES[field]) if field in FIELD_NAMES else field, words(before, field), words(after, field))
        for field in dict.fromkeys(names)
        if before.get(field) != after.get(field) or (field in before) != (field in after)
    )
