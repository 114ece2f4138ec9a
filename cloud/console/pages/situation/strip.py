"""The strip of the situation: a tile for each domain, with its worst state and how fresh its readings are.

Flooding  ● all on time   [Siaga 2] Daruba river bridge     Newest 3 s ago   Oldest 12 s ago   Readings a minute 42
"""

from cloud.console.components.chips import ChipBox
from cloud.console.components.elements import TextElement, box, mark, symbol, text
from cloud.console.view_models.sites import DomainView
from i18n.catalog import N_, Catalog
from wire import Domain

DOMAINS = {
    Domain.FLOOD: (N_("Flooding"), "water"),
    Domain.AIR: (N_("Air quality"), "air"),
    Domain.FOOTFALL: (N_("Visitors"), "groups"),
}
"""What the city watches: the word for people, and the icon."""


class Strip:
    """The situation strip: one tile for each domain, one for the way that readings take."""

    def __init__(self, _: Catalog) -> None:
        self._tiles: dict[str, Tile] = {}
        with box("strip", "section", aria_label=_("Situation")):
            for domain, (name, icon) in DOMAINS.items():
                self._tiles[domain] = Tile(_, _(name), icon)

    def show(self, domains: tuple[DomainView, ...]) -> None:
        """Bring the tiles up to date."""
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
