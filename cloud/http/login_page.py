"""The login page: plain HTML that needs no script, so that it works wherever the console does not yet.

GET /login?next=/console/en ─► the form        POST /login ─► the session's cookie, and on to `next`; or why not
"""

from html import escape
from urllib.parse import parse_qs

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, Response

from cloud.access.authenticator import Authenticator
from cloud.access.rejection import AccessRejected
from cloud.database.engine import DatabaseUnavailable
from cloud.http import form_page
from cloud.http.auth import asked_of
from cloud.http.same_origin import safe_next
from i18n.catalog import Catalog, words_in

PATH = "/login"
_STATUS = {"wrong-login": 401, "too-many-attempts": 429}
_FIRST = "siaga-cloud user add NAME --role administrator --config cloud.toml"


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
        self._fields = form_page.template("login_fields.html")

    async def show(self, request: Request) -> Response:
        """The form; who is logged in already goes on at once."""
        wanted = safe_next(request.query_params.get("next", "/"))
        if asked_of(request) is not None:
            return form_page.go_to(request, wanted)
        response = await self._page(request, wanted)
        form_page.remember_choice(request, response)
        return response

    async def log_in(self, request: Request) -> Response:
        """Begin a session, and go on; or the form again with one sentence."""
        form = parse_qs((await request.body()).decode(errors="replace"))
        name, password, wanted = (form.get(field, [""])[0] for field in ("name", "password", "next"))
        address = request.client.host if request.client else ""
        replaces = self._access.cookie_in(request.headers, scheme=request.url.scheme)
        try:
            opened = await self._access.sessions.log_in(name, password, address=address, replaces=replaces)
        except AccessRejected as refused:
            return await self._page(request, safe_next(wanted), refused=refused, name=name)
        response = form_page.go_to(request, safe_next(wanted))
        response.headers["Set-Cookie"] = self._access.cookie_for(opened, scheme=request.url.scheme)
        return response

    async def _page(
        self, request: Request, wanted: str, *, refused: AccessRejected | None = None, name: str = ""
    ) -> HTMLResponse:
        _ = words_in(form_page.language(request))
        fields = self._fields.substitute(
            next=escape(wanted),
            name_label=escape(_("Name")),
            name=escape(name[:64]),
            name_focus="" if name else " autofocus",
            password_label=escape(_("Password")),
            password_focus=" autofocus" if name else "",
        )
        form = form_page.Form(
            PATH, _("Log in"), self._city, fields, _("Log in"), wanted, notice=await self._notice(_, refused)
        )
        answer = form_page.page(request, _, form, status=200 if refused is None else _STATUS[refused.kind])
        if refused is not None and refused.retry_after_s is not None:
            answer.headers["Retry-After"] = str(refused.retry_after_s)
        return answer

    async def _notice(self, _: Catalog, refused: AccessRejected | None) -> str:
        if refused is not None:
            return form_page.mistake(login_mistake(_, refused))
        try:
            if await self._access.users.exist():
                return ""
        except DatabaseUnavailable as error:
            return form_page.mistake(str(error))
        first = escape(_("There is no user yet."))
        how = escape(_("Whoever runs the server makes the first one there, with this command, and then logs in here:"))
        return f'<div class="first"><p><strong>{first}</strong> {how}</p><code>{escape(_FIRST)}</code></div>'


def login_mistake(_: Catalog, refused: AccessRejected) -> str:
    """Why a login failed."""
    if refused.retry_after_s is not None:
        return _("Too many failed attempts. Try again in {n} s.", n=refused.retry_after_s)
    return _("Name or password is wrong.")
