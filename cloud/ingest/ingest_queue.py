"""The queue of ingest: messages of gateways wait here, in at most so many bytes.

on_message ─► [ offer ]═══ waiting ═══[ get ]─► in flight ─► release
                 │ full                            all of them count towards the bound until released
                 └► shed: forgotten without an ack, so its gateway sends it again

The PUBACK of a shed message waits until there is room: till then the broker's window stays full and the broker, or the
gateways behind it, hold the queue. (Given at once it would invite the next message; never given, the window would stay
full for ever.) No gateway takes more than its part of the room, so that others find some.
"""

import asyncio
from collections import Counter, deque

import msgspec

from runtime.clock import boot_ms
from runtime.mqtt_connection import Message

SHARE_OF_ONE = 4
LEAST_OF_ONE = 2**20
"""One gateway may hold a quarter of the room, and this many bytes in any case."""
MESSAGE_BYTES = 600
"""What a waiting message takes in memory besides its payload."""


class QueuedMessage(msgspec.Struct, frozen=True):
    """A message on `…/up`, the gateway whose topic it is, and when it came: milliseconds since this machine's boot."""

    message: Message
    gateway: str
    boot_ms: int

    @property
    def size(self) -> int:
        """Bytes in memory."""
        return len(self.message.payload) + MESSAGE_BYTES


class IngestQueue:
    """A queue bounded in bytes; one task takes from it."""

    def __init__(self, *, max_bytes: int) -> None:
        self.bytes_held = 0
        self.moved_ms = 0
        """When the queue last became busy or a message was released: milliseconds since this machine's boot."""
        self._max_bytes = max_bytes
        self._max_of_one = max(LEAST_OF_ONE, max_bytes // SHARE_OF_ONE)
        self._bytes_of: Counter[str] = Counter()
        self._waiting: deque[QueuedMessage] = deque()
        self._shed: list[Message] = []
        self.held = 0
        """How many messages wait or are in flight: so many the broker has out without a PUBACK."""
        self.offered = 0
        """How many messages were taken in so far."""
        self.waiting_bytes = 0
        """What nobody has taken yet of `bytes_held`."""
        self._not_empty = asyncio.Event()

    def __len__(self) -> int:
        return len(self._waiting)

    @property
    def is_full(self) -> bool:
        """Whether messages have been shed that there is no room for yet."""
        return bool(self._shed)

    def offer(self, queued: QueuedMessage) -> bool:
        """Take a message in; False, and it is shed, where it does not fit."""
        size, own = queued.size, self._bytes_of[queued.gateway]
        if (self.bytes_held + size > self._max_bytes and self.bytes_held) or (own + size > self._max_of_one and own):
            self._shed.append(queued.message._replace(payload=b""))
            return False
        if not self.bytes_held:
            self.moved_ms = boot_ms()
        self.bytes_held += size
        self._bytes_of[queued.gateway] = own + size
        self.waiting_bytes += size
        self._waiting.append(queued)
        self.offered += 1
        self._not_empty.set()
        self.held += 1
        return True

    async def get(self) -> QueuedMessage:
        """Wait for the oldest message."""
        while not self._waiting:
            self._not_empty.clear()
            await self._not_empty.wait()
        return self._pop()

    def get_nowait(self) -> QueuedMessage | None:
        """Give the oldest message; None where none waits."""
        return self._pop() if self._waiting else None

    def _pop(self) -> QueuedMessage:
        queued = self._waiting.popleft()
        self.waiting_bytes -= queued.size
        return queued

    def release(self, queued: QueuedMessage) -> list[Message]:
        """Free the room of a message that is done with; gives the shed ones whose PUBACK may go out now."""
        self.bytes_held -= queued.size
        self.held -= 1
        self.moved_ms = boot_ms()
        self._bytes_of[queued.gateway] -= queued.size
        if not self._bytes_of[queued.gateway]:
            del self._bytes_of[queued.gateway]
        if self.bytes_held > self._max_bytes // 2:
            return []
        released, self._shed = self._shed, []
        return released
