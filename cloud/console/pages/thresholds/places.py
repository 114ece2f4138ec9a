"""Which place a page of thresholds is about: named in its address, and only one that the visitor may read of."""

from cloud.console.frame.rejections import NotThere
from cloud.console.frame.visit import PageVisit
from cloud.console.view_models.threshold_places import ThresholdPlaces
from cloud.rulebook.rule_store import RuleStore
from cloud.rulebook.visibility import may_read_scope


def must_read(visit: PageVisit, rule_store: RuleStore, places: ThresholdPlaces, scope: str) -> None:
    """NotThere unless there is a place `scope`, or was when rules were set there, that the visitor may read of."""
    _ = visit.words
    if not places.has(_, scope) or not may_read_scope(visit.principal, rule_store.targets, scope):
        raise NotThere(_("There is no such place, or not for you."))


def number_asked(visit: PageVisit, name: str) -> int | None:
    """The number that the address gives for `name`, of at most six digits; None where it gives none."""
    text = visit.query.get(name, "")
    return int(text) if text.isdecimal() and text.isascii() and len(text) < 7 else None
