"""The login page: plain HTML that needs no script, so that it works wherever the console does not yet.

GET /login?next=/console/en ─► the form        POST /login ─► the session's cookie, and on to `next`; or why not
"""

import secrets
from html import escape
from pathlib import Path
from string import Template
from urllib.parse import parse_qs, quote

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from cloud.access.asking import asked_of
from cloud.access.gate import Access, session_cookie
from cloud.access.refusal import AccessRefused
from cloud.access.same_origin import safe_next
from cloud.console.words import LANGUAGES, Words, words_in
from cloud.registry.database import DatabaseUnavailable

PATH = "/login"
_STATIC = Path(__file__).parent / "static"
_THEMES = ("dark", "light")
_YEAR_S = 31_536_000
_STATUS = {"wrong-login": 401, "too-many-attempts": 429}
_FIRST = "siaga-cloud user add NAME --role administrator --config cloud.toml"


def serve_login(app: FastAPI, access: Access, *, city: str) -> None:
    """Add the login page to `app`."""
    page = _LoginPage(access, city)
    app.add_api_route(PATH, page.show, methods=["GET"], include_in_schema=False, response_model=None)
    app.add_api_route(PATH, page.log_in, methods=["POST"], include_in_schema=False, response_model=None)


class _LoginPage:
    """The page of one city."""

    def __init__(self, access: Access, city: str) -> None:
        self._access = access
        self._city = city
        self._template = Template((_STATIC / "login.html").read_text(encoding="utf-8"))

    async def show(self, request: Request) -> Response:
        """The form; who is logged in already goes on at once."""
        wanted = safe_next(request.query_params.get("next", "/"))
        if asked_of(request) is not None:
            return _go_to(request, wanted)
        response = await self._page(request, wanted)
        chosen = request.query_params.get("language")
        if chosen in LANGUAGES:
            response.set_cookie("siaga_language", str(chosen), max_age=_YEAR_S, samesite="lax")
        return response

    async def log_in(self, request: Request) -> Response:
        """Begin a session, and go on; or the form again with one sentence."""
        form = parse_qs((await request.body()).decode(errors="replace"))
        name, password, wanted = (form.get(field, [""])[0] for field in ("name", "password", "next"))
        address = request.client.host if request.client else ""
        replaces = session_cookie(request.headers)
        try:
            opened = await self._access.sessions.log_in(name, password, address=address, replaces=replaces)
        except AccessRefused as refused:
            return await self._page(request, safe_next(wanted), refused=refused, name=name)
        response = _go_to(request, safe_next(wanted))
        response.headers["Set-Cookie"] = self._access.cookie_for(opened, scheme=request.url.scheme)
        return response

    async def _page(
        self, request: Request, wanted: str, *, refused: AccessRefused | None = None, name: str = ""
    ) -> HTMLResponse:
        _ = words_in(_language(request))
        nonce, theme = secrets.token_urlsafe(16), request.cookies.get("siaga_theme", "")
        text = self._template.substitute(
            language=_.language.page,
            theme=theme if theme in _THEMES else _THEMES[0],
            title=escape(f"{_('Log in')} · {self._city} · Siaga"),
            nonce=nonce,
            city=escape(self._city),
            notice=await self._notice(_, refused),
            action=escape(f"{_root(request)}{PATH}"),
            next=escape(wanted),
            name_label=escape(_("Name")),
            name=escape(name[:64]),
            name_focus="" if name else " autofocus",
            password_label=escape(_("Password")),
            password_focus=" autofocus" if name else "",
            button=escape(_("Log in")),
            languages_label=escape(_("Language")),
            languages=_languages(request, _, wanted),
        )
        headers = {
            "Content-Security-Policy": f"default-src 'none'; style-src 'nonce-{nonce}'; img-src data:;"
            " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
        }
        if refused is not None and refused.retry_after_s is not None:
            headers["Retry-After"] = str(refused.retry_after_s)
        return HTMLResponse(text, 200 if refused is None else _STATUS[refused.kind], headers)

    async def _notice(self, _: Words, refused: AccessRefused | None) -> str:
        if refused is not None:
            return f'<p class="mistake" role="alert">{escape(_mistake(_, refused))}</p>'
        try:
            if await self._access.users.exist():
                return ""
        except DatabaseUnavailable as error:
            return f'<p class="mistake" role="alert">{escape(str(error))}</p>'
        first = escape(_("There is no user yet."))
        how = escape(_("Whoever runs the server makes the first one there, with this command, and then logs in here:"))
        return f'<div class="first"><p><strong>{first}</strong> {how}</p><code>{escape(_FIRST)}</code></div>'


def _mistake(_: Words, refused: AccessRefused) -> str:
    if refused.retry_after_s is not None:
        return _("Too many failed attempts. Try again in {n} s.", n=refused.retry_after_s)
    return _("Name or password is wrong.")


def _languages(request: Request, _: Words, wanted: str) -> str:
    links = []
    for language in LANGUAGES.values():
        target = f"{_root(request)}{PATH}?language={language.code}&next={quote(wanted, safe='')}"
        current = ' aria-current="true"' if language is _.language else ""
        code, name = language.code, escape(language.name)
        links.append(f'<a href="{escape(target)}" lang="{code}" hreflang="{code}"{current}>{name}</a>')
    return "".join(links)


def _language(request: Request) -> str:
    """What was chosen, here or on the console; else the first that the browser asks for; else Indonesian."""
    asked = [part.split(";")[0].strip()[:2].lower() for part in request.headers.get("accept-language", "").split(",")]
    wishes = [request.query_params.get("language", ""), request.cookies.get("siaga_language", ""), *asked]
    return next((wish for wish in wishes if wish in LANGUAGES), "id")


def _go_to(request: Request, path: str) -> RedirectResponse:
    return RedirectResponse(f"{_root(request)}{path}", 303)


def _root(request: Request) -> str:
    return str(request.scope.get("root_path", ""))
