"""Is a rule sound? Each problem names the field, its value and what to do instead; the API, the console and the
editor have all their problems of a rule from here.

problems_in(rule, table) -> ["hysteresis 120: is as wide as the 100 between Siaga 3 and Siaga 2; write less", …]
"""

from collections.abc import Iterator
from math import isfinite

from i18n.catalog import N_
from rules.condition_checks import MOST_DAYS, condition_problems
from rules.level_checks import MOST_LEVELS, level_problems
from rules.marks import MARK_OF_NAME
from rules.order_checks import order_problems
from rules.problem import ValidationProblem
from rules.rule import RESERVED_FAMILIES, Rule, RuleKind
from rules.text_checks import LONGEST_S, no_time, text_problems
from rules.trend_checks import trend_problems
from wire import QuantityTable, is_name

LONGEST_TEXT = 500
LONGEST_LATENESS_S = 3_600.0
"""All readings within the lateness are kept in the state."""

# Forms by which the editor of rules knows a problem that it tells in words of its own.
NO_TITLE = N_("{field} '': is empty; write what people should read when it fires")
NO_SUCH_WINDOW = N_("{field} {value:g}: is no such window; write seconds from 1 to {most:.0f}")
NEGATIVE = N_("{field} {value:g}: must not be negative; write 0 or more")


def problems_in(rule: Rule, table: QuantityTable) -> list[ValidationProblem]:
    """List what is wrong with the rule in a city with the quantities of `table`; empty for a sound one.

    Of a rule that has more of something than any may have only that is said: nothing else of it is looked at.
    """
    if too_many := list(_sizes(rule)):
        return too_many
    of_fields = [
        *_names(rule, table), *_numbers(rule, table), *level_problems(rule, table), *condition_problems(rule, table),
    ]  # fmt: skip
    return of_fields or list(order_problems(rule, table))


def _sizes(rule: Rule) -> Iterator[ValidationProblem]:
    for field, count, most in (
        ("levels", len(rule.levels), MOST_LEVELS),
        ("reject", len(rule.reject), len(MARK_OF_NAME)),
        ("hours.days", 0 if rule.hours is None else len(rule.hours.days), MOST_DAYS),
    ):
        if count > most:
            yield ValidationProblem("{field}: there are {n}; write at most {most}", field=field, n=count, most=most)


def family_problems(family: str) -> Iterator[ValidationProblem]:
    """Why a family may not be called so."""
    if family in RESERVED_FAMILIES:
        yield ValidationProblem(
            "family {name!r}: is kept for what Siaga says of itself; choose another name",
            field="family",
            name=family,
        )
    if not is_name(family):
        yield ValidationProblem(
            "family {name!r}: is not a name; use 1 to 64 of a-z, 0-9, '-' and '_', starting with a letter or digit",
            field="family",
            name=family[:80],
        )


def _names(rule: Rule, table: QuantityTable) -> Iterator[ValidationProblem]:
    yield from family_problems(rule.family)
    anything = rule.kind is RuleKind.SILENCE and not rule.quantity
    if not anything and rule.quantity not in table:
        yield ValidationProblem(
            "{field} {name!r}: is not known; write one such as water_level, pm2_5 or occupancy",
            field="quantity",
            name=rule.quantity[:40],
        )
    if not rule.title.strip():
        yield ValidationProblem(NO_TITLE, field="title")
    for field, longest in (("title", 120), ("title_id", 120), ("advice", LONGEST_TEXT), ("advice_id", LONGEST_TEXT)):
        yield from text_problems(field, getattr(rule, field), longest)
    for name in rule.reject:
        if name not in MARK_OF_NAME:
            yield ValidationProblem(
                "{field} {name!r}: is no mark; write some of {marks}",
                field="reject",
                name=name[:40],
                marks=", ".join(MARK_OF_NAME),
            )


def _numbers(rule: Rule, table: QuantityTable) -> Iterator[ValidationProblem]:
    for field, longest in (("for_s", LONGEST_S), ("clear_s", LONGEST_S), ("lateness_s", LONGEST_LATENESS_S)):
        value = getattr(rule, field)
        if not 0 <= value <= longest:
            yield no_time(field, value, least=0, most=longest)
    if not 1 <= rule.window_s <= LONGEST_S:
        yield ValidationProblem(
            NO_SUCH_WINDOW,
            field="window_s",
            value=rule.window_s,
            most=LONGEST_S,
        )
    if not (isfinite(rule.hysteresis) and rule.hysteresis >= 0):
        yield ValidationProblem(NEGATIVE, field="hysteresis", value=rule.hysteresis)
    if rule.minimum is not None:
        yield from _minimum(rule, rule.minimum)
    yield from trend_problems(rule, table)


def _minimum(rule: Rule, value: float) -> Iterator[ValidationProblem]:
    if not isfinite(value):
        yield ValidationProblem(
            "{field} {value:g}: is no number; write one, or leave it out", field="minimum", value=value
        )
    if rule.kind is not RuleKind.RISE:
        yield ValidationProblem(
            "{field} {value:g}: belongs to rules of rise only, and this is {kind}; leave it out",
            field="minimum",
            value=value,
            kind=rule.kind.value,
        )
