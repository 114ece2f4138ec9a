"""Is a rule of a trend sound? Its target, and the window that its slope is measured over.

trend_problems(rule, table) -> ["target: is missing; write the value that must not be reached, such as 20", …]
"""

from collections.abc import Iterator
from math import isfinite

from i18n.catalog import N_
from rules.level_checks import never_measured
from rules.problem import ValidationProblem
from rules.rule import Rule, RuleKind
from rules.trend import LEAST_MS
from wire import QuantityTable
from wire.durations import DAY_MS

LONGEST_WINDOW_S = 14 * DAY_MS / 1_000
"""Of each four hours a point is kept in the state, and all pairs of them are looked at."""
NO_TARGET = N_("{field}: is missing; write the value that must not be reached, such as 20")
NO_SUCH_TREND_WINDOW = N_("{field} {value:g}: is no window of a trend; write seconds from {least:.0f} to {most:.0f}")


def trend_problems(rule: Rule, table: QuantityTable) -> Iterator[ValidationProblem]:
    """List what is wrong with the target and the window of a rule."""
    target = rule.target
    if rule.kind is not RuleKind.TREND:
        if target is not None:
            yield ValidationProblem(
                "{field} {value:g}: belongs to rules of a trend only, and this is {kind}; leave it out",
                field="target",
                value=target,
                kind=rule.kind.value,
            )
        return
    least_s = LEAST_MS / 1_000
    if not least_s <= rule.window_s <= LONGEST_WINDOW_S:
        yield ValidationProblem(
            NO_SUCH_TREND_WINDOW, field="window_s", value=rule.window_s, least=least_s, most=LONGEST_WINDOW_S
        )
    if rule.at_least is not None:
        yield ValidationProblem(
            "{field}: has no meaning for a trend, which looks at days; leave it out", field="at_least"
        )
    if target is None:
        yield ValidationProblem(NO_TARGET, field="target")
    elif not isfinite(target):
        yield ValidationProblem("{field} {value:g}: is no number; write one", field="target", value=target)
    elif rule.quantity in table and not table[rule.quantity].low <= target <= table[rule.quantity].high:
        yield never_measured("target", target, table[rule.quantity])
