"""The web server within bounds: what a client may hold open, for how long, and how much of it is kept meanwhile.

connection ─► whole request within REQUEST_S ─► answer, read within READ_S ─► the next one, or closed
too many connections: who has asked for nothing yet goes first, the oldest of them before all
"""

import asyncio
import contextlib
import resource
from collections.abc import Iterator
from typing import Any, ClassVar

import h11
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

REQUEST_S = 20.0
"""From a connection, or the first byte of a request on it, to the last byte of its body."""
READ_S = 60.0
"""How long a client may leave an answer unread."""
MOST_HEAD_BYTES = 32_768
"""A request's line and headers: uvicorn keeps what has come of them until they are whole."""
MOST_SOCKET_BYTES = 131_072
"""A message on a web socket: twice what a page of ours may say."""
MOST_CONNECTIONS = 1_000
CLOSE_CONNECTIONS_S = 1


def most_connections() -> int:
    """Return `MOST_CONNECTIONS`, or half of the files that the process may open: the databases need some, too."""
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return MOST_CONNECTIONS if files == resource.RLIM_INFINITY else min(MOST_CONNECTIONS, files // 2)


class BoundedHttp(H11Protocol):
    """uvicorn's HTTP/1.1 on h11, which bounds a head, with an end to waiting for one, for a body, and for a reader."""

    waiting: ClassVar[dict["BoundedHttp", None]] = {}
    """The connections of which no whole request has come since they were last answered, the oldest first."""
    most: ClassVar[int] = most_connections()
    _deadline: asyncio.TimerHandle | None = None
    _unread: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for a request, if there is room for another client."""
        super().connection_made(transport)
        self._await_request()
        if len(self.connections) > self.most:
            oldest = next(iter(self.waiting))
            oldest._have_request()  # at once: many may come before the loop tells that it is gone
            oldest.transport.abort()

    def data_received(self, data: bytes) -> None:
        """Read what has come, and see whether a request is whole by it."""
        super().data_received(data)
        if self._wants_more():
            self._await_request()
        else:
            self._have_request()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop waiting for a request or a reader."""
        self._have_request()
        self.resume_writing()
        super().connection_lost(exc)

    def handle_websocket_upgrade(self, event: h11.Request) -> None:
        """Hand over to the socket's own protocol: the request is whole."""
        self._have_request()
        super().handle_websocket_upgrade(event)

    def pause_writing(self) -> None:
        """Begin to wait for a client that does not read."""
        super().pause_writing()
        self._unread = self._unread or self.loop.call_later(READ_S, self.transport.abort)

    def resume_writing(self) -> None:
        """Stop waiting: the client reads again."""
        super().resume_writing()
        if self._unread is not None:
            self._unread.cancel()
            self._unread = None

    def _wants_more(self) -> bool:
        """Tell whether a request has begun that is not whole."""
        state = self.conn.their_state
        return state is h11.SEND_BODY or (state is h11.IDLE and bool(self.conn.trailing_data[0]))

    def _await_request(self) -> None:
        if self._deadline is None:
            self._deadline = self.loop.call_later(REQUEST_S, self.transport.abort)
            self.waiting[self] = None

    def _have_request(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
        self.waiting.pop(self, None)


class Server(uvicorn.Server):
    """Uvicorn without signal handlers: the process has its own."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to the process."""
        yield


def server_of(app: Any, *, proxies: tuple[str, ...]) -> Server:
    """Make the server of `app`, which believes `proxies` about where a request came from."""
    return Server(
        uvicorn.Config(
            app,
            http=BoundedHttp,
            h11_max_incomplete_event_size=MOST_HEAD_BYTES,
            ws_max_size=MOST_SOCKET_BYTES,
            ws_max_queue=8,
            log_config=None,
            access_log=False,
            server_header=False,
            forwarded_allow_ips=list(proxies),
            timeout_graceful_shutdown=CLOSE_CONNECTIONS_S,
        )
    )
