"""The map of the sites: a coast line on the sea, or tiles where configured; a marker for each site, its name beside it.

Markers are coloured by the worst state of their site, whose term stands beside the name; a rim tells of late or silent
sensors. A click on one selects the site's card.
"""

import html
import json
import math
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from nicegui import background_tasks, ui

from cloud.console.components.elements import box, mark, text
from cloud.console.view_models.sites import SiteView
from cloud.gateways.freshness import Freshness
from i18n.catalog import N_, Catalog

Coast = dict[str, Any]
"""A GeoJSON FeatureCollection."""
Point = tuple[float, float]

SIDES: dict[str, Point] = {
    "right": (1.0, 0.0), "left": (-1.0, 0.0), "bottom": (0.0, 1.0), "top": (0.0, -1.0),
    "top-right": (1.0, -1.0), "bottom-right": (1.0, 1.0), "top-left": (-1.0, -1.0), "bottom-left": (-1.0, 1.0),
}  # fmt: skip
"""Where a name may stand from its marker, the most wanted first."""
_LETTER_PX, _LINE_PX, _MARKER_PX = 6.6, 22.0, 16.0
_LONGEST_TERM = " Siaga 2"
"""Room beside the name for the term of a state."""
_ROUNDS = 3  # a name placed early moves again when later ones have taken its place
PADDING_PX = 52.0
"""Between the outermost markers and the map's edge."""
_CLOSEST_ZOOM = 12
_PATIENCE_S = 5.0
_TILE_ATTRIBUTION = "&copy; OpenStreetMap"


def read_coast(path: Path | None) -> Coast | None:
    """The coast line in a GeoJSON file; ValueError in one sentence where it cannot be used."""
    if path is None:
        return None
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ValueError(f"coastline: {str(path)!r} cannot be read as GeoJSON: {error}") from None
    if not isinstance(document, dict) or document.get("type") not in {"FeatureCollection", "Feature"}:
        raise ValueError(f"coastline: {str(path)!r} is no GeoJSON feature; export one with coordinates in WGS 84")
    return document


class SiteMap:
    """The map; `show` recolours the markers whose site has changed."""

    def __init__(self, _: Catalog, *, coast: Coast | None, tiles: str, on_site: Callable[[str], object]) -> None:
        self._shown: dict[str, str] = {}
        self._sides: dict[str, str] = {}
        self._markers: dict[str, Any] = {}
        self._sites: tuple[SiteView, ...] = ()
        self._selected = ""
        with box("map", "section", aria_label=_("Map of the sites")):
            self._map = ui.leaflet(
                center=(0.0, 0.0), zoom=9, options={"zoomSnap": 0.25, "attributionControl": bool(tiles), "minZoom": 3}
            )
            _legend(_)
        self._map.clear_layers()  # NiceGUI brings tiles from the internet
        if tiles:
            self._map.tile_layer(url_template=tiles, options={"attribution": _TILE_ATTRIBUTION})
        elif coast is not None:
            self._map.generic_layer(
                name="geoJSON", args=[coast, {"style": {"className": "land"}, "interactive": False}]
            )
        self._map.on("init", self._draw)
        self._map.on(
            "click",
            lambda event: on_site(event.args),
            js_handler="(event) => { const site = event.target.closest?.('[data-site]');"
            " if (site) emit(site.dataset.site); }",
        )

    def show(self, sites: tuple[SiteView, ...]) -> None:
        """Bring the markers up to date."""
        moved = [place(site) for site in sites] != [place(site) for site in self._sites]
        self._sites = sites
        if moved and self._map.is_initialized:
            background_tasks.create(self._draw())
        self._recolour()

    def select(self, site_id: str) -> None:
        """Set one marker off from the others."""
        self._selected = site_id
        self._recolour()

    async def _draw(self) -> None:
        self._map.run_map_method("invalidateSize")
        size = await self._map.run_map_method("getSize", timeout=_PATIENCE_S)
        for marker in self._markers.values():
            self._map.remove_layer(marker)
        self._shown.clear()
        sites = self._sites
        self._sides = dict(
            zip((site.id for site in sites), name_sides(sites, size=(size["x"], size["y"])), strict=True)
        )
        self._markers = {
            site.id: self._map.generic_layer(name="marker", args=[[site.latitude, site.longitude], {"opacity": 0}])
            for site in sites
        }
        if sites:
            padding = {"padding": [PADDING_PX, PADDING_PX], "maxZoom": _CLOSEST_ZOOM, "animate": False}
            self._map.run_map_method("fitBounds", bounds(sites), padding)
        self._recolour()

    def _recolour(self) -> None:
        for site in self._sites:
            if site.id not in self._markers:
                continue
            icon = marker_html(site, self._sides[site.id], selected=site.id == self._selected)
            if self._shown.get(site.id) != icon:
                self._shown[site.id] = icon
                marker = self._markers[site.id]
                marker.run_method(
                    ":setIcon", f"L.divIcon({{className:'pin', iconSize:[0,0], html:{json.dumps(icon)}}})"
                )
                marker.run_method("setOpacity", 1)
                marker.run_method("setZIndexOffset", 1000 if site.id == self._selected else 0)


RIM_WORDS = {Freshness.LATE: N_("data late"), Freshness.SILENT: N_("data silent")}
"""What a rim around a marker says."""


def _legend(_: Catalog) -> None:
    with box("legend"):
        text(_("colour: worst state there"))
        for state, words in RIM_WORDS.items():
            with box("legend-row") as row:
                box("rim")
                text(_(words))
            mark(row, state)


def place(site: SiteView) -> tuple[str, str, float, float]:
    """What of a site moves its marker."""
    return site.id, site.name, site.latitude, site.longitude


def marker_html(site: SiteView, side: str, *, selected: bool) -> str:
    """The marker of a site in the colour of its worst state, with its name and the state's term on one `side`."""
    return (
        f'<div class="site-pin" data-site="{html.escape(site.id)}" data-state="{site.freshness}" data-side="{side}"'
        f' data-selected="{str(selected).lower()}" data-raised="{str(_is_raised(site)).lower()}"{_colours(site)}>'
        f"<i></i><b>{html.escape(site.name)}{_term(site)}</b></div>"
    )


def _is_raised(site: SiteView) -> bool:
    return site.worst is not None and site.worst.is_told


def _colours(site: SiteView) -> str:
    if site.worst is None:
        return ""
    return f' style="--level: {site.worst.chip.colour}; --ink: {site.worst.chip.ink}"'


def _term(site: SiteView) -> str:
    """The term of the worst state, unless all is calm; it is text, and never markup."""
    if site.worst is None or not _is_raised(site):
        return ""
    return f" <em>{html.escape(site.worst.chip.word)}</em>"


def bounds(sites: Iterable[SiteView]) -> list[list[float]]:
    """South-west and north-east corner of the area that holds all sites."""
    places = [(site.latitude, site.longitude) for site in sites]
    south, west = (min(axis) for axis in zip(*places, strict=True))
    north, east = (max(axis) for axis in zip(*places, strict=True))
    return [[south, west], [north, east]]


def name_sides(sites: Sequence[SiteView], *, size: Point) -> list[str]:
    """For each site the side of its marker on which its name covers least, on a map of `size` pixels fit to all."""
    markers = _in_pixels(sites, size)
    fixed = [_box(point, _MARKER_PX, _MARKER_PX) for point in markers] + _beyond(size)
    choices = [
        {
            side: _name_box(point, site.name + _LONGEST_TERM * _is_raised(site), direction)
            for side, direction in SIDES.items()
        }
        for site, point in zip(sites, markers, strict=True)
    ]
    names: dict[int, _Box] = {}
    sides = ["right"] * len(sites)
    for number in [*range(len(sites))] * _ROUNDS:
        others = [box for other, box in names.items() if other != number]
        sides[number] = _freest(choices[number], fixed + others)
        names[number] = choices[number][sides[number]]
    return sides


def _freest(choices: dict[str, "_Box"], taken: list["_Box"]) -> str:
    return min(choices, key=lambda side: sum(_overlap(choices[side], other) for other in taken))


_Box = tuple[float, float, float, float]
"""West, north, east, south."""


def _in_pixels(sites: Sequence[SiteView], size: Point) -> list[Point]:
    if not sites:
        return []
    (south, west), (north, east) = bounds(sites)
    shrink = math.cos(math.radians((south + north) / 2))
    spans = (max((east - west) * shrink, 1e-6), max(north - south, 1e-6))
    scale = min(max(side - 2 * PADDING_PX, 1.0) / span for side, span in zip(size, spans, strict=True))
    middle = (west + east) / 2, (south + north) / 2
    return [
        (
            size[0] / 2 + (site.longitude - middle[0]) * shrink * scale,
            size[1] / 2 - (site.latitude - middle[1]) * scale,
        )
        for site in sites
    ]


def _beyond(size: Point) -> list[_Box]:
    """What lies west and east of the map, where no name can be read."""
    far = 1e6
    return [(-far, -far, 0.0, far), (size[0], -far, far, far)]


def _box(center: Point, width: float, height: float) -> _Box:
    return center[0] - width / 2, center[1] - height / 2, center[0] + width / 2, center[1] + height / 2


def _name_box(point: Point, name: str, direction: Point) -> _Box:
    width = len(name) * _LETTER_PX + 14
    across = direction[0] * ((width + _MARKER_PX) / 2 + 4)
    slant = 0.75 if direction[0] and direction[1] else 1.0  # a name at a corner may stand a little nearer
    down = direction[1] * ((_LINE_PX + _MARKER_PX) / 2 + 2) * slant
    return _box((point[0] + across, point[1] + down), width, _LINE_PX)


def _overlap(one: _Box, other: _Box) -> float:
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    return max(0.0, width) * max(0.0, height)
