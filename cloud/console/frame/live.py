"""Live channels of all open pages: one for each (page, language, role, sites, question), refreshed while followed.

GET /console/en/alarms  Accept: text/event-stream   ?live=alarm-list:3f9c…      what the page shows already

event: fragments        data: [["alarm-list","91ab…","<li>…"]]                  what has changed since
event: trouble          data: "the registry database does not answer: …"        empty once it does again
event: ended            data: "You are not logged in any more; log in again."   it does not come back by itself
event: now              data: 1764000000000                                     at least every 10 s: still true
"""

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from urllib.parse import parse_qsl

import msgspec
from starlette.datastructures import Headers
from starlette.types import Receive, Scope, Send

from cloud.access.auth_context import AuthContext
from cloud.access.principal import Principal
from cloud.console.frame.channel import LiveChannel
from cloud.console.frame.page import ConsolePage
from cloud.console.frame.rendering import personal
from cloud.console.frame.visit import PageVisit
from cloud.database.engine import DatabaseUnavailable
from runtime.clock import wall_ms

TICK_S = 1.0
STILL_TRUE_S = 10.0
"""How often a follower hears that nothing has changed, and is asked for again whether it may look."""
PATIENCE_S = 30.0
"""How long a viewer may take to read what was sent; one that takes longer is let go, and comes again."""
MOST_FOLLOWED = 20
"""Live pages of one session."""
MOST_IN_ALL = 500
_SHARE = 0.2
"""The part of a core that refreshing may take: beyond it the pages are refreshed less often."""
_SEEN_LENGTH = 4_000


class LiveChannels:
    """The channels. `holds` tells whether who opened one is still logged in."""

    def __init__(self, holds: Callable[[AuthContext, Headers], Awaitable[bool]]) -> None:
        self._holds = holds
        self._channels: dict[object, LiveChannel] = {}
        self._followers: Counter[str] = Counter()
        self._new: list[LiveChannel] = []
        self._all_at_s = self._soonest_s = 0.0
        self._wake = asyncio.Event()
        self._refreshing: asyncio.Task[None] | None = None

    def refresh_soon(self) -> None:
        """Refresh every channel soon, since somebody has just changed something; within their share of the core."""
        self._all_at_s = self._soonest_s
        self._wake.set()

    async def follow(
        self, page: ConsolePage, visit: PageVisit, context: AuthContext, scope: Scope, receive: Receive, send: Send
    ) -> None:
        """Answer a request for the live channel of `page`, until the viewer goes."""
        owner = context.session or f"by {context.principal.name}"
        _ = visit.words
        await send(_START)
        if self._followers[owner] >= MOST_FOLLOWED or self._followers.total() >= MOST_IN_ALL:
            await send(
                _piece("ended", _("{n} pages of this login are open already; close some of them.", n=MOST_FOLLOWED))
            )
            await send({"type": "http.response.body"})
            return
        self._followers[owner] += 1
        try:
            with self._channel(page, visit) as (channel, wake):
                follower = _Follower(channel, wake, _seen(scope), context.csrf, send)
                gone = asyncio.create_task(_until_gone(receive))
                try:
                    await follower.run(gone, lambda: self._reason_to_end(visit, context, Headers(scope=scope)))
                finally:
                    gone.cancel()
        finally:
            self._followers[owner] -= 1
            self._followers += Counter()  # forgets who follows nothing

    async def _reason_to_end(self, visit: PageVisit, context: AuthContext, headers: Headers) -> str:
        _ = visit.words
        with contextlib.suppress(DatabaseUnavailable):  # nobody is sent away because a database does not answer
            if not await self._holds(context, headers):
                return _("You are not logged in any more; log in again.")
        return ""

    @contextlib.contextmanager
    def _channel(self, page: ConsolePage, visit: PageVisit) -> Iterator[tuple[LiveChannel, asyncio.Event]]:
        who = visit.principal
        key = (
            page.place,
            tuple(visit.names.items()),
            visit.words.language.code,
            who.role,
            who.sites,
            tuple(visit.query.items()),
        )
        wake = asyncio.Event()
        channel = self._channels.get(key)
        if channel is None:
            shared = msgspec.structs.replace(visit, principal=Principal("", who.role, who.sites))
            channel = self._channels[key] = LiveChannel(page, shared)
            self._new.append(channel)
            self._wake.set()
            if self._refreshing is None:
                self._refreshing = asyncio.create_task(self._refresh_while_followed())
        else:
            wake.set()
        channel.wakes.add(wake)
        try:
            yield channel, wake
        finally:
            channel.wakes.discard(wake)
            if not channel.wakes:
                self._channels.pop(key, None)

    async def _refresh_while_followed(self) -> None:
        """Refresh a new channel at once, all of them each tick: who comes and goes keeps no other page waiting."""
        while self._channels:
            self._wake.clear()
            begun_s = time.monotonic()
            is_turn = begun_s >= self._all_at_s
            due, self._new = (list(self._channels.values()) if is_turn else self._new), []
            for channel in due:
                await channel.refresh()
            ended_s = time.monotonic()
            if is_turn:
                self._soonest_s = ended_s + (ended_s - begun_s) / _SHARE
                self._all_at_s = max(ended_s + TICK_S, self._soonest_s)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(max(0.0, self._all_at_s - time.monotonic())):
                    await self._wake.wait()
        self._refreshing = None


class _Follower:
    """One open page: what it has seen, and how it is sent what it lacks."""

    def __init__(self, channel: LiveChannel, wake: asyncio.Event, seen: dict[str, str], csrf: str, send: Send) -> None:
        self._channel, self._wake, self._seen, self._csrf, self._send = channel, wake, seen, csrf, send
        self._trouble, self._told_s = "", time.monotonic()

    async def run(self, gone: asyncio.Task[None], reason_to_end: Callable[[], Awaitable[str]]) -> None:
        """Send what changes until the viewer goes, is let go, or may not look any more."""
        with contextlib.suppress(TimeoutError, OSError):
            while not gone.done():
                await self._send_lacking()
                ending = self._channel.gone or await self._next(gone, reason_to_end)
                if ending:
                    await self._say("ended", ending)
                    await self._send({"type": "http.response.body"})
                    return

    async def _next(self, gone: asyncio.Task[None], reason_to_end: Callable[[], Awaitable[str]]) -> str:
        """Wait for a change; now and then say that all is still true. Return why the channel ends, if it does."""
        left_s = max(0.0, self._told_s + STILL_TRUE_S - time.monotonic())
        waking = asyncio.create_task(self._wake.wait())
        try:
            await asyncio.wait({waking, gone}, timeout=left_s, return_when=asyncio.FIRST_COMPLETED)
        finally:
            waking.cancel()
        self._wake.clear()
        # a page that changes all the time must hear it too, or who has logged out would go on looking
        if gone.done() or time.monotonic() - self._told_s < STILL_TRUE_S:
            return ""
        self._told_s = time.monotonic()
        if self._told_s - self._channel.refreshed_s < STILL_TRUE_S:  # else nobody knows, and the page says so
            await self._say("now", wall_ms())
        return await reason_to_end()

    async def _send_lacking(self) -> None:
        lacking = [
            (name, one.digest, personal(one.html, self._csrf)) for name, one in self._channel.lacking(self._seen)
        ]
        if lacking:
            await self._say("fragments", lacking)
            self._seen |= {name: digest for name, digest, _html in lacking}
        if self._channel.trouble != self._trouble:
            self._trouble = self._channel.trouble
            await self._say("trouble", self._trouble)

    async def _say(self, event: str, content: object) -> None:
        async with asyncio.timeout(PATIENCE_S):
            await self._send(_piece(event, content))


_START = {
    "type": "http.response.start",
    "status": 200,
    "headers": [
        (b"content-type", b"text/event-stream; charset=utf-8"),
        (b"cache-control", b"no-store"),
        (b"x-accel-buffering", b"no"),
    ],
}


def _piece(event: str, content: object) -> dict[str, object]:
    data = msgspec.json.encode(content).decode()
    return {"type": "http.response.body", "body": f"event: {event}\ndata: {data}\n\n".encode(), "more_body": True}


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _seen(scope: Scope) -> dict[str, str]:
    """Read which fragments the page has already: ?live=alarm-list:3f9c2a,headline:77aa01."""
    query = dict(parse_qsl(bytes(scope.get("query_string", b"")).decode("latin-1")))
    pairs = (part.partition(":") for part in query.get("live", "")[:_SEEN_LENGTH].split(","))
    return {name: digest for name, _colon, digest in pairs if digest}
