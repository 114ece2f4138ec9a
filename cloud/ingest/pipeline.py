"""Freight: a message opened and made ready for the store, and as small as it gets while it waits for the write.

payload ─► Parcel (batch, blocks: thousands of objects) ─► Freight (lines, newest readings, counts: a few)
                └─► quality marks ─► split blocks                  └─ cargo: the columns that some rule looks at

In the rare case that the store rejects a point, the message is opened again: the same checks give the same blocks.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import msgspec

from cloud.alarms.rule_input import NO_INPUT, RuleInput
from cloud.core.latest import AHEAD_MS
from cloud.core.series import Series
from cloud.derived.recompute_queue import Hours, Stretch, stretch_of
from cloud.gateways.accounting import Receipt
from cloud.ingest.dead_letters import Rejection
from cloud.ingest.fleet_clock import FleetClock
from cloud.ingest.heights import Heights
from cloud.ingest.levels import CheckedAgainst, Distances
from cloud.ingest.offsets import Offsets
from cloud.ingest.quality import NO_NOTES, NO_SPOTS, Judge, Spots, split
from cloud.ingest.recent_rejections import NOT_JUDGED, RecentRejections
from cloud.ingest.stages.decode import DecodedBatch, condemned, open_parcel, with_rejected
from cloud.ingest.stamps import Stamps
from cloud.readings.blocks import Block
from cloud.readings.contract import EncodedWrite, ReadingsStore, Rejected, StoredReading
from cloud.readings.newest import Newest, newest_of
from cloud.registry.snapshot import Registry
from runtime import clock
from wire import Batch, Domain


class PreparedWrite(msgspec.Struct, frozen=True):
    """What is to become safe of one message of `gateway`; `portion` is None where nothing is to be stored.

    Its stamps were checked against its arrival at `arrived_ms` (UTC), and it by what was `seen` then; `spots` are the
    quality marks that it got, `notes` the hours of series to be reviewed, `cargo` is what the rules want of it,
    `stretch` from when to when (UTC) its readings are; `live`: they were sent as they were taken, not from a backlog.
    `series` counts what is for the store by sensor and quantity, of gateways of which something was refused lately;
    `not_judged` what of it the rules leave out.
    """

    gateway: str
    payload: bytes
    arrived_ms: int
    receipt: Receipt | None
    refusals: Sequence[Rejection]
    portion: EncodedWrite | None
    newest: Sequence[StoredReading]
    sizes: Mapping[Domain, int]
    spots: Spots = NO_SPOTS
    cargo: RuleInput = NO_INPUT
    stretch: Stretch | None = None
    notes: Hours = NO_NOTES
    live: bool = False
    seen: CheckedAgainst | None = None
    series: Mapping[Series, int] = {}
    not_judged: Mapping[Series, int] = {}

    @property
    def readings(self) -> int:
        """How many readings the message says that it holds; 1 where that cannot be read."""
        return 1 if self.receipt is None else self.receipt.last - self.receipt.first + 1

    @property
    def stored(self) -> int:
        """How many readings of it are for the store."""
        return sum(self.sizes.values())

    def told(self) -> Iterator[tuple[str, str, int]]:
        """What its ack says: (sensor, reason, readings) of what was refused, and of what no rule judged."""
        for refusal in self.refusals:
            for (sensor, _), readings in refusal.by_series():
                yield sensor, refusal.reason, readings
        for (sensor, _), readings in self.not_judged.items():
            yield sensor, NOT_JUDGED, readings


def _no_cargo(_blocks: Iterable[Block]) -> RuleInput:
    return NO_INPUT


class BatchDecoder:
    """Opens messages by the rules of `registry`; a backlog may be at most `ahead_s` ahead of the cloud's clock.

    `newest` is what quality is judged by after a restart; `cargo` picks what alarm rules look at. `fleet` says how
    wrong this server's own clock is, `prompt` whether what arrives now was held up by nothing. `saw` is shown
    what is about to be stored. `lately` is told elsewhere what was refused.
    """

    def __init__(
        self,
        *,
        registry: Registry,
        store: ReadingsStore,
        ahead_s: float,
        newest: Newest | None = None,
        cargo: Callable[[Iterable[Block]], RuleInput] = _no_cargo,
        fleet: FleetClock | None = None,
        prompt: Callable[[], bool] = lambda: True,
        offsets: Offsets | None = None,
        saw: Callable[[Iterable[Block]], None] = lambda _blocks: None,
        lately: RecentRejections | None = None,
    ) -> None:
        self.offsets = offsets or Offsets()
        """By how much stamps are wrong: to be kept in the database before anything is written that they moved."""
        self._registry = registry
        self._store = store
        self.ahead_ms = int(ahead_s * 1000)
        known = newest or Newest()
        self._judge = Judge(registry, known)
        self.heights = Heights(registry, known)
        self._distances = Distances(known)
        self._cargo = cargo
        self._saw = saw
        self._lately = lately or RecentRejections()
        self._fleet = fleet or FleetClock()
        self._prompt = prompt

    def open(self, payload: bytes, gateway: str, *, waited_ms: int = 0, arrived_ms: int | None = None) -> PreparedWrite:
        """Make a message of `gateway` ready; whatever it is made of gives freight and never an exception.

        It arrived `waited_ms` ago, or at `arrived_ms` (UTC) where it is a dead letter.
        """
        now_ms = clock.wall_ms() + self._fleet_error_ms() - waited_ms
        arrived = now_ms if arrived_ms is None else arrived_ms
        made: list[Stamps] = []
        parcel = self._parcel(payload, gateway, arrived, self._judge, made)
        if arrived_ms is None and parcel.batch is not None and not parcel.batch.backfill:
            self._note_clock(parcel, made, clock.boot_ms() - waited_ms)
        self.heights.note(parcel.pairs)
        self._saw(parcel.blocks)
        spots = self._judge.look(parcel.blocks, parcel.doubtful)
        return self._load(_marked(parcel, spots), arrived, spots, self._judge.take_notes())

    def latest_ms(self) -> int:
        """The latest time (UTC) that a reading can have now, by the clocks of this server and of the fleet."""
        return clock.wall_ms() + self._fleet_error_ms() + AHEAD_MS

    def without(self, freight: PreparedWrite, rejected: Iterable[Rejected]) -> PreparedWrite:
        """The freight after the store refused points of it for ever."""
        again = self._parcel(freight.payload, freight.gateway, freight.arrived_ms, seen=freight.seen)
        parcel = _marked(again, freight.spots)
        return self._load(with_rejected(parcel, rejected), freight.arrived_ms, freight.spots, freight.notes)

    def condemn(self, freight: PreparedWrite, error: Exception) -> PreparedWrite:
        """The freight as a dead letter whole, because storing it failed in a way that nobody foresaw."""
        return self._load(condemned(freight.payload, freight.gateway, error), freight.arrived_ms)

    def _parcel(
        self,
        payload: bytes,
        gateway: str,
        arrived_ms: int,
        judge: Judge | None = None,
        made: list[Stamps] | None = None,
        seen: CheckedAgainst | None = None,
    ) -> DecodedBatch:
        def stamps_of(batch: Batch) -> Stamps:
            stamps = Stamps(
                self.offsets, batch, gateway,
                arrived_ms=arrived_ms, ahead_ms=self.ahead_ms, prompt=self._prompt(),
            )  # fmt: skip
            if made is not None:
                made.append(stamps)
            return stamps

        return open_parcel(
            payload,
            gateway=gateway,
            registry=self._registry,
            latest_ms=arrived_ms + self.ahead_ms,
            judge=judge,
            stamps_of=stamps_of,
            distances=self._distances,
            seen=seen,
        )

    def _fleet_error_ms(self) -> int:
        """What to add to our clock: of gateways behind us only once nothing is held up, else they may just be late."""
        error_ms = self._fleet.error_ms()
        return error_ms if error_ms > 0 or self._prompt() else 0

    def _note_clock(self, parcel: DecodedBatch, made: Iterable[Stamps], arrived_boot_ms: int) -> None:
        if parcel.newest_ms:
            self._fleet.note(parcel.gateway, parcel.newest_ms, arrived_boot_ms)
        for stamps in made:
            self._fleet.tell(parcel.gateway, moved_ms=stamps.moved_ms, unconfirmed=stamps.unconfirmed)

    def _load(
        self, parcel: DecodedBatch, arrived_ms: int, spots: Spots = NO_SPOTS, notes: Hours = NO_NOTES
    ) -> PreparedWrite:
        blocks = parcel.blocks
        return PreparedWrite(
            gateway=parcel.gateway,
            payload=parcel.payload,
            arrived_ms=arrived_ms,
            receipt=parcel.receipt,
            refusals=parcel.refusals,
            portion=self._store.prepare(blocks) if blocks else None,
            newest=newest_of(blocks),
            sizes=_sizes(blocks),
            spots=spots,
            cargo=self._cargo(blocks),
            stretch=stretch_of(blocks),
            notes=notes,
            live=parcel.batch is not None and not parcel.batch.backfill,
            seen=parcel.seen,
            series=_series(blocks) if parcel.refusals or self._lately.counts(parcel.gateway) else {},
        )


def _series(blocks: Sequence[Block]) -> Mapping[Series, int]:
    series: Counter[Series] = Counter()
    for block in blocks:
        for quantity, values in block.fields:
            series[block.sensor, quantity] += len(values)
    return series


def _marked(parcel: DecodedBatch, spots: Spots) -> DecodedBatch:
    return msgspec.structs.replace(parcel, blocks=split(parcel.blocks, spots)) if spots else parcel


def _sizes(blocks: Sequence[Block]) -> Mapping[Domain, int]:
    sizes: dict[Domain, int] = {}
    for block in blocks:
        domain = block.domain
        sizes[domain] = sizes.get(domain, 0) + len(block.times_ms) * len(block.fields)
    return sizes
