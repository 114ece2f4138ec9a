"""One MQTT session for edge and cloud: connects again without end, hands messages over, acknowledges when told.

The only place that reaches under aiomqtt to paho: aiomqtt acknowledges a message on receipt, and makes a task for each;
here paho's `manual_ack` holds the PUBACK until `acknowledge`, and a message costs one call of `on_message`.
`publish` does not wait for a PUBACK: it says "in a broker's memory" and nothing here rests on it.
"""

import asyncio
import logging
import random
import socket
import ssl
import struct
import termios
from collections.abc import Callable, Sequence
from fcntl import ioctl
from functools import partial
from typing import Any, NamedTuple

import aiomqtt
from paho.mqtt import client as paho

from runtime.address import Address, in_turn
from runtime.backoff import doubled_s
from runtime.broker_settings import BrokerSettings
from runtime.clock import boot_s

_log = logging.getLogger(__name__)

SHORT_S = 10.0
"""A connection that lasts less, or less than three pauses, was short: the pauses go on growing."""
MOST_SHORT = 3
"""So many short connections in a row are no accident."""
READS_AT_ONCE = 64
"""Packets read before other tasks of the process get their turn."""


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
    """What the broker says, retained and at QoS 1, when this session ends without a word."""

    topic: str
    payload: bytes


class MqttSession:
    """A connection to one broker that is made again whenever it ends, on the next of its nodes if it has several.

    `will` is called before each connection, since what a last will says may change. A refused subscription ends the
    connection, unless it is one of the `wishes`. With `keep_session` the broker remembers this `identifier` while it is
    away, and delivers again what was not acknowledged; it remembers the subscriptions too, so those that are wanted no
    more stand in `unsubscriptions`. A broker that says nothing for `answer_s` seconds is left, and one that lives but
    for `taken_s` seconds has not taken what reached it: a node of a cluster that lost the others answers pings for
    ever. Pauses between attempts grow, also after connections that were short: two clients with one id would else throw
    each other out for ever.
    """

    def __init__(
        self,
        broker: BrokerSettings,
        *,
        identifier: str,
        subscriptions: Sequence[str] = (),
        unsubscriptions: Sequence[str] = (),
        wishes: Sequence[str] = (),
        will: Callable[[], Will | None] = lambda: None,
        keep_session: bool = False,
        retry_s: tuple[float, float] = (0.5, 30.0),
        answer_s: float = 10.0,
        taken_s: float = 30.0,
    ) -> None:
        self.broker = broker
        self.problem = "not connected yet"
        self.connected_since_s: float | None = None
        """Since when (seconds since boot, CLOCK_BOOTTIME) the connection stands; None while there is none."""
        self.short_ones = 0
        """How many connections in a row ended soon after they began."""
        self._nodes = in_turn(broker.nodes())
        self._identifier = identifier
        self._on_message: Callable[[Message], None] = _nobody_listens
        self._on_begin = self._on_connect = _do_nothing
        self._subscriptions = tuple(subscriptions)
        self._unsubscriptions = tuple(unsubscriptions)
        self._wishes = tuple(wishes)
        self._will = will
        self._keep_session = keep_session
        self._retry_s = retry_s
        self._answer_s = answer_s
        self._taken_s = taken_s
        self._client: aiomqtt.Client | None = None
        self._paho: paho.Client | None = None
        self._heard_on: paho.Client | None = None  # what a kept session brings comes before the subscriptions stand
        self._connection = 0
        self._was_up = False
        self._lasted_s: float | None = None
        self._heard = 0
        self._reader: tuple[int, Callable[[], None]] | None = None

    @property
    def node(self) -> Address:
        """Where it is connected, or tries to be."""
        return self._nodes[0]

    @property
    def connected(self) -> bool:
        """Whether the broker has accepted the connection and the subscriptions."""
        return self._paho is not None

    @property
    def last_packet_s(self) -> float | None:
        """When the broker sent anything last, be it that it lives, on a clock of its own; None while not connected."""
        return None if self._paho is None else float(self._paho._last_bytes_received)

    @property
    def is_thrown_out(self) -> bool:
        """Whether the broker ends each connection soon after it began, as it does when two clients share an id."""
        since_s = self.connected_since_s
        young = since_s is None or boot_s() - since_s < 6 * SHORT_S
        return self.short_ones >= MOST_SHORT and young

    def renew(self) -> None:
        """Leave the broker and come back at once, with the password and the certificates that the files hold now."""
        if self._client is not None and not self._client._disconnected.done():
            self._client._disconnected.set_exception(aiomqtt.MqttError("left, to come back with other credentials"))

    async def run(
        self,
        *,
        on_message: Callable[[Message], None],
        on_begin: Callable[[], None] = lambda: None,
        on_connect: Callable[[], None] = lambda: None,
    ) -> None:
        """Stay connected until cancelled; `problem` says why it is not, and is empty when it is.

        `on_message` gets each message, on the event loop, and must not block; each message that is to be delivered no
        more must be given to `acknowledge`. `on_begin` is called before each attempt to connect, `on_connect` after
        each (re)connection, when all is subscribed: a kept session's messages may come before that.
        """
        self._on_message, self._on_begin, self._on_connect = on_message, on_begin, on_connect
        first_s, longest_s = self._retry_s
        tried = pauses = 0
        while True:
            try:
                await self._connect_once()
            except (aiomqtt.MqttError, OSError, ValueError) as error:
                self.problem = f"broker {self.node}: {_reason(error)}"
            tried = 0 if self._was_up else tried + 1
            self._nodes.append(self._nodes.pop(0))
            if tried % len(self._nodes):  # no pause before all were tried
                _log.warning("%s; trying %s", self.problem, self.node)
                continue
            self._count_short_ones(doubled_s(max(1, pauses), first_s=first_s, longest_s=longest_s))
            pauses = 1 if self._was_up and not self.short_ones else pauses + 1
            wait_s = doubled_s(pauses, first_s=first_s, longest_s=longest_s)
            pause_s = wait_s * random.uniform(0.5, 1.0)  # noqa: S311 - jitter, not a secret
            next_one = "again" if len(self._nodes) == 1 else str(self.node)
            _log.warning("%s; trying %s in %.1f s", self.problem, next_one, pause_s)
            await asyncio.sleep(pause_s)

    def _count_short_ones(self, wait_s: float) -> None:
        if self._lasted_s is None:
            return
        was_short = self._lasted_s < max(SHORT_S, 3 * wait_s)
        self.short_ones = self.short_ones + 1 if was_short else 0
        self._lasted_s = None
        if self.short_ones >= MOST_SHORT:
            self.problem += (
                f" soon after it began, {self.short_ones} times in a row; if another client uses the id "
                f"{self._identifier}, stop it or give it an id of its own"
            )

    def publish(self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False) -> bool:
        """Hand a message to the connection; False, and nothing is sent, while there is none."""
        if self._paho is None:
            return False
        return self._paho.publish(topic, payload, qos, retain).rc == paho.MQTT_ERR_SUCCESS

    def acknowledge(self, message: Message) -> None:
        """Send the PUBACK for `message`, unless its connection is gone: then the broker delivers it again."""
        if self._heard_on is not None and message.qos and message.connection == self._connection:
            self._heard_on.ack(message.packet, message.qos)

    def pause(self) -> None:
        """Read nothing until `resume` or the next connection: the broker, or its network, keeps what comes."""
        if self._reader is not None:
            asyncio.get_running_loop().remove_reader(self._reader[0])

    def resume(self) -> None:
        """Read again after `pause`."""
        if self._reader is not None:
            asyncio.get_running_loop().add_reader(*self._reader)
            self._reader[1]()  # what TLS has decrypted already wakes nobody

    async def _connect_once(self) -> None:
        self._on_begin()
        will = self._will()
        client = aiomqtt.Client(
            self.node.host,
            self.node.port,
            identifier=self._identifier,
            username=self.broker.username,
            password=self.broker.password(),
            tls_context=None if self.broker.tls is None else self.broker.tls.context(),
            keepalive=self.broker.keepalive_s,
            timeout=self._answer_s,
            clean_session=not self._keep_session,
            socket_options=[(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)],  # Nagle would hold a small batch for 40 ms
            will=None if will is None else aiomqtt.Will(will.topic, will.payload, qos=1, retain=True),
        )
        inner = client._client  # see the top of the file
        inner.manual_ack_set(True)
        inner.max_inflight_messages_set(1_000)
        self._connection += 1
        inner.on_message = partial(self._take, self._connection)
        self._was_up = False
        self._heard_on = inner
        try:
            async with client:
                self._client = client
                self._read_in_bursts(client, inner)
                await self._serve(client, inner)
        finally:
            self._reader = self._client = None
            _let_go(client, inner)

    async def _serve(self, client: aiomqtt.Client, inner: paho.Client) -> None:
        """Subscribe, and stay until the connection ends."""
        for topic in self._unsubscriptions:
            await client.unsubscribe(topic)
        for topic in self._wishes:
            if any(map(_is_refusal, await client.subscribe(topic, qos=1))):
                _log.warning("broker %s refuses the subscription to %s; check the access list", self.node, topic)
        for topic in self._subscriptions:
            refused = [code for code in await client.subscribe(topic, qos=1) if _is_refusal(code)]
            if refused:
                raise aiomqtt.MqttError(f"refused the subscription to {topic}; check the access list")
        self._paho, self.problem, self._was_up = inner, "", True
        since_s = self.connected_since_s = boot_s()
        _log.info("connected to broker %s", self.node)
        try:
            self._on_connect()
            await self._until_it_ends(client, inner)
        finally:
            self._paho, self.problem = None, f"broker {self.node}: connection ended"
            self._lasted_s = boot_s() - since_s
            self.connected_since_s = None

    async def _until_it_ends(self, client: aiomqtt.Client, inner: paho.Client) -> None:
        """Wait for the end of the connection; MqttError where the broker does not take what is sent to it."""
        untaken: paho.MQTTMessageInfo | None = None
        # waited for, not awaited: were the future itself cancelled, aiomqtt would leave without a DISCONNECT: the will
        while not (await asyncio.wait({client._disconnected}, timeout=self._taken_s))[0]:
            before, untaken = untaken, _untaken(inner)
            if untaken is not None and untaken is before:
                raise aiomqtt.MqttError(f"has not taken for {self._taken_s:g} s what was sent to it")
        client._disconnected.result()

    def _take(self, connection: int, _client: paho.Client, _userdata: object, message: paho.MQTTMessage) -> None:
        self._heard += 1
        self._on_message(
            Message(
                message.topic,
                bytes(message.payload),
                message.retain,
                message.dup,
                message.qos,
                message.mid,
                connection,
            )
        )

    def _read_in_bursts(self, client: aiomqtt.Client, inner: paho.Client) -> None:
        """Read all that waits at each wake-up, where aiomqtt reads one packet: a third of the cost under load."""
        wire = inner.socket()
        if wire is None:
            return

        def read() -> None:
            try:
                for _ in range(READS_AT_ONCE):
                    heard_before = self._heard
                    inner.loop_read()
                    decrypted = wire.pending() if isinstance(wire, ssl.SSLSocket) else 0
                    if self._heard == heard_before and not decrypted:
                        return
            except OSError as error:
                if not client._disconnected.done():
                    client._disconnected.set_exception(aiomqtt.MqttError(str(error)))

        loop = asyncio.get_running_loop()
        self._reader = (wire.fileno(), read)
        loop.remove_reader(wire.fileno())
        loop.add_reader(wire.fileno(), read)


def _untaken(inner: paho.Client) -> paho.MQTTMessageInfo | None:
    """The oldest message without a PUBACK, once all that was sent has reached the other machine.

    While a slow link still carries, nobody but the link is to blame, and a new connection would send all of it again.
    """
    wire = inner.socket()
    if wire is None or _bytes_on_the_way(wire.fileno()):
        return None
    with inner._out_message_mutex:
        return next((message.info for message in inner._out_messages.values()), None)


def _bytes_on_the_way(wire: int) -> int:
    """What the kernel has taken and the other machine's has not (SIOCOUTQ, tcp(7))."""
    return int(struct.unpack("i", ioctl(wire, termios.TIOCOUTQ, b"\0" * 4))[0])


def _let_go(client: aiomqtt.Client, inner: paho.Client) -> None:
    """Close what an attempt without an answer leaves open: it would come through later, beside the next one."""
    inner.on_message = None
    if inner.socket() is not None:
        inner._sock_close()
    if client._disconnected.done() and not client._disconnected.cancelled():
        client._disconnected.exception()  # so that asyncio does not report it a second time


def _nobody_listens(_message: Message) -> None: ...


def _do_nothing() -> None: ...


def _is_refusal(code: Any) -> bool:
    return bool(code.is_failure) if hasattr(code, "is_failure") else int(code) >= 0x80


def _reason(error: Exception) -> str:
    text = str(error) or type(error).__name__
    if text.startswith("[code:128]"):  # what paho calls a connection that broke
        return "the connection broke"
    return text.removeprefix("[Errno 111] ").rstrip(".")
