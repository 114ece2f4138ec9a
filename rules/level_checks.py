"""Is each level of a rule sound by itself? Its name, its colour, its limit and its upper end.

level_problems(rule) -> ["levels[1].limit 20000: water_level is never so; write -1000 to 10000 cm", …]
"""

import re
from collections import Counter
from collections.abc import Iterator
from math import isfinite

from i18n.catalog import N_
from i18n.message import Bilingual
from i18n.units import amount_of
from rules.problem import ValidationProblem, level_field
from rules.rule import Level, Rule, RuleKind
from rules.scales import is_bare
from rules.text_checks import text_problems
from wire import Quantity, QuantityTable

# Forms by which the editor of rules knows a problem that it tells in words of its own.
NO_LEVELS = N_("{field}: there are {n}; write 1 to {most}")
NO_LEVEL_NAME = N_("{field} '': is empty; write one such as Siaga 3")
NO_COLOUR = N_("{field} {colour!r}: is no colour; write #rrggbb, or leave it empty")
NOT_ABOVE_LIMIT = N_("{field} {value:g}: is not above the limit {limit:g}; swap them")
NOT_ABOVE_0 = N_("{field} {value:g}: a {kind} needs more than 0")
NEVER_MEASURED = N_("{field} {value:g}: {quantity} is never so; write {low:g} to {high}")
TOO_FAR_AHEAD = N_("{field} {value:g}: no trend tells so many days ahead; write {most:g} or less")
MOST_LIMIT_DAYS = 60.0
MOST_LEVELS = 10
LONGEST_NAME = 60
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
_RANGES = (RuleKind.INSIDE, RuleKind.OUTSIDE)


def level_problems(rule: Rule, table: QuantityTable) -> Iterator[ValidationProblem]:
    """List what is wrong with the levels of a rule of a quantity in `table`, each by itself, and with their names."""
    if not rule.levels:
        yield ValidationProblem(NO_LEVELS, field="levels", n=len(rule.levels), most=MOST_LEVELS)
    for number, level in enumerate(rule.levels):
        yield from _level(rule, number, level, table)
    names = Counter(level.name for level in rule.levels)
    for name in sorted(name for name, count in names.items() if count > 1):
        yield ValidationProblem(
            "{field}: two are called {name!r}; give each a name of its own", field="levels", name=name[:LONGEST_NAME]
        )


def _level(rule: Rule, number: int, level: Level, table: QuantityTable) -> Iterator[ValidationProblem]:
    if not level.name.strip():
        yield ValidationProblem(NO_LEVEL_NAME, field=level_field(number, "name"))
    for part in ("name", "name_id"):
        if is_bare(getattr(level, part)):
            yield ValidationProblem(
                "{field} {name!r}: means opposite things for floods, tsunami and volcanoes; write one such as Siaga 3",
                field=level_field(number, part),
                name=getattr(level, part).strip(),
            )
    for part in ("name", "name_id"):
        yield from text_problems(level_field(number, part), getattr(level, part), LONGEST_NAME)
    if level.colour and not _COLOUR.fullmatch(level.colour):
        yield ValidationProblem(
            NO_COLOUR,
            field=level_field(number, "colour"),
            colour=level.colour[:20],
        )
    yield from _limit(rule, level.limit, level_field(number, "limit"), table)
    yield from _high(rule, level, level_field(number, "high"), table)


def _high(rule: Rule, level: Level, field: str, table: QuantityTable) -> Iterator[ValidationProblem]:
    if rule.kind not in _RANGES:
        if level.high is not None:
            yield ValidationProblem(
                "{field} {value:g}: belongs to inside and outside only; leave it out", field=field, value=level.high
            )
    elif level.high is None:
        yield ValidationProblem(
            "{field}: is missing; {kind} needs an upper end besides the limit {limit:g}",
            field=field,
            kind=rule.kind.value,
            limit=level.limit,
        )
    else:
        yield from _limit(rule, level.high, field, table)
        if level.high <= level.limit:
            yield ValidationProblem(
                NOT_ABOVE_LIMIT,
                field=field,
                value=level.high,
                limit=level.limit,
            )


def _limit(rule: Rule, value: float, field: str, table: QuantityTable) -> Iterator[ValidationProblem]:
    if not isfinite(value):
        yield ValidationProblem("{field} {value:g}: is no number; write one", field=field, value=value)
    elif rule.kind in (RuleKind.RISE, RuleKind.SILENCE, RuleKind.TREND):
        if value <= 0:
            yield ValidationProblem(NOT_ABOVE_0, field=field, value=value, kind=rule.kind.value)
        elif rule.kind is RuleKind.TREND and value > MOST_LIMIT_DAYS:
            yield ValidationProblem(TOO_FAR_AHEAD, field=field, value=value, most=MOST_LIMIT_DAYS)
    elif rule.quantity in table:
        row = table[rule.quantity]
        if not row.low <= value <= row.high:
            yield never_measured(field, value, row)


def never_measured(field: str, value: float, row: Quantity) -> ValidationProblem:
    """That no sensor can say this value of a quantity."""
    return ValidationProblem(
        NEVER_MEASURED,
        field=field,
        value=value,
        quantity=row.name,
        low=row.low,
        high=Bilingual(*(amount_of(f"{row.high:g}", row, code) for code in ("en", "id"))),
    )
