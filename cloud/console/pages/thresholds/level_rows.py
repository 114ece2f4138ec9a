"""The levels of a rule, one row each: name, limit, how bad, colour; from the mildest to the worst.

[Siaga 3 ] [Siaga 3 ] [150 ] cm  [Moderate v] [■]  x
[ + one more level ]
"""

from collections.abc import Callable

from cloud.console.components.elements import TextElement, box, symbol, text
from cloud.console.components.inputs import button, choice, colour_input, field, line_input, problem_text, tick_box
from cloud.console.pages.thresholds.rule_draft import Draft, level_count, levels_in, next_level, without_level
from cloud.console.view_models.rule_fields import severity_choices
from cloud.rulebook.rule_words import unit_of
from i18n.catalog import N_, Catalog
from rules.colours import SEVERITY_COLOURS
from rules.problem import level_field
from rules.rule import Rule, RuleKind, Severity
from wire import QuantityTable

LEVELS_MOST = 8
_LIMIT_NAMES = {
    RuleKind.ABOVE: N_("From"),
    RuleKind.BELOW: N_("Down to"),
    RuleKind.INSIDE: N_("From"),
    RuleKind.OUTSIDE: N_("Below"),
    RuleKind.RISE: N_("Rise of"),
    RuleKind.SILENCE: N_("Silent for"),
}
_HIGH_NAMES = {RuleKind.INSIDE: N_("Up to"), RuleKind.OUTSIDE: N_("Or above")}


class LevelRows:
    """The rows; `on_change` is called with the texts of all levels."""

    def __init__(
        self, _: Catalog, table: QuantityTable, rule: Rule, draft: Draft, *, on_change: Callable[[Draft], object]
    ) -> None:
        self._words, self._table, self._rule, self._on_change = _, table, rule, on_change
        self._draft = levels_in(draft)
        self._problems: dict[str, TextElement] = {}
        self._place = box("level-rows")
        self._build()

    @property
    def names(self) -> set[str]:
        """The fields whose problems are shown here."""
        return {*self._problems, "levels"}

    def show_problems(self, problems: dict[str, str]) -> None:
        """Say beside each field what is wrong with it."""
        for name, place in self._problems.items():
            place.set(problems.get(name, ""))
        self._all.set(problems.get("levels", ""))

    def replace(self, draft: Draft) -> None:
        """Show other levels."""
        self._draft = dict(draft)
        self._build()
        self._on_change(dict(self._draft))

    def _build(self) -> None:
        _ = self._words
        self._problems.clear()
        self._place.clear()
        with self._place:
            for number in range(level_count(self._draft)):
                with box("level-row"):
                    self._row(number)
            if level_count(self._draft) < LEVELS_MOST:
                button(_("One more level"), "link", icon="add", on_click=self._add)
            self._all = problem_text()

    def _row(self, number: int) -> None:
        _ = self._words
        kind = self._rule.kind
        unit = _("expected intervals") if kind is RuleKind.SILENCE else unit_of(_, self._table, self._rule.quantity)
        name = self._draft[level_field(number, "name")]
        self._text(number, "name", _("Name in English"), "Siaga 3")
        self._text(number, "name_id", _("Name in Indonesian"), name or "Siaga 3")  # which stands in where none is given
        self._number(number, "limit", _(_LIMIT_NAMES[kind]), unit)
        if kind in _HIGH_NAMES:
            self._number(number, "high", _(_HIGH_NAMES[kind]), unit)
        with field(_("How bad")):
            choice(
                self._draft[level_field(number, "severity")],
                severity_choices(_),
                label=_("How bad"),
                on_change=lambda words: self._set_severity(number, words),
            )
        with field(_("Colour")):
            colour_input(self._colour(number), label=_("Colour"), on_change=self._setter(level_field(number, "colour")))
            self._problems[level_field(number, "colour")] = problem_text()
        if kind in {RuleKind.ABOVE, RuleKind.BELOW}:
            tick_box(
                self._draft[level_field(number, "inclusive")] == "yes",
                _("the limit itself counts"),
                on_change=lambda ticked: self._set(level_field(number, "inclusive"), "yes" if ticked else ""),
            )
        if level_count(self._draft) > 1:
            with box("icon-button", "button", type="button", aria_label=_("Take this level out")) as out:
                symbol("close")
            out.on("click", lambda: self._drop(number))

    def _text(self, number: int, part: str, label: str, placeholder: str) -> None:
        name = level_field(number, part)
        with field(label):
            line_input(self._draft[name], label=label, placeholder=placeholder, on_change=self._setter(name))
            self._problems[name] = problem_text()

    def _number(self, number: int, part: str, label: str, unit: str) -> None:
        name = level_field(number, part)
        with field(label):
            with box("with-unit"):
                line_input(
                    self._draft[name], label=f"{label} {unit}", numeric=True, classes=part, on_change=self._setter(name)
                )
                text(unit, "unit")
            self._problems[name] = problem_text()

    def _colour(self, number: int) -> str:
        own = self._draft[level_field(number, "colour")]
        return own or SEVERITY_COLOURS[Severity(self._draft[level_field(number, "severity")])]

    def _set_severity(self, number: int, words: str) -> None:
        plain = not self._draft[level_field(number, "colour")]
        self._set(level_field(number, "severity"), words)
        if plain:
            self._build()
            self._on_change(dict(self._draft))

    def _setter(self, name: str) -> Callable[[str], None]:
        return lambda words: self._set(name, words)

    def _set(self, name: str, words: str) -> None:
        self._draft[name] = words
        self._on_change(dict(self._draft))

    def _add(self) -> None:
        self._draft = next_level(self._words, self._rule, self._draft)
        self._build()
        self._on_change(dict(self._draft))

    def _drop(self, number: int) -> None:
        self._draft = without_level(self._draft, number)
        self._build()
        self._on_change(dict(self._draft))
