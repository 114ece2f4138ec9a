"""One connection to an MQTT broker: paho-mqtt on the event loop, through its public calls and callbacks alone.

a thread: TCP, TLS ─► CONNECT ─► CONNACK ─► subscribe, publish, acknowledge … ─► DISCONNECT, or it breaks ─► `ended`
bytes wait                 ─► loop_read, up to READS_AT_ONCE packets at each wake-up ─► on_message
a trickle, if it `gathers`  ─► nothing is read for 80 ms, then all that came meanwhile (trickle.py)
paho has a packet to write ─► loop_write at the loop's next turn; what the kernel does not take waits until it does
each tenth of `keepalive_s` ─► loop_misc: pings

paho's `manual_ack` holds the PUBACK of a message until `acknowledge`, and a message costs one call of `on_message`.
"""

import asyncio
import socket
import ssl
import struct
import termios
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from fcntl import ioctl
from typing import Any, NamedTuple, Self, TypeVar

from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode
from paho.mqtt.reasoncodes import ReasonCode

from i18n.message import LocalizedMessage
from runtime.address import Address
from runtime.broker_settings import BrokerSettings
from runtime.trickle import Trickle
from runtime.via import connect_via

READS_AT_ONCE = 64
"""Packets read before other tasks of the process get their turn."""
MOST_IN_FLIGHT = 1_000
"""Messages sent without a PUBACK; what is published beyond them waits in paho's queue."""
WRITTEN_TOGETHER = 3
"""So many packets leave in one segment, of which the broker reads all at once; paho sends one by one."""
PINGS_EVERY_S = 1.0
"""How often at most paho checks whether a ping is due; it does ten times in the time after which one is."""
MORE_THAN_A_PUBACK = 34
"""Bytes: a PUBACK has 4, and 33 as a record of TLS; a message with its topic has more."""
_T = TypeVar("_T")
_BROKE = 128
"""The reason code that paho gives a connection that broke."""
_CONNECTION_BROKE = LocalizedMessage("the connection broke")


class MqttError(Exception):
    """A broker cannot be used, or no longer; the text is one sentence."""


class Message(NamedTuple):
    """A message as it came; `connection` and `packet` say what its PUBACK must answer to."""

    topic: str
    payload: bytes
    retained: bool
    again: bool
    qos: int
    packet: int
    connection: int


class Will(NamedTuple):
    """What the broker says at QoS 1, retained unless it is a command, when a connection ends without a DISCONNECT."""

    topic: str
    payload: bytes
    retain: bool = True


class MqttConnection:
    """A connection to `node`, for `async with`: it logs in at the start, and leaves with a DISCONNECT.

    Entering raises MqttError, OSError or ValueError where there is no connection. Each answer of the broker may take
    `answer_s` seconds. `ended` is done when the connection is over, with the error where it was not we who left.
    `number` tells it from others in its messages. With `gathers` the messages of a trickle wait for each other. `via`
    names the interface that it goes over; without it the kernel chooses.
    """

    def __init__(
        self,
        broker: BrokerSettings,
        node: Address,
        *,
        identifier: str,
        on_message: Callable[[Message], None],
        will: Will | None = None,
        keep_session: bool = False,
        answer_s: float = 10.0,
        number: int = 0,
        gathers: bool = False,
        via: str = "",
    ) -> None:
        self.number = number
        self._node = node
        self._keepalive_s = broker.keepalive_s
        self._deliver = on_message
        self._answer_s = answer_s
        self._loop = asyncio.get_running_loop()
        self._client = _client(broker, identifier, will, keep_session=keep_session, via=via)
        self._hear_the_client()
        self.ended: asyncio.Future[MqttError | None] = self._loop.create_future()
        self.last_packet_s = self._loop.time()
        """When the broker sent anything last, be it that it lives, on the loop's clock."""
        self._wire: socket.socket | None = None
        self._unwritten = 0
        self._is_full = False
        self._login: asyncio.Future[ReasonCode] = self._loop.create_future()
        self._asked: dict[int, asyncio.Future[Sequence[ReasonCode]]] = {}
        self._sent: deque[paho.MQTTMessageInfo] = deque()
        self._received = 0
        self._paused = False
        self._pings: asyncio.TimerHandle | None = None
        self._trickle = Trickle() if gathers else None
        self._rest: asyncio.TimerHandle | None = None

    def _hear_the_client(self) -> None:
        client = self._client
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_subscribe = client.on_unsubscribe = self._on_answer
        client.on_message = self._on_message
        client.on_socket_register_write = _later
        client.on_socket_unregister_write = self._on_all_written
        client.on_socket_close = self._on_socket_close

    async def __aenter__(self) -> Self:
        wire = await self._reach()
        try:
            await self._log_in(wire)
        except BaseException:
            self._close()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        try:
            self.read_waiting()  # to close a socket with bytes in it would take back what the broker has not read yet
            if not self.ended.done() and self._client.disconnect() == paho.MQTT_ERR_SUCCESS:
                await asyncio.wait({self.ended}, timeout=self._answer_s)
        finally:
            self._close()

    async def subscribe(self, topic: str, *, qos: int = 1) -> bool:
        """Ask for `topic`; whether the broker grants it."""
        return not any(code.is_failure for code in await self._ask(*self._client.subscribe(topic, qos)))

    async def unsubscribe(self, topic: str) -> None:
        """Ask for `topic` no more."""
        await self._ask(*self._client.unsubscribe(topic))

    def publish(self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False) -> bool:
        """Send a message; False, and nothing is sent, where the connection is gone."""
        sent = self._client.publish(topic, payload, qos, retain)
        if sent.rc != paho.MQTT_ERR_SUCCESS:
            return False
        self._unwritten += 1
        if qos:
            self._forget_acknowledged()
            self._sent.append(sent)
        return True

    def acknowledge(self, message: Message) -> None:
        """Send the PUBACK for `message`, which came through this connection."""
        self._unwritten += 1
        self._client.ack(message.packet, message.qos)

    async def answer(self, answer: asyncio.Future[_T]) -> _T:
        """Wait for what a callback sets; MqttError where the connection ends before, or nothing comes in time."""
        waiting: tuple[asyncio.Future[Any], ...] = (answer, self.ended)
        await asyncio.wait(waiting, timeout=self._answer_s, return_when=asyncio.FIRST_COMPLETED)
        if answer.done():
            return answer.result()
        raise (self.ended.done() and self.ended.result()) or MqttError(LocalizedMessage("Operation timed out"))

    def oldest_unacknowledged(self) -> paho.MQTTMessageInfo | None:
        """The oldest message without a PUBACK, once all that was sent has reached the other machine.

        While a slow link still carries, nobody but the link is to blame, and a new connection would send all of it
        again.
        """
        if self._wire is None or self.ended.done() or _bytes(self._wire, termios.TIOCOUTQ):
            return None
        self._forget_acknowledged()
        return self._sent[0] if self._sent else None

    @property
    def unacknowledged(self) -> int:
        """How many messages have no PUBACK yet."""
        self._forget_acknowledged()
        return len(self._sent)

    def pause(self) -> None:
        """Read nothing until `resume`: the broker, or its network, keeps what comes."""
        if self._wire is not None and not self._paused:
            self._paused = True
            self._end_rest()
            self._loop.remove_reader(self._wire.fileno())

    def resume(self) -> None:
        """Read again after `pause`."""
        if self._wire is not None and self._paused and not self.ended.done():
            self._paused = False
            self._loop.add_reader(self._wire.fileno(), self._read)
            self._read()  # what TLS has decrypted already wakes nobody

    def wake_for(self, size: int) -> None:
        """From now on fewer than `size` bytes wake nobody: they are read with those that follow, or before a ping."""
        if self._wire is not None:
            self._wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, size)

    def read_waiting(self) -> None:
        """Read what waits, if anything does."""
        if self._waiting():
            self._read()

    def leave(self, reason: str) -> None:
        """End the connection without a DISCONNECT, so that the broker says the will."""
        self._end(MqttError(reason))

    async def _reach(self) -> socket.socket:
        """Connect in a thread, which cannot be cancelled: what it opens after all is then closed.

        After a black hole TCP tries again as late as that was long; a new connection is there sooner.
        """
        node = self._node
        connecting = self._loop.run_in_executor(None, self._client.connect, node.host, node.port, self._keepalive_s)
        try:
            await asyncio.shield(connecting)
        except asyncio.CancelledError:
            connecting.add_done_callback(self._close_late)
            raise
        wire = self._client.socket()
        if not isinstance(wire, socket.socket):
            raise MqttError(_CONNECTION_BROKE)
        wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # Nagle would hold a small batch for 40 ms
        wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, self._keepalive_s * 1_000)
        return wire

    async def _log_in(self, wire: socket.socket) -> None:
        self._wire = wire
        self._loop.add_reader(wire.fileno(), self._read)
        self._client.on_socket_register_write = self._on_something_to_write
        self._write()  # the CONNECT, which the thread must not send
        self._ping()
        if (reason := await self.answer(self._login)).is_failure:
            raise MqttError(_sentence(reason))

    def _close(self) -> None:
        """Close the socket, if it is still open: an attempt without an answer would come through beside the next."""
        self._end(None)
        if self._pings is not None:
            self._pings.cancel()
        self._client.reinitialise()  # paho's public way to close a socket without a DISCONNECT

    def _close_late(self, connecting: asyncio.Future[MQTTErrorCode]) -> None:
        connecting.exception()  # nobody else asks for it
        self._close()

    # --- questions and their answers

    async def _ask(self, sent: MQTTErrorCode, packet: int | None) -> Sequence[ReasonCode]:
        if sent != paho.MQTT_ERR_SUCCESS or packet is None:
            raise MqttError(_CONNECTION_BROKE)
        self._asked[packet] = self._loop.create_future()
        return await self.answer(self._asked[packet])

    def _on_answer(self, _client: object, _data: object, packet: int, codes: Sequence[ReasonCode], _: object) -> None:
        if (answer := self._asked.pop(packet, None)) is not None and not answer.done():
            answer.set_result(codes)

    def _on_connect(self, _client: object, _data: object, _flags: object, reason: ReasonCode, _: object) -> None:
        if not self._login.done():
            self._login.set_result(reason)

    def _on_disconnect(self, _client: object, _data: object, _flags: object, reason: ReasonCode, _: object) -> None:
        self._end(MqttError(_sentence(reason)) if reason.is_failure else None)

    def _end(self, error: MqttError | None) -> None:
        if not self.ended.done():
            self.ended.set_result(error)

    # --- the socket

    def _read(self) -> None:
        """Bytes wait: read them, and leave those of a trickle to wait for company."""
        self.last_packet_s = self._loop.time()
        rest_s = self._read_what_waits()
        if rest_s and self._wire is not None:
            self._loop.remove_reader(self._wire.fileno())
            self._rest = self._loop.call_later(rest_s, self._read_after_a_rest)

    def _read_after_a_rest(self) -> None:
        received_before, self._rest = self._received, None
        rest_s = self._read_what_waits()
        if self._received != received_before:
            self.last_packet_s = self._loop.time()
        if self._wire is None or self._paused:
            return
        if rest_s:
            self._rest = self._loop.call_later(rest_s, self._read_after_a_rest)
        else:
            self._loop.add_reader(self._wire.fileno(), self._read)

    def _end_rest(self) -> None:
        if self._rest is not None:
            self._rest.cancel()
            self._rest = None

    def _read_what_waits(self) -> float:
        """Read all that waits; how long what comes next may wait for company."""
        received_before = self._received
        self._read_packets()
        if self._trickle is None or self._paused:
            return 0.0
        return self._trickle.rest_s(self._received - received_before, now_s=self._loop.time())

    def _read_packets(self) -> None:
        """Up to READS_AT_ONCE of them: one packet at each wake-up costs three times as much."""
        for _ in range(READS_AT_ONCE):
            if self._paused:
                return
            received_before = self._received
            self._client.loop_read()
            if self._received == received_before and not self._decrypted() and not self._waiting():
                return
        if self._decrypted():
            self._loop.call_soon(self._read_on)

    def _read_on(self) -> None:
        if self._wire is not None and not self._paused and self._rest is None:
            self._read()

    def _decrypted(self) -> int:
        """How many bytes TLS has decrypted that nobody has read: of them the kernel knows nothing."""
        return self._wire.pending() if isinstance(self._wire, ssl.SSLSocket) else 0

    def _waiting(self) -> int:
        """How many bytes the kernel has that nobody has read."""
        return 0 if self._wire is None else _bytes(self._wire, termios.FIONREAD)

    def _on_message(self, _client: object, _data: object, message: paho.MQTTMessage) -> None:
        self._received += 1
        self._deliver(
            Message(
                message.topic,
                bytes(message.payload),
                message.retain,
                message.dup,
                message.qos,
                message.mid,
                self.number,
            )
        )

    def _on_something_to_write(self, _client: object, _data: object, _wire: object) -> None:
        self._loop.call_soon(self._write)

    def _write(self) -> None:
        together, self._unwritten = self._unwritten >= WRITTEN_TOGETHER, 0
        if together and self._wire is not None:
            with _corked(self._wire):
                self._client.loop_write()
        else:
            self._client.loop_write()
        if self._wire is not None and not self._is_full and self._client.want_write():
            self._is_full = True  # the kernel takes no more for now
            self._loop.add_writer(self._wire.fileno(), self._write)

    def _on_all_written(self, _client: object, _data: object, wire: "paho.SocketLike") -> None:
        if self._is_full:
            self._is_full = False
            self._loop.remove_writer(wire.fileno())

    def _on_socket_close(self, _client: object, _data: object, wire: "paho.SocketLike") -> None:
        self._end_rest()
        self._loop.remove_reader(wire.fileno())
        self._wire = None

    def _ping(self) -> None:
        if not self._paused and self._rest is None:
            self.read_waiting()  # the answer to the ping before may be too short to wake anybody
        self._client.loop_misc()
        self._pings = self._loop.call_later(max(PINGS_EVERY_S, self._keepalive_s / 10), self._ping)

    def _forget_acknowledged(self) -> None:
        while self._sent and self._sent[0].is_published():
            self._sent.popleft()


class _ClientVia(paho.Client):
    """Connects over an interface that is named: the one thing that paho has no public way for."""

    via = ""

    def _create_socket_connection(self) -> socket.socket:
        return connect_via(self.host, self.port, self.via, timeout_s=self.connect_timeout)


def _client(broker: BrokerSettings, identifier: str, will: Will | None, *, keep_session: bool, via: str) -> paho.Client:
    client = (_ClientVia if via else paho.Client)(
        CallbackAPIVersion.VERSION2, client_id=identifier, clean_session=not keep_session, reconnect_on_failure=False
    )
    if isinstance(client, _ClientVia):
        client.via = via
    client.manual_ack_set(True)
    client.max_inflight_messages_set(MOST_IN_FLIGHT)
    if broker.username is not None:
        client.username_pw_set(broker.username, broker.password())
    if broker.tls is not None:
        client.tls_set_context(broker.tls.context())
    if will is not None:
        client.will_set(will.topic, will.payload, qos=1, retain=will.retain)
    return client


@contextmanager
def _corked(wire: socket.socket) -> Iterator[None]:
    """Let what is sent meanwhile leave together (TCP_CORK, tcp(7))."""
    wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 1)
    try:
        yield
    finally:
        if wire.fileno() >= 0:  # else it broke, and is closed
            wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 0)


def _later(_client: object, _data: object, _wire: object) -> None:
    """Write nothing yet: paho would else write from the thread that connects."""


def _sentence(reason: ReasonCode) -> str:
    return _CONNECTION_BROKE if reason.value == _BROKE else f"[code:{reason.value}] {reason}"


def _bytes(wire: socket.socket, which: int) -> int:
    """What came and was not read (FIONREAD), or what the other machine has not taken yet (TIOCOUTQ), see tcp(7)."""
    return int(_INT.unpack(ioctl(wire, which, _NO_BYTES))[0])


_INT = struct.Struct("i")
_NO_BYTES = bytes(_INT.size)
