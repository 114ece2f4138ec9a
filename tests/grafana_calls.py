"""All that `siaga-dashboards push` asks of a Grafana, token by token, and what a real one answered to each.

CALLS ─► a real Grafana ─► tests/golden/grafana_answers.json ─► the simulated one must give the same to each call

    python -m tests.grafana_calls http://127.0.0.1:3000 admin:secret

records anew from a fresh Grafana, one of whose dashboards comes from files: siaga-id-site (in any folder of its own).
"""

import base64
import json
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import msgspec

from tests import loopback

RECORDED = Path(__file__).parent / "golden" / "grafana_answers.json"
EXPIRES_S, REMEMBERED_S = 1, 61
Json = Any
Ask = Callable[[str, str, Json, str], tuple[int, Json]]
"""method, path, body and whose token -> status and answer"""


class Call(msgspec.Struct, frozen=True):
    """A call: whose token, what is asked, and what it shows."""

    who: str
    method: str
    path: str
    body: Json = None

    @property
    def name(self) -> str:
        """As it is kept; a body that differs from its neighbour's is told by its number in the list."""
        return f"{self.who}: {self.method} {self.path}"


def _dashboard(uid: str, title: str, *, folder: str = "siaga-id", overwrite: bool = True, **more: Json) -> Json:
    dashboard = {"uid": uid, "title": title, "tags": ["siaga"], "panels": [], "schemaVersion": 41, **more}
    return {"dashboard": dashboard, "folderUid": folder, "overwrite": overwrite, "message": "siaga-dashboards push"}


def _playlist(interval: str = "30s") -> Json:
    items = [{"type": "dashboard_by_uid", "value": "siaga-id-flood"}]
    return {"uid": "siaga-id-wall", "name": "Siaga: dinding", "interval": interval, "items": items}


ALL = ("viewer", "editor", "admin")
STRANGERS = ("wrong", "expired", "disabled", "nobody")
FOLDER = {"uid": "siaga-id", "title": "Siaga"}
HIDE = Call("harness", "HIDE", "siaga-en")
"""Not a call: the administrator takes all rights on the folder from everybody else."""
PAUSE = Call("harness", "PAUSE", "")
"""Not a call: Grafana remembers for a minute what a token may, so that others learn late of a new folder."""
CALLS = (
    *(Call(who, "GET", "/frontend/settings") for who in (*ALL, *STRANGERS)),
    *(
        Call(who, "GET", path)
        for path in ("/folders/siaga-id", "/dashboards/uid/siaga-id-flood", "/playlists/siaga-id-wall", "/nothing")
        for who in (*ALL, *STRANGERS)
    ),
    Call("viewer", "POST", "/folders", FOLDER),
    Call("wrong", "POST", "/folders", FOLDER),
    Call("editor", "POST", "/folders", FOLDER),
    Call("editor", "POST", "/folders", FOLDER),
    Call("editor", "POST", "/folders", {"uid": "siaga-other", "title": "Siaga"}),
    Call("viewer", "GET", "/folders/siaga-id"),
    PAUSE,
    *(Call(who, "GET", "/folders/siaga-id") for who in ALL),
    Call("viewer", "POST", "/dashboards/db", _dashboard("siaga-id-flood", "Banjir")),
    Call("editor", "POST", "/dashboards/db", _dashboard("siaga-id-flood", "Banjir", folder="siaga-none")),
    Call("admin", "POST", "/dashboards/db", _dashboard("siaga-id-flood", "Banjir", folder="siaga-none")),
    Call("editor", "POST", "/dashboards/db", _dashboard("siaga-id-flood", "Banjir")),
    *(Call(who, "GET", "/dashboards/uid/siaga-id-flood") for who in ALL),
    Call("editor", "POST", "/dashboards/db", _dashboard("siaga-id-flood", "Banjir")),
    Call("editor", "POST", "/dashboards/db", _dashboard("siaga-id-flood", "Banjir", overwrite=False)),
    Call("editor", "POST", "/dashboards/db", _dashboard("siaga-id-flood", "Banjir", overwrite=False, version=1)),
    Call("editor", "POST", "/dashboards/db", _dashboard("siaga-id-flood", "Banjir", overwrite=False, version=2)),
    Call("editor", "POST", "/dashboards/db", _dashboard("siaga-id-air", "Banjir")),
    Call("editor", "POST", "/dashboards/db", _dashboard("siaga-id-air", "")),
    Call("editor", "GET", "/dashboards/uid/siaga-id-site"),
    Call("editor", "POST", "/dashboards/db", _dashboard("siaga-id-site", "Lokasi")),
    Call("viewer", "POST", "/playlists", _playlist()),
    Call("editor", "PUT", "/playlists/siaga-id-wall", _playlist()),
    Call("editor", "POST", "/playlists", _playlist()),
    Call("editor", "POST", "/playlists", _playlist()),
    Call("viewer", "PUT", "/playlists/siaga-id-wall", _playlist("1m")),
    Call("editor", "PUT", "/playlists/siaga-id-wall", _playlist("1m")),
    *(Call(who, "GET", "/playlists/siaga-id-wall") for who in ALL),
    Call("admin", "POST", "/folders", {"uid": "siaga-en", "title": "Siaga (English)"}),
    Call("admin", "POST", "/dashboards/db", _dashboard("siaga-en-flood", "Flood", folder="siaga-en")),
    HIDE,
    Call("editor", "GET", "/folders/siaga-en"),
    Call("editor", "POST", "/folders", {"uid": "siaga-en", "title": "Siaga (English)"}),
    Call("editor", "GET", "/dashboards/uid/siaga-en-flood"),
    Call("editor", "POST", "/dashboards/db", _dashboard("siaga-en-flood", "Flood", folder="siaga-en")),
    Call("editor", "POST", "/dashboards/db", _dashboard("siaga-en-air", "Air", folder="siaga-en")),
)

_KEPT = ("message", "messageId", "status", "uid", "title", "folderUid", "version", "name", "interval", "items")
_KEPT_OF_META = ("folderUid", "provisioned", "provisionedExternalId", "canSave", "version")


def answers(ask: Ask, hide: Callable[[str], None], pause: Callable[[], None]) -> Iterator[dict[str, Json]]:
    """Every call in its order, with what of the answer says something."""
    for call in CALLS:
        if call.who == "harness":
            hide(call.path) if call is HIDE else pause()
            continue
        status, answer = ask(call.method, call.path, call.body, call.who)
        yield {"call": call.name, "status": status, "answer": shortened(answer)}


def shortened(answer: Json) -> Json:
    """What of an answer `push` reads, without what differs from one Grafana to the next."""
    if not isinstance(answer, dict):
        return type(answer).__name__
    if "buildInfo" in answer:
        return {"buildInfo": {"version": "…"} if "version" in answer["buildInfo"] else {}}
    if "dashboard" in answer:
        meta = {key: answer["meta"][key] for key in _KEPT_OF_META if key in answer["meta"]}
        return {"dashboard": {key: answer["dashboard"].get(key) for key in ("uid", "title", "tags")}, "meta": meta}
    return {key: answer[key] for key in _KEPT if key in answer}


def recorded() -> list[dict[str, Json]]:
    """The answers of a real Grafana."""
    found: list[dict[str, Json]] = json.loads(RECORDED.read_text(encoding="utf-8"))["answers"]
    return found


def main(url: str, login: str) -> None:
    """Record the answers of the Grafana at `url`."""
    authorizations = {"administrator": f"Basic {base64.b64encode(login.encode()).decode()}", "nobody": ""}

    def ask(method: str, path: str, body: Json, who: str) -> tuple[int, Json]:
        return _http(f"{url}/api{path}", method, body, authorizations[who])

    authorizations |= _tokens(ask)
    time.sleep(EXPIRES_S + 1)
    version = ask("GET", "/frontend/settings", None, "administrator")[1]["buildInfo"]["version"]

    def hide(folder: str) -> None:
        _said(*ask("POST", f"/folders/{folder}/permissions", {"items": []}, "administrator"))

    def pause() -> None:
        time.sleep(REMEMBERED_S)

    seen = {"seen": f"Grafana {version}, {time.strftime('%Y-%m-%d')}", "answers": list(answers(ask, hide, pause))}
    RECORDED.write_text(json.dumps(seen, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _tokens(ask: Ask) -> Mapping[str, str]:
    """A service account for each kind of token."""
    kinds = {"viewer": "Viewer", "editor": "Editor", "admin": "Admin", "expired": "Editor", "disabled": "Editor"}
    tokens = {"wrong": "Bearer glsa_wrong"}
    for name, role in kinds.items():
        account = _said(*ask("POST", "/serviceaccounts", {"name": f"calls-{name}", "role": role}, "administrator"))
        life = {"secondsToLive": EXPIRES_S} if name == "expired" else {}
        path = f"/serviceaccounts/{account['id']}"
        token = _said(*ask("POST", f"{path}/tokens", {"name": f"calls-{name}", **life}, "administrator"))
        tokens[name] = f"Bearer {token['key']}"
        if name == "disabled":
            _said(*ask("PATCH", path, {"isDisabled": True}, "administrator"))
    return tokens


def _said(status: int, answer: Json) -> Json:
    if status >= 400:
        raise SystemExit(f"the preparation failed: {status} {answer}")
    return answer


def _http(url: str, method: str, body: Json, authorization: str) -> tuple[int, Json]:
    headers = {"Authorization": authorization} if authorization else {}
    answer = loopback.request(method, url, json=body, headers=headers, timeout=30, trust_env=False)
    return answer.status_code, _json(answer)


def _json(answer: httpx.Response) -> Json:
    try:
        return answer.json()
    except ValueError:
        return answer.text


if __name__ == "__main__":
    main(*sys.argv[1:])
