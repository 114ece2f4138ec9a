"""The page of thresholds: a tree of places on the left, on the right the rules in force in the one that is chosen.

Pulau Morotai         River level                                [ Change here ] [ Versions ]
> Daruba river bridge   Siaga 3 150 cm  Siaga 2 250 cm           set here: Levels
    River gauge         Alarm when Water level reaches 150 cm (Siaga 3), 250 cm (Siaga 2). It must last 1 min.
> Dodola ferry
"""

import msgspec
from starlette.responses import HTMLResponse, Response

from cloud.access.principal import Role
from cloud.console.frame.page import ConsolePage, Fragment, PageContent
from cloud.console.frame.rejections import NotThere
from cloud.console.frame.rendering import render_fragment
from cloud.console.frame.visit import PageVisit
from cloud.console.pages.thresholds.places import must_read, number_asked
from cloud.console.view_models.colours import Chip, chip
from cloud.console.view_models.threshold_places import ThresholdPlaces
from cloud.console.view_models.thresholds import EVERYWHERE, RuleView, rules_at, scope_name
from cloud.rulebook.rule_store import RuleStore
from cloud.rulebook.rule_words import level_name, limit_words
from cloud.rulebook.visibility import may_change_scope
from i18n.catalog import Catalog
from rules.colours import colour_of
from wire import QuantityTable

PLACE = "thresholds"
RULES_SHOWN = 20
STYLES, SCRIPTS = ("thresholds.css",), ("thresholds.js",)


class RuleRow(msgspec.Struct, frozen=True):
    """A rule in the list: its levels as chips, and what the place itself sets where it inherits the rest."""

    view: RuleView
    levels: tuple[Chip, ...]
    own: str


def thresholds_page(rule_store: RuleStore, places: ThresholdPlaces) -> ConsolePage:
    """The page on the city's rules."""
    own = _ThresholdsPage(rule_store, places)
    files = {"sensors": own.sensors}
    return ConsolePage(
        PLACE, "thresholds/page.html", own.show, files=files, styles=STYLES, scripts=SCRIPTS, name="thresholds"
    )


class _ThresholdsPage:
    def __init__(self, rule_store: RuleStore, places: ThresholdPlaces) -> None:
        self._rule_store, self._places = rule_store, places

    async def show(self, visit: PageVisit) -> PageContent:
        """Show the tree, or what was searched for, and the rules of a place."""
        _, scope, moment = visit.words, visit.query.get("at", EVERYWHERE), self._places.moment()
        must_read(visit, self._rule_store, self._places, scope)
        wanted = visit.query.get("q", "").strip()
        found = Fragment("places", "thresholds/found.html", lambda: self._found(visit, wanted), version=moment)
        tree = Fragment("places", "thresholds/tree.html", lambda: self._tree(visit, scope), version=moment)
        return PageContent(
            [
                found if wanted else tree,
                Fragment("rules", "thresholds/rules.html", lambda: self._rules(visit, scope), version=moment),
            ],
            still={
                "scope": scope,
                "place_name": scope_name(_, self._rule_store, scope),
                "wanted": wanted,
                "may_change": self._may_change(visit, scope),
            },
            title=_("Thresholds"),
        )

    async def sensors(self, visit: PageVisit) -> Response:
        """Answer with the branches of a site's sensors, for whoever opens the site in the tree."""
        _, site = visit.words, visit.query.get("site", "")
        if self._rule_store.registry.site(site) is None or not visit.principal.may_see(site):
            raise NotThere(_("There is no such place, or not for you."))
        page = self._places.sensors(_, site, page=number_asked(visit, "sensors") or 0)
        context = {"sensors": page, "site": site, "scope": ""}
        return HTMLResponse(render_fragment(visit, Fragment("sensors", "thresholds/sensors.html", context)))

    def _found(self, visit: PageVisit, wanted: str) -> dict[str, object]:
        return {"found": self._places.search(visit.words, wanted, visit.principal.sites), "wanted": wanted}

    def _tree(self, visit: PageVisit, scope: str) -> dict[str, object]:
        _, sites, places = visit.words, visit.principal.sites, self._places
        opened = places.site_of(scope)
        seen = bool(opened) and visit.principal.may_see(opened)
        page = number_asked(visit, "sites")
        return {
            "city": places.branch(_, EVERYWHERE),
            "groups": places.groups(_, sites),
            "sites": places.sites(_, sites, page=page, holding=opened),
            "gone": places.gone(_, sites),
            "opened": f"site:{opened}" if seen else "",
            "sensors": places.sensors(_, opened, page=number_asked(visit, "sensors") or 0) if seen else None,
            "scope": scope,
        }

    def _rules(self, visit: PageVisit, scope: str) -> dict[str, object]:
        _, table = visit.words, self._rule_store.registry.quantities
        views = rules_at(_, self._rule_store, scope)
        pages = max(1, -(-len(views) // RULES_SHOWN))
        page = max(0, min(number_asked(visit, "rules") or 0, pages - 1))
        return {
            "rows": [_row(_, table, view, scope) for view in views[page * RULES_SHOWN : (page + 1) * RULES_SHOWN]],
            "page": page,
            "pages": pages,
            "scope": scope,
            "may_change": self._may_change(visit, scope),
        }

    def _may_change(self, visit: PageVisit, scope: str) -> bool:
        return visit.may(Role.ENGINEER) and may_change_scope(visit.principal, self._rule_store.targets, scope)


def _row(_: Catalog, table: QuantityTable, view: RuleView, scope: str) -> RuleRow:
    rule = view.resolved.rule
    levels = [
        chip(f"{level_name(_, level)} · {limit_words(_, table, rule, level)}", colour_of(level))
        for level in rule.levels
    ]
    inherits = any(origin != scope for origin in view.resolved.origin.values())
    own = ", ".join(value.name for value in view.values if value.own) if inherits else ""
    return RuleRow(view, tuple(levels), own)
