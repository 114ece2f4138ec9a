"""The page that a demo's link leads to: one button, which logs in by a code that is good once.

GET /login/code/x1D… ─► the button (what fetches links ahead uses nothing up)      POST ─► a session's cookie, and on

Only for who asks on the machine itself, by its own name and through no proxy; elsewhere it is as if it were not there.
The page has no link to anywhere else, and by Referrer-Policy its address is told to this server alone.
"""

from urllib.parse import quote, urlsplit

from fastapi import FastAPI, Request
from fastapi.exceptions import HTTPException
from fastapi.responses import HTMLResponse, Response

from cloud.access.authenticator import Authenticator
from cloud.access.rejection import AccessRejected
from cloud.http import form_page
from cloud.http.auth import auth_context_of
from cloud.http.login_words import STATUS, login_error
from i18n.catalog import catalog_of
from runtime.loopback import is_loopback

PATH = "/login/code"
_OF_A_PROXY = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "via")


def serve_login_code(app: FastAPI, access: Authenticator, *, city: str) -> None:
    """Add the page to `app`."""
    page = _LoginCodePage(access, city)
    path = f"{PATH}/{{code}}"
    app.add_api_route(path, page.show, methods=["GET"], include_in_schema=False, response_model=None)
    app.add_api_route(path, page.log_in, methods=["POST"], include_in_schema=False, response_model=None)


class _LoginCodePage:
    """The page of one city."""

    def __init__(self, access: Authenticator, city: str) -> None:
        self._access = access
        self._city = city

    async def show(self, request: Request, code: str) -> Response:
        """Show the button; who is logged in already goes on at once, and the code is not used up."""
        _must_be_local(request)
        if auth_context_of(request) is not None:
            return form_page.go_to(request, "/")
        response = self._page(request, code)
        form_page.remember_choice(request, response)
        return response

    async def log_in(self, request: Request, code: str) -> Response:
        """Begin a session, and go on; or show the page again with one sentence."""
        address = _must_be_local(request)
        replaces = self._access.cookie_in(request.headers, scheme=request.url.scheme)
        try:
            opened = await self._access.log_in_by_code(code, address=address, replaces=replaces)
        except AccessRejected as rejection:
            return self._rejected(request, code, rejection)
        response = form_page.go_to(request, "/")
        response.headers["Set-Cookie"] = self._access.cookie_for(opened, scheme=request.url.scheme)
        return response

    def _rejected(self, request: Request, code: str, rejection: AccessRejected) -> HTMLResponse:
        _ = catalog_of(form_page.language(request))
        if rejection.retry_after_s is not None:
            answer = self._page(request, code, login_error(_, rejection), status=STATUS[rejection.kind])
            answer.headers["Retry-After"] = str(rejection.retry_after_s)
            return answer
        error = _("This link has been used, or is too old. Log in with a name and the password that the demo shows.")
        return self._page(request, code, error, status=STATUS[rejection.kind])

    def _page(self, request: Request, code: str, error: str = "", *, status: int = 200) -> HTMLResponse:
        path = f"{PATH}/{quote(code, safe='')}"
        return form_page.page(
            request, "login_code.html", path=path, city=self._city, wanted="/", error=error, status=status
        )


def _must_be_local(request: Request) -> str:
    """Return the address that asks, which is this machine's own; HTTPException 404 for any other."""
    address, headers = request.client.host if request.client else "", request.headers
    proxied = any(name in headers for name in _OF_A_PROXY)
    # the name too: a page elsewhere may have its own name lead to this machine
    if proxied or not is_loopback(address) or not is_loopback(_host_of(headers.get("host", ""))):
        raise HTTPException(404)
    return address


def _host_of(header: str) -> str:
    try:
        return urlsplit(f"//{header}").hostname or ""
    except ValueError:
        return ""
