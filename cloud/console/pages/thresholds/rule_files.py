"""The page of rules as a file: what holds, to be kept or edited; a file compared with it, and then taken over.

[rules.toml ↓]     paste or choose a file ─► what would change, field by field, or what is wrong in which line ─► apply
"""

from typing import Any

import msgspec
from starlette.responses import Response

from cloud.access.principal import Role
from cloud.console.frame.form import Form
from cloud.console.frame.page import ConsolePage, Done, PageContent
from cloud.console.frame.rejections import ActionRejected, NotThere
from cloud.console.frame.visit import PageVisit
from cloud.console.pages.thresholds.page import PLACE, SCRIPTS, STYLES
from cloud.console.pages.thresholds.problem_sentences import refusal_sentence
from cloud.console.view_models.rule_versions import ChangeView, changes_between, file_changes
from cloud.console.view_models.thresholds import rule_at, scope_name
from cloud.rulebook.records import RuleRejected
from cloud.rulebook.rule_store import RuleStore
from cloud.rulebook.rules_import import MOST_BYTES, ImportPlan, ScopeDifference, exported, planned
from cloud.rulebook.visibility import readable_families
from i18n.catalog import Catalog
from rules.rule import Rule
from rules.scope import NoRule, rule_of

DIFFERENCES_SHOWN = 60
_TEXT = "text"


class DifferenceView(msgspec.Struct, frozen=True):
    """What would change of what a place sets; `what` says whether it is new, changed or taken out."""

    family: str
    place: str
    line: int | None
    what: str
    changes: tuple[ChangeView, ...]


class FileComparison(msgspec.Struct, frozen=True):
    """What a file would do, or what is wrong with it; `known` stands for the rules that it was compared with."""

    headline: str
    shown: tuple[DifferenceView, ...]
    count: int
    problems: tuple[tuple[int | None, str], ...]
    known: int


class _Looked(ActionRejected):
    """A dry run: the page again, with what the file would do."""

    def __init__(self, plan: ImportPlan) -> None:
        super().__init__("", field="plan", status=422 if plan.problems else 200)
        self.plan = plan


def rule_files_page(rule_store: RuleStore) -> ConsolePage:
    """The page on the city's rules."""
    own = _RuleFilesPage(rule_store)
    return ConsolePage(
        f"{PLACE}/file",
        "thresholds/file.html",
        own.show,
        actions={"compare": own.compare, "apply": own.apply},
        files={"rules.toml": own.export},
        styles=STYLES,
        scripts=SCRIPTS,
        name=PLACE,
    )


class _RuleFilesPage:
    def __init__(self, rule_store: RuleStore) -> None:
        self._rule_store = rule_store

    async def show(self, visit: PageVisit) -> PageContent:
        """Show where to get the file, where to put one, and what that would do."""
        return PageContent(still=lambda: self._still(visit), title=visit.words("Rules as a file"))

    async def export(self, visit: PageVisit) -> Response:
        """Answer with the file, of one family if the address names one."""
        _, store, family = visit.words, self._rule_store, visit.query.get("family")
        if family is not None and family not in readable_families(visit.principal, store):
            raise NotThere(_("There is no such rule here; look at another place."))
        text = await store.while_unchanged(lambda: exported(store, visit.principal, family))
        return Response(
            text,
            media_type="application/toml",
            headers={"Content-Disposition": f'attachment; filename="{family or "rules"}.toml"'},
        )

    async def compare(self, visit: PageVisit, form: Form) -> Done:
        """Say what a file would do."""
        raise _Looked(await self._planned(visit, form))

    async def apply(self, visit: PageVisit, form: Form) -> Done:
        """Take the file over, if it still does what was seen."""
        _, plan = visit.words, await self._planned(visit, form)
        if plan.problems:
            raise _Looked(plan)
        if not plan.differences:
            raise ActionRejected(_("The file says what holds already."))
        actor, seen = visit.must(Role.ENGINEER).actor, form.number("seen")
        try:
            await self._rule_store.save_all(plan.changes, actor=actor, reason=form.text("reason"), seen=seen)
        except RuleRejected as refusal:
            raise ActionRejected(" ".join(refusal_sentence(_, problem) for problem in refusal.problems)) from None
        done = _.plural("{n} place has been changed.", "{n} places have been changed.", len(plan.differences))
        return Done(done, visit.href(PLACE))

    async def _planned(self, visit: PageVisit, form: Form) -> ImportPlan:
        _, principal = visit.words, visit.must(Role.ENGINEER)
        text, store, whole = form.text(_TEXT, most=MOST_BYTES), self._rule_store, form.ticked("whole")
        if not text:
            raise ActionRejected(_("There is nothing to compare: choose a file, or paste its text."), field=_TEXT)
        return await store.while_unchanged(lambda: planned(store, text, principal=principal, whole=whole))

    def _still(self, visit: PageVisit) -> dict[str, Any]:
        plan = visit.rejected.plan if isinstance(visit.rejected, _Looked) else None
        return {
            "may_import": visit.may(Role.ENGINEER),
            "text": next(iter(visit.sent.get(_TEXT, ())), "")[:MOST_BYTES],
            "is_whole": bool(visit.sent.get("whole")),
            "reason": next(iter(visit.sent.get("reason", ())), "")[:500],
            "compared": None if plan is None else self._compared(visit.words, plan),
        }

    def _compared(self, _: Catalog, plan: ImportPlan) -> FileComparison:
        return FileComparison(
            _.plural("{n} place would change", "{n} places would change", len(plan.differences)),
            () if plan.problems else tuple(self._difference(_, one) for one in plan.differences[:DIFFERENCES_SHOWN]),
            len(plan.differences),
            tuple((problem.line, _.said(problem.sentence)) for problem in plan.problems),
            plan.known,
        )

    def _difference(self, _: Catalog, one: ScopeDifference) -> DifferenceView:
        what = _("new") if one.before is None else _("taken out") if one.after is None else _("changed")
        rule, table = self._rule(_, one), self._rule_store.registry.quantities
        before, after = one.before or {}, one.after or {}
        changes = changes_between(_, table, rule, before, after) if rule else file_changes(_, before, after)
        return DifferenceView(one.family, scope_name(_, self._rule_store, one.scope), one.line, what, changes)

    def _rule(self, _: Catalog, one: ScopeDifference) -> Rule | None:
        """The rule in whose terms values are told: as it holds there, or as the file makes it; None where neither."""
        held = rule_at(_, self._rule_store, one.family, one.scope)
        if held is not None:
            return held.resolved.rule
        try:
            return rule_of(one.family, one.after or {})
        except NoRule:
            return None
