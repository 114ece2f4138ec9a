"""One MQTT session for edge and cloud: connects again without end, hands messages over, acknowledges on request.

node ─► connected ─► subscribed ─► messages … ─► it ends ─► a pause ─► the next node
`publish` does not wait for a PUBACK: it says "in a broker's memory" and nothing here rests on it.
"""

import asyncio
import contextlib
import logging
import re
from collections.abc import Callable, Sequence

from paho.mqtt.client import MQTTMessageInfo

from i18n.message import LocalizedMessage, sentence_of
from runtime.address import Address, in_turn
from runtime.backoff import Backoff, doubled_s
from runtime.broker_settings import BrokerSettings
from runtime.clock import boot_s
from runtime.mqtt_connection import Message, MqttConnection, MqttError, Will

_log = logging.getLogger(__name__)

SHORT_S = 10.0
"""A connection that lasts less, or less than three pauses, was short: the pauses go on growing."""
MOST_SHORT = 3
"""So many short connections in a row are no accident."""


class MqttSession:
    """A connection to one broker that is made again whenever it ends, on the next of its nodes if it has several.

    `will` is called before each connection, since what a last will says may change. A refused subscription ends the
    connection, unless it is one of the `wishes`. With `keep_session` the broker remembers this `identifier` while it is
    away, and delivers again what was not acknowledged; it remembers the subscriptions too, so those that are wanted no
    more stand in `unsubscriptions`. A broker that says nothing for `answer_s` seconds is left, and one that lives but
    for `puback_within_s` seconds has not acknowledged what reached it: a node of a cluster that lost the others answers
    pings for ever. Pauses between attempts grow, also after connections that were short: two clients with one id would
    else throw each other out for ever. With `gathers` the messages of a trickle wait up to 80 ms for each other.
    `qos` is that of the `subscriptions`.
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
        gathers: bool = False,
        qos: int = 1,
        retry_s: tuple[float, float] = (0.5, 30.0),
        answer_s: float = 10.0,
        puback_within_s: float = 30.0,
    ) -> None:
        self.broker = broker
        self.problem: str = LocalizedMessage("not connected yet")
        self.via = ""
        """The interface that the next connection goes over; empty: the kernel's choice."""
        self.connected_since_s: float | None = None
        """Since when (seconds since boot, CLOCK_BOOTTIME) the connection stands; None while there is none."""
        self.short_ones = 0
        """How many connections in a row ended soon after they began."""
        self.published_messages = self.published_bytes = 0
        """What was handed to connections so far, in bytes of topic and payload."""
        self._nodes = in_turn(broker.nodes())
        self._identifier = identifier
        self._on_message: Callable[[Message], None] = _nobody_listens
        self._on_begin = self._on_connect = _do_nothing
        self._subscriptions = tuple(subscriptions)
        self._unsubscriptions = tuple(unsubscriptions)
        self._wishes = tuple(wishes)
        self._will = will
        self._keep_session = keep_session
        self._gathers = gathers
        self._qos = qos
        self._retry_s = retry_s
        self._answer_s = answer_s
        self._puback_within_s = puback_within_s
        self._connection: MqttConnection | None = None
        self._connections = 0
        self._was_up = False
        self._lasted_s: float | None = None
        self._hurry = asyncio.Event()

    @property
    def node(self) -> Address:
        """Where it is connected, or tries to be."""
        return self._nodes[0]

    @property
    def connected(self) -> bool:
        """Whether the broker has accepted the connection and the subscriptions."""
        return self.connected_since_s is not None

    @property
    def last_packet_s(self) -> float | None:
        """When the broker sent anything last, be it that it lives, on a clock of its own; None while not connected."""
        return self._connection.last_packet_s if self.connected and self._connection is not None else None

    @property
    def is_thrown_out(self) -> bool:
        """Whether the broker ends each connection soon after it began, as it does when two clients share an id."""
        since_s = self.connected_since_s
        young = since_s is None or boot_s() - since_s < 6 * SHORT_S
        return self.short_ones >= MOST_SHORT and young

    @property
    def unacknowledged(self) -> int:
        """How many messages of this connection have no PUBACK yet."""
        return self._connection.unacknowledged if self._connection is not None else 0

    def renew(self) -> None:
        """Leave the broker and come back at once, with the password and the certificates of now, over `via`."""
        self._hurry.set()
        if self._connection is not None:
            self._connection.leave("left, to come back with other credentials, or another way")

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
            except (MqttError, OSError, ValueError) as error:
                self.problem = LocalizedMessage(
                    "broker {broker}: {reason}", broker=str(self.node), reason=_reason(error)
                )
            tried = 0 if self._was_up else tried + 1
            self._nodes.append(self._nodes.pop(0))
            if tried % len(self._nodes):  # no pause before all were tried
                _log.warning("%s; trying %s", self.problem, self.node)
                continue
            self._count_short_ones(doubled_s(max(1, pauses), first_s=first_s, longest_s=longest_s))
            pauses = 1 if self._was_up and not self.short_ones else pauses + 1
            pause_s = Backoff(first_s, longest_s, spread=(0.5, 1.0)).after(pauses)
            next_one = "again" if len(self._nodes) == 1 else str(self.node)
            _log.warning("%s; trying %s in %.1f s", self.problem, next_one, pause_s)
            await self._pause(pause_s)

    async def _pause(self, pause_s: float) -> None:
        """Wait, but no longer where somebody says `renew` meanwhile."""
        self._hurry.clear()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(pause_s):
                await self._hurry.wait()

    def _count_short_ones(self, wait_s: float) -> None:
        if self._lasted_s is None:
            return
        was_short = self._lasted_s < max(SHORT_S, 3 * wait_s)
        self.short_ones = self.short_ones + 1 if was_short else 0
        self._lasted_s = None
        if self.short_ones >= MOST_SHORT:
            self.problem = LocalizedMessage(
                "{problem} soon after it began, {count} times in a row; if another client uses the id {id}, stop it or "
                "give it an id of its own",
                problem=self.problem, count=self.short_ones, id=self._identifier,
            )  # fmt: skip

    def publish(self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False) -> bool:
        """Hand a message to the connection; False, and nothing is sent, while there is none."""
        if not self.connected or self._connection is None:
            return False
        self.published_messages += 1
        self.published_bytes += len(topic) + len(payload)
        return self._connection.publish(topic, payload, qos=qos, retain=retain)

    def acknowledge(self, message: Message) -> None:
        """Send the PUBACK for `message`, unless its connection is gone: then the broker delivers it again."""
        connection = self._connection  # also before the subscriptions stand: a kept session brings messages by then
        if connection is not None and message.qos and message.connection == connection.number:
            connection.acknowledge(message)

    def pause(self) -> None:
        """Read nothing until `resume` or the next connection: the broker, or its network, keeps what comes."""
        if self._connection is not None:
            self._connection.pause()

    def resume(self) -> None:
        """Read again after `pause`."""
        if self._connection is not None:
            self._connection.resume()

    def wake_for(self, size: int) -> None:
        """Let fewer than `size` bytes wake nobody, until the next connection; `read_waiting` reads them."""
        if self._connection is not None:
            self._connection.wake_for(size)

    def read_waiting(self) -> None:
        """Read what waits, if anything does."""
        if self._connection is not None:
            self._connection.read_waiting()

    async def _connect_once(self) -> None:
        self._on_begin()
        self._was_up = False
        self._connections += 1
        connection = self._connection = MqttConnection(
            self.broker,
            self.node,
            identifier=self._identifier,
            on_message=self._on_message,
            will=self._will(),
            keep_session=self._keep_session,
            answer_s=self._answer_s,
            number=self._connections,
            gathers=self._gathers,
            via=self.via,
        )
        try:
            async with connection:
                await self._serve(connection)
        finally:
            self._connection = None

    async def _serve(self, connection: MqttConnection) -> None:
        """Subscribe, and stay until the connection ends."""
        for topic in self._unsubscriptions:
            await connection.unsubscribe(topic)
        for topic in self._wishes:
            if not await connection.subscribe(topic):
                _log.warning("broker %s refuses the subscription to %s; check the access list", self.node, topic)
        for topic in self._subscriptions:
            if not await connection.subscribe(topic, qos=self._qos):
                raise MqttError(
                    LocalizedMessage("refused the subscription to {topic}; check the access list", topic=topic)
                )
        self.problem, self._was_up = "", True
        since_s = self.connected_since_s = boot_s()
        _log.info("connected to broker %s", self.node)
        try:
            self._on_connect()
            await self._until_it_ends(connection)
        finally:
            self.problem = LocalizedMessage("broker {broker}: connection ended", broker=str(self.node))
            self._lasted_s = boot_s() - since_s
            self.connected_since_s = None

    async def _until_it_ends(self, connection: MqttConnection) -> None:
        """Wait for the end of the connection; MqttError where the broker does not take what is sent to it."""
        oldest: MQTTMessageInfo | None = None
        # waited for, not awaited: to cancel this must not cancel the future, which says whether a DISCONNECT is due
        while not (await asyncio.wait({connection.ended}, timeout=self._puback_within_s))[0]:
            before, oldest = oldest, connection.oldest_unacknowledged()
            if oldest is not None and oldest is before:
                seconds = self._puback_within_s
                said = LocalizedMessage("has not taken for {seconds:g} s what was sent to it", seconds=seconds)
                raise MqttError(said)
        if (error := connection.ended.result()) is not None:
            raise error


def _nobody_listens(_message: Message) -> None: ...


def _do_nothing() -> None: ...


_ERRNO = re.compile(r"^\[Errno -?\d+\] ")


def _reason(error: Exception) -> str:
    said = sentence_of(error)
    return said if isinstance(said, LocalizedMessage) else _ERRNO.sub("", said or type(error).__name__).rstrip(".")
