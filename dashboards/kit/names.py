"""Names that other places refer to: UIDs, folders, the data source, the titles of the dashboards.

uid(Language.INDONESIAN, "flood") -> "siaga-id-flood"        folder_of(Language.ENGLISH).title -> "Siaga (English)"

They are for ever: bookmarks, links and the wall's screens hold them.
"""

import msgspec

from dashboards.kit.words import DashboardLanguage, Text

DATASOURCE = "siaga-influxdb"
"""The UID of the data source of all dashboards."""
DATASOURCE_NAME = "Siaga InfluxDB"

TITLES: dict[str, Text] = {
    "command": Text("Pusat komando", "Command center"),
    "flood": Text("Banjir", "Flood"),
    "air": Text("Kualitas udara", "Air quality"),
    "footfall": Text("Pengunjung", "Footfall"),
    "site": Text("Lokasi", "Site"),
    "sensor": Text("Sensor", "Sensor"),
    "fleet": Text("Gateway", "Fleet"),
    "ingest": Text("Penerimaan data", "Ingest"),
}
"""Every dashboard by its key, in the order of the links in its head."""
HOME = "command"
"""The key of the dashboard that people see first."""


class GrafanaFolder(msgspec.Struct, frozen=True):
    """A folder in Grafana."""

    uid: str
    title: str


def uid(language: DashboardLanguage, key: str) -> str:
    """The UID of the dashboard `key` in a language; KeyError where there is no such dashboard."""
    _ = TITLES[key]
    return f"siaga-{language}-{key}"


def folder_of(language: DashboardLanguage) -> GrafanaFolder:
    """The folder of all dashboards of a language."""
    return GrafanaFolder(f"siaga-{language}", Text("Siaga", "Siaga (English)").of(language))
