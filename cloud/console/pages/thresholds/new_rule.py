"""A new rule begins with three questions: what is it called, what is measured, and when is it an alarm.

POST thresholds/new/begin  place=all&title=High+water&quantity=water_level&kind=above  ─► its editor
"""

from cloud.access.principal import Role
from cloud.console.frame.form import Form
from cloud.console.frame.page import ConsolePage, Done, PageContent
from cloud.console.frame.rejections import ActionRejected
from cloud.console.frame.visit import PageVisit
from cloud.console.pages.thresholds.page import PLACE, SCRIPTS, STYLES
from cloud.console.pages.thresholds.places import must_read
from cloud.console.pages.thresholds.rule_subject import LONGEST_TITLE, family_name, measured_in
from cloud.console.view_models.threshold_places import ThresholdPlaces
from cloud.console.view_models.thresholds import EVERYWHERE, scope_name
from cloud.rulebook.rule_store import RuleStore
from cloud.rulebook.rule_words import KIND_NAMES
from cloud.rulebook.visibility import may_change_scope
from i18n import figures
from rules.rule import RuleKind


def new_rule_page(rule_store: RuleStore, places: ThresholdPlaces) -> ConsolePage:
    """The page that asks."""
    own = _NewRulePage(rule_store, places)
    return ConsolePage(
        f"{PLACE}/new",
        "thresholds/new.html",
        own.show,
        actions={"begin": own.begin},
        styles=STYLES,
        scripts=SCRIPTS,  # its form is answered by the editor, in the same page
        name=PLACE,
    )


class _NewRulePage:
    def __init__(self, rule_store: RuleStore, places: ThresholdPlaces) -> None:
        self._rule_store, self._places = rule_store, places

    async def show(self, visit: PageVisit) -> PageContent:
        """Ask what a new rule of a place is about."""
        scope = visit.query.get("at", EVERYWHERE)
        must_read(visit, self._rule_store, self._places, scope)
        return PageContent(still=lambda: self._asked(visit, scope), title=visit.words("New rule"))

    async def begin(self, visit: PageVisit, form: Form) -> Done:
        """Lead on to the editor of the rule that is about to be."""
        _, scope = visit.words, form.text("place", most=80)
        must_read(visit, self._rule_store, self._places, scope)
        principal = visit.must(Role.ENGINEER)
        if not may_change_scope(principal, self._rule_store.targets, scope):
            beyond = _("This reaches beyond the sites that you may see; choose one of your sites.")
            raise ActionRejected(beyond, status=403)
        title, quantity, kind = form.text("title", most=LONGEST_TITLE), form.text("quantity"), form.text("kind")
        if not title:
            raise ActionRejected(_("A rule needs a title; write what it watches."), field="title")
        if quantity not in self._rule_store.registry.quantities or kind not in set(RuleKind):
            raise ActionRejected(_("Nothing is measured here; choose another place."), field="quantity")
        family = family_name(title, self._taken())
        asked = {"title": title, "quantity": quantity, "kind": kind}
        return Done("", visit.href(f"{PLACE}/{family}/{scope}", **asked))

    def _taken(self) -> list[str]:
        return sorted({version.family for version in self._rule_store.versions()})

    def _asked(self, visit: PageVisit, scope: str) -> dict[str, object]:
        _, table = visit.words, self._rule_store.registry.quantities
        return {
            "scope": scope,
            "place_name": scope_name(_, self._rule_store, scope),
            "quantities": [
                (quantity, figures.name_of(_, table[quantity])) for quantity in measured_in(self._rule_store, scope)
            ],
            "kinds": [(kind.value, _(words)) for kind, words in KIND_NAMES.items()],
        }
