"""What engineers do about a rule: try, save, take back. Each asks first who they are now.

await actions.save(visit, subject, fields, "the dike was raised", seen=2)      ThresholdRejected where it may not be
"""

from collections.abc import Sequence
from typing import Any

from cloud.access.principal import Principal, Role
from cloud.alarms.preview import Preview, Previewer
from cloud.console.frame.rejections import ActionRejected
from cloud.console.frame.visit import PageVisit
from cloud.console.pages.thresholds.preview_turns import PreviewTurns
from cloud.console.pages.thresholds.problem_sentences import refusal_sentence
from cloud.console.pages.thresholds.rule_subject import RuleSubject
from cloud.database.audit_log import Actor
from cloud.database.engine import DatabaseUnavailable
from cloud.readings.contract import StoreUnavailable
from cloud.rulebook.admission import no_such_sensor
from cloud.rulebook.records import ChangedMeanwhile, RuleRejected, RuleVersion
from cloud.rulebook.rule_store import RuleStore
from cloud.rulebook.visibility import foreign_in, may_change_scope
from i18n.catalog import Catalog
from rules.problem import ValidationProblem
from runtime.clock import wall_ms
from wire.durations import DAY_MS

DAYS = (1, 7, 30)


class ThresholdRejected(Exception):
    """Why something was not done: sentences beside the field that each of them names, and all others."""

    def __init__(self, by_field: dict[str, str], others: Sequence[str] = ()) -> None:
        super().__init__(" ".join([*by_field.values(), *others]))
        self.by_field, self.others = by_field, tuple(others)


class RuleActions:
    """The store of rules and the previewer."""

    def __init__(self, rule_store: RuleStore, previewer: Previewer) -> None:
        self._rule_store, self._previewer, self._turns = rule_store, previewer, PreviewTurns()

    async def preview(
        self, visit: PageVisit, subject: RuleSubject, fields: dict[str, Any], *, sensor: str, days: int
    ) -> Preview | None:
        """What the rule would have done over the last `days` of a sensor; None where a later try goes before."""
        _, principal = visit.words, self.must_change(visit, subject.scope)
        end_ms, known = wall_ms(), self._rule_store.targets.get(sensor)
        if known is None or not principal.may_see(known.site):
            raise ThresholdRejected({}, [_("This sensor is gone; load the page again.")])
        try:
            self._must_name(principal, subject, fields)
            return await self._turns.run(
                principal.name,
                lambda: self._previewer.preview(
                    subject.family,
                    subject.scope,
                    fields or None,
                    sensor=sensor,
                    start_ms=end_ms - days * DAY_MS,
                    end_ms=end_ms,
                    sites=principal.sites,
                ),
            )
        except RuleRejected as refusal:
            raise rejected_for(_, refusal.problems) from None
        except (DatabaseUnavailable, StoreUnavailable) as error:
            raise ThresholdRejected({}, [str(error)]) from None

    async def save(
        self, visit: PageVisit, subject: RuleSubject, fields: dict[str, Any], reason: str, *, seen: int
    ) -> None:
        """Set `fields` in the place, from now on; with none left it sets nothing any more.

        `seen` is the version that was edited: what somebody else has saved since is not undone unseen.
        """
        _, principal = visit.words, self.must_change(visit, subject.scope)
        try:
            self._must_name(principal, subject, fields)
            await self._put(subject, fields, actor=principal.actor, reason=reason, seen=seen)
        except ChangedMeanwhile as meanwhile:
            raise ThresholdRejected({}, [_meanwhile(_, meanwhile)]) from None
        except RuleRejected as refusal:
            raise rejected_for(_, refusal.problems) from None

    async def undo(self, visit: PageVisit, subject: RuleSubject, reason: str, *, seen: int) -> None:
        """Take the newest version back, which is the one `seen`."""
        _, principal = visit.words, self.must_change(visit, subject.scope)
        why = reason or _("undone")
        try:
            await self._rule_store.undo(subject.family, subject.scope, actor=principal.actor, reason=why, seen=seen)
        except ChangedMeanwhile as meanwhile:
            raise ActionRejected(_meanwhile(_, meanwhile), status=409) from None
        except RuleRejected as refusal:
            raise ActionRejected(str(rejected_for(_, refusal.problems)), field="reason") from None

    def may_change(self, visit: PageVisit, scope: str) -> bool:
        """Whether role and sites of a visitor let them change what holds in `scope`: a wide scope takes all sites."""
        return visit.may(Role.ENGINEER) and may_change_scope(visit.principal, self._rule_store.targets, scope)

    def must_change(self, visit: PageVisit, scope: str) -> Principal:
        """Return who asks, if they may change what holds in `scope`; ActionRejected with the reason otherwise."""
        _, principal = visit.words, visit.must(Role.ENGINEER)
        if not may_change_scope(principal, self._rule_store.targets, scope):
            beyond = _("This reaches beyond the sites that you may see; choose one of your sites.")
            raise ActionRejected(beyond, status=403)
        return principal

    async def _put(
        self, subject: RuleSubject, fields: dict[str, Any], *, actor: Actor, reason: str, seen: int
    ) -> RuleVersion:
        family, scope, store = subject.family, subject.scope, self._rule_store
        if fields:
            return await store.save(family, scope, fields, actor=actor, reason=reason, seen=seen)
        return await store.remove(family, scope, actor=actor, reason=reason, seen=seen)

    def _must_name(self, principal: Principal, subject: RuleSubject, fields: dict[str, Any]) -> None:
        patches = self._rule_store.patches_in(subject.family, [subject.scope])
        held = patches[0].fields if patches else {}
        foreign = foreign_in(principal, self._rule_store.targets, fields, held)
        if foreign:
            raise RuleRejected([no_such_sensor(foreign[0])])


def _meanwhile(_: Catalog, meanwhile: ChangedMeanwhile) -> str:
    return _(
        "{person} has changed it meanwhile (version {n}): “{reason}”. Open it anew and look at that first.",
        person=meanwhile.newest.author,
        n=meanwhile.newest.version,
        reason=meanwhile.newest.reason,
    )


def rejected_for(_: Catalog, problems: Sequence[ValidationProblem]) -> ThresholdRejected:
    """The problems in this language, the first of each field beside it."""
    by_field: dict[str, str] = {}
    others: list[str] = []
    for problem in problems:
        sentence = refusal_sentence(_, problem)
        if problem.field in by_field:
            others.append(sentence)
        else:
            by_field[problem.field] = sentence
    return ThresholdRejected(by_field, others)
