"""The guard around the whole application, pages and sockets too: what the table does not allow does not reach it.

request ─► who? ─► row of the table? ─► role? ─► a change from our own page, with its token? ─► application
             nobody: 401, or to /login      none: 404     too little: 403     else: 403
"""

import secrets
from urllib.parse import quote

from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cloud.access.auth_context import AuthContext
from cloud.access.authenticator import Authenticator, bearer_token
from cloud.access.permissions import (
    PERMISSIONS,
    PUBLIC,
    WHILE_ENROLLING,
    WITHOUT_CSRF_TOKEN,
    Least,
    Table,
    least_for,
    methods_on,
    most_bytes_for,
    rows_for,
)
from cloud.access.principal import Role
from cloud.database.engine import DatabaseUnavailable
from cloud.http.auth import SCOPE_KEY
from cloud.http.problems import answer_of_bug, error_response, problem_response
from cloud.http.same_origin import is_foreign
from cloud.http.security_headers import add_headers, content_policy

CSRF_HEADER = "x-csrf-token"
MOST_PUBLIC_BYTES = 16_384
"""What somebody who is not logged in may send."""
_HARMLESS = frozenset({"GET", "HEAD", "OPTIONS"})
_POLICY_VIOLATION = 1008  # RFC 6455, 7.4.1


class Guard:
    """ASGI middleware; `table` says what each route takes, and all else is denied."""

    def __init__(self, app: ASGIApp, *, access: Authenticator, table: Table = PERMISSIONS, tiles: str = "") -> None:
        self._app = app
        self._access = access
        self._table = table
        self._policy = content_policy(tiles)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request through, or answer it."""
        if scope["type"] == "http":
            await self._http(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": _POLICY_VIOLATION})  # no page of ours asks for one: HTTP 403
        else:
            await self._app(scope, receive, send)

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        path, has_begun = _path(scope), False

        async def send_with_headers(message: Message) -> None:
            nonlocal has_begun
            if message["type"] == "http.response.start":
                has_begun = True
                add_headers(MutableHeaders(scope=message), policy=self._policy)
            await send(message)

        request, method = Request(scope), scope["method"]
        body = _Body(receive, path, most=most_bytes_for(method, path))
        try:
            rejection = await self._rejection(request, method, path) or _too_much(request, method, path)
            await (rejection or self._app)(scope, body.receive, send_with_headers)
        except Exception as error:
            # answered here: the server's own answer would come without the headers; it logs what is raised again
            if not has_begun:
                await answer_of_bug(request, error)(scope, receive, send_with_headers)
            raise

    async def _rejection(self, request: Request, method: str, path: str) -> Response | None:
        """Answer why the request may not pass; None where it may, with who asks on its scope."""
        least = least_for(method, path, self._table)
        try:
            context = await self._access.authenticate(request.headers, _address(request.scope), request.url.scheme)
        except DatabaseUnavailable as error:
            if least != PUBLIC:
                return problem_response(request, "registry-unavailable", str(error), headers={"Retry-After": "5"})
            context = None  # health answers, whatever else does not
        request.scope[SCOPE_KEY] = context
        if least == PUBLIC:
            return _public_rejection(request, method)
        if context is None:
            return _not_logged_in(request, path)
        if least is None:
            return _not_here(request, path, self._table)
        return (
            _too_little(request, context, least, path)
            or self._forgery(request, context, method, path)
            or self._without_codes(request, context, method, path)
        )

    def _without_codes(self, request: Request, context: AuthContext, method: str, path: str) -> Response | None:
        """Send who must set up one-time codes first to where that is done."""
        if not context.must_enrol or set(rows_for(method, path, self._table)) <= WHILE_ENROLLING:
            return None
        if _wants_page(request, path):
            return RedirectResponse(f"{request.scope.get('root_path', '')}/totp?next={_quoted(request, path)}", 303)
        detail = (
            f"{path}: {context.principal.name} must set up one-time codes first, at /totp; [access] totp demands them"
        )
        return problem_response(request, "totp-needed", detail)

    def _forgery(self, request: Request, context: AuthContext, method: str, path: str) -> Response | None:
        """Reject a forged change: a browser sends cookies with whatever another site makes it ask, but no token."""
        if method in _HARMLESS or not context.session:
            return None
        if is_foreign(request.headers):
            return problem_response(request, "forged-request", f"{path}: the request comes from another site's page")
        if set(rows_for(method, path, self._table)) <= WITHOUT_CSRF_TOKEN:
            return None
        sent = request.headers.get(CSRF_HEADER, "")
        if secrets.compare_digest(sent.encode(), context.csrf.encode()):
            return None
        return problem_response(
            request,
            "forged-request",
            f"{path}: X-CSRF-Token is not this session's; send the csrf of GET /api/v1/session with every change",
        )


class _Body:
    """The body of a request, as long as its route may have one: what is longer is refused before it is kept."""

    def __init__(self, receive: Receive, path: str, *, most: int) -> None:
        self._receive, self._path, self._left, self._most = receive, path, most, most

    async def receive(self) -> Message:
        """Return the next piece; HTTPException 413 where all of them together are too long."""
        message = await self._receive()
        if message["type"] == "http.request":
            self._left -= len(message.get("body", b""))
            if self._left < 0:
                raise HTTPException(413, _too_long(self._path, self._most))
        return message


def _too_long(path: str, most: int) -> str:
    return f"{path}: send at most {most} bytes"


def _too_much(request: Request, method: str, path: str) -> Response | None:
    """Reject a body by its declared length, before a byte of it is read; None where it may pass."""
    most, length = most_bytes_for(method, path), request.headers.get("content-length", "0")
    if not length.isdecimal() or len(length) > 12 or int(length) > most:
        return error_response(request, 413, _too_long(path, most))
    return None


def _public_rejection(request: Request, method: str) -> Response | None:
    if method in _HARMLESS:
        return None
    length = request.headers.get("content-length", "")
    if not length.isdecimal() or int(length) > MOST_PUBLIC_BYTES:
        detail = f"{request.url.path}: send at most {MOST_PUBLIC_BYTES} bytes, and their Content-Length"
        return error_response(request, 413, detail)
    if is_foreign(request.headers):
        return problem_response(request, "forged-request", f"{request.url.path}: the request comes from another site")
    return None


def _not_logged_in(request: Request, path: str) -> Response:
    if _wants_page(request, path):
        return RedirectResponse(f"{request.scope.get('root_path', '')}/login?next={_quoted(request, path)}", 303)
    if bearer_token(request.headers) is not None:
        detail = f"{path}: the token is unknown, expired or revoked; ask an administrator for another"
    else:
        detail = f"{path}: log in at /login, or send a token: Authorization: Bearer siaga_…"
    return problem_response(request, "not-logged-in", detail, headers={"WWW-Authenticate": 'Bearer realm="siaga"'})


def _quoted(request: Request, path: str) -> str:
    query = request.url.query
    return quote(path + (f"?{query}" if query else ""))


def _wants_page(request: Request, path: str) -> bool:
    is_page = "text/html" in request.headers.get("accept", "") and not path.startswith("/api/")
    return is_page and request.method in {"GET", "HEAD"} and bearer_token(request.headers) is None


def _not_here(request: Request, path: str, table: Table) -> Response:
    allowed = methods_on(path, table)
    if not allowed:
        return error_response(request, 404, f"{path}: there is nothing here; /docs lists every path")
    listed = ", ".join(allowed)
    detail = f"{path}: {request.method} is not possible here; use {listed}"
    return error_response(request, 405, detail, headers={"Allow": listed})


def _too_little(request: Request, context: AuthContext, least: Least, path: str) -> Response | None:
    if _is_enough(context, least):
        return None
    assert isinstance(least, Role)  # noqa: S101 - for the type checker: public is enough for everybody
    principal = context.principal
    detail = (
        f"{request.method} {path} takes {least.name.lower()} or more; {principal.name} is {principal.role.name.lower()}"
    )
    return problem_response(request, "not-allowed", detail)


def _is_enough(context: AuthContext, least: Least) -> bool:
    return least == PUBLIC or context.principal.role >= least


def _path(scope: Scope) -> str:
    path, root = str(scope["path"]), str(scope.get("root_path", ""))
    return path[len(root) :] if root and path.startswith(f"{root}/") else path


def _address(scope: Scope) -> str:
    client = scope.get("client")
    return str(client[0]) if client else ""
