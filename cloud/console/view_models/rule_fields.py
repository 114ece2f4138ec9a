"""The fields of a rule as people know them: their names, their values in words, and which of them a kind has.

"clear_s": 600 -> "Stays calm for": "10 min"        a version's body is plain JSON; `typed` makes values of it
"""

from collections.abc import Callable
from typing import Any, get_type_hints

import msgspec

from cloud.rulebook.rule_words import (
    DIRECTION_NAMES,
    KIND_NAMES,
    also_words,
    amount,
    at_least_words,
    hours_words,
    level_amount,
    level_name,
    limit_words,
    marks_words,
    quantity_name,
    span,
)
from i18n.catalog import N_, Catalog
from rules.rule import Level, Rule, RuleKind
from rules.severities import SEVERITY_NAMES
from wire import QuantityTable

FIELD_NAMES = {
    "title": N_("Title in English"),
    "title_id": N_("Title in Indonesian"),
    "enabled": N_("Switched on"),
    "quantity": N_("What is measured"),
    "kind": N_("Alarm when"),
    "levels": N_("Levels"),
    "for_s": N_("Must last"),
    "at_least": N_("At least so many readings"),
    "target": N_("The limit that it reaches"),
    "direction": N_("Falling or rising"),
    "window_s": N_("Measured over"),
    "minimum": N_("Only from this value on"),
    "hysteresis": N_("Must go back by"),
    "clear_s": N_("Must stay calm for"),
    "also": N_("Second sensor that must agree"),
    "hours": N_("Days and hours"),
    "reject": N_("Readings not believed"),
    "lateness_s": N_("Waits for readings out of order"),
    "advice": N_("What to do, in English"),
    "advice_id": N_("What to do, in Indonesian"),
}
"""In the order in which they are shown."""
_NOT_OF_KIND: dict[str, set[RuleKind]] = {
    "window_s": {RuleKind.ABOVE, RuleKind.BELOW, RuleKind.INSIDE, RuleKind.OUTSIDE, RuleKind.SILENCE},
    "minimum": {kind for kind in RuleKind if kind is not RuleKind.RISE},
    "target": {kind for kind in RuleKind if kind is not RuleKind.TREND},
    "direction": {kind for kind in RuleKind if kind is not RuleKind.TREND},
    "hysteresis": {RuleKind.SILENCE},
    "for_s": {RuleKind.SILENCE},
    "clear_s": {RuleKind.SILENCE},
    "at_least": {RuleKind.SILENCE, RuleKind.RISE, RuleKind.TREND},
    "also": {RuleKind.SILENCE},
    "reject": {RuleKind.SILENCE},
    "lateness_s": {RuleKind.SILENCE},
}
_TYPES = get_type_hints(Rule)
_Say = Callable[[Catalog, QuantityTable, Rule, Any], str]


def fields_of(kind: RuleKind) -> list[str]:
    """The fields that matter to a kind of rule, in the order in which they are shown."""
    return [field for field in FIELD_NAMES if kind not in _NOT_OF_KIND.get(field, ())]


def typed(field: str, value: Any) -> Any:
    """The value that the JSON of a version means; msgspec.ValidationError where it means none."""
    return msgspec.convert(value, _TYPES[field])


def value_words(_: Catalog, table: QuantityTable, rule: Rule, field: str, value: Any) -> str:
    """A value of `field` in words; `rule` says of which quantity and kind."""
    return _("none") if value is None or (value == "" and field != "quantity") else _SAY[field](_, table, rule, value)


def _levels(_: Catalog, table: QuantityTable, rule: Rule, levels: tuple[Level, ...]) -> str:
    return "; ".join(
        f"{level_name(_, level)} {limit_words(_, table, rule, level)} ({_.said(SEVERITY_NAMES[level.severity])})"
        for level in levels
    )


def _seconds(_: Catalog, table: QuantityTable, rule: Rule, seconds: float) -> str:
    return span(_, seconds) if seconds else _("none")


def _amount(_: Catalog, table: QuantityTable, rule: Rule, value: float) -> str:
    return amount(_, table, rule.quantity, value)


def _text(_: Catalog, table: QuantityTable, rule: Rule, value: str) -> str:
    return value


def severity_choices(_: Catalog) -> list[tuple[str, str]]:
    """The severities to choose from, the mildest first."""
    return [(severity.value, _.said(name)) for severity, name in SEVERITY_NAMES.items()]


_SAY: dict[str, _Say] = {
    "title": _text,
    "title_id": _text,
    "advice": _text,
    "advice_id": _text,
    "enabled": lambda _, table, rule, value: _("yes") if value else _("no"),
    "quantity": lambda _, table, rule, value: quantity_name(_, table, value),
    "kind": lambda _, table, rule, value: _(KIND_NAMES[value]),
    "levels": _levels,
    "for_s": _seconds,
    "window_s": _seconds,
    "clear_s": _seconds,
    "lateness_s": _seconds,
    "minimum": _amount,
    "target": _amount,
    "direction": lambda _, table, rule, value: _(DIRECTION_NAMES[value]),
    "hysteresis": level_amount,
    "at_least": lambda _, table, rule, value: at_least_words(_, value),
    "also": lambda _, table, rule, value: also_words(_, table, value),
    "hours": lambda _, table, rule, value: hours_words(_, value),
    "reject": lambda _, table, rule, value: marks_words(_, value),
}
