"""The second step of a login, for who has set up one-time codes: one field, no script.

POST /login, password right ─► this page      POST /login/second ─► the session's cookie, and on; or one sentence
"""

from urllib.parse import parse_qs, quote

from fastapi import FastAPI, Request
from fastapi.responses import Response

from cloud.access.authenticator import Authenticator
from cloud.access.rejection import AccessRejected
from cloud.access.sessions import PasswordProof
from cloud.http import form_page
from cloud.http.login_words import STATUS, login_error
from cloud.http.same_origin import safe_next
from i18n.catalog import catalog_of

PATH = "/login/second"


class SecondStepPage:
    """The page of one city; `show` is what the login page answers a right password with."""

    def __init__(self, app: FastAPI, access: Authenticator, *, city: str) -> None:
        self._access = access
        self._city = city
        app.add_api_route(PATH, self.begin_again, methods=["GET"], include_in_schema=False, response_model=None)
        app.add_api_route(PATH, self.log_in, methods=["POST"], include_in_schema=False, response_model=None)

    async def begin_again(self, request: Request) -> Response:
        """Lead to the login page, where a link of this one leads: the password was in no address."""
        wanted = quote(safe_next(request.query_params.get("next", "/")), safe="")
        response = form_page.go_to(request, f"/login?next={wanted}")
        form_page.remember_choice(request, response)
        return response

    async def show(self, request: Request, proof: PasswordProof, wanted: str) -> Response:
        """Ask for the code."""
        return self._page(request, await self._access.pending.begin(proof), wanted)

    async def log_in(self, request: Request) -> Response:
        """Begin a session, and go on; or ask again with one sentence."""
        form = parse_qs((await request.body()).decode(errors="replace"))
        token, code, wanted = (form.get(field, [""])[0] for field in ("pending", "code", "next"))
        proof, wanted = await self._access.pending.find(token), safe_next(wanted)
        if proof is None:
            return form_page.go_to(request, f"/login?next={quote(wanted, safe='')}")
        address = request.client.host if request.client else ""
        replaces = self._access.cookie_in(request.headers, scheme=request.url.scheme)
        try:
            opened = await self._access.sessions.open_by(proof, code=code, address=address, replaces=replaces)
        except AccessRejected as rejection:
            return self._rejected(request, token, wanted, rejection)
        response = form_page.go_to(request, wanted)
        response.headers["Set-Cookie"] = self._access.cookie_for(opened, scheme=request.url.scheme)
        return response

    def _rejected(self, request: Request, token: str, wanted: str, rejection: AccessRejected) -> Response:
        error = login_error(catalog_of(form_page.language(request)), rejection)
        answer = self._page(request, token, wanted, error, status=STATUS[rejection.kind])
        if rejection.retry_after_s is not None:
            answer.headers["Retry-After"] = str(rejection.retry_after_s)
        return answer

    def _page(self, request: Request, token: str, wanted: str, error: str = "", *, status: int = 200) -> Response:
        return form_page.page(
            request,
            "second_step.html",
            path=PATH,
            city=self._city,
            wanted=wanted,
            error=error,
            status=status,
            pending=token,
        )
