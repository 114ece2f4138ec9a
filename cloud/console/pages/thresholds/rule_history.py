"""How a rule in a place came to be: its values and where they come from, its versions, any two of them compared."""

from typing import Any

from cloud.console.frame.visit import PageVisit
from cloud.console.pages.thresholds.places import number_asked
from cloud.console.pages.thresholds.rule_subject import RuleSubject
from cloud.console.view_models.rule_versions import changes_between, versions_of
from cloud.rulebook.rule_store import RuleStore

COMPARED_MOST = 200
"""Versions that are offered to be compared."""


def history_of(visit: PageVisit, rule_store: RuleStore, subject: RuleSubject) -> dict[str, Any]:
    """The newest versions, and what differs between the two that the address names, if it names two."""
    _, table, rule = visit.words, rule_store.registry.quantities, subject.view.resolved.rule
    fields = {version.version: version.fields for version in subject.versions[:COMPARED_MOST]}
    one, other = number_asked(visit, "one"), number_asked(visit, "other")
    compared = None
    if one in fields and other in fields:
        compared = changes_between(_, table, rule, fields[one], fields[other])
    return {
        "versions": versions_of(_, table, rule, subject.versions, zone=visit.zone),
        "count": len(subject.versions),
        "numbers": [(number, _("version {n}", n=number)) for number in fields],
        "one": one if one in fields else min(subject.newest, max(1, subject.newest - 1)),
        "other": other if other in fields else subject.newest,
        "compared": compared,
    }
