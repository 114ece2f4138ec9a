"""The wall's pages as a playlist, which turns them: one for each language, made through Grafana's API.

playlist(INDONESIAN) -> {"uid": "siaga-id-wall", "name": "Siaga: dinding", "interval": "30s", "items": […]}

Grafana provisions no playlists from files (12.0 to 13.2): this is the one thing of ours that needs its API.
"""

from dashboards.grafana import Absent, Answer, Grafana
from dashboards.kit.links import WHOLE_SCREEN
from dashboards.kit.names import WALL, uid
from dashboards.kit.words import Text
from i18n.catalog import LanguageCode, catalog_of

EACH = "30s"
"""How long a page stays: time to read it twice."""
_NAME = Text("Siaga: wall")


def playlist(language: LanguageCode) -> Answer:
    """The playlist as Grafana's API takes it."""
    items = [{"type": "dashboard_by_uid", "value": uid(language, page)} for page in WALL]
    return {"uid": f"siaga-{language}-wall", "name": catalog_of(language).said(_NAME), "interval": EACH, "items": items}


def address_of(language: LanguageCode) -> str:
    """What the wall's browser opens, behind the address of Grafana."""
    return f"/playlists/play/{playlist(language)['uid']}?{WHOLE_SCREEN}"


def push_playlists(grafana: Grafana, *, dry_run: bool) -> list[tuple[str, bool]]:
    """Make Grafana's playlists as they should be: the UIDs of those that differ, and whether each is new."""
    changes = []
    for wanted in map(playlist, LanguageCode):
        found = grafana.get(f"/playlists/{wanted['uid']}")
        if not isinstance(found, Absent) and _same(found, wanted):
            continue
        changes.append((wanted["uid"], isinstance(found, Absent)))
        if not dry_run:
            _write(grafana, wanted, new=isinstance(found, Absent))
    return changes


def _write(grafana: Grafana, wanted: Answer, *, new: bool) -> None:
    if new:
        grafana.write("POST", "/playlists", wanted)
    else:
        grafana.write("PUT", f"/playlists/{wanted['uid']}", wanted)


def _same(found: Answer, wanted: Answer) -> bool:
    pages = [(item["type"], item["value"]) for item in found.get("items") or ()]
    asked = [(item["type"], item["value"]) for item in wanted["items"]]
    return (found.get("name"), found.get("interval"), pages) == (wanted["name"], wanted["interval"], asked)
