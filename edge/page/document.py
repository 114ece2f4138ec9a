"""The page as HTML: a document of one file, for a phone and for a desk, without any script.

title · time             the word and why, alarms, a card for each source with its last values, facts by name
                         drawn anew each REFRESH_S by the browser; faded, with a warning, once that failed for STALE_S
"""

import base64
import hashlib
from collections.abc import Iterator
from html import escape
from importlib import resources

from edge.status_view import SourceRow, StatusView
from i18n.catalog import LANGUAGES, Catalog

REFRESH_S = 5
STALE_S = 30
"""Once this page is so old it says so: the gateway, or the way to it, answers no more."""
STYLE = resources.files("edge.page").joinpath("style.css").read_text(encoding="utf-8").replace("STALE_S", f"{STALE_S}s")
_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
POLICY = (
    f"default-src 'none'; style-src 'sha256-{_HASH}'; img-src data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""The Content-Security-Policy: this style sheet, and nothing else, is loaded; no frame has this page in it."""


def document(view: StatusView, _: Catalog, gateway: str) -> str:
    """All of it."""
    return "\n".join(_lines(view, _, gateway)) + "\n"


def _lines(view: StatusView, _: Catalog, gateway: str) -> Iterator[str]:
    language, other = _.language, LANGUAGES["en" if _.language.code == "id" else "id"]
    yield f'<!doctype html>\n<html lang="{language.page}">\n<head>\n<meta charset="utf-8">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield f'<meta http-equiv="refresh" content="{REFRESH_S}">'
    yield f'<link rel="icon" href="data:,">\n<title>{escape(view.word)} · {escape(gateway)}</title>'
    yield f"<style>{STYLE}</style>\n</head>\n<body>"
    yield f"<header><p>{escape(view.title)}</p><p><time>{view.time}</time> "
    yield f'<a href="/?language={other.code}" lang="{other.page}">{escape(other.name)}</a></p></header>'
    yield f'<p class="stale" role="status">{escape(_stale(_))}</p>'
    yield f'<main>\n<section class="word {view.tone}"><h1>{escape(view.word)}</h1>'
    yield from (f'<p class="alarm">{escape(alarm)}</p>' for alarm in view.alarms)
    yield f"<p>{escape(view.cloud)}</p>"
    yield from _list(view.reasons)
    yield "</section>"
    yield '<section class="sources">'
    if not view.sources:
        yield f"<p>{escape(_('no source is named in edge.toml'))}</p>"
    for source in view.sources:
        yield from _source(source, view.heads)
    yield "</section>\n<dl>"
    for name, text in view.facts:
        yield f"<div><dt>{escape(name)}</dt><dd>{escape(text)}</dd></div>"
    yield '</dl>\n<p class="more"><a href="/status.json">status.json</a></p>\n</main>\n</body>\n</html>'


def _stale(_: Catalog) -> str:
    return _(
        "This is {seconds} s old or older: the gateway, or the way to it, answers no more. Load the page again.",
        seconds=STALE_S,
    )


def _list(sentences: tuple[str, ...]) -> Iterator[str]:
    if sentences:
        yield "<ul>"
        yield from (f"<li>{escape(sentence)}</li>" for sentence in sentences)
        yield "</ul>"


def _source(source: SourceRow, heads: tuple[str, ...]) -> Iterator[str]:
    """A card: its name and state, its last values, then its counts under the names of the screen's columns."""
    yield f'<article class="{"well" if source.is_well else "trouble"}">'
    yield f'<h2>{escape(source.name)} <span class="state">{escape(source.state)}</span></h2>'
    if source.detail:
        yield f"<p>{escape(source.detail)}</p>"
    if source.values:
        yield "<table>"
        for value in source.values:
            cells = f"<th>{escape(value.name)}</th><td>{escape(value.figure)}</td><td>{escape(value.age)}</td>"
            yield f"<tr>{cells}</tr>"
        yield "</table>"
    if source.more:
        yield f"<p>{escape(source.more)}</p>"
    counts = zip(heads[2:], (source.readings, source.rate, source.noise, source.last), strict=True)
    pairs = (f"<span>{escape(head)} <b>{escape(count)}</b></span>" for head, count in counts)
    yield f'<p class="counts">{" ".join(pairs)}</p></article>'
