"""The way to the provider of single sign-on and back: redirects, and the login page where one fails.

GET /login/sso?next=… ─► the provider     GET /login/sso/callback?code=…&state=… ─► the session's cookie, and on
GET /login/sso/out ─► the provider's own logout, where it has one
"""

from collections.abc import Callable

from fastapi import FastAPI, Request
from fastapi.responses import RedirectResponse, Response

from cloud.access.authenticator import Authenticator
from cloud.access.oidc_settings import PATH
from cloud.access.rejection import AccessRejected
from cloud.access.sign_on import LIFETIME_S, SingleSignOn
from cloud.http import form_page
from cloud.http.same_origin import safe_next

COOKIE = "siaga_sso"
Rejected = Callable[[Request, str, str, AccessRejected], Response]
"""Shows the login page: the request, where it was to lead, a name, and what went wrong."""


class SignOnPages:
    """The redirects of one city; `rejected` is the login page."""

    def __init__(self, app: FastAPI, access: Authenticator, sign_on: SingleSignOn, rejected: Rejected) -> None:
        self._access = access
        self._sign_on = sign_on
        self._rejected = rejected
        # by where browsers find Siaga, not by what a proxy says of the request
        self._is_secure = sign_on.settings.url.startswith("https://")
        for path, page in ((PATH, self.begin), (f"{PATH}/callback", self.finish), (f"{PATH}/out", self.log_out)):
            app.add_api_route(path, page, methods=["GET"], include_in_schema=False, response_model=None)

    async def begin(self, request: Request) -> Response:
        """Lead to the provider, with a cookie that its answer must come back to."""
        wanted = safe_next(request.query_params.get("next", "/"))
        try:
            begun = await self._sign_on.begin(wanted, language=form_page.language(request))
        except AccessRejected as rejection:
            return self._rejected(request, wanted, "", rejection)
        response = RedirectResponse(begun.url, 303)
        response.headers["Set-Cookie"] = self._cookie(begun.cookie, LIFETIME_S)
        return response

    async def finish(self, request: Request) -> Response:
        """Begin a session by the provider's answer, and go on; or show the login page with one sentence."""
        address = request.client.host if request.client else ""
        cookie = request.cookies.get(self._cookie_name, "")
        replaces = self._access.cookie_in(request.headers, scheme=request.url.scheme)
        try:
            opened, wanted = await self._access.log_in_by_provider(
                request.query_params, self._sign_on, cookie=cookie, address=address, replaces=replaces
            )
        except AccessRejected as rejection:
            response = self._rejected(request, "/", "", rejection)
        else:
            response = form_page.go_to(request, safe_next(wanted))
            response.headers.append("Set-Cookie", self._access.cookie_for(opened, scheme=request.url.scheme))
        response.headers.append("Set-Cookie", self._cookie("", 0))
        return response

    async def log_out(self, request: Request) -> Response:
        """Lead to where people log out of the provider, or back to the login page."""
        url = await self._sign_on.logout_url()
        return form_page.go_to(request, "/login") if url is None else RedirectResponse(url, 303)

    @property
    def _cookie_name(self) -> str:
        return f"__Host-{COOKIE}" if self._is_secure else COOKIE

    def _cookie(self, content: str, max_age_s: int) -> str:
        ending = "; Secure" if self._is_secure else ""
        # Lax: the provider's answer comes from another site, as a link that somebody follows
        return f"{self._cookie_name}={content}; Max-Age={max_age_s}; Path=/; HttpOnly; SameSite=Lax{ending}"
