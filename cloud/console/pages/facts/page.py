"""The page of facts: how sensors hang, are calibrated and where they stand, since when, and who recorded it.

River gauge   Mounting height   420 cm   since 20 Nov 09:00 WIT   ani: surveyed (survey 7)   holds   [Correct] [Undo]
Of [River gauge v]  What [Mounting height v]  Value [420]  Valid from [    ]  Source [survey 7]  Why [    ]  [Record]
Noise: Noise level   20.0 to 140.0 dB(A) · by the hour its mean                                            leq
"""

from collections.abc import Callable, Sequence

from cloud.access.principal import Role
from cloud.console.components.elements import box, mark, symbol, text
from cloud.console.components.inputs import button, choice, field, line_input, moment_input, problem_text
from cloud.console.components.visitor import Visitor
from cloud.console.pages.facts.actions import FactActions
from cloud.console.view_models.facts import FactView
from cloud.console.view_models.page_model import PageModel
from cloud.console.view_models.quantities import QuantityView
from i18n.catalog import Catalog

Options = Sequence[tuple[str, str]]
ReadFacts = Callable[[], tuple[tuple[FactView, ...], tuple[str, ...]]]
"""The facts to show now, and the sentences on heights that do not fit."""
ReadQuantities = Callable[[], tuple[QuantityView, ...]]
"""What the city added to Siaga's own quantities, now."""


class FactsPage:
    """The body of the page; `views` gives what to show, `subjects` and `whats` what can be recorded."""

    def __init__(
        self, _: Catalog, actions: FactActions, visitor: Visitor, *,
        views: ReadFacts, subjects: Options, whats: Options, quantities: ReadQuantities,
    ) -> None:  # fmt: skip
        self._quantities, self._quantities_drawn = quantities, tuple[QuantityView, ...]()
        self._words, self._actions, self._visitor, self._views = _, actions, visitor, views
        self._subjects, self._whats = subjects, whats
        self._drawn: object = None
        with box("panel", "section", aria_label=_("Facts")):
            text(_("Facts"), "panel-title", "h2")
            text(_("What held since when. Nothing is overwritten: readings keep what held at their time."),
                 "panel-note", "p")  # fmt: skip
            self._troubles = box("works", role="status")
            self._list = box("windows")
        if visitor.may(Role.ENGINEER) and subjects:
            self._form_place = box("panel new-entry", "section", aria_label=_("New fact"))
            self._build_form(None)
        self._own = box("panel", "section", aria_label=_("Quantities"))
        self._own.set_visibility(False)

    async def show(self, seen: PageModel) -> None:
        """Bring the facts up to date; the form stays as somebody is writing it."""
        del seen
        found = self._views()
        if found != self._drawn:
            self._drawn = found
            self._draw(*found)
        quantities = self._quantities()
        if quantities != self._quantities_drawn:
            self._quantities_drawn = quantities
            self._draw_quantities(quantities)

    async def set_theme(self, theme: str, seen: PageModel) -> None:
        """Nothing here is drawn by a script: the style sheet has every colour."""

    def _draw(self, facts: tuple[FactView, ...], troubles: tuple[str, ...]) -> None:
        self._troubles.clear()
        with self._troubles:
            for sentence in troubles:
                with box("work"):
                    symbol("warning")
                    text(sentence, "strong")
        self._list.clear()
        with self._list:
            for fact in facts:
                self._fact(fact)

    def _draw_quantities(self, quantities: Sequence[QuantityView]) -> None:
        _ = self._words
        self._own.clear()
        self._own.set_visibility(bool(quantities))
        with self._own:
            text(_("Quantities"), "panel-title", "h2")
            text(_("What this city added to Siaga's own; its file says so."), "panel-note", "p")
            with box("windows"):
                for row in quantities:
                    self._quantity(row)

    def _quantity(self, row: QuantityView) -> None:
        _ = self._words
        with box("window", "article", data_quantity=row.id) as card:
            with box("window-names"):
                text(f"{row.domain}: {row.name}", "window-where", "h3")
                text(f"{row.bounds} · {row.hour}", "fact-value")
            text(row.id, "tag")
            if not row.in_use:
                text(_("no longer in the city file"), "tag")
        mark(card, "ok" if row.in_use else "never")

    def _fact(self, fact: FactView) -> None:
        _ = self._words
        with box("window", "article", data_fact=str(fact.id)) as card:
            with box("window-names"):
                text(f"{fact.where}: {fact.what}", "window-where", "h3")
                text(f"{fact.value} · {fact.since}", "fact-value")
            with box("window-words"):
                text(fact.recorded_by, "window-reason")
            text(fact.state, "tag")
            if fact.is_open and self._visitor.may(Role.ENGINEER):
                with box("fact-acts"):
                    button(_("Correct"), icon="edit", on_click=lambda: self._build_form(fact))
                    button(_("Undo"), icon="undo", on_click=lambda: self._undo(fact.id))
        mark(card, "ok" if fact.holds else "never")

    async def _undo(self, fact_id: int) -> None:
        self._form_problem.set(await self._actions.undo(self._visitor, fact_id, self._word))

    def _build_form(self, corrected: FactView | None) -> None:
        _ = self._words
        self._corrected = corrected
        self._subject, self._what = self._subjects[0][0], self._whats[0][0]
        self._value = self._since = self._source = self._word = ""
        self._form_place.clear()
        with self._form_place:
            title = _("New fact") if corrected is None else _("Correct fact {id}", id=corrected.id)
            text(title, "panel-title", "h2")
            if corrected is not None:
                text(f"{corrected.where}: {corrected.what} · {corrected.value} · {corrected.since}", "panel-note", "p")
            with box("fields"):
                if corrected is None:
                    self._what_fields()
                self._value_fields()
            self._form_problem = problem_text()
            with box("decide"):
                button(_("Record"), "main", icon="check", on_click=self._record)
                if corrected is not None:
                    button(_("Cancel"), icon="close", on_click=lambda: self._build_form(None))

    def _what_fields(self) -> None:
        _ = self._words
        with field(_("Of")):
            choice(self._subject, self._subjects, label=_("Of"), on_change=self._keep("_subject"))
        with field(_("What")):
            choice(self._what, self._whats, label=_("What"), on_change=self._keep("_what"))
        with field(_("Valid from"), hint=_("Empty: from now on. In the past: what is stored since is computed again.")):
            moment_input("", label=_("Valid from"), on_change=self._keep("_since"))

    def _value_fields(self) -> None:
        _ = self._words
        hint = _("Height in cm; scale and offset (1.02 -3); an id; p14_2020 or klh_2026.")
        with field(_("Value"), hint=hint):
            line_input("", label=_("Value"), on_change=self._keep("_value"))
        with field(_("Source"), hint=_("Where it was read off.")):
            line_input("", label=_("Source"), on_change=self._keep("_source"))
        with field(_("Why"), hint=_("Undoing takes it too.")):
            line_input("", label=_("Why"), on_change=self._keep("_word"))

    def _keep(self, name: str) -> Callable[[str], None]:
        return lambda given: setattr(self, name, given)

    async def _record(self) -> None:
        if self._corrected is None:
            refusal = await self._actions.record(
                self._visitor, self._subject, self._what, self._value, self._since, self._source, self._word
            )
        else:
            refusal = await self._actions.correct(
                self._visitor, self._corrected.id, self._value, self._source, self._word
            )
        if refusal:
            self._form_problem.set(refusal)
        else:
            self._build_form(None)
