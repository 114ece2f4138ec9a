"""One HTTP request that a device pushes, without I/O: bytes in, and out comes the request, or why it is refused.

POST /push-sensor-data/ HTTP/1.1 · X-Sensor: esp8266-12345 · X-Pin: 1 · {"sensordatavalues": …}
    ──► PushRequest("push-sensor-data/esp8266-12345/1", b'{"sensordatavalues": …}')       path, device and pin: a topic
GET / HTTP/1.1   ──► PushRefusal(405, "GET is not taken here; post readings")
"""

from typing import NamedTuple

import h11

LONGEST_HEAD = 8 * 1024
LONGEST_BODY = 64 * 1024
_METHODS = (b"POST", b"PUT")
_OF_THE_DEVICE = (b"x-sensor", b"x-pin")
_LONGEST_TOPIC = 200


class PushRequest(NamedTuple):
    """A whole request: its path and what its headers say of the device as a topic, and its body."""

    topic: str
    body: bytes


class PushRefusal(NamedTuple):
    """Why a request is not taken, and the status that its sender gets."""

    status: int
    reason: str


class PushExchange:
    """One connection with one request; it is closed behind the answer."""

    def __init__(self) -> None:
        self._connection = h11.Connection(h11.SERVER, max_incomplete_event_size=LONGEST_HEAD)
        self._body = bytearray()
        self._topic = ""

    def feed(self, data: bytes) -> PushRequest | PushRefusal | None:
        """Take the next bytes, b"" at their end; None while there must be more."""
        try:
            self._connection.receive_data(data)
            return self._next()
        except h11.RemoteProtocolError as error:
            return PushRefusal(error.error_status_hint, f"no HTTP request: {str(error).partition(':')[0][:80]}")

    def wanted(self) -> bytes:
        """What must be sent before the sender goes on: 100 Continue, where it waits for that."""
        if not self._connection.they_are_waiting_for_100_continue:
            return b""
        return self._connection.send(h11.InformationalResponse(status_code=100, headers=[])) or b""

    def answer(self, status: int, text: str) -> bytes:
        """The bytes of the answer, and of nothing behind it; b"" where nobody could read one."""
        if self._connection.our_state not in (h11.IDLE, h11.SEND_RESPONSE):
            return b""
        body = f"{text}\n".encode()
        headers = [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(body)))]
        headers += [("Connection", "close")]
        headers += {405: [("Allow", "POST, PUT")], 503: [("Retry-After", "10")]}.get(status, [])
        sent = self._connection.send(h11.Response(status_code=status, headers=headers)) or b""
        return sent + (self._connection.send(h11.Data(data=body)) or b"")

    def _next(self) -> PushRequest | PushRefusal | None:
        while True:
            event = self._connection.next_event()
            if isinstance(event, h11.Request):
                refusal = self._begin(event)
                if refusal is not None:
                    return refusal
            elif isinstance(event, h11.Data):
                self._body += event.data
                if len(self._body) > LONGEST_BODY:
                    return PushRefusal(413, f"message of more than {LONGEST_BODY} bytes")
            elif isinstance(event, h11.EndOfMessage):
                return PushRequest(self._topic, bytes(self._body))
            elif isinstance(event, h11.ConnectionClosed):
                return PushRefusal(400, "connection closed without a request")
            else:
                return None

    def _begin(self, request: h11.Request) -> PushRefusal | None:
        if request.method not in _METHODS:
            return PushRefusal(
                405, f"{request.method.decode('ascii', 'replace')[:20]} is not taken here; post readings"
            )
        told = {name: value for name, value in request.headers if name in _OF_THE_DEVICE}
        length = next((value for name, value in request.headers if name == b"content-length"), b"0")
        if int(length) > LONGEST_BODY:
            return PushRefusal(413, f"message of more than {LONGEST_BODY} bytes")
        path = request.target.partition(b"?")[0].strip(b"/")
        parts = [path, *(told[name] for name in _OF_THE_DEVICE if name in told)]
        self._topic = b"/".join(parts).decode("ascii", "replace")[:_LONGEST_TOPIC]
        return None
