"""The login page: plain HTML that needs no script, so that it works wherever the console does not yet.

GET /login?next=/console/en ─► the form        POST /login ─► the session's cookie, and on to `next`; or why not
                                                    who has one-time codes: ─► cloud/http/second_step_page.py
"""

from urllib.parse import parse_qs

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, Response

from cloud.access.authenticator import Authenticator
from cloud.access.rejection import AccessRejected
from cloud.database.engine import DatabaseUnavailable
from cloud.http import form_page
from cloud.http.auth import auth_context_of
from cloud.http.login_words import STATUS, login_error
from cloud.http.same_origin import safe_next
from cloud.http.second_step_page import SecondStepPage
from i18n.catalog import catalog_of

PATH = "/login"
_FIRST_USER_COMMAND = "siaga-cloud user add NAME --role administrator --config cloud.toml"


def serve_login(app: FastAPI, access: Authenticator, *, city: str) -> None:
    """Add the login page to `app`."""
    page = _LoginPage(access, city, SecondStepPage(app, access, city=city))
    app.add_api_route(PATH, page.show, methods=["GET"], include_in_schema=False, response_model=None)
    app.add_api_route(PATH, page.log_in, methods=["POST"], include_in_schema=False, response_model=None)
    if access.sign_on is not None:
        from cloud.http.sign_on_pages import SignOnPages  # with its library, as in the authenticator

        SignOnPages(app, access, access.sign_on, page.rejected)


class _LoginPage:
    """The page of one city."""

    def __init__(self, access: Authenticator, city: str, second_step: SecondStepPage) -> None:
        self._access = access
        self._city = city
        self._second_step = second_step

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
        wanted, address = safe_next(wanted), request.client.host if request.client else ""
        replaces = self._access.cookie_in(request.headers, scheme=request.url.scheme)
        try:
            proof = await self._access.sessions.check_password(name, password, address=address)
            if proof.user.has_totp:
                return await self._second_step.show(request, proof, wanted)
            opened = await self._access.sessions.open_by(proof, address=address, replaces=replaces)
        except AccessRejected as rejection:
            return self.rejected(request, wanted, name, rejection)
        response = form_page.go_to(request, wanted)
        response.headers["Set-Cookie"] = self._access.cookie_for(opened, scheme=request.url.scheme)
        return response

    async def _empty_form(self, request: Request, wanted: str) -> HTMLResponse:
        try:
            command, error = "" if await self._access.users.exist() else _FIRST_USER_COMMAND, ""
        except DatabaseUnavailable as unavailable:
            command, error = "", str(unavailable)
        return self._page(request, wanted, error=error, first_user_command=command)

    def rejected(self, request: Request, wanted: str, name: str, rejection: AccessRejected) -> Response:
        """Show the form again with one sentence."""
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
            **self._sign_on(wanted),
        )

    def _sign_on(self, wanted: str) -> dict[str, str]:
        """Return what the page needs for the button to the provider; empty texts where there is none."""
        sign_on = self._access.sign_on
        if sign_on is None:
            return {"sign_on_url": "", "sign_on_title": "", "sign_on_is_away": ""}
        settings, away = sign_on.settings, "yes" if sign_on.is_away else ""
        return {
            "sign_on_url": settings.begin_url(wanted),
            "sign_on_title": settings.shown_title,
            "sign_on_is_away": away,
        }
