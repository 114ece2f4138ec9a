"""One HTTP request, without I/O: bytes in, and out comes the request, or why it is refused; then the answer's bytes.

GET /?language=id HTTP/1.1 · Host: 192.168.4.1:8080  ──► HttpRequest("GET", "/", "language=id", {"host": …}, b"")
DELETE / HTTP/1.1                                    ──► HttpRefusal(405, "DELETE is not taken here; …")
HttpResponse(200, b"…")                                ──► HTTP/1.1 200 · Content-Length: … · Connection: close · …
"""

from collections.abc import Mapping
from typing import NamedTuple

import h11

LONGEST_HEAD = 8 * 1024
TEXT = "text/plain; charset=utf-8"


class HttpRequest(NamedTuple):
    """A whole request; names of headers are lower case, and of one that comes several times the first counts."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes = b""


class HttpRefusal(NamedTuple):
    """Why a request is not taken, and the status that its sender gets."""

    status: int
    reason: str


class HttpResponse(NamedTuple):
    """What is answered; `headers` stand beside those of its length and kind."""

    status: int
    body: bytes
    kind: str = TEXT
    headers: tuple[tuple[str, str], ...] = ()


class HttpTaken(NamedTuple):
    """What a port takes: these methods, bodies of so many bytes; `advice` is for who comes with another method."""

    methods: tuple[str, ...]
    longest_body: int
    advice: str


def text_answer(status: int, text: str, *headers: tuple[str, str]) -> HttpResponse:
    """One line of text."""
    return HttpResponse(status, f"{text}\n".encode(), TEXT, headers)


class HttpExchange:
    """One connection with one request; it is closed behind the answer."""

    def __init__(self, taken: HttpTaken) -> None:
        self._taken = taken
        self._connection = h11.Connection(h11.SERVER, max_incomplete_event_size=LONGEST_HEAD)
        self._head: HttpRequest | None = None
        self._body = bytearray()

    def feed(self, data: bytes) -> HttpRequest | HttpRefusal | None:
        """Take the next bytes, b"" at their end; None while there must be more."""
        try:
            self._connection.receive_data(data)
            return self._next()
        except h11.RemoteProtocolError as error:
            return HttpRefusal(error.error_status_hint, f"no HTTP request: {str(error).partition(':')[0][:80]}")

    def wanted(self) -> bytes:
        """What must be sent before the sender goes on: 100 Continue, where it waits for that."""
        if not self._connection.they_are_waiting_for_100_continue:
            return b""
        return self._connection.send(h11.InformationalResponse(status_code=100, headers=[])) or b""

    def answer(self, answer: HttpResponse) -> bytes:
        """The bytes of the answer, and of nothing behind it; b"" where nobody could read one."""
        if self._connection.our_state not in (h11.IDLE, h11.SEND_RESPONSE):
            return b""
        headers = [("Content-Type", answer.kind), ("Content-Length", str(len(answer.body))), ("Connection", "close")]
        headers += answer.headers
        if answer.status == 405:
            headers.append(("Allow", ", ".join(self._taken.methods)))
        sent = self._connection.send(h11.Response(status_code=answer.status, headers=headers)) or b""
        if self._head is not None and self._head.method == "HEAD":
            return sent
        return sent + (self._connection.send(h11.Data(data=answer.body)) or b"")

    def _next(self) -> HttpRequest | HttpRefusal | None:
        while True:
            event = self._connection.next_event()
            if isinstance(event, h11.Request):
                refusal = self._begin(event)
                if refusal is not None:
                    return refusal
            elif isinstance(event, h11.Data):
                self._body += event.data
                if len(self._body) > self._taken.longest_body:
                    return self._too_long()
            elif isinstance(event, h11.EndOfMessage) and self._head is not None:
                return self._head._replace(body=bytes(self._body))
            elif isinstance(event, h11.ConnectionClosed):
                return HttpRefusal(400, "connection closed without a request")
            else:
                return None

    def _begin(self, request: h11.Request) -> HttpRefusal | None:
        method = request.method.decode("ascii", "replace")
        if method not in self._taken.methods:
            return HttpRefusal(405, f"{method[:20]} is not taken here; {self._taken.advice}")
        headers: dict[str, str] = {}
        for name, value in request.headers:
            headers.setdefault(name.decode("ascii", "replace"), value.decode("latin-1"))
        if int(headers.get("content-length", "0")) > self._taken.longest_body:
            return self._too_long()
        path, _, query = request.target.decode("ascii", "replace").partition("?")
        self._head = HttpRequest(method, path, query, headers)
        return None

    def _too_long(self) -> HttpRefusal:
        return HttpRefusal(413, f"message of more than {self._taken.longest_body} bytes")
