"""The page on which people change their own password: no scripts, as the login page.

GET /password?next=/console/en ─► the form      POST /password ─► a new session's cookie, and on to `next`; or why not
"""

import secrets
from urllib.parse import parse_qs

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, Response

from cloud.access.auth_context import AuthContext
from cloud.access.authenticator import Authenticator
from cloud.access.rejection import AccessRejected
from cloud.database.engine import DatabaseUnavailable
from cloud.http import form_page
from cloud.http.auth import auth_context_of
from cloud.http.login_words import login_error
from cloud.http.same_origin import safe_next
from i18n.catalog import Catalog, catalog_of, ended

PATH = "/password"


def serve_password(app: FastAPI, access: Authenticator, *, city: str) -> None:
    """Add the page to `app`."""
    page = _PasswordPage(access, city)
    app.add_api_route(PATH, page.show, methods=["GET"], include_in_schema=False, response_model=None)
    app.add_api_route(PATH, page.change, methods=["POST"], include_in_schema=False, response_model=None)


class _PasswordPage:
    """The page of one city."""

    def __init__(self, access: Authenticator, city: str) -> None:
        self._access = access
        self._city = city

    async def show(self, request: Request) -> Response:
        """Show the form."""
        response = self._page(request, safe_next(request.query_params.get("next", "/")))
        form_page.remember_choice(request, response)
        return response

    async def change(self, request: Request) -> Response:
        """Change it, and go on with a new session; or show the form again with one sentence."""
        _ = catalog_of(form_page.language(request))
        form = parse_qs((await request.body()).decode(errors="replace"))
        old, new, again, code, wanted, csrf = (
            form.get(name, [""])[0] for name in ("old", "new", "again", "code", "next", "csrf")
        )
        wanted, context = safe_next(wanted), auth_context_of(request)
        if context is None or not _is_own_form(context, csrf):
            return self._page(request, wanted, _("Load this page again, and then change the password."), status=403)
        if new != again:
            return self._page(request, wanted, _("The two new passwords differ."), status=422)
        try:
            opened = await self._access.change_password(context.principal, old, new, code=code)
        except AccessRejected as rejection:
            return self._page(request, wanted, _error(_, rejection), status=422)
        except DatabaseUnavailable as error:
            return self._page(request, wanted, str(error), status=503)
        response = form_page.go_to(request, wanted)
        response.headers["Set-Cookie"] = self._access.cookie_for(opened, scheme=request.url.scheme)
        return response

    def _page(self, request: Request, wanted: str, error: str = "", *, status: int = 200) -> HTMLResponse:
        context = auth_context_of(request)
        return form_page.page(
            request,
            "password.html",
            path=PATH,
            city=self._city,
            wanted=wanted,
            error=error,
            status=status,
            csrf=context.csrf if context else "",
            name=context.principal.name if context else "",
            has_totp="yes" if context is not None and context.has_totp else "",
        )


def _is_own_form(context: AuthContext, csrf: str) -> bool:
    """Tell whether the form is a page of ours that was loaded in this session; a program's token has no form."""
    return bool(context.session) and secrets.compare_digest(csrf.encode(), context.csrf.encode())


def _error(_: Catalog, rejection: AccessRejected) -> str:
    if rejection.kind == "wrong-login":
        return _("The password now is wrong.")
    if rejection.retry_after_s is not None:
        return login_error(_, rejection)
    if rejection.kind in ("wrong-code", "code-needed"):
        return login_error(_, rejection)
    return ended(_.said(rejection.sentence))
