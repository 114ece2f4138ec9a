"""The requests of the page:  GET / ─► HTML   GET /status.json ─► as `siaga-edge status --json`   all else ─► 404

401 without the password    403 from the internet    421 by a name that is not the gateway's    503 no answer now

However many look, the gateway is asked once a second. Whatever happens here costs the page alone: a port that cannot be
opened is tried again, and said.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from functools import partial

import msgspec

from edge.control.document import status_document
from edge.control.requests import RunningAgent
from edge.control.snapshot import AgentSnapshot
from edge.control.status import snapshot_of
from edge.http.exchange import HttpRequest, HttpResponse, HttpTaken, text_answer
from edge.http.listener import HttpListener
from edge.page.access import is_for_us, knows, language_of
from edge.page.document import POLICY, REFRESH_S, document
from edge.page_settings import PageSettings
from edge.status_view import view_of
from i18n.catalog import catalog_of
from runtime.reasons import reason_of

_log = logging.getLogger(__name__)

FRESH_S = 1.0
RETRY_S = 10.0
WRONG_PASSWORD_S = 1.0
"""Whoever guesses waits for so long, and holds one of the few connections meanwhile."""
_ALWAYS = (
    ("Cache-Control", "no-store"),
    ("Content-Security-Policy", POLICY),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "no-referrer"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
)
_AGAIN = ("Refresh", str(REFRESH_S))
"""A browser that got no page asks again by itself, as the page does."""


class StatusPage:
    """Serves the page; `snapshot` says how the gateway is doing."""

    def __init__(
        self, settings: PageSettings, snapshot: Callable[[], Awaitable[AgentSnapshot]], *, gateway: str
    ) -> None:
        self.name = "the page"
        self.taken = HttpTaken(("GET", "HEAD"), 0, "this page only shows")
        self.note = ""
        """Why it cannot be served, for the status; empty where it is."""
        self._settings = settings
        self._snapshot = snapshot
        self._gateway = gateway
        self._loop = asyncio.get_running_loop()
        self._asking = asyncio.Lock()
        self._newest: tuple[float, AgentSnapshot] | None = None

    async def run(self) -> None:
        """Serve until cancelled."""
        host, port = self._settings.address
        while True:
            listener = HttpListener(host, port, self)
            try:
                server = await listener.open()
            except OSError as error:
                self._say(f"the page cannot be served at {self._settings.listen}: {error.strerror or error}")
                await asyncio.sleep(RETRY_S)
                continue
            self._say("")
            await listener.serve(server)

    async def respond(self, request: HttpRequest) -> HttpResponse:
        """The answer, with what every answer says."""
        answer = await self._respond(request)
        return answer._replace(headers=(*answer.headers, *_ALWAYS))

    def heard(self, size: int) -> None:
        """Nothing is counted: what a browser sends is no reading."""

    def refused(self, size: int, reason: str) -> None:
        """For whoever looks why a phone gets nothing."""
        _log.debug("the page refused %d bytes: %s", size, reason)

    async def _respond(self, request: HttpRequest) -> HttpResponse:
        if not is_for_us(request.headers.get("host", ""), self._settings.names):
            return text_answer(
                421, "ask by the address of the gateway, or add this name to names in [page] of edge.toml"
            )
        if (refusal := await self._refusal(request)) is not None:
            return refusal
        if request.path not in ("/", "/status.json"):
            return text_answer(404, "there are / and /status.json")
        try:
            snapshot = await self._now()
        except Exception:
            _log.exception("the page has nothing to show")
            return text_answer(503, "the gateway cannot say how it is; its log has more", _AGAIN)
        if request.path == "/status.json":
            return HttpResponse(200, msgspec.json.encode(status_document(snapshot)), "application/json")
        language = catalog_of(language_of(request))
        text = document(view_of(snapshot, language), language, self._gateway)
        headers = (("Vary", "Accept-Language"), ("Content-Language", language.language.page))
        return HttpResponse(200, text.encode(), "text/html; charset=utf-8", headers)

    async def _refusal(self, request: HttpRequest) -> HttpResponse | None:
        """Why the page is not shown to whoever asks; None where it is."""
        try:
            password = await asyncio.to_thread(self._settings.password)
        except (OSError, ValueError) as error:
            why = reason_of(error) if isinstance(error, OSError) else str(error)
            self._say(f"the page is shown to nobody: {self._settings.password_file} cannot be read: {why}")
            return text_answer(503, "the page's password cannot be read; siaga-edge check says more", _AGAIN)
        self._say("")
        if password is None or knows(request, password):
            return None
        if "authorization" in request.headers:
            await asyncio.sleep(WRONG_PASSWORD_S)
        asked = ("WWW-Authenticate", f'Basic realm="{self._gateway}", charset="UTF-8"')
        return text_answer(401, "the page has a password; any name will do", asked)

    async def _now(self) -> AgentSnapshot:
        async with self._asking:
            if self._newest is None or self._loop.time() - self._newest[0] > FRESH_S:
                self._newest = (self._loop.time(), await self._snapshot())
            return self._newest[1]

    def _say(self, problem: str) -> None:
        if problem and problem != self.note:
            _log.warning("%s", problem)
        self.note = problem


def page_of(settings: PageSettings, agent: RunningAgent) -> StatusPage:
    """The page of the running agent."""
    return StatusPage(settings, partial(snapshot_of, agent), gateway=agent.gateway)
