"""The strip of the situation: a tile for each domain, with its worst state and how fresh its readings are.

Flooding  ● all on time   [Siaga 2] Daruba river bridge     Newest 3 s ago   Oldest 12 s ago   Readings a minute 42
"""

from cloud.console.components.chips import ChipBox
from cloud.console.components.elements import TextElement, box, mark, symbol, text
from cloud.console.view_models.sites import DomainView
from i18n.catalog import Catalog
from wire import Domain

ICONS: dict[str, str] = {Domain.FLOOD: "water", Domain.AIR: "air", Domain.FOOTFALL: "groups"}
OTHER_ICON = "sensors"
"""Of a domain that the city added."""


class Strip:
    """The situation strip: one tile for each domain; it is built again where the city has others."""

    def __init__(self, _: Catalog) -> None:
        self._words = _
        self._tiles: dict[str, Tile] = {}
        self._shown: list[tuple[str, str]] = []
        self._place = box("strip", "section", aria_label=_("Situation"))

    def show(self, domains: tuple[DomainView, ...]) -> None:
        """Bring the tiles up to date."""
        shown = [(view.domain, view.name) for view in domains]
        if shown != self._shown:
            self._shown = shown
            self._place.clear()
            with self._place:
                self._tiles = {domain: Tile(self._words, name, ICONS.get(domain, OTHER_ICON)) for domain, name in shown}
        for view in domains:
            self._tiles[view.domain].show(view)


class Tile:
    """One domain: its worst state and where, newest reading, oldest sensor, readings a minute, silent sensors."""

    def __init__(self, _: Catalog, name: str, icon: str) -> None:
        with box("tile", "article") as self._tile:
            with box("tile-head"):
                symbol(icon)
                text(name, "tile-name", "h2")
                with box("tile-state"):
                    box("dot")
                    self._silent = text()
            with box("tile-worst"):
                self._chip = ChipBox(around=self._tile)
                self._where = text("", "tile-where")
            with box("tile-figures", "dl"):
                self._newest = _pair(_("Newest"))
                self._oldest = _pair(_("Oldest"))
                self._per_minute = _pair(_("Readings a minute"))

    def show(self, view: DomainView) -> None:
        """Bring the tile up to date."""
        mark(self._tile, view.freshness)
        self._chip.show(view.chip)
        self._where.set(view.where)
        self._newest.set(view.newest)
        self._oldest.set(view.oldest)
        self._silent.set(view.silent)
        self._per_minute.set(view.per_minute)


def _pair(name: str) -> TextElement:
    with box("pair"):
        text(name, "pair-name", "dt")
        return text("–", "pair-value", "dd")
