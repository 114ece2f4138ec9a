"""A new rule begins with three questions: what is it called, what is measured, and when is it an alarm.

Rule("high-water", quantity="water_level", kind=ABOVE, levels=(one, to be written)) ─► the editor
"""

from collections.abc import Callable, Sequence

from cloud.console.components.elements import box, text
from cloud.console.components.inputs import button, choice, field, line_input, problem_text
from cloud.console.pages.thresholds.actions import family_name
from cloud.console.view_models.thresholds import RuleView, scope_name, targets_at, view_of_new
from cloud.rulebook.rule_store import RuleStore
from cloud.rulebook.rule_words import KIND_NAMES
from i18n import figures
from i18n.catalog import Catalog
from rules.rule import Level, Rule, RuleKind, Severity

_USUAL_SILENCE = 5.0
"""Expected intervals; fewer and a lost message is an alarm."""
_MODERATE = ("Moderate", "Sedang")
"""What a first level is called in both languages where no scale names it."""


class NewRuleDialog:
    """The three questions."""

    def __init__(
        self, _: Catalog, rule_store: RuleStore, scope: str, *, taken: Sequence[str],
        on_made: Callable[[RuleView], object], on_cancel: Callable[[], object],
    ) -> None:  # fmt: skip
        self._words, self._rule_store, self._scope = _, rule_store, scope
        self._taken, self._on_made = list(taken), on_made
        quantities, table = measured_in(rule_store, scope), rule_store.registry.quantities
        self._title, self._kind = "", RuleKind.ABOVE.value
        self._quantity = quantities[0] if quantities else ""
        with box("panel editor", "section", id="rules-head"):
            text(_("New rule"), "panel-title", "h2")
            text(scope_name(_, rule_store, scope), "faint")
            with box("fields"):
                with field(_("Title")):
                    line_input("", label=_("Title"), placeholder=_("River level"), on_change=self._keep_title)
                with field(_("What is measured")):
                    options = [(quantity, figures.name_of(_, table[quantity])) for quantity in quantities]
                    choice(self._quantity, options, label=_("What is measured"), on_change=self._keep_quantity)
                with field(_("Alarm when")):
                    kinds = [(kind.value, _(words)) for kind, words in KIND_NAMES.items()]
                    choice(self._kind, kinds, label=_("Alarm when"), on_change=self._keep_kind)
            self._problem = problem_text()
            with box("decide"):
                button(_("Go on"), "main", on_click=self._make)
                button(_("Cancel"), "quiet", on_click=on_cancel)

    def _keep_title(self, title: str) -> None:
        self._title = title

    def _keep_quantity(self, quantity: str) -> None:
        self._quantity = quantity

    def _keep_kind(self, kind: str) -> None:
        self._kind = kind

    def _make(self) -> None:
        _ = self._words
        if not self._title.strip():
            self._problem.set(_("A rule needs a title; write what it watches."))
            return
        if self._quantity not in self._rule_store.registry.quantities:
            self._problem.set(_("Nothing is measured here; choose another place."))
            return
        rule = first_rule(self._title.strip(), self._quantity, RuleKind(self._kind), self._taken)
        self._on_made(view_of_new(self._words, self._rule_store, rule, self._scope))


def measured_in(rule_store: RuleStore, scope: str) -> list[str]:
    """The quantities of the sensors in a scope, in the order of the table."""
    measured = {quantity for sensor in targets_at(rule_store, scope) for quantity in sensor.quantities}
    return [quantity for quantity in rule_store.registry.quantities if quantity in measured]


def first_rule(title: str, quantity: str, kind: RuleKind, taken: list[str]) -> Rule:
    """A rule to begin with: one level, whose limit somebody has to write (of silence the usual one)."""
    limit = _USUAL_SILENCE if kind is RuleKind.SILENCE else 0.0
    name, name_id = ("Siaga 3", "Siaga 3") if quantity == "water_level" and kind is RuleKind.ABOVE else _MODERATE
    high = limit if kind in {RuleKind.INSIDE, RuleKind.OUTSIDE} else None
    level = Level(name, Severity.MODERATE, limit, high, name_id=name_id)
    return Rule(family=family_name(title, taken), quantity=quantity, kind=kind, levels=(level,), title=title)
