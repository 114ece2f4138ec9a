"""Do the levels of a rule follow each other from mild to bad, further apart than the hysteresis? Can an alarm close?

order_problems(rule) -> ["hysteresis 120: is as wide as the 100 between Siaga 3 and Siaga 2; write less than 100", …]
"""

from collections.abc import Iterator
from itertools import pairwise

from i18n.catalog import N_
from i18n.message import LocalizedMessage
from rules.problem import ValidationProblem, level_field
from rules.rule import Level, Rule, RuleKind
from rules.trend import MOST_DAYS
from wire import QuantityTable

# Forms by which the editor of rules knows a problem that it tells in words of its own.
LIMITS_OUT_OF_ORDER = N_(
    "{field}: {worse} follows {milder} but its limit {limit} is not {side} {other}; put the worst last"
)
WIDER_THAN_STEP = N_(
    "{field} {value:g}: is as wide as the {step:g} between {milder} and {worse}; write less than {step:g}"
)
_SIDES = {
    RuleKind.BELOW: LocalizedMessage("below"),
    RuleKind.TREND: LocalizedMessage("below"),
    RuleKind.INSIDE: LocalizedMessage("within"),
    RuleKind.OUTSIDE: LocalizedMessage("around"),
}
"""Where the limit of a worse level lies, as seen from the milder one; of all other kinds above it."""


def order_problems(rule: Rule, table: QuantityTable) -> Iterator[ValidationProblem]:
    """List what is wrong between the levels of a rule of a quantity in `table`, each of them sound by itself."""
    yield from _order(rule)
    yield from _gaps(rule, table)


def _order(rule: Rule) -> Iterator[ValidationProblem]:
    for number, (milder, worse) in enumerate(pairwise(rule.levels), start=1):
        if worse.severity.rank < milder.severity.rank:
            yield ValidationProblem(
                "{field}: {worse} follows {milder} but is {severity} after {other}; put the worst last",
                field="levels",
                worse=worse.name,
                milder=milder.name,
                severity=worse.severity.value,
                other=milder.severity.value,
            )
        if _step(rule, milder, worse) <= 0:
            yield ValidationProblem(
                LIMITS_OUT_OF_ORDER,
                field="levels",
                at=level_field(number, "limit"),
                worse=worse.name,
                milder=milder.name,
                limit=_band(worse),
                side=_SIDES.get(rule.kind, LocalizedMessage("above")),
                other=_band(milder),
            )


def _step(rule: Rule, milder: Level, worse: Level) -> float:
    """How much further the worse level lies, at its nearer end; 0 or less is no order."""
    rise, fall = worse.limit - milder.limit, milder.limit - worse.limit
    if worse.high is None or milder.high is None:
        return fall if rule.kind in (RuleKind.BELOW, RuleKind.TREND) else rise
    if rule.kind is RuleKind.INSIDE:
        return min(rise, milder.high - worse.high)
    return min(fall, worse.high - milder.high)


def _band(level: Level) -> LocalizedMessage:
    if level.high is None:
        return LocalizedMessage("{limit:g}", limit=level.limit)
    return LocalizedMessage("{low:g} to {high:g}", low=level.limit, high=level.high)


def _gaps(rule: Rule, table: QuantityTable) -> Iterator[ValidationProblem]:
    for milder, worse in pairwise(rule.levels):
        step = _step(rule, milder, worse)
        if 0 < step <= rule.hysteresis:
            yield ValidationProblem(
                WIDER_THAN_STEP,
                field="hysteresis",
                value=rule.hysteresis,
                step=step,
                milder=milder.name,
                worse=worse.name,
            )
    yield from _way_back(rule, table)


def _way_back(rule: Rule, table: QuantityTable) -> Iterator[ValidationProblem]:
    """Whether an alarm can close at all: somewhere beyond the hysteresis there must be values that are possible."""
    mildest, hysteresis = rule.levels[0], rule.hysteresis
    room = _room(rule, mildest, table)
    if hysteresis and hysteresis >= room:
        yield ValidationProblem(
            "{field} {value:g}: no value is left that would close {level}; write less than {room:g}",
            field="hysteresis",
            value=hysteresis,
            level=mildest.name,
            room=room,
        )


def _room(rule: Rule, mildest: Level, table: QuantityTable) -> float:
    """How far the values reach on the other side of the mildest level."""
    row, high = table.get(rule.quantity), mildest.limit if mildest.high is None else mildest.high
    if rule.kind is RuleKind.TREND:
        return MOST_DAYS - mildest.limit
    if rule.kind is RuleKind.RISE or row is None:
        return mildest.limit
    if rule.kind is RuleKind.OUTSIDE:
        return (high - mildest.limit) / 2
    below, above = mildest.limit - row.low, row.high - high
    return {RuleKind.ABOVE: below, RuleKind.BELOW: above}.get(rule.kind, max(below, above))
