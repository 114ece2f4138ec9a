"""Acknowledge: gateways hear that they may forget what is safe.      PreparedWrites ─► acks on …/ack

1 to 5, 6 to 10, 31 to 40 of one stream ─► Ack(1, 10)  Ack(31, 40)        while there is no connection: pending_acks

Where a clock is not synchronised the ack tells our time, if it can be sent at once.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Protocol

import msgspec

from cloud.core.series import Series
from cloud.gateways.accounting import Receipt
from cloud.ingest.rejection import Rejection
from wire import Ack, Channel, RefusedReadings, encode_ack, refused_readings, topic_of

MOST_PENDING = 10_000
"""Acks that wait for the broker; beyond them gateways send again, which is harmless."""


class SafeMessage(Protocol):
    """What an ack is made of: a message that is stored and committed."""

    @property
    def gateway(self) -> str:
        """Who sent it."""

    @property
    def receipt(self) -> Receipt | None:
        """Which range it was, if that can be said."""

    @property
    def rejections(self) -> Sequence[Rejection]:
        """What of it was rejected."""

    @property
    def asks_for_time(self) -> bool:
        """Whether some of it is of a clock that is not synchronised."""

    @property
    def not_judged(self) -> Mapping[Series, int]:
        """What of it no rule judged."""

    def ack_rows(self) -> Iterator[tuple[str, str, int]]:
        """What its ack reports: (sensor, reason, readings)."""


class AcknowledgeStage:
    """Sends acks; `publish` sends to a topic, and says whether there is a connection; `now_ms` tells the time (UTC)."""

    def __init__(self, publish: Callable[[str, bytes], bool], *, now_ms: Callable[[], int]) -> None:
        self._publish = publish
        self._now_ms = now_ms
        self._pending_acks: deque[tuple[str, bytes]] = deque(maxlen=MOST_PENDING)

    def run(self, safe: Iterable[SafeMessage]) -> None:
        """Acknowledge messages that are safe."""
        safe = list(safe)
        ask_for_time = {message.gateway for message in safe if message.asks_for_time}
        for gateway, ack in acks_of(safe):
            topic = topic_of(gateway, Channel.ACK)
            timed = msgspec.structs.replace(ack, time_ms=self._now_ms()) if gateway in ask_for_time else ack
            if not self._publish(topic, encode_ack(timed)):
                self._pending_acks.append((topic, encode_ack(ack)))  # without the time: that would be an old one

    def send_pending(self) -> None:
        """Send the acks that found no connection, now that there is one."""
        pending, self._pending_acks = self._pending_acks, deque(maxlen=MOST_PENDING)
        for topic, payload in pending:
            self._publish(topic, payload)


def acks_of(safe: Iterable[SafeMessage]) -> Iterator[tuple[str, Ack]]:
    """The acks for what is safe, by gateway: neighbouring ranges of a stream in one; losses alone in their own.

    Each says what of its range was rejected, a range that is sent again like the first time.
    """
    received = sorted(
        (
            (message.gateway, receipt.stream, receipt.first, receipt.last, message)
            for message in safe
            if (receipt := message.receipt) is not None
        ),
        key=itemgetter(0, 1, 2, 3),
    )
    for (gateway, stream), group in groupby(received, key=itemgetter(0, 1)):
        ranges: list[tuple[int, int, list[SafeMessage]]] = []
        for _, _, first, last, message in group:
            reported = [message] if message.rejections or message.not_judged else []
            if ranges and ranges[-1][0] <= ranges[-1][1] == first - 1 < last:
                ranges[-1] = (ranges[-1][0], last, ranges[-1][2])
                ranges[-1][2].extend(reported)
            else:
                ranges.append((first, last, reported))
        for first, last, reported in ranges:
            yield gateway, Ack(stream, first, last, _refused(reported) if reported else None)


def _refused(messages: Sequence[SafeMessage]) -> RefusedReadings | None:
    discarded = sum(one.readings for message in messages for one in message.rejections if one.discarded)
    return refused_readings((row for message in messages for row in message.ack_rows()), discarded=discarded)
