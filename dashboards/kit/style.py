"""What differs between one generated dashboard and the next: language, time zone, map, names.

style = DashboardStyle(language=LanguageCode.INDONESIAN);  style.say(Text("Flood")) -> "Banjir"
"""

import msgspec

from dashboards.kit.city import CityNames
from dashboards.kit.names import OWN, TITLES, uid
from dashboards.kit.words import Words
from i18n.catalog import LanguageCode, catalog_of
from i18n.message import Bilingual
from wire import QuantityTable


class Map(msgspec.Struct, frozen=True, kw_only=True):
    """The base of maps: an own server of XYZ tiles, or plain water; and the coast line as GeoJSON, or none.

    `tiles` is a URL with {x}, {y} and {z}. Without it nothing is asked of the internet.
    """

    tiles: str = ""
    attribution: str = ""
    coast: str = ""


def own_key(domain: str) -> str:
    """The key of the dashboard of a domain that the city added."""
    return f"{OWN}{domain}"


class DashboardStyle(msgspec.Struct, frozen=True, kw_only=True):
    """How dashboards are written for an installation: `zone` is the IANA name of the time zone of its days."""

    language: LanguageCode
    zone: str = "Asia/Jayapura"
    map: Map = Map()
    names: CityNames = CityNames()

    def say(self, text: Words) -> str:
        """The text in the language of the dashboard."""
        return catalog_of(self.language).said(text)

    @property
    def quantities(self) -> QuantityTable:
        """All that is measured and computed in the city."""
        return self.names.quantities

    @property
    def titles(self) -> dict[str, Words]:
        """Every dashboard by its key, in the order of the links in its head: after footfall what the city added."""
        own = {own_key(row.id): Bilingual(row.english, row.indonesian) for row in self.quantities.own_domains}
        place = list(TITLES).index("footfall") + 1
        return dict([*list(TITLES.items())[:place], *own.items(), *list(TITLES.items())[place:]])

    @property
    def suffix(self) -> str:
        """What the names of text fields in the store end with: word_id, level_id … in Indonesian, nothing else."""
        return "_id" if self.language is LanguageCode.INDONESIAN else ""

    def uid(self, key: str) -> str:
        """The UID of the dashboard `key` in this language."""
        return uid(self.language, key)
