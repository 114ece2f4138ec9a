"""The side of the feed that follows one ingester: takes over what it knows, and says since when it is not told.

socket away ─► tried again each RETRY_S      Hello ─► Delta … whole ─► what is here and was not told is dropped ─► Delta
nothing for SILENT_S ─► the connection is given up       spoke 12 s ago ─► component(): down, "what you see is of 10:03"
"""

import asyncio
import itertools
import logging
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from cloud.core.health import Component, Condition
from cloud.feed.form import form_of_the_feed
from cloud.feed.memory import FollowedPart, View
from cloud.feed.messages import (
    FROM_INGESTER,
    Changed,
    Delta,
    FeedAnswer,
    FeedBroken,
    FeedQuestion,
    FromScreens,
    Hello,
    framed,
    next_message,
    raw,
    reason_of_end,
)
from cloud.feed.questions import outcome_of
from cloud.readings.contract import StoreUnavailable
from i18n.message import LocalizedMessage
from runtime.clock import boot_s
from runtime.unix_socket import address_of
from wire import shard_of

RETRY_S = 0.5
SILENT_S = 5.0
"""A delta comes each half second: an ingester that says nothing for so long hangs, or is stopped."""
STALE_S = 3.0
"""What was told longer ago than that is said to be old."""
ANSWER_S = 30.0
_VIEW = msgspec.msgpack.Decoder(View)
_WENT_AWAY = LocalizedMessage("the ingester went away meanwhile; look what became of it")
_log = logging.getLogger(__name__)


class IngesterAway(StoreUnavailable):
    """The ingester that would have to do it does not answer; the text is one sentence."""


class Follower:
    """Follows the ingester that tells at `path`; `parts` take over what it tells key by key, `view` has the rest.

    `on_view` is called when the view is another, `on_changed` with the kinds of things that somebody changed there.
    """

    def __init__(
        self,
        path: Path,
        parts: Mapping[str, FollowedPart],
        *,
        on_view: Callable[[], None] = lambda: None,
        on_changed: Callable[[frozenset[str]], None] = lambda _kinds: None,
        zone: Callable[[], str] = lambda: "UTC",
        clock_s: Callable[[], float] = boot_s,
    ) -> None:
        self.view = View()
        self.shards = range(0)
        self.whole = asyncio.Event()
        """Set once all that the ingester knew was taken over."""
        self._path = path
        self._parts = parts
        self._on_view = on_view
        self._on_changed = on_changed
        self._zone = zone
        self._clock_s = clock_s
        self._writer: asyncio.StreamWriter | None = None
        self._told: defaultdict[str, set[object]] | None = None
        self._spoke_s: float | None = None
        self._spoke_ms = 0
        self._began_s = clock_s()
        self._problem = ""
        self._waiting: dict[int, asyncio.Future[FeedAnswer]] = {}
        self._ids = itertools.count(1)

    @property
    def silent_s(self) -> float:
        """For how long nothing was told, or since the start where nothing ever was."""
        return self._clock_s() - (self._began_s if self._spoke_s is None else self._spoke_s)

    @property
    def is_away(self) -> bool:
        """Whether what was told is old, or nothing ever was."""
        return self.silent_s > STALE_S or self._spoke_s is None

    async def run(self) -> None:
        """Follow until cancelled."""
        while True:
            try:
                await self._follow()
            except (OSError, TimeoutError, asyncio.IncompleteReadError, FeedBroken) as error:
                self._say(reason_of_end(error))
            except Exception as error:
                self._say(LocalizedMessage("following it failed with {error}", error=type(error).__name__))
                _log.exception("following the ingester at %s failed in a way that nobody foresaw", self._path)
            finally:
                self._hang_up()
            await asyncio.sleep(RETRY_S)

    async def ask(self, what: str, body: object) -> Any:
        """Have the ingester do something and give its outcome; IngesterAway where nobody answers."""
        if self._writer is None:
            raise IngesterAway(LocalizedMessage("{problem}; try again when it is back", problem=self._away()))
        number = next(self._ids)
        self._waiting[number] = future = asyncio.get_running_loop().create_future()
        try:
            self._send(FeedQuestion(number, what, raw(body)))
            async with asyncio.timeout(ANSWER_S):
                answer = await future
        except TimeoutError:
            said = LocalizedMessage(
                "the ingester has not answered within {seconds:g} s; look what became of it", seconds=ANSWER_S
            )
            raise IngesterAway(said) from None
        finally:
            self._waiting.pop(number, None)
        return outcome_of(what, answer)

    def tell_changed(self, kinds: frozenset[str]) -> None:
        """Tell the ingester that somebody changed things of these kinds; where it is away it looks for itself."""
        if self._writer is not None:
            self._send(Changed(tuple(sorted(kinds))))

    def component(self) -> Component:
        """Whether what the screens show is of now."""
        if self.silent_s > STALE_S:
            return Component(Condition.DOWN, self._away())
        if not self.whole.is_set():
            partly = LocalizedMessage("the ingester at {path} has not told all yet", path=str(self._path))
            return Component(Condition.DEGRADED, partly)
        followed = LocalizedMessage(
            "follows the ingester of shards {first}-{last}, which speaks", first=self.shards[0], last=self.shards[-1]
        )
        return Component(Condition.OK, followed)

    def _away(self) -> LocalizedMessage:
        if self._spoke_s is None:
            place = self._with_reason(str(self._path))
            return LocalizedMessage(
                "no ingester has spoken at {place}: what you see is what the store has", place=place
            )
        at = datetime.fromtimestamp(self._spoke_ms / 1_000, UTC).astimezone(ZoneInfo(self._zone()))
        span = self._with_reason(LocalizedMessage("{n:.0f} s", n=self.silent_s))
        return LocalizedMessage(
            "the ingester has not spoken for {span}: what you see is of {time}", span=span, time=f"{at:%H:%M}"
        )

    def _with_reason(self, what: str) -> str:
        return LocalizedMessage("{what} ({reason})", what=what, reason=self._problem) if self._problem else what

    async def _follow(self) -> None:
        with address_of(self._path) as address:
            reader, self._writer = await asyncio.open_unix_connection(address)
        hello = await self._next(reader)
        if not isinstance(hello, Hello) or hello.form != form_of_the_feed():
            raise FeedBroken(LocalizedMessage("it is of another version: start ingester and screens of one version"))
        self.shards = range(hello.first_shard, hello.last_shard + 1)
        self._told = defaultdict(set)
        while True:
            message = await self._next(reader)
            if isinstance(message, Delta):
                self._apply(message)
            elif isinstance(message, FeedAnswer) and (asker := self._waiting.get(message.id)) and not asker.done():
                asker.set_result(message)

    async def _next(self, reader: asyncio.StreamReader) -> Any:
        async with asyncio.timeout(SILENT_S):
            return await next_message(reader, FROM_INGESTER)

    def _apply(self, delta: Delta) -> None:
        try:
            self._take_over(delta)
        except msgspec.MsgspecError as error:
            raise FeedBroken(f"a part could not be read: {error}") from None
        self._spoke_s, self._spoke_ms = self._clock_s(), delta.at_ms
        if delta.whole and self._told is not None:
            self._drop_what_was_not_told(self._told)
            self._told = None
            self.whole.set()
            self._say("")
        if delta.changed:
            self._on_changed(frozenset(delta.changed))

    def _take_over(self, delta: Delta) -> None:
        for name, body in delta.parts.items():
            if name == "view":
                self.view = _VIEW.decode(body)
                self._on_view()
                continue
            part = self._parts[name]
            for told in _decoded(name, part, body):
                part.put(told)
                if self._told is not None:
                    self._told[name].update(part.keys_of(told))

    def _drop_what_was_not_told(self, told: Mapping[str, set[object]]) -> None:
        """Let go of what the ingester knew before it began anew, and knows no more."""
        for name, part in self._parts.items():
            part.drop([key for key in part.held() if key not in told.get(name, ()) and self._is_its(key)])

    def _is_its(self, key: Any) -> bool:
        return shard_of(key if isinstance(key, str) else key[0]) in self.shards

    def _send(self, message: FromScreens) -> None:
        assert self._writer is not None  # noqa: S101 - for the type checker: asked by whoever sends
        self._writer.write(framed(message))

    def _hang_up(self) -> None:
        if self._writer is not None:
            self._writer.transport.abort()
            self._writer = None
        self.whole.clear()
        for future in self._waiting.values():
            if not future.done():
                future.set_exception(IngesterAway(_WENT_AWAY))

    def _say(self, problem: str) -> None:
        if problem and problem != self._problem:
            _log.warning("the ingester at %s: %s; what is shown gets old", self._path, problem)
        elif self._problem and not problem:
            _log.info("the ingester at %s is followed again", self._path)
        self._problem = problem


def _decoded(name: str, part: FollowedPart, body: msgspec.Raw) -> Iterator[Any]:
    """What was told of a part: whole, or one by one where something in it breaks its form, which costs itself alone."""
    try:
        yield part.decoder.decode(body)
    except msgspec.ValidationError:
        for each in _one_by_one(msgspec.msgpack.decode(body, type=list[msgspec.Raw] | dict[str, msgspec.Raw])):
            try:
                yield part.decoder.decode(raw(each))
            except msgspec.ValidationError as error:
                _log.error("one of the %s that the ingester tells cannot be read: %s", name, error)


def _one_by_one(told: list[msgspec.Raw] | dict[str, msgspec.Raw]) -> Iterator[object]:
    if isinstance(told, dict):
        yield from ({key: each} for key, each in told.items())
    else:
        yield from ([each] for each in told)
