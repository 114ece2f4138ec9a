"""How dashboards are written for one installation, and the JSON of all of them.

Installation(zone="Asia/Makassar", map=Map(tiles="https://tiles.example/{z}/{x}/{y}.png")).documents()
"""

import json
from pathlib import Path
from zoneinfo import available_timezones

import msgspec

from dashboards.catalog import Document, document, keys
from dashboards.city_names import CityFileUnusable, read_names
from dashboards.kit.city import CityNames
from dashboards.kit.style import DashboardStyle, Map
from i18n.catalog import LanguageCode

DEMO_ZONE = "Asia/Jayapura"
DEMO_COAST = Path(__file__).parents[1] / "demo" / "city" / "coast.geojson"
DEMO_CITY = DEMO_COAST.with_name("city.toml")
"""Of the demo's island, which the committed dashboards are generated for."""
_PLACES = ("{x}", "{y}", "{z}")


class CannotUse(Exception):
    """Something given from outside that cannot be used; one sentence that names it, its value and the next step."""


class Installation(msgspec.Struct, frozen=True, kw_only=True):
    """What differs between installations."""

    zone: str = DEMO_ZONE
    map: Map = Map()
    names: CityNames = CityNames()

    def documents(self) -> dict[LanguageCode, dict[str, Document]]:
        """Every dashboard by language and key, as Grafana's JSON."""
        return {language: self._of(language) for language in LanguageCode}

    def _of(self, language: LanguageCode) -> dict[str, Document]:
        style = DashboardStyle(language=language, zone=self.zone, map=self.map, names=self.names)
        return {key: document(style, key) for key in keys(style)}


def installation(*, zone: str, tiles: str, attribution: str, coastline: Path | None, city: Path | None) -> Installation:
    """The installation that these settings describe; CannotUse names the first that is wrong."""
    if zone not in available_timezones():
        raise CannotUse(f"--zone {zone}: no such time zone; write an IANA name such as {DEMO_ZONE}")
    if tiles and not all(place in tiles for place in _PLACES):
        raise CannotUse(
            f"--tiles {tiles}: {', '.join(_PLACES)} must all stand in it, as in https://…/{{z}}/{{x}}/{{y}}.png"
        )
    coast = "" if coastline is None else coast_of(coastline)
    map_ = Map(tiles=tiles, attribution=attribution, coast=coast)
    return Installation(zone=zone, map=map_, names=CityNames() if city is None else names_of(city))


def names_of(path: Path) -> CityNames:
    """The names in the city's file at `path`; CannotUse where it is none."""
    try:
        return read_names(path)
    except CityFileUnusable as error:
        raise CannotUse(f"--city {path}: {error}") from None


def coast_of(path: Path) -> str:
    """The GeoJSON at `path` without blanks; CannotUse where it is none."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise CannotUse(f"--coastline {path}: {error.strerror}; name a GeoJSON file, or leave it out") from None
    except ValueError:
        raise CannotUse(f"--coastline {path}: this is no JSON; name a GeoJSON file, or leave it out") from None
    if not isinstance(found, dict) or found.get("type") != "FeatureCollection":
        raise CannotUse(f"--coastline {path}: this is no FeatureCollection; export the coast as GeoJSON of that type")
    return json.dumps(found, separators=(",", ":"))
