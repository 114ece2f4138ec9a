"""Pages that need no script, before the console and beside it: a card with one form, in the chosen language and light.

[~] Pulau Morotai                 words   form_page.language(request), of a choice, a cookie, the browser
Name     [          ]             answer  form_page.page(request, _, Form(title=…, fields=…, button=…, …)) with a policy
Password [          ]  [ Log in ]         under which nothing runs and nothing is fetched
"""

import secrets
from html import escape
from pathlib import Path
from string import Template
from urllib.parse import quote

import msgspec
from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from i18n.catalog import LANGUAGES, Catalog

_TEMPLATES = Path(__file__).parent / "templates"
_THEMES = ("dark", "light")
_YEAR_S = 31_536_000


class Form(msgspec.Struct, frozen=True):
    """What stands on the card: `path` takes the form and leads on to `wanted`; `fields`, `notice`, `back` are HTML."""

    path: str
    title: str
    city: str
    fields: str
    button: str
    wanted: str
    notice: str = ""
    back: str = ""


def page(request: Request, _: Catalog, form: Form, *, status: int = 200) -> HTMLResponse:
    """The card as an answer."""
    nonce, theme = secrets.token_urlsafe(16), request.cookies.get("siaga_theme", "")
    text = template("form_page.html").substitute(
        language=_.language.page,
        theme=theme if theme in _THEMES else _THEMES[0],
        title=escape(f"{form.title} · {form.city} · Siaga"),
        nonce=nonce,
        city=escape(form.city),
        notice=form.notice,
        action=escape(f"{root(request)}{form.path}"),
        fields=form.fields,
        button=escape(form.button),
        languages_label=escape(_("Language")),
        languages=_languages(request, _, form),
        back=form.back,
    )
    policy = (
        f"default-src 'none'; style-src 'nonce-{nonce}'; img-src data:;"
        " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
    return HTMLResponse(text, status, {"Content-Security-Policy": policy})


def template(name: str) -> Template:
    """A file of templates/."""
    return Template((_TEMPLATES / name).read_text(encoding="utf-8"))


def mistake(sentence: str) -> str:
    """A sentence above the form, as HTML."""
    return f'<p class="mistake" role="alert">{escape(sentence)}</p>'


def language(request: Request) -> str:
    """What was chosen, here or on the console; else the first that the browser asks for; else Indonesian."""
    asked = [part.split(";")[0].strip()[:2].lower() for part in request.headers.get("accept-language", "").split(",")]
    wishes = [request.query_params.get("language", ""), request.cookies.get("siaga_language", ""), *asked]
    return next((wish for wish in wishes if wish in LANGUAGES), "id")


def remember_choice(request: Request, response: Response) -> None:
    """Keep a language that was chosen by its link, for the console too."""
    chosen = request.query_params.get("language")
    if chosen in LANGUAGES:
        response.set_cookie("siaga_language", str(chosen), max_age=_YEAR_S, samesite="lax")


def go_to(request: Request, path: str) -> RedirectResponse:
    """On to another page."""
    return RedirectResponse(f"{root(request)}{path}", 303)


def root(request: Request) -> str:
    """The path below which everything is served."""
    return str(request.scope.get("root_path", ""))


def _languages(request: Request, _: Catalog, form: Form) -> str:
    links = []
    for each in LANGUAGES.values():
        target = f"{root(request)}{form.path}?language={each.code}&next={quote(form.wanted, safe='')}"
        current = ' aria-current="true"' if each is _.language else ""
        code, name = each.code, escape(each.name)
        links.append(f'<a href="{escape(target)}" lang="{code}" hreflang="{code}"{current}>{name}</a>')
    return "".join(links)
