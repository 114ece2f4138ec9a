"""From what a page shows to HTML: each fragment once for a language, a role and some sites; the whole around them.

render_fragment(visit, fragment) -> '<li>…</li>'         whole_page(page, visit, shown, html={"alarm-list": …}, …)
"""

from hashlib import blake2b

import msgspec
from markupsafe import Markup, escape

from cloud.console.frame.navigation import MORE_PLACES, PLACES
from cloud.console.frame.page import ConsolePage, Context, Fragment, PageContent
from cloud.console.frame.templates import CSRF_MARK, template_of
from cloud.console.frame.visit import PageVisit
from cloud.console.view_models.roles import ROLES
from i18n import figures
from i18n.catalog import LANGUAGES, Catalog
from runtime.clock import wall_ms


class Whole(msgspec.Struct, frozen=True, kw_only=True):
    """What the frame says around a page: the city's name, the session's token, one sentence of what was done.

    `once` is what this answer alone shows.
    """

    city: str
    csrf: str
    said: str = ""
    once: Context = {}


def render_fragment(visit: PageVisit, fragment: Fragment) -> str:
    """Fill a fragment's template."""
    context = fragment.context() if callable(fragment.context) else fragment.context
    return template_of(fragment.template).render(**_always(visit), **context)


def digest_of(html: str) -> str:
    """Return what tells two fragments apart."""
    return blake2b(html.encode(), digest_size=6).hexdigest()


def whole_page(page: ConsolePage, visit: PageVisit, shown: PageContent, whole: Whole) -> str:
    """Fill the page's template with its fragments, and the frame around it."""
    now_ms = wall_ms()
    fragments = {fragment.id: fragment for fragment in shown.fragments}
    followed = msgspec.structs.replace(visit, sent={}, rejected=None)

    def live(name: str, tag: str = "div", classes: str = "") -> Markup:
        """Return the element that follows a fragment."""
        html = render_fragment(visit, fragments[name])
        # what the channel would send: why a form was refused is in this answer alone
        digest = digest_of(html if visit.rejected is None else render_fragment(followed, fragments[name]))
        opening = f'<{tag} id="{name}" data-live="{digest}" class="{classes}">'
        return Markup(f"{opening}{html}</{tag}>")  # noqa: S704 - from our templates, which escape what they fill

    text = template_of(page.template).render(
        **_always(visit),
        **(shown.still() if callable(shown.still) else shown.still),
        live=live,
        page=page,
        title=shown.title,
        whole=whole,
        places=PLACES,
        more_places={place: words for place, (role, words) in MORE_PLACES.items() if visit.may(role)},
        languages=LANGUAGES.values(),
        role_name=visit.words(ROLES[visit.principal.role]),
        words=msgspec.json.encode(_words_of_scripts(visit.words)).decode(),
        now_ms=now_ms,
        clock_zone=str(visit.zone),
        zone_name=figures.zone_name(now_ms, visit.zone),
    )
    return personal(text, whole.csrf)


def personal(html: str, csrf: str) -> str:
    """Put the token of a session where shared HTML leaves room for it."""
    return html.replace(CSRF_MARK, str(escape(csrf)))


def _words_of_scripts(_: Catalog) -> dict[str, str]:
    """Return the texts that scripts show; they fill in numbers and times themselves."""
    return {
        "just": _("just now"),
        "s": _("{n} s ago", n="{n}"),
        "min": _("{n} min ago", n="{n}"),
        "h": _("{n} h ago", n="{n}"),
        "d": _("{n} days ago", n="{n}"),
        "away": _("No connection since {time}: what you see may be old.", time="{time}"),
        "failed": _("It was not sent: the server does not answer. Try again."),
    }


def _always(visit: PageVisit) -> dict[str, object]:
    return {"_": visit.words, "visit": visit, "root": visit.root}
