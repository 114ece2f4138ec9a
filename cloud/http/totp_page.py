"""The page on which people set up one-time codes, and turn them off: no scripts, as the login page.

GET /totp ─► a QR code, the same as text, two fields     POST ─► the recovery codes, this once; or why not
none may be set up twice: who has codes is asked for one, and then they are off
"""

import secrets
from urllib.parse import parse_qs

import segno
from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, Response

from cloud.access.auth_context import AuthContext
from cloud.access.authenticator import Authenticator
from cloud.access.rejection import AccessRejected
from cloud.access.totp import enrolment_uri, is_secret, new_secret
from cloud.database.engine import DatabaseUnavailable
from cloud.http import form_page
from cloud.http.auth import auth_context_of
from cloud.http.login_words import login_error
from cloud.http.same_origin import safe_next
from i18n.catalog import Catalog, catalog_of, ended

PATH = "/totp"


def serve_totp(app: FastAPI, access: Authenticator, *, city: str) -> None:
    """Add the page to `app`."""
    page = _TotpPage(access, city)
    app.add_api_route(PATH, page.show, methods=["GET"], include_in_schema=False, response_model=None)
    app.add_api_route(PATH, page.change, methods=["POST"], include_in_schema=False, response_model=None)


class _TotpPage:
    """The page of one city."""

    def __init__(self, access: Authenticator, city: str) -> None:
        self._access = access
        self._city = city

    async def show(self, request: Request) -> Response:
        """Show the form."""
        wanted = safe_next(request.query_params.get("next", "/"))
        response = await self._page(request, wanted, secret=new_secret())
        form_page.remember_choice(request, response)
        return response

    async def change(self, request: Request) -> Response:
        """Set codes up, or turn them off; or show the form again with one sentence."""
        _ = catalog_of(form_page.language(request))
        form = parse_qs((await request.body()).decode(errors="replace"))
        password, code, secret, wanted, csrf = (
            form.get(name, [""])[0] for name in ("password", "code", "secret", "next", "csrf")
        )
        wanted, context = safe_next(wanted), auth_context_of(request)
        secret = secret if is_secret(secret) else new_secret()
        if context is None or not _is_own_form(context, csrf):
            error = _("Load this page again, and then write the code.")
            return await self._page(request, wanted, secret=secret, error=error, status=403)
        try:
            codes = await self._changed(context, password, code, secret)
        except AccessRejected as rejection:
            return await self._page(request, wanted, secret=secret, error=_error(_, rejection), status=422)
        except DatabaseUnavailable as error:
            return await self._page(request, wanted, secret=secret, error=str(error), status=503)
        if not codes:
            return form_page.go_to(request, wanted)
        return await self._page(request, wanted, secret="", codes=" ".join(codes))

    async def _changed(self, context: AuthContext, password: str, code: str, secret: str) -> list[str]:
        """Return the recovery codes of a second factor that was set up; none where it was turned off."""
        who, factors = context.principal, self._access.second_factors
        if await factors.is_set_up(who.name):
            await factors.remove(await self._access.prove(who, password, code), actor=who.actor)
            return []
        proof = await self._access.prove(who, password)
        return await factors.enrol(proof, secret, code, session=context.session, actor=who.actor)

    async def _page(
        self, request: Request, wanted: str, *, secret: str, error: str = "", codes: str = "", status: int = 200
    ) -> HTMLResponse:
        context = auth_context_of(request)
        name = context.principal.name if context else ""
        is_set_up = bool(codes) or await self._access.second_factors.is_set_up(name)
        return form_page.page(
            request,
            "totp.html",
            path=PATH,
            city=self._city,
            wanted=wanted,
            error=error,
            status=status,
            csrf=context.csrf if context else "",
            name=name,
            codes=codes,
            is_set_up="yes" if is_set_up else "",
            demanded="yes" if context is not None and context.must_enrol else "",
            secret="" if is_set_up else secret,
            qr="" if is_set_up else _qr_code(enrolment_uri(secret, name=name, city=self._city)),
        )


def _qr_code(text: str) -> str:
    """Draw a QR code as the address of a picture, black on white whatever the page's colours."""
    return str(segno.make(text, error="m", micro=False).svg_data_uri(scale=4, border=4, light="#fff"))


def _is_own_form(context: AuthContext, csrf: str) -> bool:
    """Tell whether the form is a page of ours that was loaded in this session; a program's token has no form."""
    return bool(context.session) and secrets.compare_digest(csrf.encode(), context.csrf.encode())


def _error(_: Catalog, rejection: AccessRejected) -> str:
    if rejection.kind == "wrong-login":
        return _("The password is wrong.")
    if rejection.retry_after_s is not None:
        return login_error(_, rejection)
    return ended(_.said(rejection.sentence))
