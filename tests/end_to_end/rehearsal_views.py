"""What is seen of a rehearsal from outside: by a browser over TLS, in the API, in spools, by a gateway's own check."""

import contextlib
import io
import re
import shutil
import socket
import sqlite3
import ssl
from pathlib import Path
from typing import Any

import httpx

from edge.cli import main as siaga_edge_main
from tests.end_to_end.rehearsal_logins import A, enrolled_in
from tests.people import bearer
from tests.rehearsal import HOST, Rehearsal


def browser_of(rehearsal: Rehearsal, *, address: str | None = None) -> httpx.Client:
    """What trusts the installation's authority, and comes from `address` of the loopback."""
    way = httpx.HTTPTransport(verify=ssl.create_default_context(cafile=rehearsal.ca), local_address=address)
    return httpx.Client(base_url=f"https://{HOST}:{rehearsal.https_port}", transport=way, timeout=20)


def first_event(rehearsal: Rehearsal, cookie: str) -> str:
    """The first line that a live page is sent through the proxy; empty where it is not let in."""
    wanted = {"Accept": "text/event-stream", "Cookie": cookie}
    with browser_of(rehearsal) as browser, browser.stream("GET", "/console/en", headers=wanted) as answer:
        if not answer.headers.get("content-type", "").startswith("text/event-stream"):
            return ""
        return next(answer.iter_lines())


def served_certificate(port: int, ca: Path) -> str:
    """The serial number of what is served on `port`, verified as Python 3.13 does by default."""
    context = ssl.create_default_context(cafile=ca)
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    with (
        socket.create_connection((HOST, port), timeout=20) as plain,
        context.wrap_socket(plain, server_hostname=HOST) as wire,
    ):
        return str((wire.getpeercert() or {})["serialNumber"])


def api_answer(rehearsal: Rehearsal, path: str) -> list[dict[str, Any]]:
    token = rehearsal.folder / "token"
    if not token.exists():
        token.write_text(rehearsal.operator("token", "add", "test", "--role", "viewer").out.strip())
    with browser_of(rehearsal) as browser:
        return browser.get(f"/api/v1{path}", headers=bearer(token.read_text())).raise_for_status().json()


def received_of(rehearsal: Rehearsal, gateway: str) -> int:
    found = api_answer(rehearsal, "/gateways")
    return next(one["account"]["received"] for one in found if one["id"] == gateway)


def is_heard(rehearsal: Rehearsal, gateway: str) -> bool:
    return received_of(rehearsal, gateway) > 30


def spooled_by(rehearsal: Rehearsal, gateway: str) -> tuple[int, int]:
    """How many readings a gateway has made, and how many its spool still has."""
    with contextlib.closing(sqlite3.connect(rehearsal.folder / "data" / "demo" / f"{gateway}.spool.db")) as spool:
        (made,) = spool.execute("SELECT sum(last) FROM stream").fetchone()
        (kept,) = spool.execute("SELECT count(*) FROM reading").fetchone()
    return made, kept


def contents_of(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file()}


def check_of(rehearsal: Rehearsal, folder: Path, *, gateway: str = A, **uplink: str) -> tuple[int, list[str]]:
    """What `siaga-edge check --connect` says of a gateway with what it was handed, but for `uplink`."""
    folder.mkdir(exist_ok=True)
    for file in (enrolled_in(rehearsal) / A).iterdir():
        shutil.copy(file, folder)
    (folder / "wrong.password").write_text("wrong\n")
    (folder / "wrong.password").chmod(0o600)
    table = (folder / "uplink.toml").read_text()
    for key, value in uplink.items():
        table = re.sub(rf"(?m)^{key} = .*$", f"{key} = {value}", table)
    (folder / "edge.toml").write_text(f'[gateway]\nid = "{gateway}"\n{table}')
    with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.redirect_stderr(io.StringIO()):
        code = siaga_edge_main(["check", "--connect", "--config", str(folder / "edge.toml")])
    return code, out.getvalue().splitlines()[1:]
