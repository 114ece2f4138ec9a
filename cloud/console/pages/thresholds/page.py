"""The page of thresholds: a tree of places on the left, on the right the rules in force in the one that is chosen.

Pulau Morotai         River level                                   [ Change here ] [ Versions ]
├ Daruba river bridge Alarm when Water level reaches 150 cm (Siaga 3), 250 cm (Siaga 2). It must last 1 min.
│ └ River gauge       Levels      Siaga 3 150 cm; Siaga 2 250 cm      from Pulau Morotai
└ Dodola ferry        Must last   1 min                               set here
"""

from zoneinfo import ZoneInfo

from nicegui import ui

from cloud.access.principal import Role
from cloud.console.components.chips import ChipBox
from cloud.console.components.elements import box, mark, text
from cloud.console.components.inputs import button
from cloud.console.components.visitor import Visitor
from cloud.console.pages.thresholds.actions import ThresholdActions
from cloud.console.pages.thresholds.new_rule import NewRuleDialog
from cloud.console.pages.thresholds.rule_editor import RuleEditor
from cloud.console.pages.thresholds.versions import Versions
from cloud.console.view_models.colours import chip
from cloud.console.view_models.thresholds import (
    EVERYWHERE,
    Branch,
    RuleView,
    inherited_at,
    rule_at,
    rules_at,
    scope_name,
    tree_of,
    versions_of,
)
from cloud.rulebook.rule_store import RuleStore
from cloud.rulebook.rule_words import level_name
from i18n.catalog import Catalog
from rules.colours import colour_of


class ThresholdsPage:
    """The body of the page; `show` brings it up to the store of rules, unless somebody is editing."""

    def __init__(
        self, _: Catalog, actions: ThresholdActions, visitor: Visitor, *, rule_store: RuleStore, theme: str,
        zone: ZoneInfo,
    ) -> None:  # fmt: skip
        self._words, self._actions, self._visitor, self._zone = _, actions, visitor, zone
        self._rule_store, self._theme = rule_store, theme
        self._scope = EVERYWHERE
        self._edition: object = None
        self._editor: RuleEditor | NewRuleDialog | None = None
        self._branches: dict[str, ui.element] = {}
        with box("thresholds"):
            with box("panel tree-panel", "section", aria_label=_("Places")):
                text(_("Places"), "panel-title", "h2")
                self._tree = box("tree", "nav", aria_label=_("Places"))
            self._right = box("rules", "section", aria_label=_("Rules"))

    async def show(self, _seen: object) -> None:
        """Bring tree and rules up to date when the store of rules has changed."""
        if self._edition != self._rule_store.edition and self._editor is None:
            self._edition = self._rule_store.edition
            self._draw_tree()
            self._draw_rules()

    async def set_theme(self, theme: str, _seen: object) -> None:
        """Draw in the colours of `theme` from now on."""
        self._theme = theme
        if isinstance(self._editor, RuleEditor):
            self._editor.set_theme(theme)

    def _draw_tree(self) -> None:
        self._tree.clear()
        with self._tree:
            branches = tree_of(self._words, self._rule_store, sites=self._visitor.principal.sites)
            self._branches = {branch.scope: self._branch(branch) for branch in branches}

    def _branch(self, branch: Branch) -> ui.element:
        current = "true" if branch.scope == self._scope else "false"
        with box("branch", "button", type="button", aria_current=current, data_scope=branch.scope) as element:
            with box("branch-names"):
                text(branch.name, "branch-name")
                text(branch.detail, "branch-detail")
            if branch.own:
                text(", ".join(branch.own), "branch-own")
        mark(element, str(branch.depth), "data-depth")
        element.on("click", lambda: self._choose(branch.scope))
        return element

    def _choose(self, scope: str) -> None:
        self._scope, self._editor = scope, None
        for name, element in self._branches.items():
            mark(element, str(name == scope).lower(), "aria-current")
        self._draw_rules()
        self._bring_into_view()

    def _draw_rules(self) -> None:
        _ = self._words
        self._right.clear()
        views = rules_at(_, self._rule_store, self._scope)
        with self._right:
            with box("rules-head", id="rules-head"):
                with box("rules-names"):
                    text(scope_name(_, self._rule_store, self._scope), "rules-title", "h2")
                    text(_("Rules in force here"), "faint")
                if self._may_change():
                    button(_("New rule"), icon="add", on_click=self._start_rule)
            if not views:
                text(_("No rule holds here yet."), "panel panel-empty", "p")
            for view in views:
                self._rule(view)

    def _may_change(self) -> bool:
        return self._visitor.may(Role.ENGINEER) and self._actions.may_change(self._visitor.principal, self._scope)

    def _rule(self, view: RuleView) -> None:
        _ = self._words
        with box("panel rule", "article", data_family=view.family) as panel:
            with box("panel-head"):
                text(view.title, "panel-title", "h3")
                text(view.origin, "origin")
            mark(panel, str(view.own).lower(), "data-own")
            with box("rule-levels"):
                for level in view.resolved.rule.levels:
                    ChipBox(chip(level_name(_, level), colour_of(level)))
            text(view.sentence, "rule-sentence", "p")
            if view.asleep:
                text(view.asleep, "rule-sentence rule-asleep", "p")
            with box("values", "dl"):
                for value in view.values:
                    with box("value-row") as row:
                        text(value.name, "value-name", "dt")
                        text(value.value, "value-words", "dd")
                        text(value.origin, "value-origin", "dd")
                    mark(row, str(value.own).lower(), "data-own")
            with box("actions"):
                if self._may_change():
                    button(_("Change here"), "main", icon="edit", on_click=lambda: self._edit(view))
                button(_("Versions"), icon="history", on_click=lambda: self._show_versions(view, versions))
            versions = box("versions")

    def _show_versions(self, view: RuleView, place: ui.element) -> None:
        if place.default_slot.children:
            place.clear()
            return
        with place:
            self._versions(view)

    def _versions(self, view: RuleView) -> Versions:
        shown = versions_of(self._words, self._rule_store, view, self._scope, zone=self._zone)

        async def undo(reason: str) -> str:
            refusal = await self._actions.undo(self._visitor, view.family, self._scope, reason)
            if refusal is not None:
                return " ".join([*refusal.by_field.values(), *refusal.others])
            self._leave()
            return ""

        return Versions(self._words, shown, undo=undo if self._may_change() else None)

    def _edit(self, view: RuleView) -> None:
        fresh = rule_at(self._words, self._rule_store, view.family, self._scope) or view
        self._open_editor(fresh, is_new=False)

    def _start_rule(self) -> None:
        self._right.clear()
        with self._right:
            self._editor = NewRuleDialog(
                self._words,
                self._rule_store,
                self._scope,
                taken=self._rule_store.families(),
                on_made=lambda view: self._open_editor(view, is_new=True),
                on_cancel=self._leave,
            )

    def _open_editor(self, view: RuleView, *, is_new: bool) -> None:
        self._right.clear()
        with self._right:
            self._editor = RuleEditor(
                self._words,
                self._actions,
                self._visitor,
                view,
                rule_store=self._rule_store,
                scope=self._scope,
                theme=self._theme,
                is_new=is_new,
                inherited=None if is_new else inherited_at(self._rule_store, view.family, self._scope),
                on_done=self._leave,
            )
        self._bring_into_view()

    def _bring_into_view(self) -> None:
        with self._right:  # the button that was pressed may be gone by now
            ui.run_javascript("siaga.bringIntoView('rules-head')")

    def _leave(self) -> None:
        self._editor, self._edition = None, self._rule_store.edition
        self._draw_tree()
        self._draw_rules()
