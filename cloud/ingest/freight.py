"""Freight: a message opened and made ready for the store, and as small as it gets while it waits for the write.

payload ─► Parcel (batch, blocks: thousands of objects) ─► Freight (lines, newest readings, counts: a few)

In the rare case that the store rejects a point, the message is opened again: the same checks give the same blocks.
"""

import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from cloud.accounting import Receipt
from cloud.blocks import Block
from cloud.dead_letters import Refusal
from cloud.ingest.parcels import Parcel, condemned, open_parcel, with_rejected
from cloud.newest import newest_of
from cloud.registry.snapshot import Registry
from cloud.stores.contract import Portion, ReadingsStore, Rejected, StoredReading
from wire import Domain


class Freight(msgspec.Struct, frozen=True):
    """What is to become safe of one message of `gateway`; `portion` is None where nothing is to be stored.

    It was checked with `latest_ms` (UTC) as the latest time that a reading may have.
    """

    gateway: str
    payload: bytes
    latest_ms: int
    receipt: Receipt | None
    refusals: Sequence[Refusal]
    portion: Portion | None
    newest: Sequence[StoredReading]
    sizes: Mapping[Domain, int]

    @property
    def readings(self) -> int:
        """How many readings the message says that it holds; 1 where that cannot be read."""
        return 1 if self.receipt is None else self.receipt.last - self.receipt.first + 1

    @property
    def stored(self) -> int:
        """How many readings of it are for the store."""
        return sum(self.sizes.values())


class Opener:
    """Opens messages by the rules of `registry`; a reading may be at most `ahead_s` ahead of the cloud's clock."""

    def __init__(self, *, registry: Registry, store: ReadingsStore, ahead_s: float) -> None:
        self._registry = registry
        self._store = store
        self._ahead_ms = int(ahead_s * 1000)

    def open(self, payload: bytes, gateway: str) -> Freight:
        """Make a message of `gateway` ready; whatever it is made of gives freight and never an exception."""
        latest_ms = time.time_ns() // 1_000_000 + self._ahead_ms
        return self._load(self._parcel(payload, gateway, latest_ms), latest_ms)

    def without(self, freight: Freight, rejected: Iterable[Rejected]) -> Freight:
        """The freight after the store refused points of it for ever."""
        parcel = self._parcel(freight.payload, freight.gateway, freight.latest_ms)
        return self._load(with_rejected(parcel, rejected), freight.latest_ms)

    def condemn(self, freight: Freight, error: Exception) -> Freight:
        """The freight as a dead letter whole, because storing it failed in a way that nobody foresaw."""
        return self._load(condemned(freight.payload, freight.gateway, error), freight.latest_ms)

    def _parcel(self, payload: bytes, gateway: str, latest_ms: int) -> Parcel:
        return open_parcel(payload, gateway=gateway, registry=self._registry, latest_ms=latest_ms)

    def _load(self, parcel: Parcel, latest_ms: int) -> Freight:
        blocks = parcel.blocks
        return Freight(
            gateway=parcel.gateway,
            payload=parcel.payload,
            latest_ms=latest_ms,
            receipt=parcel.receipt,
            refusals=parcel.refusals,
            portion=self._store.prepare(blocks) if blocks else None,
            newest=newest_of(blocks),
            sizes=_sizes(blocks),
        )


def _sizes(blocks: Sequence[Block]) -> Mapping[Domain, int]:
    sizes: Counter[Domain] = Counter()
    for block in blocks:
        sizes[block.domain] += block.size
    return sizes
