"""What engineers do about dated facts: record one, correct one, take one back; each of what they may see alone.

record  of=river  what=mounting_height_cm  value=420  since=  source="survey 7"  reason="hung lower"
"""

from collections.abc import Awaitable, Callable
from typing import Any

from cloud.access.principal import Role
from cloud.console.frame.form import Form
from cloud.console.frame.page import Done
from cloud.console.frame.rejections import ActionRejected
from cloud.console.frame.visit import PageVisit
from cloud.console.view_models.day_times import parse_moment
from cloud.console.view_models.facts import parse_value
from cloud.console.view_models.places import ListedPlace, PlaceIndex
from cloud.console.view_models.typed_number import InvalidInput
from cloud.registry.fact_service import FactRejected, FactService
from cloud.registry.facts import CITY, Fact
from i18n.catalog import Catalog, ended

KINDS = ("city", "sensor", "gateway")


class FactActions:
    """The dated facts, as forms change them."""

    def __init__(self, facts: FactService, places: PlaceIndex) -> None:
        self._facts, self._places = facts, places

    async def record(self, visit: PageVisit, form: Form) -> Done:
        """Record what holds from a moment on, from now where none is given."""
        _, principal, what = visit.words, visit.must(Role.ENGINEER), form.text("what")
        since, value = form.text("since"), form.text("value")

        async def act() -> object:
            subject = _subject_of(self._places.named(_, form.text("of"), principal, KINDS))
            self._must_touch(visit, subject, what, value)
            return await self._facts.record(
                subject, what, parse_value(_, what, value),
                actor=principal.actor, reason=form.text("reason"), source=form.text("source"),
                valid_from_ms=parse_moment(_, since, visit.zone) if since else None,
            )  # fmt: skip

        await _or_rejected(_, act, field="reason")
        return Done(_("The fact is recorded."), visit.href("facts"))

    async def correct(self, visit: PageVisit, form: Form) -> Done:
        """Record another value with the validity of a fact."""
        _, principal, value = visit.words, visit.must(Role.ENGINEER), form.text("value")

        async def act() -> object:
            fact = await self._fact(visit, form)
            self._must_touch(visit, fact.subject, fact.what, value)
            given: Any = parse_value(_, fact.what, value)
            reason, source = form.text("reason"), form.text("source")
            return await self._facts.correct(fact.id, given, actor=principal.actor, reason=reason, source=source)

        await _or_rejected(_, act, field="reason")
        return Done(_("The fact is corrected."), visit.href("facts"))

    async def undo(self, visit: PageVisit, form: Form) -> Done:
        """Take a fact back."""
        _, principal = visit.words, visit.must(Role.ENGINEER)

        async def act() -> object:
            fact = await self._fact(visit, form)
            self._must_touch(visit, fact.subject, "", "")
            return await self._facts.undo(fact.id, actor=principal.actor, reason=form.text("reason"))

        await _or_rejected(_, act, field="")
        return Done(_("The fact is taken back."))

    async def _fact(self, visit: PageVisit, form: Form) -> Fact:
        """The fact that a form is about; LookupError where there is none of that id for the visitor."""
        fact = await self._facts.fact(form.number("fact") or 0)
        if fact.subject != CITY and not self._facts.may_touch(fact.subject, visit.principal.sites):
            raise LookupError(fact.id)
        return fact

    def _must_touch(self, visit: PageVisit, subject: str, what: str, value: str) -> None:
        _, principal = visit.words, visit.principal
        sites, facts = principal.sites, self._facts
        if not facts.may_touch(subject, sites) or not facts.may_refer(what, value, sites):
            raise ActionRejected(_("This site is not among those that you may see."), status=403)


def _subject_of(place: ListedPlace) -> str:
    return CITY if place.kind == "city" else place.value


async def _or_rejected(_: Catalog, act: Callable[[], Awaitable[object]], *, field: str) -> None:
    try:
        await act()
    except FactRejected as rejection:
        told = " ".join(ended(_.said(problem)) for problem in rejection.problems)
        raise ActionRejected(told, field=field) from None
    except LookupError:
        raise ActionRejected(_("This fact is gone.")) from None
    except InvalidInput as error:
        raise ActionRejected(str(error), field=field) from None
