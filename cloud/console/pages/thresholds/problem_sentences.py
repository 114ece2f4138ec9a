"""Problems of a rule in the words of the page: each as a sentence in its language, with the field as people know it.

ValidationProblem("{field} {value:g}: must not be negative; …", field="levels[1].limit", value=-3.0)
    refusal_sentence  "tingkat 2, batas -3: tidak boleh negatif; …"      what was refused when it was to be saved
    editor_sentence   "−3 is too small; write 0 or more."                 beside the field that is being edited
"""

from collections.abc import Callable

from cloud.console.view_models.rule_fields import FIELD_NAMES
from cloud.rulebook.admission import NO_REASON
from cloud.rulebook.rule_words import amount, level_amount, level_name, plain
from i18n.catalog import N_, Catalog
from rules.condition_checks import NO_SUCH_COUNT, NO_SUCH_DAYS
from rules.level_checks import (
    MOST_LEVELS,
    NEVER_MEASURED,
    NO_COLOUR,
    NO_LEVEL_NAME,
    NO_LEVELS,
    NOT_ABOVE_0,
    NOT_ABOVE_LIMIT,
)
from rules.order_checks import LIMITS_OUT_OF_ORDER, WIDER_THAN_STEP
from rules.problem import ValidationProblem, level_field
from rules.rule import Level, Rule, RuleKind
from rules.text_checks import NO_SUCH_TIME
from rules.trend_checks import NO_SUCH_TREND_WINDOW, NO_TARGET
from rules.validation import NEGATIVE, NO_SUCH_WINDOW, NO_TITLE
from wire import QuantityTable

_PART_NAMES = {
    "name": N_("Name in English"),
    "name_id": N_("Name in Indonesian"),
    "limit": N_("limit"),
    "high": N_("upper limit"),
    "colour": N_("Colour"),
}
_LEVEL_OF_FIELD = {
    level_field(number, part): (number, part) for number in range(MOST_LEVELS) for part in Level.__struct_fields__
}
_FALLING = frozenset({RuleKind.BELOW, RuleKind.TREND})


def refusal_sentence(_: Catalog, problem: ValidationProblem) -> str:
    """Say a problem in the words of the API, in the language of the page; a missing reason in shorter ones."""
    if problem.form == NO_REASON:
        return _("Write why, so that others understand it later.")
    return _.said(problem, field=_field_name(_, str(problem.values["field"])))


def editor_sentence(_: Catalog, table: QuantityTable, rule: Rule, problem: ValidationProblem) -> str:
    """Say a problem of the rule that is being edited: shorter where it stands beside its field, with units."""
    own = _OWN_SENTENCES.get(problem.form)
    return refusal_sentence(_, problem) if own is None else own(_, table, rule, problem)


def _field_name(_: Catalog, field: str) -> str:
    """Name a field as people know it: levels[0].limit is the limit of level 1."""
    if field in _LEVEL_OF_FIELD:
        number, part = _LEVEL_OF_FIELD[field]
        name = _(_PART_NAMES[part]) if part in _PART_NAMES else part
        return _("level {n}, {part}", n=number + 1, part=name)
    whole = field.partition(".")[0]
    return _(FIELD_NAMES[whole]) if whole in FIELD_NAMES else field


def _too_small_or_large(_: Catalog, table: QuantityTable, rule: Rule, problem: ValidationProblem) -> str:
    """Times are edited in minutes."""
    minutes, most = _number(problem, "value") / 60, _number(problem, "most") / 60
    if minutes > most:
        return _("{value} is too large; write {most} or less.", value=plain(_, minutes), most=plain(_, most))
    if problem.values.get("least", 1):
        return _("{value} is too small; write more than 0.", value=plain(_, minutes))
    return _("{value} is too small; write {least} or more.", value=plain(_, minutes), least=plain(_, 0.0))


def _negative(_: Catalog, table: QuantityTable, rule: Rule, problem: ValidationProblem) -> str:
    value = plain(_, _number(problem, "value"))
    return _("{value} is too small; write {least} or more.", value=value, least=plain(_, 0.0))


def _not_above_0(_: Catalog, table: QuantityTable, rule: Rule, problem: ValidationProblem) -> str:
    return _("{value} is too small; write more than 0.", value=plain(_, _number(problem, "value")))


def _never_measured(_: Catalog, table: QuantityTable, rule: Rule, problem: ValidationProblem) -> str:
    row = table.row(rule.quantity)
    return _(
        "{value} cannot be measured; write a value from {low} to {high}.",
        value=amount(_, table, row.name, _number(problem, "value")),
        low=plain(_, row.low),
        high=amount(_, table, row.name, row.high),
    )


def _not_above_limit(_: Catalog, table: QuantityTable, rule: Rule, problem: ValidationProblem) -> str:
    return _(
        "The upper limit {high} is not above the lower one, {low}; swap them.",
        high=plain(_, _number(problem, "value")),
        low=plain(_, _number(problem, "limit")),
    )


def _out_of_order(_: Catalog, table: QuantityTable, rule: Rule, problem: ValidationProblem) -> str:
    number, _part = _LEVEL_OF_FIELD[problem.field]
    milder, worse = rule.levels[number - 1 : number + 1]
    if worse.high is not None or milder.high is not None:
        return refusal_sentence(_, problem)
    named = {
        "worse": level_name(_, worse),
        "milder": level_name(_, milder),
        "limit": plain(_, worse.limit),
        "other": plain(_, milder.limit),
    }
    if rule.kind in _FALLING:
        return _("{worse} at {limit} is not below {milder} at {other}; the worse level needs the lower limit.", **named)
    return _("{worse} at {limit} is not above {milder} at {other}; the worse level needs the higher limit.", **named)


def _wider_than_step(_: Catalog, table: QuantityTable, rule: Rule, problem: ValidationProblem) -> str:
    names = {level.name: level_name(_, level) for level in rule.levels}
    return _(
        "{value} is as wide as the step from {milder} to {worse}; write less than {gap}.",
        value=level_amount(_, table, rule, rule.hysteresis),
        milder=names[str(problem.values["milder"])],
        worse=names[str(problem.values["worse"])],
        gap=level_amount(_, table, rule, _number(problem, "step")),
    )


def _number(problem: ValidationProblem, name: str) -> float:
    return float(str(problem.values[name]))


_OWN_SENTENCES: dict[str, Callable[[Catalog, QuantityTable, Rule, ValidationProblem], str]] = {
    NO_TITLE: lambda _, table, rule, problem: _("A rule needs a title; write what it watches."),
    NO_LEVELS: lambda _, table, rule, problem: _("A rule needs a level; add one."),
    NO_LEVEL_NAME: lambda _, table, rule, problem: _("A level needs a name; write one such as Siaga 3."),
    NO_COLOUR: lambda _, table, rule, problem: _("{value} is no colour; choose one.", value=problem.values["colour"]),
    NO_SUCH_COUNT: lambda _, table, rule, problem: _(
        "Write two whole numbers up to 100, as in 3 of 5, or leave both empty."
    ),
    NO_SUCH_DAYS: lambda _, table, rule, problem: _("No day is chosen; choose one, or switch the rule off."),
    NO_SUCH_TIME: _too_small_or_large,
    NO_SUCH_WINDOW: _too_small_or_large,
    NO_SUCH_TREND_WINDOW: lambda _, table, rule, problem: _(
        "A trend is measured over 2 to 14 days: write {least} to {most} minutes.",
        least=plain(_, _number(problem, "least") / 60),
        most=plain(_, _number(problem, "most") / 60),
    ),
    NO_TARGET: lambda _, table, rule, problem: _("Write the value that must not be reached."),
    NEGATIVE: _negative,
    NOT_ABOVE_0: _not_above_0,
    NEVER_MEASURED: _never_measured,
    NOT_ABOVE_LIMIT: _not_above_limit,
    LIMITS_OUT_OF_ORDER: _out_of_order,
    WIDER_THAN_STEP: _wider_than_step,
}
"""By form; of all other problems the sentence is that of the API."""
