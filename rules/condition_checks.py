"""Are the further conditions of a rule sound? So many of so many readings, hours of the day, a second sensor.

condition_problems(rule) -> ["hours.days []: write each day once, from 1 (Monday) to 7 (Sunday), at least one", …]
"""

from collections.abc import Iterator
from math import isfinite

from i18n.catalog import N_
from rules.problem import ValidationProblem
from rules.rule import Also, Hours, Rule, RuleKind
from rules.text_checks import LONGEST_S, no_time
from rules.watched import minutes_of
from wire import QuantityTable, is_name

# Forms by which the editor of rules knows a problem that it tells in words of its own.
NO_SUCH_COUNT = N_("{field} {n} of {m}: is impossible; write n from 1 to m, and m up to {most}")
NO_SUCH_DAYS = N_("{field} {days}: write each day once, from 1 (Monday) to 7 (Sunday), at least one")
MOST_DAYS = 7
MOST_READINGS = 100
"""Of `at_least`: all m are kept in the state."""


def condition_problems(rule: Rule, table: QuantityTable) -> Iterator[ValidationProblem]:
    """List what is wrong with the further conditions of a rule, whose quantities are of `table`."""
    at_least = rule.at_least
    if at_least is not None and not 1 <= at_least.n <= at_least.m <= MOST_READINGS:
        yield ValidationProblem(
            NO_SUCH_COUNT,
            field="at_least",
            n=at_least.n,
            m=at_least.m,
            most=MOST_READINGS,
        )
    if rule.hours is not None:
        yield from _hours(rule.hours)
    if rule.also is not None:
        yield from _also(rule.also, table)
    if rule.kind is RuleKind.SILENCE:
        yield from _no_meaning_for_silence(rule)


def _hours(hours: Hours) -> Iterator[ValidationProblem]:
    wrong = [day for day in hours.days if day not in range(1, 8)]
    if wrong or not hours.days or len(set(hours.days)) < len(hours.days):
        yield ValidationProblem(
            NO_SUCH_DAYS,
            field="hours.days",
            days=list(hours.days),
        )
    for field, text in (("start", hours.start), ("end", hours.end)):
        try:
            minutes_of(text)
        except ValueError:
            yield ValidationProblem(
                '{field} {text!r}: is no time of day; write one such as "22:00"', field=f"hours.{field}", text=text[:20]
            )
    if hours.start == hours.end:
        yield ValidationProblem(
            "{field} {text!r}: is also the start, so the rule never holds; leave hours out for all day",
            field="hours.end",
            text=hours.end[:20],
        )


def _also(also: Also, table: QuantityTable) -> Iterator[ValidationProblem]:
    if not is_name(also.sensor):
        yield ValidationProblem(
            "{field} {name!r}: is no sensor's name; write the second sensor's id",
            field="also.sensor",
            name=also.sensor[:80],
        )
    if also.quantity not in table:
        yield ValidationProblem(
            "{field} {name!r}: is not known; write one such as rainfall", field="also.quantity", name=also.quantity[:40]
        )
    if also.kind not in (RuleKind.ABOVE, RuleKind.BELOW):
        yield ValidationProblem(
            "{field} {kind!r}: a second sensor can be above or below; write one of them",
            field="also.kind",
            kind=also.kind.value,
        )
    if not isfinite(also.limit):
        yield ValidationProblem("{field} {value:g}: is no number; write one", field="also.limit", value=also.limit)
    if not 0 < also.within_s <= LONGEST_S:
        yield no_time("also.within_s", also.within_s, least=1, most=LONGEST_S)


def _no_meaning_for_silence(rule: Rule) -> Iterator[ValidationProblem]:
    for field, plain in (("for_s", 0.0), ("hysteresis", 0.0), ("at_least", None), ("also", None), ("hours", None)):
        if getattr(rule, field) != plain:
            yield ValidationProblem(
                "{field}: has no meaning for silence, whose limit counts intervals; leave it out", field=field
            )
