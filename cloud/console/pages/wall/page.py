"""The wall screen: it fills 3840 × 2160 (or any 16:9), has no controls, and turns from view to view by itself.

the city: three domains and the map ─► each domain's worst places ─► alarms that wait ─► gateways ─► the city …

What must be read at five metres has capitals of 62 px and more at 3840 pixels of width; all sizes grow with the screen.
"""

from collections.abc import Mapping, Sequence
from heapq import nlargest

import msgspec

from cloud.board.scope import BoardView
from cloud.console.components.board_parts import banner, cards_of
from cloud.console.components.earlier_values import EarlierValues
from cloud.console.frame.page import ConsolePage, Fragment, PageContent
from cloud.console.frame.visit import PageVisit
from cloud.console.view_models.alarms import unacknowledged, worst_first
from cloud.console.view_models.city_board import DomainTile, domain_tiles, offline_gateways
from cloud.console.view_models.city_map import CoastLine, MapFrame, frame_of, marks_of, tiles_of
from cloud.console.view_models.colours import Chip, chip
from cloud.gateways.connection_state import ConnectionState
from cloud.platform import Platform
from cloud.situation import DomainState, badness, level_of
from rules.colours import colour_of
from runtime.clock import wall_ms

ROWS = 5
"""Rows of a view: more of them would be smaller than can be read."""
TURN_S = 15
MAP_SIZE = (1180, 800)


class WallRow(msgspec.Struct, frozen=True):
    """One line of a view: a state, where it is, and the value that matters there with its trend."""

    key: str
    chip: Chip
    words: str
    value: str = ""
    arrow: str = ""


def wall_page(
    platform: Platform, earlier: EarlierValues, *, coast: CoastLine | None = None, tiles: str = ""
) -> ConsolePage:
    """The wall on a platform."""
    own = _WallPage(platform, earlier, coast, tiles)
    styles, scripts = ("situation.css", "wall.css"), ("wall.js",)
    return ConsolePage(
        "wall", "wall/page.html", own.show, styles=styles, scripts=scripts, name="wall", is_wall=True
    )  # fmt: skip


class _WallPage:
    def __init__(self, platform: Platform, earlier: EarlierValues, coast: CoastLine | None, tiles: str) -> None:
        self._platform, self._earlier, self._coast, self._tiles = platform, earlier, coast, tiles

    async def show(self, visit: PageVisit) -> PageContent:
        """Show every view; the one that stands in the question is the first to be seen."""
        platform, _ = self._platform, visit.words
        await platform.board.current()
        view = platform.board.view(visit.principal.sites)
        tiles = domain_tiles(_, view, platform.registry.quantities)
        frame, top = frame_of(view.places, {}, MAP_SIZE), banner(visit, platform)
        fragments = [
            Fragment("wall-alarm", "wall/alarm.html", {"banner": top}, version=top),
            _strip(view, tiles),
            Fragment("map-ground", "situation/map_ground.html", self._ground(frame), version=frame),
            Fragment("map-marks", "wall/marks.html", lambda: _marks(visit, view, frame), version=(frame, view.edition)),
            *(self._domain(visit, view, tile) for tile in tiles),
            self._waiting(visit),
            self._gateways(visit, view),
        ]
        names = ["city", *(f"domain-{tile.domain}" for tile in tiles), "alarms", "gateways"]
        first = visit.query.get("view", "")
        number = names.index(first) if first in names else 0
        following = names[(number + 1) % len(names)]
        still = {"tiles": tiles, "first": names[number], "following": following, "turn_s": TURN_S, "frame": frame}
        return PageContent(fragments, still=still, title=_("Wall screen"))

    def _ground(self, frame: MapFrame) -> Mapping[str, object]:
        return {"frame": frame, "tiles": tiles_of(self._tiles, frame), "coast": None if self._tiles else self._coast}

    def _gateways(self, visit: PageVisit, view: BoardView) -> Fragment:
        """How many gateways are in which state, and those that are away."""
        counts = {state.value: n for state, n in view.connections.items()}
        away = offline_gateways(visit.words, view, self._platform.registry.site)[:ROWS]
        shown = {"gateways": away, "counts": counts}
        return Fragment("wall-gateways", "wall/gateways.html", shown, version=(away, tuple(counts.items())))

    def _domain(self, visit: PageVisit, view: BoardView, tile: DomainTile) -> Fragment:
        """The worst places of a domain."""
        _ = visit.words
        there = [(place, state) for place in view.places for state in place.states if state.domain == tile.domain]
        worst = nlargest(ROWS, there, key=lambda one: _badness(one[1]))
        rows = []
        for place, state in worst:
            own = msgspec.structs.replace(place, states=(state,))
            figure = next(iter(cards_of(visit, self._platform, self._earlier, [own])[0].figures), None)
            # a doubt says its value in its words
            value = "" if figure is None or figure.time_ms or state.doubted else f"{figure.value} {figure.unit}".strip()
            arrow = "" if figure is None or figure.trend is None else figure.trend.arrow
            rows.append(WallRow(place.site.id, chip(_.said(state.text), state.colour), place.site.name, value, arrow))
        more = sum(state.rank > 0 or state.doubted for _place, state in there) - len(rows)
        shown = {"rows": rows, "more": more}
        return Fragment(f"domain-{tile.domain}", "wall/rows.html", shown, version=(tuple(rows), more, tile))

    def _waiting(self, visit: PageVisit) -> Fragment:
        """The alarms that wait for somebody, the worst first."""
        _, registry = visit.words, self._platform.registry
        own = [alarm for alarm in self._platform.board.alarms() if visit.principal.may_see(alarm.site)]
        waiting = worst_first(unacknowledged(own, wall_ms()))
        rows = []
        for alarm in waiting[:ROWS]:
            level, site = level_of(alarm.rule, alarm.level), registry.site(alarm.site)
            is_indonesian = _.language.code == "id"
            name = (level.name_id if is_indonesian else "") or level.name
            title = (alarm.rule.title_id if is_indonesian else "") or alarm.rule.title
            where = alarm.site if site is None else site.name
            rows.append(WallRow(str(alarm.id), chip(name, colour_of(level)), f"{where} · {title}"))
        more = len(waiting) - len(rows)
        return Fragment("wall-waiting", "wall/rows.html", {"rows": rows, "more": more}, version=(tuple(rows), more))


def _badness(state: DomainState) -> tuple[int, bool, bool, int]:
    return badness(state.rank, alarm=state.alarm, doubted=state.doubted)


def _strip(view: BoardView, tiles: Sequence[DomainTile]) -> Fragment:
    numbers = WallNumbers(view.needy, view.quiet, view.alive.behind, view.connections[ConnectionState.OFFLINE])
    return Fragment("strip", "wall/strip.html", {"tiles": tiles, "numbers": numbers}, version=(tiles, numbers))


def _marks(visit: PageVisit, view: BoardView, frame: MapFrame) -> Mapping[str, object]:
    return {"frame": frame, "marks": marks_of(visit.words, view.places, frame)}


class WallNumbers(msgspec.Struct, frozen=True):
    """The numbers under the strip."""

    needy: int
    quiet: int
    silent: int
    offline: int
