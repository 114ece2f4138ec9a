"""A simulated Grafana: the part of its HTTP API that `siaga-dashboards push` speaks, as Grafana documents it.

It keeps folders and dashboards in memory, asks for a token, counts versions, refuses what Grafana refuses (401, 403,
404, 412), and hands dashboards out as Grafana does: with a number, a version, and a newer schema than they came with.
"""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

TOKEN = "glsa_simulated"
VIEWER_TOKEN = "glsa_simulated_viewer"
SCHEMA = 42


class SimulatedGrafana:
    """What it holds, and what was asked of it; `version` is what it says of itself."""

    def __init__(self, version: str = "13.2.2", sub_path: str = "") -> None:
        self.version, self.sub_path = version, sub_path
        self.folders: dict[str, dict[str, Any]] = {}
        self.dashboards: dict[str, dict[str, Any]] = {}
        self.places: dict[str, str] = {}
        self.provisioned: set[str] = set()
        self.writes: list[str] = []
        self.url = ""

    def answer(self, method: str, path: str, body: Any, token: str) -> tuple[int, Any]:
        """The status and the body of an answer."""
        if token not in (TOKEN, VIEWER_TOKEN):
            return 401, {"message": "Invalid API key"}
        if method == "POST" and token == VIEWER_TOKEN:
            return 403, {"message": "You'll need additional permissions to perform this action."}
        kind, _, uid = path.removeprefix(f"{self.sub_path}/api/").rpartition("/")
        routes = {
            ("GET", "frontend"): lambda: (200, {"buildInfo": {"version": self.version}}),
            ("GET", "folders"): lambda: self._found(self.folders, uid, "folder not found"),
            ("GET", "dashboards/uid"): lambda: self._dashboard(uid),
            ("POST", ""): lambda: self._make_folder(body),
            ("POST", "dashboards"): lambda: self._save(body),
        }
        route = routes.get((method, kind))
        return route() if route else (404, {"message": "Not found"})

    def _found(self, things: dict[str, dict[str, Any]], uid: str, words: str) -> tuple[int, Any]:
        return (200, things[uid]) if uid in things else (404, {"message": words})

    def _dashboard(self, uid: str) -> tuple[int, Any]:
        if uid not in self.dashboards:
            return 404, {"message": "Dashboard not found"}
        return 200, {"dashboard": self.dashboards[uid], "meta": {"folderUid": self.places[uid], "canSave": True}}

    def _make_folder(self, body: Any) -> tuple[int, Any]:
        if body["uid"] in self.folders:
            return 412, {"message": "a folder with that UID already exists"}
        self.folders[body["uid"]] = {"id": len(self.folders) + 1, **body}
        self.writes.append(f"folder {body['uid']}")
        return 200, self.folders[body["uid"]]

    def _save(self, body: Any) -> tuple[int, Any]:
        dashboard, uid = body["dashboard"], body["dashboard"]["uid"]
        if uid in self.provisioned:
            return 400, {"message": "Cannot save provisioned dashboard"}
        if body["folderUid"] not in self.folders:
            return 400, {"message": "folder not found"}
        if uid in self.dashboards and not body.get("overwrite"):
            return 412, {"message": "A dashboard with the same uid already exists", "status": "name-exists"}
        version = self.dashboards.get(uid, {"version": 0})["version"] + 1
        number = self.dashboards.get(uid, {"id": len(self.dashboards) + 1})["id"]
        self.dashboards[uid] = dashboard | {"id": number, "version": version, "schemaVersion": SCHEMA}
        self.places[uid] = body["folderUid"]
        self.writes.append(f"dashboard {uid}")
        return 200, {"uid": uid, "version": version, "status": "success"}


@contextmanager
def simulated_grafana(port: int, **named: str) -> Iterator[SimulatedGrafana]:
    """It on a port of the loopback, in a thread of this process."""
    grafana = SimulatedGrafana(**named)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer("GET", None)

        def do_POST(self) -> None:
            self._answer("POST", json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

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
