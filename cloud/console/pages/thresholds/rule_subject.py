"""Which rule a page is about: a family in a place, as it holds there, or as one that is about to be made.

/console/en/thresholds/river-level/site:daruba                                         as it holds
/console/en/thresholds/high-water/all?title=High+water&quantity=water_level&kind=above   to be made
"""

import re
from collections.abc import Sequence

import msgspec
from msgspec.structs import replace

from cloud.console.frame.rejections import NotThere
from cloud.console.frame.visit import PageVisit
from cloud.console.pages.thresholds.places import must_read
from cloud.console.view_models.threshold_places import ThresholdPlaces
from cloud.console.view_models.thresholds import RuleView, inherited_at, rule_at, targets_at, view_of_new
from cloud.rulebook.records import RuleVersion
from cloud.rulebook.rule_store import RuleStore
from rules.rule import Level, Rule, RuleKind, Severity
from rules.validation import family_problems

_USUAL_SILENCE = 5.0
"""Expected intervals; fewer and a lost message is an alarm."""
_TREND_WINDOW_S = 4 * 86_400.0
_MODERATE = ("Moderate", "Sedang")
"""What a first level is called in both languages where no scale names it."""
LONGEST_TITLE = 120


class RuleSubject(msgspec.Struct, frozen=True):
    """A rule in a place: `versions` of what the place sets, the newest first; `inherited` what would hold without."""

    family: str
    scope: str
    view: RuleView
    is_new: bool
    inherited: Rule | None
    versions: list[RuleVersion]

    @property
    def newest(self) -> int:
        """The number of the newest version; 0 where the place never set anything."""
        return max((version.version for version in self.versions), default=0)


def subject_of(visit: PageVisit, rule_store: RuleStore, places: ThresholdPlaces) -> RuleSubject:
    """The rule that the address names; NotThere where there is none for this visitor."""
    _, family, scope = visit.words, visit.names["family"], visit.names["scope"]
    must_read(visit, rule_store, places, scope)
    versions = rule_store.versions(family, scope)
    view = rule_at(_, rule_store, family, scope)
    if view is not None:
        return RuleSubject(family, scope, view, False, inherited_at(rule_store, family, scope), versions)
    rule = _to_be_made(visit, rule_store, family)
    if rule is None:
        raise NotThere(_("There is no such rule here; look at another place."))
    return RuleSubject(family, scope, view_of_new(_, rule_store, rule, scope), True, None, versions)


def _to_be_made(visit: PageVisit, rule_store: RuleStore, family: str) -> Rule | None:
    title, quantity, kind = (visit.query.get(name, "") for name in ("title", "quantity", "kind"))
    known = quantity in rule_store.registry.quantities and kind in set(RuleKind)
    if not known or not title or any(family_problems(family)):
        return None
    return first_rule(family, title, quantity, RuleKind(kind))


def measured_in(rule_store: RuleStore, scope: str) -> list[str]:
    """The quantities of the sensors in a scope, in the order of the table."""
    measured = {quantity for sensor in targets_at(rule_store, scope) for quantity in sensor.quantities}
    return [quantity for quantity in rule_store.registry.quantities if quantity in measured]


def first_rule(family: str, title: str, quantity: str, kind: RuleKind) -> Rule:
    """A rule to begin with: one level, whose limit somebody has to write (of silence the usual one)."""
    limit = _USUAL_SILENCE if kind is RuleKind.SILENCE else 0.0
    name, name_id = ("Siaga 3", "Siaga 3") if quantity == "water_level" and kind is RuleKind.ABOVE else _MODERATE
    high = limit if kind in {RuleKind.INSIDE, RuleKind.OUTSIDE} else None
    level = Level(name, Severity.MODERATE, limit, high, name_id=name_id)
    rule = Rule(family=family, quantity=quantity, kind=kind, levels=(level,), title=title[:LONGEST_TITLE])
    return replace(rule, window_s=_TREND_WINDOW_S) if kind is RuleKind.TREND else rule


def family_name(title: str, taken: Sequence[str]) -> str:
    """A name for a new family, from its title: "River level" -> river-level, river-level-2 where that is taken."""
    bare = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")[:40] or "rule"
    names = (bare, *(f"{bare}-{number}" for number in range(2, len(taken) + 3)))
    return next(name for name in names if name not in taken)
