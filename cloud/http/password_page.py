"""The page on which people change their own password: no scripts, as the login page.

GET /password?next=/console/en ─► the form      POST /password ─► a new session's cookie, and on to `next`; or why not
"""

import secrets
from html import escape
from urllib.parse import parse_qs

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, Response

from cloud.access.auth_context import AuthContext
from cloud.access.authenticator import Authenticator
from cloud.access.rejection import AccessRejected
from cloud.database.engine import DatabaseUnavailable
from cloud.http import form_page
from cloud.http.auth import asked_of
from cloud.http.login_page import login_mistake
from cloud.http.same_origin import safe_next
from i18n.catalog import Catalog, ended, words_in

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
        self._fields = form_page.template("password_fields.html")

    async def show(self, request: Request) -> Response:
        """The form."""
        response = self._page(request, safe_next(request.query_params.get("next", "/")))
        form_page.remember_choice(request, response)
        return response

    async def change(self, request: Request) -> Response:
        """Change it, and go on with a new session; or the form again with one sentence."""
        _ = words_in(form_page.language(request))
        form = parse_qs((await request.body()).decode(errors="replace"))
        old, new, again, wanted, csrf = (form.get(name, [""])[0] for name in ("old", "new", "again", "next", "csrf"))
        wanted, asked = safe_next(wanted), asked_of(request)
        if asked is None or not asked.session or not secrets.compare_digest(csrf.encode(), asked.csrf.encode()):
            return self._page(request, wanted, _("Load this page again, and then change the password."), status=403)
        if new != again:
            return self._page(request, wanted, _("The two new passwords differ."), status=422)
        try:
            opened = await self._access.change_password(asked.who, old, new)
        except AccessRejected as refused:
            return self._page(request, wanted, _mistake(_, refused), status=422)
        except DatabaseUnavailable as error:
            return self._page(request, wanted, str(error), status=503)
        response = form_page.go_to(request, wanted)
        response.headers["Set-Cookie"] = self._access.cookie_for(opened, scheme=request.url.scheme)
        return response

    def _page(self, request: Request, wanted: str, mistake: str = "", *, status: int = 200) -> HTMLResponse:
        _, asked = words_in(form_page.language(request)), asked_of(request)
        title, back = _("Change your password"), _("Back without a change")
        form = form_page.Form(
            PATH, title, self._city, self._filled(_, asked, wanted), title, wanted,
            notice=f"<h2>{escape(title)}</h2>{form_page.mistake(mistake) if mistake else ''}",
            back=f'<a class="back" href="{escape(form_page.root(request) + wanted)}">{escape(back)}</a>',
        )  # fmt: skip
        return form_page.page(request, _, form, status=status)

    def _filled(self, _: Catalog, asked: AuthContext | None, wanted: str) -> str:
        return self._fields.substitute(
            next=escape(wanted),
            csrf=escape(asked.csrf if asked else ""),
            name=escape(asked.who.name if asked else ""),
            name_label=escape(_("Name")),
            old_label=escape(_("Password now")),
            new_label=escape(_("New password, of 10 characters or more")),
            again_label=escape(_("The new password again")),
        )


def _mistake(_: Catalog, refused: AccessRejected) -> str:
    if refused.kind == "wrong-login":
        return _("The password now is wrong.")
    if refused.retry_after_s is not None:
        return login_mistake(_, refused)
    return ended(_.said(refused.sentence))
