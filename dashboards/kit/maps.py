"""A map of the sites, coloured by what is known of them: markers from a query, over plain water and coast, or tiles.

Under the markers lie the places of the sites as they were last known, grey and with their names.

The coast travels inside the dashboard, as the picture of a tile that the map asks for by {x}, {y} and {z}: an SVG of
the whole coast, which moves itself to where the tile lies. So no file is needed on Grafana's disk, and nothing is asked
of the internet. Grafana's own GeoJSON layer would not do: newer ones take a file on its disk or an address in the web.
"""

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from grafana_foundation_sdk.builders import common, geomap
from grafana_foundation_sdk.models.common import FrameGeometrySourceMode
from grafana_foundation_sdk.models.dashboard import DynamicConfigValue, MatcherConfig
from grafana_foundation_sdk.models.geomap import MapCenterID, TooltipMode

from dashboards.kit.influx import SOURCE, InfluxQuery, Query
from dashboards.kit.links import Link
from dashboards.kit.panels import by_thresholds, thresholds
from dashboards.kit.scales import PanelScale
from dashboards.kit.style import DashboardStyle
from dashboards.kit.words import Caption, Text, Words
from rules.colours import UNKNOWN

WATER, LAND, SHORE, INK = "#243a52", "#4f635d", "#a9b8a0", "#f1f5f9"
TILE_PX = 256
NEAREST = 13
"""The zoom at which a bay fills a panel: nearer, the coast has no more to show."""
_NOW, _EVER = "A", "B"
"""The two queries."""
PADDING_PERCENT = 60
"""Around the sites: on a phone, the room right of the easternmost one for a name of ten letters."""
_DECIMALS = 5
"""Of a pixel of the whole world on one tile: 8 cm of the screen's pixels at zoom 13."""
_SITES = Text("Sites")
_PLACES = Text("Last known places")
_BASE = Text("Base map")
Ring = Sequence[Sequence[float]]
"""An outline: positions of longitude and latitude in degrees, WGS 84."""


def site_map(
    style: DashboardStyle, caption: Caption, query: Query, places: Query, *, colour: str, name: str,
    scale: PanelScale, link: Link, titles: Mapping[str, Words],
) -> geomap.Panel:  # fmt: skip
    """The sites of a query with `latitude` and `longitude`, coloured by the column `colour`; their names by `places`.

    `places` asks for the same columns of a longer time, so that of a dead platform each site is there, grey. `titles`
    are those of the columns in the box at a marker.
    """
    panel = geomap.Panel().title(style.say(caption.title)).description(style.say(caption.about))
    panel.no_value(style.say(caption.nothing)).datasource(SOURCE)
    panel.with_target(InfluxQuery(query, ref=_NOW)).with_target(InfluxQuery(places, ref=_EVER))
    panel.unit("none").decimals(0).thresholds(thresholds(scale)).color_scheme(by_thresholds())
    # the words belong to the one column: latitude 2 is no severity
    panel.override_by_name(colour, [DynamicConfigValue("mappings", scale.mappings(style))])
    panel.override_by_name(name, [DynamicConfigValue("links", [link])])
    for column, title in titles.items():
        panel.override_by_name(column, [DynamicConfigValue("displayName", style.say(title))])
    panel.basemap(_base(style)).layers([_places(style, name), _markers(style, colour)])
    controls = geomap.ControlsOptions().show_zoom(True).mouse_wheel_zoom(False).show_attribution(True).show_scale(True)
    panel.controls(controls).tooltip(geomap.TooltipOptions().mode(TooltipMode.DETAILS))
    view = geomap.MapViewConfig().id(MapCenterID.FIT).all_layers(False).layer(style.say(_PLACES))
    # to Grafana `zoom` is how near *fit* may go, and its builder's own 1 is the whole world
    return panel.view(view.padding(PADDING_PERCENT).zoom(NEAREST).max_zoom(NEAREST))


def tile(coast: str) -> str:
    """A data: address with {x}, {y} and {z} in it: water, and the land of a GeoJSON (or none) where it lies."""
    land = ""
    if coast:
        moved = f"translate(calc(-{TILE_PX}px*{{x}}),calc(-{TILE_PX}px*{{y}})) scale(pow(2,{{z}}))"
        outline = f"fill='{LAND}' stroke='{SHORE}' vector-effect='non-scaling-stroke' style='transform:{moved}'"
        land = f"<path {outline} d='{''.join(map(_outline, _rings(coast)))}'/>"
    water = f"<rect width='{TILE_PX}' height='{TILE_PX}' fill='{WATER}'/>"
    size = f"width='{TILE_PX}' height='{TILE_PX}'"
    svg = f"<svg xmlns='http://www.w3.org/2000/svg' {size}>{water}{land}</svg>"
    return "data:image/svg+xml," + quote(svg, safe="{}=:;,.'()*/- ").replace(" ", "%20")


def _rings(coast: str) -> Iterator[Ring]:
    """The outlines in a FeatureCollection, whatever their geometry: a ring is a list of positions."""
    for feature in json.loads(coast)["features"]:
        yield from _rings_in(feature["geometry"]["coordinates"])


def _rings_in(coordinates: Any) -> Iterator[Ring]:
    if isinstance(coordinates[0][0], int | float):
        yield coordinates
    else:
        for inner in coordinates:
            yield from _rings_in(inner)


def _outline(ring: Ring) -> str:
    points = (_on_the_world(longitude, latitude) for longitude, latitude, *_ in ring)
    return "M" + "L".join(f"{x:.{_DECIMALS}f} {y:.{_DECIMALS}f}" for x, y in points) + "Z"


def _on_the_world(longitude: float, latitude: float) -> tuple[float, float]:
    """A place in pixels of the one tile that holds the world (Web Mercator)."""
    north = math.log(math.tan(math.pi / 4 + math.radians(latitude) / 2))
    return TILE_PX * (longitude + 180) / 360, TILE_PX * (1 - north / math.pi) / 2


def _base(style: DashboardStyle) -> common.MapLayerOptions:
    tiles = style.map.tiles or tile(style.map.coast)
    attribution = style.map.attribution if style.map.tiles else ""
    return _layer("xyz", style.say(_BASE)).config({"url": tiles, "attribution": attribution}).opacity(1)


def _places(style: DashboardStyle, name: str) -> common.MapLayerOptions:
    """Where each site is, grey, with its name: all there is to see of a platform that is not heard."""
    # beside the marker and a little higher: neighbours on a coast stand above each other more often than beside, and a
    # name must not touch the next marker either; of two that would cover each other Grafana draws one
    beside = {"fontSize": 10, "offsetX": 12, "offsetY": -8, "textAlign": "left", "textBaseline": "middle", "color": INK}
    named = {"text": {"mode": "field", "field": name, "fixed": ""}, "textConfig": beside}
    dots = _dots(style.say(_PLACES), _EVER, 8, {"color": {"fixed": UNKNOWN}, **named})
    return dots.tooltip(False)


def _markers(style: DashboardStyle, colour: str) -> common.MapLayerOptions:
    """What is known of the sites now, upon their places."""
    return _dots(style.say(_SITES), _NOW, 10, {"color": {"field": colour, "fixed": UNKNOWN}}).tooltip(True)


def _dots(name: str, query: str, px: int, style: Mapping[str, object]) -> common.MapLayerOptions:
    dot = {
        "opacity": 0.95,
        "size": {"fixed": px, "min": px, "max": px},
        "symbol": {"mode": "fixed", "fixed": "img/icons/marker/circle.svg"},
        **style,
    }
    place = common.FrameGeometrySource().mode(FrameGeometrySourceMode.COORDS)
    place.latitude("latitude").longitude("longitude")
    layer = _layer("markers", name).config({"style": dot, "showLegend": False})
    return layer.location(place).filter_data(MatcherConfig(id_val="byRefId", options=query))


def _layer(kind: str, name: str) -> common.MapLayerOptions:
    return common.MapLayerOptions().type(kind).name(name)
