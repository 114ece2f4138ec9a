"""The page of one rule in one place: its editor with a try beside it, or its values and versions.

Siaga 3  [150] cm  [moderate v]  ●        ╭ chart with levels and alarms ────────╮
Siaga 2  [250] cm  [severe   v]  ●        │ 4 alarms, 1.2 hours a week; as it is │
Must last [1] min   Must go back by [10]  ╰ now: 9 alarms, 6 hours a week ───────╯
Why [the dike was raised            ]  [ Save ]
"""

from typing import Any

import msgspec

from cloud.alarms.preview import Previewer
from cloud.console.frame.form import Form
from cloud.console.frame.page import ConsolePage, Done, Fragment, PageContent
from cloud.console.frame.rejections import ActionRejected
from cloud.console.frame.visit import PageVisit
from cloud.console.pages.thresholds.page import PLACE, SCRIPTS, STYLES
from cloud.console.pages.thresholds.rule_actions import RuleActions, ThresholdRejected
from cloud.console.pages.thresholds.rule_editor import Edited, RuleEditor
from cloud.console.pages.thresholds.rule_history import history_of
from cloud.console.pages.thresholds.rule_preview import choices_of, differences, drawing_of
from cloud.console.pages.thresholds.rule_subject import RuleSubject, subject_of
from cloud.console.view_models.threshold_places import ThresholdPlaces
from cloud.console.view_models.thresholds import scope_name
from cloud.notify.notifier import Notifier
from cloud.rulebook.rule_store import RuleStore
from i18n import figures


class Redrawn(ActionRejected):
    """The form goes on: the page again, with what it holds."""

    def __init__(self) -> None:
        super().__init__("", field="draft", status=200)


class _Rejected(ActionRejected):
    """The change may not be made; `problems` stand beside their fields."""

    def __init__(self, problems: ThresholdRejected) -> None:
        super().__init__(" ".join(problems.others), field="" if problems.others else "draft")
        self.problems = problems


def rule_page(rule_store: RuleStore, places: ThresholdPlaces, previewer: Previewer, notifier: Notifier) -> ConsolePage:
    """The page on each rule of the city."""
    own = _RulePage(rule_store, places, RuleActions(rule_store, previewer), notifier)
    return ConsolePage(
        PLACE + "/{family}/{scope}",
        "thresholds/rule.html",
        own.show,
        actions={"save": own.save, "undo": own.undo},
        styles=STYLES,
        scripts=SCRIPTS,
        name=PLACE,
    )


class _RulePage:
    def __init__(
        self, rule_store: RuleStore, places: ThresholdPlaces, actions: RuleActions, notifier: Notifier
    ) -> None:
        self._rule_store, self._places, self._actions, self._notifier = rule_store, places, actions, notifier
        self._editor = RuleEditor(rule_store)

    async def show(self, visit: PageVisit) -> PageContent:
        """Show the editor to whoever may change the rule here, or else what holds and how it came to be."""
        subject = self._subject(visit)
        moment = self._places.moment()
        edits = visit.query.get("show") != "versions" and self._actions.may_change(visit, subject.scope)
        newest = Fragment("newest", "thresholds/newest.html", lambda: self._newest(visit, subject), version=moment)
        title = f"{subject.view.title} · {scope_name(visit.words, self._rule_store, subject.scope)}"
        if not edits:
            return PageContent(
                [newest, Fragment("history", "thresholds/history.html", lambda: self._history(visit), version=moment)],
                still={**self._names(visit, subject), "editor": None},
                title=title,
            )
        if not visit.sent:
            return PageContent([newest], still=lambda: self._form(visit, subject), title=title)
        return PageContent([newest], still=await self._tried(visit, subject), title=title)

    async def save(self, visit: PageVisit, form: Form) -> Done:
        """Save what is edited, or go on editing: the button that was pressed says which."""
        _, subject = visit.words, self._subject(visit)
        self._actions.must_change(visit, subject.scope)
        if form.text("do") != "save":
            raise Redrawn
        edited = self._editor.edited(visit.words, subject, form)
        if edited.rule is None:
            raise _Rejected(ThresholdRejected(edited.problems))
        fields = self._editor.fields_of(subject, edited)
        if not fields and not differences(_, self._rule_store, subject, fields):
            raise ActionRejected(_("Nothing is changed: this is what holds already."))
        try:
            await self._actions.save(visit, subject, fields, form.text("reason"), seen=form.number("seen") or 0)
        except ThresholdRejected as problems:
            raise _Rejected(problems) from None
        said = _("Saved: {title}, {place}.", title=subject.view.title, place=self._place(visit, subject))
        return Done(said, visit.href(PLACE, at=subject.scope))

    async def undo(self, visit: PageVisit, form: Form) -> Done:
        """Take the newest version back."""
        _, subject = visit.words, self._subject(visit)
        await self._actions.undo(visit, subject, form.text("reason"), seen=form.number("seen") or 0)
        return Done(_("Version {n} is taken back.", n=subject.newest), visit.href(PLACE, at=subject.scope))

    async def _tried(self, visit: PageVisit, subject: RuleSubject) -> dict[str, object]:
        """The form as it was sent, with what the rule in it would have done; or without, and why."""
        _ = visit.words
        edited = self._editor.edited(visit.words, subject, visit.sent)
        rejected = visit.rejected.problems if isinstance(visit.rejected, _Rejected) else ThresholdRejected({})
        told: dict[str, Any] = {"drawing": None, "passed_over": False, "differences": ()}
        if edited.rule is not None:
            fields = self._editor.fields_of(subject, edited)
            told["differences"] = differences(_, self._rule_store, subject, fields)
        if edited.rule is not None and next(iter(visit.sent.get("do", ())), "") == "try":
            choices = choices_of(visit, self._rule_store, subject)
            try:
                found = await self._actions.preview(visit, subject, fields, sensor=choices.sensor, days=choices.days)
                told["passed_over"] = found is None
                if found is not None:
                    told["drawing"] = drawing_of(_, self._rule_store, edited.rule, found, self._notifier.settings)
            except ThresholdRejected as problems:
                rejected = problems
        edited = msgspec.structs.replace(edited, problems={**rejected.by_field, **edited.problems})
        return {**self._context(visit, subject, edited, others=rejected.others), **told}

    def _form(self, visit: PageVisit, subject: RuleSubject) -> dict[str, object]:
        edited = self._editor.begun(visit.words, subject)
        blank: dict[str, Any] = {"drawing": None, "passed_over": False, "differences": ()}
        return {**self._context(visit, subject, edited), **blank}

    def _context(
        self, visit: PageVisit, subject: RuleSubject, edited: Edited, *, others: tuple[str, ...] = ()
    ) -> dict[str, object]:
        shown = self._editor.shown(visit, subject, edited)
        untold = [words for name, words in edited.problems.items() if name not in shown.told]
        return {
            **self._names(visit, subject),
            "editor": shown,
            "others": " ".join([*(others if visit.rejected is None or visit.rejected.field else ()), *untold]),
            "choices": choices_of(visit, self._rule_store, subject),
            "seen": next(iter(visit.sent.get("seen", ())), str(subject.newest)),
            "asked": bool(visit.sent) and next(iter(visit.sent.get("do", ())), "") in {"try", "save"},
            "mended": edited.rule is not None,
        }

    def _subject(self, visit: PageVisit) -> RuleSubject:
        return subject_of(visit, self._rule_store, self._places)

    def _names(self, visit: PageVisit, subject: RuleSubject) -> dict[str, object]:
        return {
            "subject": subject,
            "scope": subject.scope,
            "place_name": self._place(visit, subject),
            "may_change": self._actions.may_change(visit, subject.scope),
        }

    def _newest(self, visit: PageVisit, subject: RuleSubject) -> dict[str, object]:
        newest = subject.versions[0] if subject.versions else None
        when = "" if newest is None else figures.day_and_time(visit.words, newest.at_ms, visit.zone)
        return {"newest": newest, "when": when}

    def _history(self, visit: PageVisit) -> dict[str, object]:
        subject = self._subject(visit)
        return {**self._names(visit, subject), **history_of(visit, self._rule_store, subject)}

    def _place(self, visit: PageVisit, subject: RuleSubject) -> str:
        return scope_name(visit.words, self._rule_store, subject.scope)
