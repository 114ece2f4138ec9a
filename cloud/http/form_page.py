"""Pages that need no script, before the console and beside it: a card with one form, in the chosen language and light.

[~] Pulau Morotai                 words   form_page.language(request), of a choice, a cookie, the browser
Name     [          ]             answer  form_page.page(request, "login.html", path=…, city=…, …) under a policy
Password [          ]  [ Log in ]         by which nothing runs and nothing is fetched; Jinja2 escapes what it fills in
"""

import secrets
from pathlib import Path
from urllib.parse import quote

from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from i18n.catalog import LANGUAGES, Language, catalog_of

_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
)
_THEMES = ("dark", "light")
_YEAR_S = 31_536_000
_POLICY = (
    "default-src 'none'; style-src 'nonce-{nonce}'; img-src data:;"
    " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


def page(
    request: Request,
    template: str,
    *,
    path: str,
    city: str,
    wanted: str,
    error: str = "",
    status: int = 200,
    **fields: str,
) -> HTMLResponse:
    """Answer with the card of `template`: `path` takes its form and leads on to `wanted`, `fields` fill the rest."""
    _, nonce = catalog_of(language(request)), secrets.token_urlsafe(16)
    text = _TEMPLATES.get_template(template).render(
        _=_,
        language=_.language.page,
        theme=_theme(request),
        nonce=nonce,
        city=city,
        error=error,
        root=root(request),
        action=root(request) + path,
        next=wanted,
        languages=[_link(request, each, path, wanted, is_current=each is _.language) for each in LANGUAGES.values()],
        **fields,
    )
    return HTMLResponse(text, status, {"Content-Security-Policy": _POLICY.format(nonce=nonce)})


def language(request: Request) -> str:
    """Choose the language: of the link, else of the console, else the browser's first that we have, else Indonesian."""
    accepted = request.headers.get("accept-language", "").split(",")
    wishes = [
        request.query_params.get("language", ""),
        request.cookies.get("siaga_language", ""),
        *(part.split(";")[0].strip()[:2].lower() for part in accepted),
    ]
    return next((wish for wish in wishes if wish in LANGUAGES), "id")


def remember_choice(request: Request, response: Response) -> None:
    """Keep a language that was chosen by its link, for the console too."""
    chosen = request.query_params.get("language")
    if chosen in LANGUAGES:
        response.set_cookie("siaga_language", str(chosen), max_age=_YEAR_S, samesite="lax")


def go_to(request: Request, path: str) -> RedirectResponse:
    """Lead on to another page."""
    return RedirectResponse(f"{root(request)}{path}", 303)


def root(request: Request) -> str:
    """Return the path below which everything is served."""
    return str(request.scope.get("root_path", ""))


def _theme(request: Request) -> str:
    theme = request.cookies.get("siaga_theme", "")
    return theme if theme in _THEMES else _THEMES[0]


def _link(request: Request, language: Language, path: str, wanted: str, *, is_current: bool) -> dict[str, object]:
    """Return what the template needs for the link to the same page in another language."""
    href = f"{root(request)}{path}?language={language.code}&next={quote(wanted, safe='')}"
    return {"href": href, "code": language.code, "name": language.name, "is_current": is_current}
