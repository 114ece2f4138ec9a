"""The map of the city: places by their worst state, near ones as one mark with their number; made on the server.

CityMap(view=MapFrame(zoom=10.25, …), marks=(MapMark(x=311.0, y=204.5, count=1, words="Daruba: Siaga 2"), …))

Web Mercator; the world is a square of 1 × 1 with its corner at 85.05° N, 180° W, drawn 256 × 2^zoom pixels wide.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from cloud.board.records import PlaceState
from cloud.console.view_models.colours import ink_on, is_dark
from i18n.catalog import Catalog
from rules.colours import UNKNOWN

TILE_PX = 256
LEAST_ZOOM, MOST_ZOOM, NEAR_ZOOM = 3.0, 18.0, 13.0
MOST_MARKS = 60
"""A map of more marks can be neither read nor clicked: near places become one mark."""
MOST_LABELS = 18
_CELLS_PX = (26, 36, 52, 72, 104, 150, 220, 400)
_PADDING_PX = 56.0
_LETTER, _LINE = 7.4, 20.0
_COAST_SCALE = 1_000_000
_MOST_LATITUDE = 85.05

Point = tuple[float, float]
Coast = Mapping[str, Any]
"""A GeoJSON FeatureCollection or Feature."""


class MapFrame(msgspec.Struct, frozen=True):
    """Which part of the world is shown: its middle (0 to 1), the zoom, and the size in pixels."""

    x: float
    y: float
    zoom: float
    width: int
    height: int

    @property
    def scale(self) -> float:
        """How many pixels the world is wide."""
        return TILE_PX * math.exp2(self.zoom)

    def pixel(self, point: Point) -> Point:
        """Where on the map a point of the world is."""
        return (point[0] - self.x) * self.scale + self.width / 2, (point[1] - self.y) * self.scale + self.height / 2

    @property
    def at(self) -> str:
        """The middle as degrees: "2.05,128.29"."""
        latitude, longitude = degrees((self.x, self.y))
        return f"{latitude:.5f},{longitude:.5f}"


class MapTile(msgspec.Struct, frozen=True):
    """One picture of a map, in pixels from the map's corner."""

    href: str
    x: float
    y: float
    size: float


class MapMark(msgspec.Struct, frozen=True):
    """One place, or `count` that are too near to each other; `at` and `zoom` are where to look closer.

    `behind`: some sensors are silent there. `label` is written beside it, to its left where `left`.
    """

    key: str
    x: float
    y: float
    count: int
    site: str
    words: str
    colour: str
    ink: str
    dark: bool
    raised: bool
    behind: bool
    at: str
    zoom: float
    label: str = ""
    term: str = ""
    left: bool = False


def world(latitude: float, longitude: float) -> Point:
    """A place as a point of the world."""
    held = max(-_MOST_LATITUDE, min(latitude, _MOST_LATITUDE))
    return (longitude + 180) / 360, (1 - math.asinh(math.tan(math.radians(held))) / math.pi) / 2


def degrees(point: Point) -> Point:
    """A point of the world as latitude and longitude."""
    return math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * point[1])))), point[0] * 360 - 180


def frame_of(places: Iterable[PlaceState], asked: Mapping[str, str], size: tuple[int, int]) -> MapFrame:
    """The part of the world that is asked for by z and at; all places where nothing is."""
    fit = _fit([world(one.site.latitude, one.site.longitude) for one in places], size)
    zoom, middle = _number(asked.get("z", "")), _middle(asked.get("at", ""))
    return msgspec.structs.replace(
        fit,
        zoom=fit.zoom if zoom is None else max(LEAST_ZOOM, min(zoom, MOST_ZOOM)),
        **({} if middle is None else {"x": middle[0], "y": middle[1]}),
    )


def _fit(points: Sequence[Point], size: tuple[int, int]) -> MapFrame:
    if not points:
        return MapFrame(0.5, 0.5, LEAST_ZOOM, *size)
    west, east = min(x for x, _ in points), max(x for x, _ in points)
    north, south = min(y for _, y in points), max(y for _, y in points)
    room = [(side - 2 * _PADDING_PX) / TILE_PX for side in size]
    spans = max(east - west, 1e-9), max(south - north, 1e-9)
    zoom = min(math.log2(space / span) for space, span in zip(room, spans, strict=True))
    return MapFrame((west + east) / 2, (north + south) / 2, max(LEAST_ZOOM, min(zoom // 0.25 * 0.25, NEAR_ZOOM)), *size)


def _number(text: str) -> float | None:
    try:
        found = float(text[:12])
    except ValueError:
        return None
    return found if math.isfinite(found) else None


def _middle(text: str) -> Point | None:
    latitude, _, longitude = text[:40].partition(",")
    found = _number(latitude), _number(longitude)
    if found[0] is None or found[1] is None or abs(found[1]) > 180:
        return None
    return world(found[0], found[1])


def marks_of(_: Catalog, places: Sequence[PlaceState], frame: MapFrame) -> tuple[MapMark, ...]:
    """The marks on a map, the worst last so that it lies on top; of `places`, the most needy first."""
    points = [(place, frame.pixel(world(place.site.latitude, place.site.longitude))) for place in places]
    seen = [(place, at) for place, at in points if -20 < at[0] < frame.width + 20 and -20 < at[1] < frame.height + 20]
    for cell_px in _CELLS_PX:
        groups = _grouped(seen, frame, cell_px)
        if len(groups) <= MOST_MARKS:
            break
    marks = [_mark(_, group, frame) for group in groups]
    return tuple(reversed(_labelled(marks, frame)))


_Placed = tuple[PlaceState, Point]


def _grouped(seen: Sequence[_Placed], frame: MapFrame, cell_px: float) -> list[list[_Placed]]:
    """Places of one cell of a grid that lies on the world, so that it stays where it is when the map is moved."""
    groups: defaultdict[tuple[int, int], list[_Placed]] = defaultdict(list)
    corner = frame.x * frame.scale - frame.width / 2, frame.y * frame.scale - frame.height / 2
    for place, at in seen:
        groups[int((at[0] + corner[0]) // cell_px), int((at[1] + corner[1]) // cell_px)].append((place, at))
    return list(groups.values())


def _mark(_: Catalog, group: Sequence[_Placed], frame: MapFrame) -> MapMark:
    place = group[0][0]  # the most needy one
    x, y = (sum(axis) / len(group) for axis in zip(*(at for _place, at in group), strict=True))
    worst = place.worst
    colour = UNKNOWN if worst is None else worst.colour
    word = _("nothing known yet") if worst is None else _.said(worst.text)
    raised = worst is not None and (worst.rank > 0 or worst.doubted)
    count = len(group)
    words = (
        f"{place.site.name}: {word}"
        if count == 1
        else _("{n} places, the worst: {place}, {state}", n=count, place=place.site.name, state=word)
    )
    point = (x - frame.width / 2) / frame.scale + frame.x, (y - frame.height / 2) / frame.scale + frame.y
    latitude, longitude = degrees(point)
    return MapMark(
        key=place.site.id,
        x=round(x, 1),
        y=round(y, 1),
        count=count,
        site=place.site.id,
        words=words,
        colour=colour,
        ink=ink_on(colour),
        dark=is_dark(colour),
        raised=raised,
        behind=any(one.alive.behind for one, _at in group),
        at=f"{latitude:.5f},{longitude:.5f}",
        zoom=min(frame.zoom + 2, MOST_ZOOM),
        label=place.site.name if count == 1 else "",
        term=word if raised and count == 1 else "",
    )


def _labelled(marks: Sequence[MapMark], frame: MapFrame) -> list[MapMark]:
    """Write names where there is room, those of the most needy first."""
    taken = [(one.x - 12, one.y - 12, one.x + 12, one.y + 12) for one in marks]
    labels, shown = 0, []
    for mark in marks:
        sides = [
            (left, _label_box(mark, left=left))
            for left in ((False, True) if mark.x < 0.6 * frame.width else (True, False))
        ]
        free = [left for left, box in sides if labels < MOST_LABELS and _is_free(box, taken, mark, frame)]
        if not mark.label or not free:
            shown.append(msgspec.structs.replace(mark, label="", term=""))
            continue
        labels += 1
        taken.append(_label_box(mark, left=free[0]))
        shown.append(msgspec.structs.replace(mark, left=free[0]))
    return shown


_Box = tuple[float, float, float, float]


def _label_box(mark: MapMark, *, left: bool) -> _Box:
    width = len(f"{mark.label} {mark.term}") * _LETTER + 8
    start = mark.x - 16 - width if left else mark.x + 16
    return start, mark.y - _LINE / 2, start + width, mark.y + _LINE / 2


def _is_free(box: _Box, taken: Sequence[_Box], mark: MapMark, frame: MapFrame) -> bool:
    if box[0] < 0 or box[2] > frame.width or box[1] < 0 or box[3] > frame.height:
        return False
    return not any(
        box[0] < other[2] and other[0] < box[2] and box[1] < other[3] and other[1] < box[3]
        for other in taken
        if (other[0] + other[2], other[1] + other[3]) != (2 * mark.x, 2 * mark.y)
    )


def tiles_of(template: str, frame: MapFrame) -> tuple[MapTile, ...]:
    """The pictures of a tile server that cover a map; none without a template of their addresses."""
    if not template:
        return ()
    level = min(int(frame.zoom), 19)
    size = TILE_PX * math.exp2(frame.zoom - level)
    west, north = frame.x * frame.scale - frame.width / 2, frame.y * frame.scale - frame.height / 2
    columns = range(int(west // size), int((west + frame.width) // size) + 1)
    rows = range(int(north // size), int((north + frame.height) // size) + 1)
    return tuple(
        MapTile(_tile(template, level, x, y), round(x * size - west, 1), round(y * size - north, 1), round(size, 2))
        for y in rows
        if 0 <= y < 2**level
        for x in columns
    )


def _tile(template: str, level: int, x: int, y: int) -> str:
    parts = {"{z}": level, "{x}": x % 2**level, "{y}": y, "{s}": "a", "{r}": ""}
    for name, value in parts.items():
        template = template.replace(name, str(value))
    return template


class CoastLine(msgspec.Struct, frozen=True):
    """A coast line as one path of SVG, in millionths of the world from `x`, `y`."""

    path: str
    x: float
    y: float

    def transform(self, frame: MapFrame) -> str:
        """How it lies on a map."""
        left, top = frame.pixel((self.x, self.y))
        return f"translate({left:.2f} {top:.2f}) scale({frame.scale / _COAST_SCALE:.8g})"


def coast_line(coast: Coast) -> CoastLine:
    """The coast line of a GeoJSON document; what is neither a line nor an area is let be."""
    rings = [ring for geometry in _geometries(coast) for ring in _rings(geometry)]
    points = [[world(latitude, longitude) for longitude, latitude, *_ in ring] for ring in rings if ring]
    if not points:
        return CoastLine("", 0.0, 0.0)
    x, y = points[0][0]
    return CoastLine("".join(_ring_path(ring, x, y) for ring in points), x, y)


def _ring_path(ring: Sequence[Point], x: float, y: float) -> str:
    return "M" + "L".join(f"{(a - x) * _COAST_SCALE:.2f},{(b - y) * _COAST_SCALE:.2f}" for a, b in ring)


def _geometries(coast: Coast) -> Iterable[Mapping[str, Any]]:
    for feature in coast.get("features", [coast]):
        if isinstance(feature, Mapping) and isinstance(feature.get("geometry"), Mapping):
            yield feature["geometry"]


def _rings(geometry: Mapping[str, Any]) -> Iterable[Sequence[Any]]:
    coordinates = geometry.get("coordinates", [])
    match geometry.get("type"):
        case "LineString":
            yield coordinates
        case "Polygon" | "MultiLineString":
            yield from coordinates
        case "MultiPolygon":
            for polygon in coordinates:
                yield from polygon
