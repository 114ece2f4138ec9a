"""The page of facts: how sensors hang, are calibrated and where they stand, since when, and who recorded it.

River gauge   Mounting height   420 cm   since 20 Nov 09:00 WIT   ani: surveyed (survey 7)   holds   [Correct] [Undo]
Of [River gauge  ]  What [Mounting height v]  Value [420]  Valid from [    ]  Source [survey 7]  Why [    ]  [Record]
Noise: Noise level   20.0 to 140.0 dB(A) · by the hour its mean                                            leq
"""

from collections.abc import Hashable

from cloud.access.principal import Role
from cloud.console.components.place_options import place_options
from cloud.console.frame.page import ConsolePage, Fragment, PageContent
from cloud.console.frame.visit import PageVisit
from cloud.console.pages.facts.actions import KINDS, FactActions
from cloud.console.view_models.facts import MOST_SHOWN, FactView, fact_views, troubles_of, whats_of
from cloud.console.view_models.places import PlaceIndex
from cloud.console.view_models.quantities import own_quantities
from cloud.console.view_models.typed_number import InvalidInput
from cloud.core.bounded_cache import BoundedCache
from cloud.ingest.heights import Heights
from cloud.registry.fact_service import FactService
from cloud.registry.facts import CITY
from cloud.registry.snapshot import Registry
from runtime.clock import wall_ms

AGAIN_MS = 10_000
"""How often an open page is worked out again while nobody records a fact."""
_MOST_CACHED = 64
_MOST_TROUBLES = 20
_Listed = tuple[tuple[FactView, ...], tuple[str, ...]]


def facts_page(facts: FactService, registry: Registry, places: PlaceIndex, *, heights: Heights) -> ConsolePage:
    """The page of the dated facts."""
    own, actions = _FactsPage(registry, places, heights), FactActions(facts, places)
    return ConsolePage(
        "facts",
        "facts/page.html",
        own.show,
        actions={"record": actions.record, "correct": actions.correct, "undo": actions.undo},
        files={"places": place_options(places, KINDS)},
        scripts=("suggest.js",),
        name="facts",
    )


class _FactsPage:
    def __init__(self, registry: Registry, places: PlaceIndex, heights: Heights) -> None:
        self._registry, self._places, self._heights = registry, places, heights
        self._listed = BoundedCache[Hashable, _Listed](_MOST_CACHED)

    async def show(self, visit: PageVisit) -> PageContent:
        """Show the newest facts, or those of one place, and what can be recorded."""
        _, may_write = visit.words, visit.may(Role.ENGINEER)
        facts, troubles = self._facts(visit)
        shown = {
            "facts": facts, "troubles": troubles[:_MOST_TROUBLES], "more_troubles": len(troubles[_MOST_TROUBLES:]),
            "may_write": may_write, "older": facts[-1].id if len(facts) == MOST_SHOWN else None,
        }  # fmt: skip
        quantities = own_quantities(_, self._registry.quantities)
        return PageContent(
            [
                Fragment("facts", "facts/list.html", shown, version=(facts, troubles)),
                Fragment("quantities", "facts/quantities.html", {"quantities": quantities}, version=quantities),
            ],
            still={
                "may_write": may_write,
                "whats": whats_of(_, self._registry.quantities),
                "corrected": self._corrected(visit) if may_write else None,
            },
            title=_("Facts"),
        )

    def _facts(self, visit: PageVisit) -> _Listed:
        key = (
            self._registry.edition, wall_ms() // AGAIN_MS, visit.words.language.code, visit.principal.sites,
            visit.query.get("of"), visit.number("before"),
        )  # fmt: skip
        found = self._listed.get(key)
        if found is None:
            found = self._listed[key] = self._read_facts(visit)
        return found

    def _read_facts(self, visit: PageVisit) -> _Listed:
        _, principal = visit.words, visit.principal
        facts = fact_views(
            _, self._registry, principal, wall_ms(), visit.zone,
            subject=self._subject(visit), before_id=visit.number("before"),
        )  # fmt: skip
        return facts, troubles_of(_, self._heights.problems(), principal)

    def _subject(self, visit: PageVisit) -> str | None:
        """Of what facts are asked for; None for all, and where no such place is."""
        text = visit.query.get("of", "")
        if not text:
            return None
        try:
            place = self._places.named(visit.words, text, visit.principal, KINDS)
        except InvalidInput:
            return f"none:{text}"
        return CITY if place.kind == "city" else place.value

    def _corrected(self, visit: PageVisit) -> FactView | None:
        """The fact that the form is to correct, if it is one of those listed."""
        wanted = visit.query.get("correct", "") or visit.sent.get("fact", ("",))[0]
        facts, _troubles = self._facts(visit)
        return next((fact for fact in facts if str(fact.id) == wanted and fact.is_open), None)
