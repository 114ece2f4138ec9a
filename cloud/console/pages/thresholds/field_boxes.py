"""The fields of a rule besides its levels, each with plain words, its unit, and its problem beside it.

Must last            Must go back by           Days and hours
[ 1    ] min         [ 10   ] cm               [x] Mon [x] Tue …   [00:00] to [24:00]
"""

from collections.abc import Callable, Sequence

from nicegui import ui

from cloud.console.components.elements import TextElement, box, text
from cloud.console.components.inputs import choice, field, line_input, problem_text, text_area, tick_box
from cloud.console.pages.thresholds.rule_draft import MINUTES, Draft
from cloud.console.view_models.rule_fields import FIELD_NAMES
from cloud.rulebook.rule_words import DAY_NAMES, MARK_WORDS, unit_of
from i18n.catalog import N_, Catalog
from rules.marks import MARK_OF_NAME
from rules.rule import Rule, RuleKind
from wire import QuantityTable

HINTS = {
    "for_s": N_("How long the limit must be passed before there is an alarm; 0 for at once."),
    "at_least": N_("So many of the last readings must be beyond the limit; empty for each one."),
    "window_s": N_("The rise is measured over this time."),
    "minimum": N_("A rise below this value is no alarm; empty for any value."),
    "hysteresis": N_("How far the value must go back before the alarm may end; this stops flicker."),
    "clear_s": N_("How long it must stay back before the alarm ends."),
    "hours": N_("When the rule holds, in the time of the place."),
    "also": N_("There is an alarm only while its newest reading agrees."),
    "reject": N_("Readings with one of these marks raise no alarm and end none."),
    "lateness_s": N_("Readings out of order by no more than this still count in their order."),
}
_PARTS = {
    "at_least": ("at_least.n", "at_least.m"),
    "hours": ("hours.start", "hours.end", *(f"hours.day.{day}" for day in range(1, 8))),
    "also": ("also.series", "also.kind", "also.limit", "also.inclusive", "also.within_s"),
    "reject": tuple(f"reject.{name}" for name in MARK_OF_NAME),
}
"""Fields that are written in more than one place."""
_MEANT = {"also": ("also.sensor", "also.quantity"), "hours": ("hours.days",)}
"""What the rule calls parts that are written in other places."""
_SIDES = {RuleKind.ABOVE.value: N_("above"), RuleKind.BELOW.value: N_("below")}
Series = tuple[str, str]
"""sensor/quantity, and the words for it."""


class FieldBoxes:
    """Builds a box for a field where it is asked to; keeps the texts in `draft`."""

    def __init__(
        self, _: Catalog, table: QuantityTable, rule: Rule, draft: Draft, *,
        others: Sequence[Series], on_change: Callable[[str], object],
    ) -> None:  # fmt: skip
        self._table = table
        self._words, self._rule, self._draft, self._on_change = _, rule, draft, on_change
        self._others = others
        self._problems: dict[str, TextElement] = {}
        self._places: dict[str, ui.element] = {}

    @property
    def names(self) -> set[str]:
        """The fields whose problems are shown here."""
        return {*self._problems, *(part for name in self._places for part in _parts_of(name))}

    def build(self, name: str) -> None:
        """Put the box of a field here."""
        self._places[name] = box("field-place")
        self._fill(name)

    def replace(self, name: str, draft: Draft) -> None:
        """Show another value in a field."""
        for part in _PARTS.get(name, (name,)):
            self._draft[part] = draft[part]
        self._fill(name)

    def show_problems(self, problems: dict[str, str]) -> None:
        """Say beside each field what is wrong with it."""
        for name, place in self._problems.items():
            parts = dict.fromkeys((name, *_parts_of(name)))
            place.set(" ".join(problems[part] for part in parts if part in problems))

    def _fill(self, name: str) -> None:
        _ = self._words
        place = self._places[name]
        place.clear()
        hint = _(HINTS[name]) if name in HINTS else ""
        with place:
            if name == "enabled":
                tick_box(
                    self._draft[name] == "yes", _(FIELD_NAMES[name]), on_change=lambda on: self._tick(name, name, on)
                )
                self._problems[name] = problem_text()
                return
            with field(_(FIELD_NAMES[name]), hint=hint):
                self._input(name)
                self._problems[name] = problem_text()

    def _input(self, name: str) -> None:
        _ = self._words
        own = {"at_least": self._at_least, "hours": self._hours, "also": self._also, "reject": self._reject}
        if name in own:
            own[name]()
        elif name in {"advice", "advice_id"}:
            text_area(self._draft[name], label=_(FIELD_NAMES[name]), on_change=self._setter(name, name))
        elif name in MINUTES:
            self._number(name, _("min"))
        elif name in {"hysteresis", "minimum"}:
            self._number(name, unit_of(_, self._table, self._rule.quantity))
        else:
            line_input(self._draft[name], label=_(FIELD_NAMES[name]), on_change=self._setter(name, name))

    def _number(self, name: str, unit: str) -> None:
        _ = self._words
        with box("with-unit"):
            line_input(
                self._draft[name], label=_(FIELD_NAMES[name]), numeric=True, classes=name,
                on_change=self._setter(name, name),
            )  # fmt: skip
            text(unit, "unit")

    def _at_least(self) -> None:
        _ = self._words
        with box("with-unit"):
            for part, label, after in (
                ("at_least.n", _("so many readings"), _("of the last")),
                ("at_least.m", _("of the last readings"), _("readings")),
            ):
                line_input(
                    self._draft[part],
                    label=label,
                    numeric=True,
                    classes="short",
                    on_change=self._setter("at_least", part),
                )
                text(after, "unit")

    def _hours(self) -> None:
        _ = self._words
        with box("days"):
            for day, words in enumerate(DAY_NAMES, start=1):
                part = f"hours.day.{day}"
                tick_box(self._draft[part] == "yes", _(words), on_change=self._tick_setter("hours", part))
        with box("with-unit"):
            for part, label, after in (
                ("hours.start", _("from time of day"), _("to")),
                ("hours.end", _("to time of day"), ""),
            ):
                line_input(self._draft[part], label=label, classes="short", on_change=self._setter("hours", part))
                text(after, "unit")

    def _also(self) -> None:
        _ = self._words
        series = self._draft["also.series"]
        known = [("", _("none")), *self._others]
        if series not in {value for value, _words in known}:
            known.append((series, series))
        with box("also"):
            choice(series, known, label=_("Second sensor"), on_change=self._choose_other)
            if not series:
                return
            sides = [(value, _(words)) for value, words in _SIDES.items()]
            choice(self._draft["also.kind"], sides, label=_("side"), on_change=self._setter("also", "also.kind"))
            quantity = series.partition("/")[2]
            self._part(
                "also.limit", _("its limit"), unit_of(_, self._table, quantity) if quantity in self._table else ""
            )
            self._part("also.within_s", _("at most so old"), _("min old at most"))
            tick_box(
                self._draft["also.inclusive"] == "yes",
                _("the limit itself counts"),
                on_change=self._tick_setter("also", "also.inclusive"),
            )

    def _part(self, part: str, label: str, unit: str) -> None:
        with box("with-unit"):
            line_input(
                self._draft[part], label=label, numeric=True, classes="short", on_change=self._setter("also", part)
            )
            text(unit, "unit")

    def _choose_other(self, series: str) -> None:
        self._set("also", "also.series", series)
        self._fill("also")

    def _reject(self) -> None:
        _ = self._words
        with box("days"):
            for name, mark in MARK_OF_NAME.items():
                part = f"reject.{name}"
                tick_box(self._draft[part] == "yes", _(MARK_WORDS[mark]), on_change=self._tick_setter("reject", part))

    def _setter(self, name: str, part: str) -> Callable[[str], None]:
        return lambda words: self._set(name, part, words)

    def _tick_setter(self, name: str, part: str) -> Callable[[bool], None]:
        return lambda ticked: self._tick(name, part, ticked)

    def _tick(self, name: str, part: str, ticked: bool) -> None:
        self._set(name, part, "yes" if ticked else "")

    def _set(self, name: str, part: str, words: str) -> None:
        self._draft[part] = words
        self._on_change(name)


def _parts_of(name: str) -> tuple[str, ...]:
    """The names under which problems of a field may come."""
    return (*_PARTS.get(name, ()), *_MEANT.get(name, ()))
