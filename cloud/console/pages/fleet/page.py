"""All gateways, worst first: those of a state, those that somebody looks for, a page of them at a time.

[ all 1,003 ] [● offline 3 ] [● late 1 ] [● not heard yet 6 ] [● online 993 ]      [ look for …      ]
Gateway        State     Room in its spool   Waiting   Clock   Lost   Battery   Configuration   Version   Last heard
Daruba         ● offline         3.1 days      1,204   exact      0      62 %   in force        1.2.0      4 min ago

Rows are worked out for those that the page shows; which those are, every `LIST_S`.
"""

from collections.abc import Sequence

from cloud.console.frame.page import ConsolePage, Fragment, PageContent
from cloud.console.frame.visit import PageVisit
from cloud.console.pages.fleet.facts import FleetFactsByScope
from cloud.console.view_models.fleet import PAGE_ROWS, ListedGateway, fleet_row, state_counts
from i18n.catalog import N_
from runtime.clock import wall_ms

COLUMNS = (
    N_("Gateway"),
    N_("State"),
    N_("Room in its spool"),
    N_("Waiting to send"),
    N_("Clock"),
    N_("Lost"),
    N_("Battery"),
    N_("Configuration"),
    N_("Version"),
    N_("Last heard"),
)
FIGURES = ("room", "waiting", "clock", "lost", "battery", "config", "version")
"""What stands in the columns between the state and the last."""
NUMBERS = frozenset({"room", "waiting", "lost", "battery"})


def fleet_page(facts: FleetFactsByScope) -> ConsolePage:
    """The page of all gateways."""
    own = _FleetPage(facts)
    return ConsolePage("fleet", "fleet/page.html", own.show, name="fleet")


class _FleetPage:
    def __init__(self, facts: FleetFactsByScope) -> None:
        self._facts = facts

    async def show(self, visit: PageVisit) -> PageContent:
        """Show the gateways of a state, that are looked for, of one page."""
        _, facts, query = visit.words, self._facts.of(visit.principal.sites), visit.query
        every = facts.listed()
        found = _found(every, state=query.get("state", ""), wanted=query.get("q", ""))
        pages = max(1, -(-len(found) // PAGE_ROWS))
        page = visit.page(count=pages)
        now_ms = wall_ms()
        shown = (facts.of(each.id) for each in found[(page - 1) * PAGE_ROWS : page * PAGE_ROWS])
        rows = tuple(fleet_row(_, each, now_ms) for each in shown if each is not None)
        counts = state_counts(_, every)
        # how long ago each was heard goes on by itself
        told = tuple((row.id, row.heard_ms, *(getattr(row, name) for name in ("state", *FIGURES))) for row in rows)
        listed = {
            "rows": rows,
            "page": page,
            "pages": pages,
            "columns": COLUMNS,
            "figures": FIGURES,
            "numbers": NUMBERS,
        }
        return PageContent(
            [
                Fragment("states", "fleet/states.html", {"counts": counts}, version=counts),
                Fragment("gateways", "fleet/rows.html", listed, version=(told, page, pages)),
            ],
            title=_("Gateways"),
        )


def _found(every: Sequence[ListedGateway], *, state: str, wanted: str) -> list[ListedGateway]:
    return [each for each in every if state in ("", each.state.value) and each.matches(wanted)]
