"""What differs between one generated dashboard and the next: language, time zone, map.

look = DashboardStyle(language=Language.ENGLISH, zone="Asia/Jayapura");  look.say(Text("Banjir", "Flood")) -> "Flood"
"""

import msgspec

from dashboards.kit.names import uid
from dashboards.kit.words import DashboardLanguage, Text


class Map(msgspec.Struct, frozen=True, kw_only=True):
    """The base of maps: an own server of XYZ tiles, or plain water; and the coast line as GeoJSON, or none.

    `tiles` is a URL with {x}, {y} and {z}. Without it nothing is asked of the internet.
    """

    tiles: str = ""
    attribution: str = ""
    coast: str = ""


class DashboardStyle(msgspec.Struct, frozen=True, kw_only=True):
    """How dashboards are written for an installation: `zone` is the IANA name of the time zone of its days."""

    language: DashboardLanguage
    zone: str = "Asia/Jayapura"
    map: Map = Map()

    def say(self, text: Text) -> str:
        """The text in the language of the dashboard."""
        return text.of(self.language)

    @property
    def suffix(self) -> str:
        """What the names of text fields in the store end with: word_id, level_id … in Indonesian, nothing else."""
        return "_id" if self.language is DashboardLanguage.INDONESIAN else ""

    def uid(self, key: str) -> str:
        """The UID of the dashboard `key` in this language."""
        return uid(self.language, key)
