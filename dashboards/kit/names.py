"""Names that other places refer to: UIDs, folders, the data source, the titles of the dashboards.

uid(Language.INDONESIAN, "flood") -> "siaga-id-flood"        folder_of(Language.ENGLISH).title -> "Siaga (English)"

They are for ever: bookmarks, links and the wall's screens hold them.
"""

import msgspec

from dashboards.kit.words import Text, Words
from i18n.catalog import LanguageCode, catalog_of
from i18n.message import Bilingual

DATASOURCE = "siaga-influxdb"
"""The UID of the data source of all dashboards."""
DATASOURCE_NAME = "Siaga InfluxDB"

TITLES: dict[str, Words] = {
    "command": Text("Command center"),
    "flood": Text("Flood"),
    "air": Text("Air quality"),
    "footfall": Text("Footfall"),
    "site": Text("Site"),
    "sensor": Text("Sensor"),
    "fleet": Text("Fleet"),
    "ingest": Text("Ingest"),
    "phone": Text("On a phone"),
    "wall-situation": Text("Wall: situation"),
    "wall-flood": Text("Wall: flood"),
    "wall-air": Text("Wall: air quality"),
    "wall-footfall": Text("Wall: footfall"),
}
"""Every dashboard by its key, in the order of the links in its head."""
OWN = "domain-"
"""What the keys of the dashboards of a city's own domains begin with."""
WALL = ("wall-situation", "wall-flood", "wall-air", "wall-footfall")
"""The pages of the wall, in the order in which the playlist turns them. Links to them ask for the whole screen."""
HOME = "command"
"""The key of the dashboard that people see first."""


class GrafanaFolder(msgspec.Struct, frozen=True):
    """A folder in Grafana."""

    uid: str
    title: str


def uid(language: LanguageCode, key: str) -> str:
    """The UID of the dashboard `key` in a language; KeyError where there is no such dashboard."""
    if not key.startswith(OWN):
        _ = TITLES[key]
    return f"siaga-{language}-{key}"


def folder_of(language: LanguageCode) -> GrafanaFolder:
    """The folder of all dashboards of a language."""
    return GrafanaFolder(f"siaga-{language}", catalog_of(language).said(Bilingual("Siaga (English)", "Siaga")))
