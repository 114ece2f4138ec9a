"""The page of the situation: worst first, at a glance; quiet places are one line, and any place is found by its name.

[Flooding: Siaga 2, Daruba river bridge] [Air quality: Moderate] [Visitors: 46 % full]
(map)     3 places need somebody: Daruba river bridge …     963 places are quiet [look for …]     changed lately
"""

from collections.abc import Mapping, Sequence

import msgspec

from cloud.access.principal import Role
from cloud.board.records import PlaceState
from cloud.board.scope import BoardView
from cloud.console.components.board_parts import banner, cards_of
from cloud.console.components.earlier_values import EarlierValues
from cloud.console.frame.form import Form
from cloud.console.frame.page import ConsolePage, Done, Fragment, PageContent
from cloud.console.frame.rejections import ActionRejected
from cloud.console.frame.visit import PageVisit
from cloud.console.stories.exchange import NAMES, TITLES, AskedStory, StoryExchange
from cloud.console.view_models.city_board import change_lines, domain_tiles, offline_gateways
from cloud.console.view_models.city_map import MOST_ZOOM, CoastLine, MapFrame, frame_of, marks_of, tiles_of
from cloud.gateways.connection_state import ConnectionState
from cloud.platform import Platform
from i18n.catalog import Catalog
from i18n.figures import time_of_day
from runtime.clock import wall_ms
from wire.durations import HOUR_MS

MOST_CARDS = 20
LONGEST_WANTED = 80
MAP_SIZE = (720, 620)
STEP_ZOOM = 1.0


def situation_page(
    platform: Platform, earlier: EarlierValues, *, coast: CoastLine | None = None, tiles: str = "",
    stories: StoryExchange | None = None,
) -> ConsolePage:  # fmt: skip
    """The page on a platform; `coast` or `tiles` lie under its map, `stories` are those of the demo."""
    own = _SituationPage(platform, earlier, coast, tiles, stories)
    return ConsolePage(
        "", "situation/page.html", own.show, actions={"story": own.story}, styles=("situation.css",),
        scripts=("map.js",), name="",
    )  # fmt: skip


class _SituationPage:
    def __init__(
        self, platform: Platform, earlier: EarlierValues, coast: CoastLine | None, tiles: str,
        stories: StoryExchange | None,
    ) -> None:  # fmt: skip
        self._platform, self._earlier = platform, earlier
        self._coast, self._tiles, self._stories = coast, tiles, stories

    async def show(self, visit: PageVisit) -> PageContent:
        """Show the board, and the cards that are asked for."""
        platform, _ = self._platform, visit.words
        await platform.board.current()
        view = platform.board.view(visit.principal.sites)
        registry, edition = platform.registry, view.edition
        frame = frame_of(view.places, visit.query, MAP_SIZE)
        listed = listed_places(view, visit)
        cards = cards_of(visit, platform, self._earlier, listed.shown)
        top = banner(visit, platform)

        def changes() -> Mapping[str, object]:
            lines = change_lines(
                _, view, site_of=registry.site, gateway_of=registry.gateway, table=registry.quantities, zone=visit.zone
            )
            return {"lines": lines, "since": _since(visit, view)}

        places = {"listed": listed, "cards": cards, **_headings(_, listed)}
        fragments = [
            Fragment("banner", "situation/banner.html", {"banner": top}, version=top),
            Fragment(
                "strip", "situation/strip.html", lambda: {"tiles": domain_tiles(_, view, registry.quantities)},
                version=edition,
            ),
            Fragment("places", "situation/places.html", places, version=(listed, cards)),
            Fragment("map-ground", "situation/map_ground.html", lambda: self._ground(frame), version=frame),
            Fragment(
                "map-marks", "situation/map_marks.html",
                lambda: {"frame": frame, "marks": marks_of(_, view.places, frame), "most_zoom": MOST_ZOOM},
                version=(frame, edition),
            ),
            Fragment("changes", "situation/changes.html", changes, version=edition),
            Fragment(
                "gateways-away", "situation/away.html",
                lambda: {"gateways": offline_gateways(_, view, registry.site), "counts": _counts(view)},
                version=edition,
            ),
        ]  # fmt: skip
        still = {"frame": frame, "step": STEP_ZOOM, "has_stories": self._stories is not None, "has_tiles": self._tiles}
        if self._stories is not None:
            fragments.append(self._story_bar(visit, self._stories))
        return PageContent(fragments, still=still, title=_("Situation"))

    async def story(self, visit: PageVisit, form: Form) -> Done:
        """Ask the demo for a story."""
        _, actor, name = visit.words, visit.must(Role.OPERATOR), form.text("story", most=40)
        if self._stories is None or name not in NAMES:
            raise ActionRejected(_("There is no such story here."))
        if not self._stories.ask(AskedStory(name, actor.name)):
            raise ActionRejected(_("Another story plays or is about to: wait for its end, then press again."))
        return Done(_("“{story}” begins.", story=_(TITLES[name])))

    def _ground(self, frame: MapFrame) -> Mapping[str, object]:
        return {"frame": frame, "tiles": tiles_of(self._tiles, frame), "coast": None if self._tiles else self._coast}

    def _story_bar(self, visit: PageVisit, stories: StoryExchange) -> Fragment:
        playing = stories.playing
        context = {"titles": TITLES, "playing": playing, "may_play": visit.may(Role.OPERATOR)}
        return Fragment("stories", "situation/stories.html", context, version=playing)


class ListedPlaces(msgspec.Struct, frozen=True):
    """The places that are listed: those that need somebody or, with `wanted`, those that are looked for.

    A city of few places lists all of them; else `quiet` of them are told in one line.
    """

    wanted: str
    shown: tuple[PlaceState, ...]
    found: int
    needy: int
    quiet: int
    page: int
    pages: int


def listed_places(view: BoardView, visit: PageVisit) -> ListedPlaces:
    """Return the page of places that a question is about."""
    wanted = visit.query.get("q", "").strip()[:LONGEST_WANTED]
    words, lists_all = wanted.casefold().split(), len(view.places) <= MOST_CARDS
    if words:
        found = [place for place in view.places if _is_meant(place, words)]
    else:
        found = [place for place in view.places if lists_all or place.needs_somebody]
    pages = max(1, -(-len(found) // MOST_CARDS))
    page = visit.page(count=pages)
    shown = tuple(found[(page - 1) * MOST_CARDS : page * MOST_CARDS])
    quiet = 0 if words or lists_all else view.quiet
    return ListedPlaces(wanted, shown, len(found), view.needy, quiet, page, pages)


def _headings(_: Catalog, listed: ListedPlaces) -> Mapping[str, str]:
    """Return what stands above the places, and the line of the quiet ones below."""
    quiet = _.plural("{n} place is quiet.", "{n} places are quiet.", listed.quiet) if listed.quiet else ""
    if listed.wanted:
        return {"heading": _.plural("{n} place found", "{n} places found", listed.found), "quiet": quiet}
    if not listed.needy:
        return {"heading": _("No place needs anybody"), "quiet": quiet}
    needy = _.plural("{n} place needs somebody", "{n} places need somebody", listed.needy)
    return {"heading": needy, "quiet": quiet}


def _is_meant(place: PlaceState, words: Sequence[str]) -> bool:
    named = f"{place.site.name} {place.site.place} {place.site.id}".casefold()
    return all(word in named for word in words)


def _since(visit: PageVisit, view: BoardView) -> str:
    """Since when changes of places and gateways are known, where that is no hour yet."""
    if wall_ms() - view.since_ms >= HOUR_MS:
        return ""
    _ = visit.words
    return _(
        "Places and gateways are known since {time}, when the server began; alarms for the whole hour.",
        time=time_of_day(view.since_ms, visit.zone)[:5],
    )


def _counts(view: BoardView) -> Mapping[str, int]:
    found = view.connections
    return {state.value: found[state] for state in ConnectionState}
