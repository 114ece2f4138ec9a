"""The top of the page: whose city, how the whole is doing, the time there, language and light, who is logged in.

[~] Pulau Morotai      (● All data is arriving)      24 Nov 2026 12:10:05 WIT   ID EN  ◐  ani ⇥
"""

import json
from zoneinfo import ZoneInfo

from nicegui import ui

from cloud.access.principal import Role
from cloud.console.components.elements import TextElement, box, mark, symbol, text
from cloud.console.view_models.sites import StateView
from cloud.http.auth import auth_context_of
from i18n import figures
from i18n.catalog import LANGUAGES, N_, Catalog

_WAVES = (
    '<svg viewBox="0 0 32 32" aria-hidden="true"><rect width="32" height="32" rx="8"/>'
    '<path d="M6 13c3.3-3 6.7-3 10 0s6.7 3 10 0M6 20c3.3-3 6.7-3 10 0s6.7 3 10 0"/></svg>'
)
ROLES = {
    Role.VIEWER: N_("Viewer"),
    Role.TECHNICIAN: N_("Technician"),
    Role.OPERATOR: N_("Operator"),
    Role.ENGINEER: N_("Engineer"),
    Role.ADMINISTRATOR: N_("Administrator"),
}


class Header:
    """The header; `show` brings it up to a snapshot."""

    def __init__(self, _: Catalog, city: str, zone: ZoneInfo, *, page: str = "") -> None:
        self._words, self._zone = _, zone
        with box("bar", "header"):
            with box("brand"):
                ui.html(_WAVES, sanitize=False).classes("logo")
                with box("names"):
                    text(city, "city", "h1")
                    text("Siaga", "product")
            self._waiting = _pages(_, page)
            with box("state", role="status") as self._state:
                box("dot")
                self._state_text = text("…", "state-text")
            with box("clock"):
                self._time = text("", "time")
                self._date = text("", "date")
            with box("switches"):
                _languages(_, page)
                _light(_)
                _person(_, page)
            self._notice = text("", "notice", "p")

    def show(self, now_ms: int, state: StateView, *, waiting: int = 0) -> None:
        """Show the time, the state of the whole, and how many alarms wait for somebody."""
        self._waiting.set(str(waiting) if waiting else "")
        mark(self._state, state.level)
        self._state_text.set(state.text)
        self._notice.set(state.detail)
        self._time.set(figures.time_of_day(now_ms, self._zone))
        zone = figures.zone_name(now_ms, self._zone)
        self._date.set(f"{figures.date_of(self._words, now_ms, self._zone)} · {zone}")


PAGES = {
    "": N_("Situation"),
    "alarms": N_("Alarms"),
    "thresholds": N_("Thresholds"),
    "maintenance": N_("Maintenance"),
    "duty": N_("Duty"),
    "facts": N_("Facts"),
}
"""The pages by their place under a language's, in the order of the header."""


def address(page: str, language: str, *, seen_from: str) -> str:
    """The relative address of a page: the console may be served below any path."""
    return ("../" if seen_from else "") + language + (f"/{page}" if page else "")


def _pages(_: Catalog, page: str) -> TextElement:
    """The way to the other pages; gives the place for the number of waiting alarms."""
    with box("pages", "nav", aria_label=_("Pages")):
        counts = {name: _page_link(_, name, page) for name in PAGES}
    counts["alarms"].props["title"] = _("open and not acknowledged")
    return counts["alarms"]


def _page_link(_: Catalog, name: str, page: str) -> TextElement:
    with box("page-link", "a", href=address(name, _.language.code, seen_from=page)) as link:
        text(_(PAGES[name]))
        count = text("", "count")
    if name == page:
        link.props["aria-current"] = "page"
    return count


def _languages(_: Catalog, page: str) -> None:
    with box("languages", "nav", aria_label=_("Language")):
        for language in LANGUAGES.values():
            link = text(language.code.upper(), "language", "a")
            link.props["href"] = address(page, language.code, seen_from=page)
            link.props["hreflang"] = link.props["lang"] = language.code
            link.props["title"] = language.name
            link.props["onclick"] = f"siaga.remember('language', '{language.code}')"
            if language is _.language:
                link.props["aria-current"] = "true"


def _light(_: Catalog) -> None:
    with box("light", "button", type="button", aria_label=_("Dark or light"), title=_("Dark or light")) as button:
        symbol("contrast")
    button.on("click", js_handler="() => siaga.switchTheme()")


def _person(_: Catalog, page: str) -> None:
    """Who is logged in, the way to their password, and the way out, which ends the session everywhere it is open."""
    request = ui.context.client.request
    context = auth_context_of(request)
    if context is None:
        return
    root = request.scope.get("app_root_path", "")
    leave = f"() => siaga.logOut({json.dumps(root)}, {json.dumps(context.csrf)})"
    here = f"/console/{_.language.code}" + (f"/{page}" if page else "")
    with box("person"):
        name = text(context.principal.name, "person-name", "a")
        name.props["href"] = f"{root}/password?language={_.language.code}&next={here}"
        name.props["title"] = f"{_(ROLES[context.principal.role])} · {_('Change your password')}"
        with box("light", "button", type="button", aria_label=_("Log out"), title=_("Log out")) as button:
            symbol("logout")
        button.on("click", js_handler=leave)
