"""A card for each site: its sensors, and under each the newest readings as figures to click.

Daruba river bridge           [Siaga 2] ●
River gauge                      3 s ago
[ Water level      ] [ Rain rate       ]
[ 132.4 cm         ] [ 4.0 mm/h        ]
"""

from collections.abc import Callable

from nicegui import ui

from cloud.console.components.chips import ChipBox
from cloud.console.components.elements import TextElement, box, mark, text
from cloud.console.view_models.colours import is_dark
from cloud.console.view_models.sites import FigureView, SensorView, SiteView
from i18n.catalog import Catalog

Opened = Callable[[str, str], object]
"""Called with sensor and quantity when somebody clicks a reading."""


class Cards:
    """The cards of all sites; `show` changes what is new and builds again only a card whose readings are others."""

    def __init__(self, _: Catalog, *, on_reading: Opened, on_site: Callable[[str], object]) -> None:
        self._words, self._on_reading, self._on_site = _, on_reading, on_site
        self._cards: dict[str, Card] = {}
        self._place = box("cards", "section", aria_label=_("Sites"))

    def show(self, sites: tuple[SiteView, ...]) -> None:
        """Bring the cards up to date."""
        if [site.id for site in sites] != list(self._cards):
            self._build(sites)
        for site in sites:
            self._cards[site.id].show(site)

    def select(self, site_id: str) -> None:
        """Set one card off from the others."""
        for card in self._cards.values():
            card.select(card.site_id == site_id)

    def _build(self, sites: tuple[SiteView, ...]) -> None:
        self._place.clear()
        with self._place:
            self._cards = {site.id: Card(self._words, site, self._on_reading, self._on_site) for site in sites}


class Card:
    """One site."""

    def __init__(self, _: Catalog, site: SiteView, on_reading: Opened, on_site: Callable[[str], object]) -> None:
        self.site_id = site.id
        self._words, self._on_reading = _, on_reading
        self._shape: object = None
        self._sensors: list[SensorRows] = []
        with box("card", "article", id=f"site-{site.id}") as self._card:
            with box("card-head", "button", type="button") as head:
                box("dot")
                with box("card-names"):
                    text(site.name, "card-title", "h2")
                    text(site.place, "card-place")
                self._chips_place = box("card-chips", "span")
                self._chips: dict[str, ChipBox] = {}
            head.on("click", lambda: on_site(site.id))
            self._body = box("card-body")

    def show(self, site: SiteView) -> None:
        """Bring the card up to date."""
        mark(self._card, site.freshness)
        self._show_conditions(site)
        shape = [(sensor.id, [figure.quantity for figure in sensor.figures]) for sensor in site.sensors]
        if shape != self._shape:
            self._shape = shape
            self._build(site)
        for rows, sensor in zip(self._sensors, site.sensors, strict=True):
            rows.show(sensor)

    def _show_conditions(self, site: SiteView) -> None:
        known = {condition.domain: condition.chip for condition in site.conditions}
        with self._chips_place:
            self._chips |= {domain: ChipBox() for domain in known if domain not in self._chips}
        for domain, chip in self._chips.items():
            chip.show(known.get(domain))
        worst = site.worst
        shown = worst is not None and worst.is_told
        self._card.style(replace=f"--level: {worst.chip.colour}" if worst is not None and shown else "")
        mark(self._card, str(shown).lower(), "data-raised")
        mark(self._card, str(worst is not None and is_dark(worst.chip.colour)).lower(), "data-dark")

    def select(self, chosen: bool) -> None:
        """Set the card off, or no longer."""
        mark(self._card, "true" if chosen else "false", "data-selected")

    def _build(self, site: SiteView) -> None:
        _ = self._words
        self._body.clear()
        with self._body:
            if not site.sensors:
                text(_("No sensors here yet"), "card-empty")
            self._sensors = [SensorRows(_, sensor, self._on_reading) for sensor in site.sensors]


class SensorRows:
    """One sensor: its name and age, its readings."""

    def __init__(self, _: Catalog, sensor: SensorView, on_reading: Opened) -> None:
        with box("sensor") as self._sensor:
            with box("sensor-head"):
                text(sensor.name, "sensor-name", "h3")
                self._age = text("", "sensor-age")
            with box("figures"):
                self._figures = [Figure(_, sensor, figure, on_reading) for figure in sensor.figures]

    def show(self, sensor: SensorView) -> None:
        """Bring the sensor's readings up to date."""
        mark(self._sensor, sensor.freshness)
        self._age.set(sensor.age)
        for figure, view in zip(self._figures, sensor.figures, strict=True):
            figure.show(view)


class Figure:
    """One reading: a button that opens its chart."""

    def __init__(self, _: Catalog, sensor: SensorView, figure: FigureView, on_reading: Opened) -> None:
        self._shown_badges: object = ()
        with box("figure", "button", type="button", title=_("Show the chart")) as self._button:
            text(figure.name, "figure-name")
            with box("figure-line"):
                self._value = text("", "figure-value")
                self._unit = text("", "figure-unit")
            self._age = text("", "figure-age")
            self._badges = box("badges", "span")
        self._button.props["data-sensor"] = sensor.id
        self._button.props["data-quantity"] = figure.quantity
        self._button.on("click", lambda: on_reading(sensor.id, figure.quantity))

    def show(self, figure: FigureView) -> None:
        """Bring the reading up to date."""
        mark(self._button, figure.freshness)
        self._value.set(figure.value)
        self._unit.set(figure.unit)
        self._age.set(figure.age)
        if figure.badges != self._shown_badges:
            self._shown_badges = figure.badges
            _fill(self._badges, figure.badges)


def _fill(place: ui.element, badges: tuple[tuple[str, str], ...]) -> None:
    place.clear()
    with place:
        for badge, meaning in badges:
            shown: TextElement = text(badge, "badge")
            shown.props["title"] = meaning
