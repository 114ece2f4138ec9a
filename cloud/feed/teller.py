"""The side of the feed that tells: what is new goes to each listener every TICK_S, of each thing the newest alone.

reading stored ─► a mark ─┐                          ┌─► listener's marks ─► Delta ─► socket ─► drained ─┐
status heard   ─► a mark ─┴─► tick: to each listener ┴─► …       ▲                                       │
                                                                 └───────────────────────────────────────┘
While nobody listens nothing is marked. A listener that reads slowly has at most one mark a thing and one message under
way; one that reads nothing for DROP_S is dropped, and begins anew with all of it when it comes back.
"""

import asyncio
import logging
import socket
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from pathlib import Path

import msgspec

from cloud.core.health import Component
from cloud.feed.form import form_of_the_feed
from cloud.feed.memory import KeyedPart, View
from cloud.feed.messages import (
    FROM_SCREENS,
    TICK_S,
    Changed,
    Delta,
    FeedAnswer,
    FeedBroken,
    FeedQuestion,
    Hello,
    framed,
    next_message,
    raw,
    reason_of_end,
)
from cloud.feed.sentences import ToldComponent
from runtime.clock import wall_ms
from runtime.tasks import run_together
from runtime.unix_socket import bound

DROP_S = 10.0
MOST_LISTENERS = 8
MOST_QUESTIONS = 32
"""Questions of one listener that are being answered."""
COMPONENTS_EVERY_TICKS = 4
"""Health is worked out less often than the rest: some of its parts look at each sensor."""
RETRY_S = 10.0
_PRIVATE = 0o600
_HELD = "another process tells there; give each ingester a feed.socket of its own"
_log = logging.getLogger(__name__)


class FeedTeller:
    """Tells on the socket `path`; `view` gives what is told whole but health, whose `components` are asked one by one.

    `on_changed` learns the kinds of things that somebody changed in a process of the screens, `answer` its questions.
    """

    def __init__(
        self,
        path: Path,
        parts: Sequence[KeyedPart],
        *,
        shards: range,
        view: Callable[[], View],
        components: Mapping[str, Callable[[], Component]],
        on_changed: Callable[[frozenset[str]], None],
        answer: Callable[[FeedQuestion], Awaitable[FeedAnswer]],
        now_ms: Callable[[], int] = wall_ms,
        tick_s: float = TICK_S,
        drop_s: float = DROP_S,
    ) -> None:
        self._tick_s, self._drop_s = tick_s, drop_s
        self._path = path
        self._parts = parts
        self._hello = Hello(form_of_the_feed(), shards[0], shards[-1])
        self._read_view = view
        self._components = components
        self._on_changed = on_changed
        self._answer = answer
        self._now_ms = now_ms
        self._listeners: set[_Listener] = set()
        self._view = View()
        self._problem = ""

    def mark_changed(self, kinds: Iterable[str]) -> None:
        """Tell all listeners that somebody has changed things of these kinds."""
        for listener in self._listeners:
            listener.changed.update(kinds)

    async def run(self) -> None:
        """Tell until cancelled; a folder that takes no socket is tried again, and costs the screens alone."""
        while True:
            try:
                listening, place = await asyncio.to_thread(self._open_socket)
            except OSError as error:
                self._say(f"feed.socket: {self._path} cannot be served: {error.strerror or error}; no screen follows")
                await asyncio.sleep(RETRY_S)
                continue
            self._say("")
            try:
                await self._serve_on(listening, place)
            except Exception:
                _log.exception("telling the screens failed in a way that nobody foresaw; ingest goes on")
                await asyncio.sleep(RETRY_S)

    async def _serve_on(self, listening: socket.socket, place: int) -> None:
        """Tell on a socket for as long as it is in its `place`: an inode that others find under its path."""
        server = await asyncio.start_unix_server(self._serve, sock=listening)
        try:
            await self._tick_while(lambda: self._is_in_place(place))
        finally:
            if self._is_in_place(place):  # before it is closed: from then on another may have one there
                self._path.unlink(missing_ok=True)
            server.close()
            for listener in self._listeners:
                listener.writer.transport.abort()

    async def _tick_while(self, in_place: Callable[[], bool]) -> None:
        ticks = 0
        while in_place():  # somebody may clear the folder: nobody would find the socket any more
            await asyncio.sleep(self._tick_s)
            if not self._listeners:
                continue
            components = self._view.components
            if not components or ticks % COMPONENTS_EVERY_TICKS == 0:
                components = await self._read_components()
            ticks += 1
            self.tick(components)

    def tick(self, components: dict[str, ToldComponent]) -> None:
        """Give each listener the marks of what has changed since the last tick; `components` are health as it is."""
        before, self._view = self._view, msgspec.structs.replace(self._read_view(), components=components)
        changed = {part.name: dict.fromkeys(filter(part.is_own, part.changed.pop())) for part in self._parts}
        for listener in self._listeners:
            listener.mark(changed)
            listener.told_whole &= self._view == before
            listener.wake.set()

    async def _read_components(self) -> dict[str, ToldComponent]:
        found = {}
        for name, check in list(self._components.items()):
            found[name] = ToldComponent.of(check())
            await asyncio.sleep(0)  # readings come first
        return found

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if len(self._listeners) >= MOST_LISTENERS:
            writer.close()
            return
        writer.transport.set_write_buffer_limits(0)  # drained is sent: nothing piles up behind a stuck listener
        if not self._listeners:
            self._view = View()
            for part in self._parts:
                part.changed.listen()
        everything = {part.name: dict.fromkeys(filter(part.is_own, part.keys())) for part in self._parts}
        listener = _Listener(writer, everything)
        self._listeners.add(listener)
        try:
            await self._converse(listener, reader)
        except (OSError, TimeoutError, asyncio.IncompleteReadError, FeedBroken) as error:
            _log.info("a process of the screens is gone: %s", reason_of_end(error))
        except Exception:
            _log.exception("a listener of the feed is dropped; it may come again")
        finally:
            self._forget(listener)

    def _forget(self, listener: "_Listener") -> None:
        self._listeners.discard(listener)
        listener.writer.transport.abort()
        if not self._listeners:
            for part in self._parts:
                part.changed.stop()

    async def _converse(self, listener: "_Listener", reader: asyncio.StreamReader) -> None:
        """Tell and listen beside each other until one of the two ends."""
        listener.writer.write(framed(self._hello))
        await run_together(self._tell(listener), self._listen(listener, reader))

    async def _tell(self, listener: "_Listener") -> None:
        while True:
            while True:
                listener.writer.write(framed(self._delta(listener)))
                async with asyncio.timeout(self._drop_s):
                    await listener.writer.drain()
                if not listener.has_more:
                    break
                await asyncio.sleep(0)
            await listener.wake.wait()
            listener.wake.clear()

    def _delta(self, listener: "_Listener") -> Delta:
        parts: dict[str, msgspec.Raw] = {}
        for part in self._parts:
            if keys := listener.pop(part.name, part.most):
                parts[part.name] = raw(part.read(keys))
        if not listener.told_whole and self._view.components:
            parts["view"] = raw(self._view)
            listener.told_whole = True
        changed, listener.changed = tuple(listener.changed), set()
        return Delta(self._now_ms(), parts, changed, whole=listener.told_whole and not listener.has_more)

    async def _listen(self, listener: "_Listener", reader: asyncio.StreamReader) -> None:
        room = asyncio.Semaphore(MOST_QUESTIONS)
        async with asyncio.TaskGroup() as answering:
            while True:
                message = await next_message(reader, FROM_SCREENS)
                if isinstance(message, Changed):
                    self.mark_changed(message.kinds)
                    self._on_changed(frozenset(message.kinds))
                    continue
                await room.acquire()
                task = answering.create_task(self._reply(listener, message))
                task.add_done_callback(lambda _: room.release())

    async def _reply(self, listener: "_Listener", question: FeedQuestion) -> None:
        listener.writer.write(framed(await self._answer(question)))

    def _is_in_place(self, place: int) -> bool:
        try:
            return self._path.stat().st_ino == place
        except OSError:
            return False

    def _open_socket(self) -> tuple[socket.socket, int]:
        listening = bound(self._path, mode=_PRIVATE, waiting=MOST_LISTENERS, held=_HELD)
        return listening, self._path.stat().st_ino

    def _say(self, problem: str) -> None:
        if problem and problem != self._problem:
            _log.warning("%s", problem)
        self._problem = problem


class _Listener:
    """One process of the screens: what of each part it is still to be told."""

    def __init__(self, writer: asyncio.StreamWriter, marks: dict[str, dict[object, None]]) -> None:
        self.writer = writer
        self.changed: set[str] = set()
        self.told_whole = False
        self.wake = asyncio.Event()
        self._marks = marks

    @property
    def has_more(self) -> bool:
        """Whether it is to be told more than one message carries."""
        return any(self._marks.values())

    def mark(self, changed: Mapping[str, Mapping[object, None]]) -> None:
        """Tell it of these keys too."""
        for name, keys in changed.items():
            self._marks[name].update(keys)

    def pop(self, part: str, most: int) -> list[object]:
        """The keys that it is told next."""
        marks = self._marks[part]
        if len(marks) <= most:
            self._marks[part] = {}
            return list(marks)
        keys = list(marks)[:most]
        for key in keys:
            del marks[key]
        return keys
