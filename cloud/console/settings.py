"""[console]: its language and map."""

from typing import Literal

from runtime.settings import Settings


class ConsoleSettings(Settings):
    """The console: its language, an URL template of map tiles (empty: none), a GeoJSON coast line (empty: none).

    `stories` is the folder in which the demo is asked for stories; empty, as everywhere else: the console has none.
    """

    language: Literal["id", "en"] = "id"
    tiles: str = ""
    coastline: str = ""
    stories: str = ""
