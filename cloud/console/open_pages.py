"""Open pages and their sockets: whose they are, and how many there may be.

GET /console/id ─► page, remembered with the session that loaded it ─► its socket must come from the same session
                   at most MOST_OPEN of a session, MOST_IDLE of them without a socket; the oldest idle one goes first

NiceGUI takes any client id from any socket that has passed the guard. Here each event of a socket is checked first.
"""

import logging
from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import Any
from urllib.parse import parse_qs

import socketio
from nicegui import Client, core
from socketio.exceptions import ConnectionRefusedError as Refused
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from cloud.access.auth_context import AuthContext
from cloud.http.auth import SCOPE_KEY
from cloud.http.problems import error_response

MOST_OPEN = 20
"""Pages of one session that are live: each takes more than a megabyte and a share of every second."""
MOST_IDLE = 8
"""Idle pages of one session: loaded without a socket, or with one that is gone and may come back."""
MOST_IDLE_IN_ALL = 64
MOST_MESSAGE_BYTES = 65_536
"""What a page sends in one message: a form, in its longest texts."""
_FROM_PAGES = ("event", "ack", "javascript_response")
_log = logging.getLogger(__name__)


def owner_of(scope: Mapping[str, Any]) -> str:
    """Whose a page or a socket is: the session's, or the token's; empty for nobody's."""
    context: AuthContext | None = scope.get(SCOPE_KEY)
    if context is None:
        return ""
    return context.session or f"by {context.principal.name}"


class OpenPages:
    """ASGI middleware within the guard, around the console at `root`."""

    def __init__(self, app: ASGIApp, *, root: str) -> None:
        self._app = app
        self._root = f"{root}/"
        self._sockets = f"{root}/_nicegui_ws/"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let through what a session may open and what is its own."""
        path = str(scope.get("path", "")).removeprefix(str(scope.get("root_path", "")))
        if scope["type"] == "http" and path.startswith(self._root):
            refusal = _not_its_own(scope) if path.startswith(self._sockets) else _too_many(owner_of(scope))
            if refusal:
                answer = error_response(Request(scope), 403 if path.startswith(self._sockets) else 429, refusal)
                return await answer(scope, receive, send)
        return await self._app(scope, receive, send)


def _too_many(owner: str) -> str:
    """Why there may be no other page of `owner`; empty where there may, after idle ones have made room."""
    own = [client for client in Client.instances.values() if _owner(client) == owner]
    idle = [client for client in own if not client.has_socket_connection]
    for client in idle[: max(0, len(idle) - MOST_IDLE + 1)]:
        _close(client)
    every = [client for client in Client.instances.values() if not client.has_socket_connection]
    for client in every[: max(0, len(every) - MOST_IDLE_IN_ALL + 1)]:
        _close(client)
    if len(own) - len(idle) >= MOST_OPEN:
        return f"{MOST_OPEN} pages of this login are open already; close some of them"
    return ""


def _close(client: Client) -> None:
    for task in client._delete_tasks.values():  # it would delete what is gone by then
        task.cancel()
    client._delete_tasks.clear()
    client.delete()


def _owner(client: Client) -> str:
    return owner_of(client._request.scope) if client._request is not None else ""


def _not_its_own(scope: Scope) -> str:
    """Why a request may not go on with a polling socket; empty where it may, or begins one."""
    sid = parse_qs(bytes(scope.get("query_string", b"")).decode("latin-1")).get("sid", [""])[0]
    environ = core.sio.environ.get(sid) if sid else None
    if environ is None or owner_of(_scope(environ)) == owner_of(scope):
        return ""
    return "the socket belongs to another session; load the page again"


def _scope(environ: Mapping[str, Any]) -> Mapping[str, Any]:
    scope: Mapping[str, Any] = environ.get("asgi.scope", {})
    return scope


def bind_sockets(sio: socketio.AsyncServer) -> None:
    """Let each socket of `sio` act for pages of its own session alone, and write nothing into the log."""
    sio.eio.max_http_buffer_size = MOST_MESSAGE_BYTES
    handlers = sio.handlers["/"]
    connect, handshake = handlers["connect"], handlers["handshake"]

    async def on_connect(sid: str, environ: dict[str, Any], auth: object = None) -> None:
        wanted = parse_qs(str(environ.get("QUERY_STRING", ""))).get("client_id", [""])[0]
        page = Client.instances.get(wanted)
        if page is not None and _owner(page) != owner_of(_scope(environ)):
            raise Refused("the page belongs to another session")
        await connect(sid, environ, auth)

    async def on_handshake(sid: str, message: object) -> bool:
        page = _page_named(message)
        if page is None or _owner(page) != owner_of(_scope(sio.get_environ(sid) or {})):
            return False
        return bool(await _handled(sio, sid, lambda: handshake(sid, message)))

    handlers |= {"connect": on_connect, "handshake": on_handshake, "log": _nothing}
    handlers |= {name: _for_its_page(sio, handlers[name]) for name in _FROM_PAGES}


def _for_its_page(sio: socketio.AsyncServer, handler: Callable[[str, Any], object]) -> Callable[..., Awaitable[object]]:
    async def on_message(sid: str, message: object = None, *_: object) -> object:
        page = _page_named(message)
        if page is None or page.id not in set(_rooms(sio, sid)):
            return None

        async def handle() -> object:
            return handler(sid, message)

        return await _handled(sio, sid, handle)

    return on_message


def _rooms(sio: socketio.AsyncServer, sid: str) -> Iterator[str]:
    yield from sio.rooms(sid)


async def _handled(sio: socketio.AsyncServer, sid: str, handle: Callable[[], Awaitable[object]]) -> object:
    """Handle a message; a socket that sends what no page sends is closed, with one line in the log for it."""
    try:
        return await handle()
    except Exception as error:
        _log.warning("a socket of the console said what no page says (%s); it is closed", type(error).__name__)
        await sio.disconnect(sid)
        return False


def _page_named(message: object) -> Client | None:
    named = message.get("client_id") if isinstance(message, dict) else None
    return Client.instances.get(named) if isinstance(named, str) else None


def _nothing(_sid: str, *_: object) -> None:
    """What a browser would like to have in the server's log."""
