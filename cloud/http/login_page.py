"""The login page: plain HTML that needs no script, so that it works wherever the console does not yet.

GET /login?next=/console/en ─► the form        POST /login ─► the session's cookie, and on to `next`; or why not
"""

from urllib.parse import parse_qs

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, Response

from cloud.access.authenticator import Authenticator
from cloud.access.rejection import AccessRejected
from cloud.database.engine import DatabaseUnavailable
from cloud.http import form_page
from cloud.http.auth import auth_context_of
from cloud.http.same_origin import safe_next
from i18n.catalog import Catalog, catalog_of

PATH = "/login"
STATUS = {"wrong-login": 401, "too-many-attempts": 429}
"""What a rejected login is answered with, by its kind."""
_FIRST_USER_COMMAND = "siaga-cloud user add NAME --role administrator --config cloud.toml"


def serve_login(app: FastAPI, access: Authenticator, *, city: str) -> None:
    """Add the login page to `app`."""
    page = _LoginPage(access, city)
    app.add_api_route(PATH, page.show, methods=["GET"], include_in_schema=False, response_model=None)
    app.add_api_route(PATH, page.log_in, methods=["POST"], include_in_schema=False, response_model=None)


class _LoginPage:
    """The page of one city."""

    def __init__(self, access: Authenticator, city: str) -> None:
        self._access = access
        self._city = city

    async def show(self, request: Request) -> Response:
        """Show the form; who is logged in already goes on at once."""
        wanted = safe_next(request.query_params.get("next", "/"))
        if auth_context_of(request) is not None:
            return form_page.go_to(request, wanted)
        response = await self._empty_form(request, wanted)
        form_page.remember_choice(request, response)
        return response

    async def log_in(self, request: Request) -> Response:
        """Begin a session, and go on; or show the form again with one sentence."""
        form = parse_qs((await request.body()).decode(errors="replace"))
        name, password, wanted = (form.get(field, [""])[0] for field in ("name", "password", "next"))
        address = request.client.host if request.client else ""
        replaces = self._access.cookie_in(request.headers, scheme=request.url.scheme)
        try:
            opened = await self._access.sessions.log_in(name, password, address=address, replaces=replaces)
        except AccessRejected as rejection:
            return self._rejected(request, safe_next(wanted), name, rejection)
        response = form_page.go_to(request, safe_next(wanted))
        response.headers["Set-Cookie"] = self._access.cookie_for(opened, scheme=request.url.scheme)
        return response

    async def _empty_form(self, request: Request, wanted: str) -> HTMLResponse:
        try:
            command, error = "" if await self._access.users.exist() else _FIRST_USER_COMMAND, ""
        except DatabaseUnavailable as unavailable:
            command, error = "", str(unavailable)
        return self._page(request, wanted, error=error, first_user_command=command)

    def _rejected(self, request: Request, wanted: str, name: str, rejection: AccessRejected) -> HTMLResponse:
        error = login_error(catalog_of(form_page.language(request)), rejection)
        answer = self._page(request, wanted, name=name[:64], error=error, status=STATUS[rejection.kind])
        if rejection.retry_after_s is not None:
            answer.headers["Retry-After"] = str(rejection.retry_after_s)
        return answer

    def _page(
        self,
        request: Request,
        wanted: str,
        *,
        error: str,
        name: str = "",
        first_user_command: str = "",
        status: int = 200,
    ) -> HTMLResponse:
        return form_page.page(
            request,
            "login.html",
            path=PATH,
            city=self._city,
            wanted=wanted,
            error=error,
            status=status,
            name=name,
            first_user_command=first_user_command,
        )


def login_error(_: Catalog, rejection: AccessRejected) -> str:
    """Say why a login failed."""
    if rejection.retry_after_s is not None:
        return _("Too many failed attempts. Try again in {n} s.", n=rejection.retry_after_s)
    return _("Name or password is wrong.")
