"""The editor of a rule: plain fields on the left, on the right what the rule would have done, drawn as it is edited.

Siaga 3  [150] cm  [moderate v]  ●        ╭ chart with levels and alarms ────────╮
Siaga 2  [250] cm  [severe   v]  ●        │ 4 alarms, 1.2 hours a week; as it is │
Must last [1] min   Must go back by [10]  ╰ now: 9 alarms, 6 hours a week ───────╯
Why [the dike was raised            ]  [ Save ]
"""

import time
from collections.abc import Callable, Sequence

from nicegui import ui

from cloud.console.components.elements import TextElement, box, mark, text
from cloud.console.components.inputs import button, field, line_input, problem_text
from cloud.console.components.visitor import Visitor
from cloud.console.pages.thresholds.actions import ThresholdActions, ThresholdRejected
from cloud.console.pages.thresholds.field_boxes import FieldBoxes
from cloud.console.pages.thresholds.level_rows import LevelRows
from cloud.console.pages.thresholds.preview_panel import PreviewPanel
from cloud.console.pages.thresholds.rule_draft import TEXTS, Draft, draft_of, levels_in, meaning_of, without_levels
from cloud.console.view_models.rule_fields import fields_of
from cloud.console.view_models.thresholds import RuleView, fields_to_save, scope_name, series_in
from cloud.rulebook.rule_store import RuleStore
from cloud.rulebook.rule_words import sentence
from i18n.catalog import N_, Catalog
from rules.rule import Rule

_SECTIONS = (
    (N_("When it begins"), ("for_s", "at_least", "window_s", "minimum")),
    (N_("When it ends"), ("hysteresis", "clear_s")),
    (N_("When it holds"), ("hours", "enabled")),
    (N_("What people read"), TEXTS),
)
_ADVANCED = ("also", "reject", "lateness_s")
"""What few rules need: folded away until somebody opens it, or something there is wrong or set here."""
_POLL_EVERY_S = 0.2
_STILL_S = 0.4
"""So long nothing may change before the preview is asked for."""


class RuleEditor:
    """One rule being edited in one scope; `inherited` is what would hold if the scope set nothing, if anything."""

    def __init__(
        self, _: Catalog, actions: ThresholdActions, visitor: Visitor, view: RuleView, *, rule_store: RuleStore,
        scope: str, theme: str, is_new: bool, inherited: Rule | None, on_done: Callable[[], object],
    ) -> None:  # fmt: skip
        self._words, self._actions, self._visitor = _, actions, visitor
        self._view, self._scope, self._on_done, self._inherited = view, scope, on_done, inherited
        self._rule_store, self._rule = rule_store, view.resolved.rule
        table = rule_store.registry.quantities
        self._draft: Draft = draft_of(_, self._rule)
        self._released: set[str] = set()
        self._seen = actions.newest_version(view.family, scope)
        self._refused = ThresholdRejected()
        self._reason = ""
        self._advanced: ui.element | None = None
        self._changed_s: float | None = time.monotonic()
        with box("editor-grid"):
            with box("panel editor", "section", id="rules-head"):
                with box("panel-head"):
                    text(_("New rule") if is_new else view.title, "panel-title", "h2")
                    text(scope_name(_, rule_store, scope), "origin")
                self._sentence = text(view.sentence, "rule-sentence", "p")
                with box("section-box"):
                    text(_("Levels"), "section-title", "h3")
                    self._levels = LevelRows(_, table, self._rule, self._draft, on_change=self._set_levels)
                    self._release_button("levels")
                self._boxes = FieldBoxes(
                    _,
                    table,
                    self._rule,
                    self._draft,
                    others=series_in(_, rule_store, visitor.principal.sites),
                    on_change=self._set,
                )
                for title, fields in _SECTIONS:
                    self._section(_(title), self._that_matter(fields))
                self._advanced_section()
                self._save_row()
            self._preview = PreviewPanel(_, actions, visitor, view, rule_store=rule_store, scope=scope, theme=theme)
        self._judge()
        ui.timer(_POLL_EVERY_S, self._poll)

    def set_theme(self, theme: str) -> None:
        """Draw in the colours of `theme` from now on."""
        self._preview.set_theme(theme)

    def _that_matter(self, fields: Sequence[str]) -> list[str]:
        return [name for name in fields if name in fields_of(self._rule.kind)]

    def _section(self, title: str, fields: list[str]) -> None:
        if not fields:
            return
        with box("section-box"):
            text(title, "section-title", "h3")
            self._fields(fields)

    def _advanced_section(self) -> None:
        _ = self._words
        fields = self._that_matter(_ADVANCED)
        if not fields:
            return
        with box("section-box advanced", "details") as self._advanced:
            text(_("Advanced"), "section-title", "summary")
            self._fields(fields)
        if any(value.own and value.field in fields for value in self._view.values):
            self._unfold()

    def _unfold(self) -> None:
        if self._advanced is not None:
            mark(self._advanced, "open", "open")

    def _fields(self, fields: list[str]) -> None:
        with box("fields"):
            for name in fields:
                with box("field-slot"):
                    self._boxes.build(name)
                    self._release_button(name)

    def _release_button(self, name: str) -> None:
        """Where a value comes from, and the way back to the inherited one."""
        _ = self._words
        value = next((value for value in self._view.values if value.field == name), None)
        if value is None or self._inherited is None:
            return
        with box("provenance"):
            source = text(value.origin, "origin")
            if value.own:
                button(_("Use the inherited value"), "link", on_click=lambda: self._release(name, source))

    def _release(self, name: str, source: TextElement) -> None:
        _ = self._words
        if self._inherited is None:
            return
        texts = draft_of(_, self._inherited)
        if name == "levels":
            self._levels.replace(levels_in(texts))
        else:
            self._boxes.replace(name, texts)
        self._released.add(name)
        source.set(_("inherited"))
        self._note_change()

    def _set(self, name: str) -> None:
        self._released.discard(name)
        self._note_change()

    def _set_levels(self, draft: Draft) -> None:
        kept = without_levels(self._draft)
        self._draft.clear()
        self._draft.update({**kept, **draft})
        self._released.discard("levels")
        self._note_change()

    def _note_change(self) -> None:
        self._changed_s, self._refused = time.monotonic(), ThresholdRejected()
        self._judge()

    def _judge(self) -> Rule | None:
        """Show what the texts mean, or what is wrong with them; the rule where nothing is."""
        _ = self._words
        meaning = meaning_of(_, self._rule_store.registry.quantities, self._rule, self._draft)
        problems = {**self._refused.by_field, **meaning.problems}
        if any(name.partition(".")[0] in _ADVANCED for name in problems):
            self._unfold()
        self._boxes.show_problems(problems)
        self._levels.show_problems(problems)
        self._reason_problem.set(problems.get("reason", ""))
        self._other_problems.set(" ".join(self._others(problems)))
        if meaning.rule is not None:
            self._sentence.set(sentence(_, self._rule_store.registry.quantities, meaning.rule))
        return meaning.rule

    def _others(self, problems: dict[str, str]) -> list[str]:
        shown = self._boxes.names | self._levels.names | {"reason"}
        return [*self._refused.others, *(words for name, words in problems.items() if name not in shown)]

    def _save_row(self) -> None:
        _ = self._words
        with box("save-row"):
            with field(_("Why is it changed?")):
                line_input("", label=_("Why is it changed?"), placeholder=_("the reason"), on_change=self._keep_reason)
                self._reason_problem = problem_text()
            self._other_problems = problem_text()
            with box("decide"):
                self._save_button = button(_("Save"), "main", icon="check", on_click=self._save)
                button(_("Cancel"), "quiet", on_click=self._on_done)

    def _keep_reason(self, reason: str) -> None:
        self._reason = reason

    async def _poll(self) -> None:
        if self._changed_s is None or time.monotonic() - self._changed_s < _STILL_S:
            return
        self._changed_s = None
        rule = self._judge()
        if rule is None:
            self._preview.wait()
            return
        fields = fields_to_save(self._view.resolved, rule, self._scope, released=self._released)
        refused = await self._preview.show(rule, fields)
        if refused is not None and self._changed_s is None:
            self._refused = refused
            self._judge()

    async def _save(self) -> None:
        rule = self._judge()
        if rule is None:
            return
        mark(self._save_button, "true", "disabled")
        try:
            fields = fields_to_save(self._view.resolved, rule, self._scope, released=self._released)
            refused = await self._actions.save(
                self._visitor, self._view.family, self._scope, fields, self._reason, seen=self._seen
            )
        finally:
            self._save_button.props.pop("disabled", None)
            self._save_button.update()
        if refused is None:
            self._on_done()
        else:
            self._refused = refused
            self._judge()
