"""A simulated Grafana: the part of its HTTP API that `siaga-dashboards push` speaks, no kinder than Grafana itself.

It keeps folders, dashboards and playlists in memory; it knows three roles, and tokens that are good for nothing. What
it answers was recorded from a real one (tests/golden/grafana_answers.json says which, tests/grafana_calls.py how), and
tests/integration/dashboards/test_grafana_simulated.py holds it to that, call by call.
"""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import msgspec

TOKEN = "glsa_simulated_editor"
VIEWER_TOKEN = "glsa_simulated_viewer"
ADMIN_TOKEN = "glsa_simulated_admin"
EXPIRED_TOKEN, DISABLED_TOKEN = "glsa_simulated_expired", "glsa_simulated_disabled"
ROLES = {TOKEN: "editor", VIEWER_TOKEN: "viewer", ADMIN_TOKEN: "admin"}
SCHEMA = 42
ROOT = ""
"""The folder of dashboards that are in none: everybody may see it."""
Answer = tuple[int, Any]


class Asked(msgspec.Struct, frozen=True):
    """A call that came with a good token: in which role, and of what."""

    role: str
    uid: str
    body: Any


class SimulatedGrafana:
    """What it holds, and what was asked of it; `version` is what it says of itself."""

    def __init__(self, version: str = "12.2.0", sub_path: str = "") -> None:
        self.version, self.sub_path = version, sub_path
        self.folders: dict[str, dict[str, Any]] = {}
        self.dashboards: dict[str, dict[str, Any]] = {}
        self.places: dict[str, str] = {}
        self.playlists: dict[str, dict[str, Any]] = {}
        self.provisioned: set[str] = set()
        self.hidden: set[str] = set()
        self.remembered: set[str] = set()
        self.writes: list[str] = []
        self.url = ""

    def answer(self, method: str, path: str, body: Any, token: str) -> Answer:
        """The status and the body of an answer."""
        if token not in ROLES:
            return _unauthorized(token)
        kind, _, uid = path.removeprefix(f"{self.sub_path}/api/").rpartition("/")
        routes: dict[tuple[str, str], Callable[[Asked], Answer]] = {
            ("GET", "frontend"): lambda _: (200, {"buildInfo": {"version": self.version}}),
            ("GET", "folders"): self._folder,
            ("GET", "dashboards/uid"): self._dashboard,
            ("GET", "playlists"): self._playlist,
            ("POST", ""): self._make_playlist if uid == "playlists" else self._make_folder,
            ("POST", "dashboards"): self._save,
            ("PUT", "playlists"): self._change_playlist,
        }
        route = routes.get((method, kind))
        return route(Asked(ROLES[token], uid, body)) if route else (404, {"message": "Not found"})

    def _folder(self, asked: Asked) -> Answer:
        if not self._sees(asked, asked.uid):
            return _denied("folders:read")
        if asked.uid not in self.folders:
            return 404, {"message": "folder not found", "status": "not-found"}
        return 200, self.folders[asked.uid]

    def _sees(self, asked: Asked, folder: str) -> bool:
        """An administrator sees all folders, others those that are there for them: of no other they learn more.

        A viewer learns late of a new one: what a token may is `remembered` for a minute.
        """
        if asked.role == "admin" or folder == ROOT:
            return True
        if asked.role == "viewer" and folder in self.remembered:
            return False
        return folder in self.folders and folder not in self.hidden

    def _dashboard(self, asked: Asked) -> Answer:
        if asked.uid not in self.dashboards:
            return 404, {"message": "Dashboard not found"} | ({} if asked.role == "admin" else {"title": "Not found"})
        place = self.places[asked.uid]
        if not self._sees(asked, place):
            return _denied("dashboards:read")
        dashboard, is_file = self.dashboards[asked.uid], asked.uid in self.provisioned
        meta = {
            "folderUid": place,
            "canSave": asked.role != "viewer",
            "version": dashboard["version"],
            "provisioned": is_file,
            "provisionedExternalId": f"{asked.uid.rpartition('-')[2]}.json" if is_file else "",
        }
        return 200, {"dashboard": dashboard, "meta": meta}

    def _make_folder(self, asked: Asked) -> Answer:
        if asked.role == "viewer":
            return _denied("folders:create")
        uid = asked.body["uid"]
        if uid in self.folders:
            return 412, {"message": "the folder has been changed by someone else"}
        self.folders[uid] = {"id": len(self.folders) + 1, "version": 1, **asked.body}
        self.remembered.add(uid)
        self.writes.append(f"folder {uid}")
        return 200, self.folders[uid]

    def _save(self, asked: Asked) -> Answer:
        dashboard, uid = asked.body["dashboard"], asked.body["dashboard"]["uid"]
        refused = self._unsaved(asked, dashboard)
        if refused is not None:
            return refused
        before = self.dashboards.get(uid, {"id": len(self.dashboards) + 1, "version": 0})
        kept = {"id": before["id"], "version": before["version"] + 1, "schemaVersion": SCHEMA}
        self.dashboards[uid] = dashboard | kept
        self.places[uid] = asked.body["folderUid"]
        self.writes.append(f"dashboard {uid}")
        # of a change Grafana tells the version before it
        version = before["version"] or 1
        return 200, {"uid": uid, "version": version, "status": "success", "folderUid": self.places[uid]}

    def _unsaved(self, asked: Asked, dashboard: dict[str, Any]) -> Answer | None:
        """Why a dashboard is not taken; None: it is."""
        uid, folder = dashboard["uid"], asked.body["folderUid"]
        if asked.role == "viewer":
            return _denied("any of dashboards:create, dashboards:write")
        if not dashboard["title"]:
            return 400, {"message": "Dashboard title cannot be empty", "status": "empty-name"}
        if uid in self.provisioned:
            return 400, {"message": "Cannot save provisioned dashboard"}
        if folder not in self.folders:
            return 400, {"message": "folder not found"}
        if not self._sees(asked, folder):
            return 403, {"message": "Access denied"}
        newest = self.dashboards.get(uid, {}).get("version")
        if newest is not None and not asked.body.get("overwrite") and dashboard.get("version") != newest:
            return 412, {"message": "The dashboard has been changed by someone else", "status": "version-mismatch"}
        return None

    def _playlist(self, asked: Asked) -> Answer:
        if asked.uid not in self.playlists:
            return 404, {"message": f'playlists.playlist.grafana.app "{asked.uid}" not found'}
        return 200, self.playlists[asked.uid]

    def _make_playlist(self, asked: Asked) -> Answer:
        if asked.role == "viewer":
            return _forbidden("create", "")
        if asked.body["uid"] in self.playlists:
            return 500, {"message": "UNIQUE constraint failed: playlist.org_id, playlist.uid"}
        return self._keep_playlist(asked, asked.body["uid"])

    def _change_playlist(self, asked: Asked) -> Answer:
        if asked.role == "viewer":
            return _forbidden("update", asked.uid)
        if asked.uid not in self.playlists:
            return self._playlist(asked)
        return self._keep_playlist(asked, asked.uid)

    def _keep_playlist(self, asked: Asked, uid: str) -> Answer:
        self.playlists[uid] = asked.body | {"uid": uid}
        self.writes.append(f"playlist {uid}")
        return 200, self.playlists[uid]


def _forbidden(verb: str, uid: str) -> Answer:
    """In the words of the API behind playlists."""
    path = "/apis/playlist.grafana.app/v0alpha1/namespaces/default/playlists" + (f"/{uid}" if uid else "")
    what = 'playlists.playlist.grafana.app "' + uid + '"' if uid else "playlists.playlist.grafana.app"
    who = f'User "calls-viewer" cannot {verb} resource "playlists" in API group "playlist.grafana.app"'
    why = f"Grafana org role (Viewer) didn't allow {verb} access on requested resource=playlists, path={path}"
    return 403, {"message": f'{what} is forbidden: {who} in the namespace "default": {why}'}


def _unauthorized(token: str) -> Answer:
    message, kind = {
        EXPIRED_TOKEN: ("Expired API key", "api-key.expired"),
        DISABLED_TOKEN: ("Unauthorized", "identity.disabled"),
        "": ("Unauthorized", "auth.unauthorized"),
    }.get(token, ("Invalid API key", "api-key.invalid"))
    return 401, {"message": message, "messageId": kind}


def _denied(needed: str) -> Answer:
    words = f"You'll need additional permissions to perform this action. Permissions needed: {needed}"
    return 403, {"message": words, "title": "Access denied"}


@contextmanager
def simulated_grafana(port: int, **named: str) -> Iterator[SimulatedGrafana]:
    """It on a port of the loopback, in a thread of this process."""
    grafana = SimulatedGrafana(**named)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer("GET", None)

        def do_POST(self) -> None:
            self._answer("POST", self._body())

        def do_PUT(self) -> None:
            self._answer("PUT", self._body())

        def _body(self) -> Any:
            return json.loads(self.rfile.read(int(self.headers["Content-Length"])))

        def _answer(self, method: str, body: Any) -> None:
            token = self.headers.get("Authorization", "").removeprefix("Bearer ")
            status, answer = grafana.answer(method, self.path, body, token)
            content = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Nothing: what matters is in `writes`."""

    with ThreadingHTTPServer(("127.0.0.1", port), Handler) as server:
        grafana.url = f"http://127.0.0.1:{port}{grafana.sub_path}"
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield grafana
        finally:
            server.shutdown()
            thread.join()
