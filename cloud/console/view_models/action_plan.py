"""What is to be done at a place when its rules wake, before they do: each rule with its levels and its advice.

PlannedAction(title="River level", where="River gauge", levels=((Chip("Siaga 3", …), "limit 150 cm"), …),
              steps=("Call the village heads.", …), family="river-level", scope="all")
"""

from collections.abc import Iterable
from zoneinfo import ZoneInfo

import msgspec

from cloud.console.view_models.colours import Chip, chip
from cloud.incidents.words import limit_of, step_lines
from cloud.rulebook.rule_words import advice_of, hours_words, level_name, quantity_name, title_of
from i18n.catalog import Catalog
from rules.colours import colour_of
from rules.rule import Rule
from rules.scope import Resolved
from wire import QuantityTable

MOST_SHOWN = 40
"""Rules of one place; what is beyond them is counted."""
_SENSORS_NAMED = 4


class PlannedAction(msgspec.Struct, frozen=True):
    """One rule of a place: at which limits it wakes, and what is then to be done, as `steps` or else as `advice`.

    `family` and `scope` are where it is changed.
    """

    title: str
    watched: str
    where: str
    hours: str
    levels: tuple[tuple[Chip, str], ...]
    steps: tuple[str, ...]
    advice: str
    family: str
    scope: str


class ActionPlan(msgspec.Struct, frozen=True):
    """The plan of a place, the gravest first; `more` rules are not shown."""

    actions: tuple[PlannedAction, ...] = ()
    more: int = 0


def action_plan(_: Catalog, table: QuantityTable, held: Iterable[tuple[str, Resolved]], zone: ZoneInfo) -> ActionPlan:
    """Make the plan of the rules that hold for the sensors of a place: (a sensor's name, its rule)."""
    sensors: dict[tuple[Rule, str], list[str]] = {}
    for name, resolved in held:
        if resolved.rule.enabled:
            sensors.setdefault((resolved.rule, _scope_of(resolved)), []).append(name)
    gravest_first = sorted(sensors, key=lambda key: (-_gravity(key[0]), title_of(_, key[0]), key[1]))
    shown = tuple(
        _planned(_, table, rule, scope, sensors[rule, scope], zone) for rule, scope in gravest_first[:MOST_SHOWN]
    )
    return ActionPlan(shown, len(gravest_first) - len(shown))


def _planned(
    _: Catalog, table: QuantityTable, rule: Rule, scope: str, sensors: list[str], zone: ZoneInfo
) -> PlannedAction:
    named, more = sensors[:_SENSORS_NAMED], len(sensors) - _SENSORS_NAMED
    return PlannedAction(
        title=title_of(_, rule),
        watched=quantity_name(_, table, rule.quantity),
        where=", ".join(named) + (" " + _("and {n} more", n=more) if more > 0 else ""),
        hours="" if rule.hours is None else hours_words(_, rule.hours),
        levels=tuple(
            (chip(level_name(_, level), colour_of(level)), limit_of(_, table, rule, level)) for level in rule.levels
        ),
        steps=tuple(line.text for line in step_lines(_, rule, {}, zone)),
        advice=advice_of(_, rule),
        family=rule.family,
        scope=scope,
    )


def _scope_of(resolved: Resolved) -> str:
    """The narrowest scope that has a say: the last of "all@3 sensor:river-1@1"."""
    return resolved.versions.split()[-1].rpartition("@")[0]


def _gravity(rule: Rule) -> int:
    return max(level.severity.rank for level in rule.levels)
