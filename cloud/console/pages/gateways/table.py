"""The table of gateways: one row each, what needs attention below it, its sources on a click.

Gateway          State     Clock   Waiting to send   Received   Twice   Missing   Lost   Last heard
Daruba gateway   ● online  exact                 0     88,020       0         0      0      4 s ago   v
    ⚠ the cloud refuses readings of air-pier (unknown_sensor); add the sensor at the server, or mend its name here
    ● river   working     Heard 1.2 MB   Frames 88,102   Readings 88,020   Refused 0    4 s ago
"""

from nicegui import ui

from cloud.console.components.elements import TextElement, box, mark, symbol, text
from cloud.console.view_models.gateways import COUNTS, GatewayView, SourceView
from i18n.catalog import N_, Catalog

COLUMNS = (
    N_("Gateway"),
    N_("State"),
    N_("Clock"),
    N_("Waiting to send"),
    N_("Received"),
    N_("Received twice"),
    N_("Missing"),
    N_("Lost"),
    N_("Last heard"),
)


class Gateways:
    """The section with the gateways."""

    def __init__(self, _: Catalog) -> None:
        self._words = _
        self._rows: dict[str, GatewayItem] = {}
        with box("panel", "section", aria_label=_("Gateways")):
            text(_("Gateways"), "panel-title", "h2")
            with box("table gateways", role="table"):
                with box("row head", role="row"):
                    for column in COLUMNS:
                        text(_(column), "cell").props["role"] = "columnheader"
                self._body = box("rows", role="rowgroup")

    def show(self, gateways: tuple[GatewayView, ...]) -> None:
        """Bring the rows up to date."""
        if [gateway.id for gateway in gateways] != list(self._rows):
            self._body.clear()
            with self._body:
                self._rows = {gateway.id: GatewayItem(self._words, gateway) for gateway in gateways}
        for gateway in gateways:
            self._rows[gateway.id].show(gateway)


class GatewayItem:
    """One gateway, and its sources."""

    def __init__(self, _: Catalog, gateway: GatewayView) -> None:
        self._words = _
        self._notes: list[TextElement] = []
        self._sources: list[Source] = []
        with box("entry") as self._entry:
            with box("row", "div", role="row", tabindex="0", aria_expanded="false") as row:
                with _cell(_, 0):
                    symbol("chevron_right", "chevron")
                    text(gateway.name, "strong")
                with _cell(_, 1) as self._state:
                    box("dot")
                    self._state_text = text()
                with _cell(_, 2) as self._clock:
                    self._clock_text = text()
                with _cell(_, 3, "number"):
                    self._waiting = text()
                    self._oldest = text("", "faint")
                self._received = _number(_, 4)
                self._duplicates = _number(_, 5)
                self._missing = _number(_, 6)
                self._lost = _number(_, 7)
                with _cell(_, 8, "number"):
                    self._heard = text()
            self._note_place = box("notes", "ul", aria_label=_("Needs attention"))
            with box("sources"):
                self._source_place = box()
                self._more = text("", "source-more", "p")
        for event in ("click", "keydown.enter", "keydown.space.prevent"):
            row.on(event, js_handler="(event) => siaga.toggle(event.currentTarget)")

    def show(self, gateway: GatewayView) -> None:
        """Bring the row up to date."""
        mark(self._state, gateway.level)
        mark(self._clock, gateway.clock_level)
        mark(self._missing, gateway.missing_level)
        mark(self._lost, gateway.lost_level)
        for shown, content in (
            (self._state_text, gateway.state),
            (self._clock_text, gateway.clock),
            (self._waiting, gateway.waiting),
            (self._oldest, gateway.oldest),
            (self._received, gateway.received),
            (self._duplicates, gateway.duplicates),
            (self._missing, gateway.missing),
            (self._lost, gateway.lost),
            (self._heard, gateway.heard),
            (self._more, gateway.more_sources),
        ):
            shown.set(content)
        self._show_notes(gateway.notes)
        self._show_sources(gateway.sources)

    def _show_notes(self, notes: tuple[str, ...]) -> None:
        if len(notes) != len(self._notes):
            self._note_place.clear()
            with self._note_place:
                self._notes = [_note() for _ in notes]
        for shown, note in zip(self._notes, notes, strict=True):
            shown.set(note)

    def _show_sources(self, sources: tuple[SourceView, ...]) -> None:
        if len(sources) != len(self._sources):
            self._source_place.clear()
            with self._source_place:
                self._sources = [Source(self._words) for _ in sources]
        for shown, view in zip(self._sources, sources, strict=True):
            shown.show(view)


class Source:
    """One source of a gateway."""

    def __init__(self, _: Catalog) -> None:
        with box("source") as self._source:
            box("dot")
            self._name, self._state = text("", "strong"), text()
            with box("source-counts"):
                self._counts = [_count(_(label)) for label in COUNTS]
            self._last, self._detail = text("", "number faint last"), text("", "faint detail")

    def show(self, view: SourceView) -> None:
        """Bring the source up to date."""
        mark(self._source, view.level)
        mark(self._counts[-1], view.refused_level)
        shown = (self._name, self._state, *self._counts, self._last, self._detail)
        contents = (view.name, view.state, *view.counts, view.last, view.detail)
        for one, content in zip(shown, contents, strict=True):
            one.set(content)


def _note() -> TextElement:
    with box("note", "li"):
        symbol("warning")
        return text()


def _count(label: str) -> TextElement:
    with box("source-count"):
        text(label, "source-count-label")
        return text("", "value")


def _cell(_: Catalog, column: int, classes: str = "") -> ui.element:
    return box(f"cell {classes}", role="cell", data_label=_(COLUMNS[column]))


def _number(_: Catalog, column: int) -> TextElement:
    with _cell(_, column, "number"):
        return text("", "value")
