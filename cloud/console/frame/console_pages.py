"""What all pages of the console share: who visits, the headline above each, the policy, the live channels.

answer(page, visit, request) -> HTML, whole        follow(…) -> its live channel        trouble(…) -> why there is none
"""

from collections.abc import Callable, Mapping
from urllib.parse import unquote
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.types import Send

from cloud.console.frame.live import LiveChannels
from cloud.console.frame.page import ConsolePage, Done
from cloud.console.frame.rendering import Whole, whole_page
from cloud.console.frame.templates import template_of
from cloud.console.frame.visit import ROOT, PageVisit
from cloud.http.auth import auth_context_of, current_principal
from cloud.http.security_headers import tiles_of
from i18n.catalog import catalog_of

SAID_COOKIE = "siaga_said"
LONGEST_SAID = 600
THEMES = ("dark", "light")
MOST_ASKED = 20
"""Names in a page's question."""
LONGEST_ASKED = 300
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; style-src-elem 'self'; style-src-attr 'unsafe-inline';"
    " img-src 'self' data:{tiles}; font-src 'self'; connect-src 'self'; media-src 'self'; manifest-src 'self';"
    " worker-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""Nothing runs that is not a file of ours; an attribute may colour an element, as a city's levels have their own."""


class ConsolePages:
    """The shared parts; `changed` is called when somebody has changed something."""

    def __init__(
        self, *, city: str, zone: ZoneInfo, channels: LiveChannels, changed: Callable[[], None], tiles: str = ""
    ) -> None:
        self._city, self._zone, self._channels, self._changed = city, zone, channels, changed
        self._policy = _POLICY.format(tiles=tiles_of(tiles))

    def visit(self, request: Request, language: str, place: str, names: Mapping[str, str]) -> PageVisit:
        """Return who looks at what, from a request that the guard let in."""
        theme = request.cookies.get("siaga_theme", "")
        asked = list(request.query_params.items())[:MOST_ASKED]
        return PageVisit(
            words=catalog_of(language),
            principal=current_principal(request),
            zone=self._zone,
            place=place,
            names=names,
            query={name: text[:LONGEST_ASKED] for name, text in asked if name != "live"},
            root=str(request.scope.get("root_path", "")),
            theme=theme if theme in THEMES else THEMES[0],
        )

    async def answer(
        self, page: ConsolePage, visit: PageVisit, request: Request, *, status: int = 200, done: Done | None = None
    ) -> Response:
        """Answer with the page as HTML; with what an action has `done` that this answer alone shows."""
        shown = await page.show(visit)
        context = auth_context_of(request)
        cookie = "" if visit.rejected is not None or done is not None else request.cookies.get(SAID_COOKIE, "")
        whole = Whole(
            city=self._city,
            csrf="" if context is None else context.csrf,
            said=unquote(cookie)[:LONGEST_SAID] if done is None else done.said,
            once={} if done is None else done.once,
        )
        answer = self._html(whole_page(page, visit, shown, whole), status)
        if cookie:
            answer.delete_cookie(SAID_COOKIE, path=f"{visit.root}{ROOT}")
        return answer

    def trouble(self, visit: PageVisit, sentence: str, status: int) -> Response:
        """Answer with one sentence where there is no page."""
        template = template_of("trouble.html")
        text = template.render(_=visit.words, visit=visit, root=visit.root, city=self._city, sentence=sentence)
        return self._html(text, status)

    async def follow(self, page: ConsolePage, visit: PageVisit, request: Request, send: Send) -> None:
        """Answer with the page's live channel."""
        context = auth_context_of(request)
        if context is not None:
            await self._channels.follow(page, visit, context, request.scope, request.receive, send)

    def changed(self) -> None:
        """Let every open page see soon what somebody has just changed."""
        self._changed()
        self._channels.refresh_soon()

    def _html(self, text: str, status: int) -> HTMLResponse:
        return HTMLResponse(text, status, {"Content-Security-Policy": self._policy, "Cache-Control": "no-store"})
