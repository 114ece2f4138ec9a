"""A tap on the way between two processes: it forwards whole packets, counts them, and holds one where a test says so.

client ─► Tap(port, to=…) ─► server        with tap.hold(lambda packet: packet.up and packet.kind == "PUBACK") as hold:
                                               hold.wait();  cloud.kill()

What is held goes no further, nor does anything behind it on its way, and its connection ends with the hold: as if the
sender had died before it.
"""

import contextlib
import re
import socket
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from typing import NamedTuple, Self

from tests.servers import PATIENCE_S

_PIECE = 2**16
_MQTT = (
    "CONNECT", "CONNACK", "PUBLISH", "PUBACK", "PUBREC", "PUBREL", "PUBCOMP", "SUBSCRIBE", "SUBACK", "UNSUBSCRIBE",
    "UNSUBACK", "PINGREQ", "PINGRESP", "DISCONNECT",
)  # fmt: skip
"""[MQTT-2.2.1]: the types from 1 on."""


class Packet(NamedTuple):
    """One packet: `up`, from the client, or down; its kind, such as PUBACK, "POST /write" or "204"; all its bytes."""

    up: bool
    kind: str
    content: bytes

    @property
    def topic(self) -> str:
        """The topic of a PUBLISH."""
        start = _mqtt_header(self.content) or 0
        size = int.from_bytes(self.content[start : start + 2], "big")
        return self.content[start + 2 : start + 2 + size].decode()

    @property
    def payload(self) -> bytes:
        """The payload of a PUBLISH of MQTT 3.1.1."""
        start = (_mqtt_header(self.content) or 0) + 2 + len(self.topic.encode())
        return self.content[start + (2 if self.content[0] & 0x06 else 0) :]


Cut = Callable[[bytearray], tuple[str, int] | None]
"""Tells kind and length of the packet at the front; None while there is not enough of it."""


def mqtt(buffer: bytearray) -> tuple[str, int] | None:
    """type, flags | remaining length, 7 bits a byte, the lowest first | …"""
    start = _mqtt_header(buffer)
    if start is None:
        return None
    length = start + sum((byte & 0x7F) << 7 * place for place, byte in enumerate(buffer[1:start]))
    return None if len(buffer) < length else (_MQTT[(buffer[0] >> 4) - 1], length)


def _mqtt_header(buffer: bytes | bytearray) -> int | None:
    return next((place + 1 for place in range(1, min(len(buffer), 5)) if not buffer[place] & 0x80), None)


def http(buffer: bytearray) -> tuple[str, int] | None:
    """A request or an answer of HTTP/1.1, its body by its length or in chunks."""
    head, blank, _ = bytes(buffer).partition(b"\r\n\r\n")
    if not blank:
        return None
    first, _, fields = head.decode("latin-1").partition("\r\n")
    sized = re.search(r"(?im)^content-length: *(\d+)", fields)
    body = len(head) + len(blank)
    length = body + int(sized[1]) if sized else body
    if re.search(r"(?im)^transfer-encoding: *chunked", fields):
        length = _end_of_chunks(buffer, body)
    words = first.split()
    kind = words[1] if words[0].startswith("HTTP/") else f"{words[0]} {words[1].partition('?')[0]}"
    return None if not 0 < length <= len(buffer) else (kind, length)


def _end_of_chunks(buffer: bytearray, start: int) -> int:
    """Where the last chunk ends; 0 while it has not come."""
    while (line := buffer.find(b"\r\n", start)) >= 0:
        size = int(buffer[start:line], 16)
        start = line + 2 + size + 2
        if size == 0:
            return start if start <= len(buffer) else 0
    return 0


class Hold:
    """A packet that is waited for, and goes no further when it has come."""

    def __init__(self, wanted: Callable[[Packet], bool]) -> None:
        self._wanted = wanted
        self._reached, self._ended = threading.Event(), threading.Event()

    def stops(self, packet: Packet) -> bool:
        """Whether this is the one, told when the hold has ended; only the first is."""
        if self._reached.is_set() or not self._wanted(packet):
            return False
        self._reached.set()
        self._ended.wait()
        return True

    def wait(self, patience_s: float = PATIENCE_S) -> None:
        """Wait until it has come."""
        assert self._reached.wait(patience_s), "the packet that was to be held did not come"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()


class Tap:
    """Forwards connections on `port` to the server on `to`; `watch` sees each packet before it goes on."""

    def __init__(self, port: int, to: int, cut: Cut, *, watch: Callable[[Packet], None] = lambda _: None) -> None:
        self.port = port
        self.counts: Counter[tuple[bool, str]] = Counter()
        """By direction (up) and kind, how many packets have gone on."""
        self._to = to
        self._cut = cut
        self._watch = watch
        self._hold: Hold | None = None
        self._listener = socket.create_server(("127.0.0.1", port))
        self._ways: list[socket.socket] = []

    def hold(self, wanted: Callable[[Packet], bool]) -> Hold:
        """Hold the first packet that is `wanted`, from now on."""
        self._hold = Hold(wanted)
        return self._hold

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        for each in (self._listener, *self._ways):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                try:
                    server = socket.create_connection(("127.0.0.1", self._to))
                except OSError:
                    client.close()
                    continue
                self._ways += [client, server]
                for up, source, target in ((True, client, server), (False, server, client)):
                    source.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    threading.Thread(target=self._pump, args=(up, source, target), daemon=True).start()

    def _pump(self, up: bool, source: socket.socket, target: socket.socket) -> None:
        buffer = bytearray()
        with contextlib.suppress(OSError):
            while piece := source.recv(_PIECE):
                buffer += piece
                if not all(self._forward(packet, target) for packet in packets_of(buffer, self._cut, up=up)):
                    break
        for each in (source, target):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def _forward(self, packet: Packet, target: socket.socket) -> bool:
        self._watch(packet)
        if self._hold is not None and self._hold.stops(packet):
            return False
        self.counts[packet.up, packet.kind] += 1
        target.sendall(packet.content)
        return True


def packets_of(buffer: bytearray, cut: Cut, *, up: bool) -> Iterator[Packet]:
    """Take the whole packets off the front."""
    while (found := cut(buffer)) is not None:
        kind, length = found
        yield Packet(up, kind, bytes(buffer[:length]))
        del buffer[:length]
