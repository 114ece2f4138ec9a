"""Who sent what, and what never came: for each stream of a gateway the seq received and declared lost, as ranges.

seq            1 ······ 90 91 ···· 120 121 ······· 360
received       [========]              [==========]       missing = neither received nor declared lost
declared lost              [=======]                      duplicates = received again

A seq that is further ahead than any spool reaches, or a range longer than any batch, is nobody's reading: it is stored,
acknowledged, and counted as `uncounted` alone, so that one gateway cannot make the city's sums say nothing any more.

`plan` works out what receipts change, `write` keeps it in the transaction that makes them durable, `apply` takes it
into memory after the commit: the two never disagree, whatever fails between.
"""

import logging
from collections import Counter
from collections.abc import Iterable, Sequence

import msgspec
from sqlalchemy import Connection, bindparam, delete, insert, select, update

from cloud.core.ranges import Ranges
from cloud.gateways.tables import ClosedStreams, StreamAccounts
from wire import Lost
from wire.batch import MAX_READINGS

MAX_SPANS = 1_000
"""Spans kept of one stream; a healthy one has a handful."""
MAX_STREAMS = 256
"""Streams kept of one gateway; each start of its agent makes one."""

MOST_AHEAD = 100_000_000
"""How far ahead of all that is known of a stream a range may begin: more readings than fit into a gateway's spool."""
_log = logging.getLogger(__name__)


class Receipt(msgspec.Struct, frozen=True):
    """A batch that is safe: readings `first` to `last` of `stream`, and the losses that it declared."""

    gateway: str
    stream: str
    first: int
    last: int
    lost: tuple[Lost, ...] = ()


class StreamAccount(msgspec.Struct, frozen=True):
    """One stream in numbers: `missing` are the readings from 1 to `last` neither received nor declared lost."""

    stream: str
    first: int
    last: int
    received: int
    missing: int
    declared_lost: int


class Account(msgspec.Struct, frozen=True):
    """One gateway in numbers, over all its streams; `streams` has the latest ones, the newest last.

    `uncounted` are the ranges, since this process began, that cannot be: too far ahead, or too long.
    """

    received: int = 0
    duplicates: int = 0
    missing: int = 0
    declared_lost: int = 0
    uncounted: int = 0
    streams: tuple[StreamAccount, ...] = ()


class StreamLedger(msgspec.Struct, frozen=True):
    """One stream: what was received and declared lost, in seq from 1.

    `written_off` counts holes that were closed to keep the ledger small; they stay missing.
    """

    received: Ranges = Ranges()
    declared: Ranges = Ranges()
    duplicates: int = 0
    written_off: int = 0

    def receive(self, first: int, last: int) -> "StreamLedger":
        """The ledger after readings `first` to `last` have come, perhaps again."""
        again = self.received.within(max(1, first), last)
        return _kept_small(
            StreamLedger(
                self.received.add(max(1, first), last), self.declared, self.duplicates + again, self.written_off
            )
        )

    def declare(self, first: int, last: int) -> "StreamLedger":
        """The ledger after the gateway said that it lost readings `first` to `last`."""
        declared = self.declared.add(max(1, first), last)
        # forgetting a declaration counts its readings as missing: never fewer losses than there are
        return StreamLedger(self.received, Ranges(declared.spans[-MAX_SPANS:]), self.duplicates, self.written_off)

    def can_receive(self, first: int, last: int) -> bool:
        """Whether a batch of this stream can hold `first` to `last`."""
        return last - first < MAX_READINGS and first <= self.last + MOST_AHEAD

    def can_declare(self, last: int) -> bool:
        """Whether a loss of this stream can reach to `last`."""
        return last <= self.last + MOST_AHEAD

    @property
    def last(self) -> int:
        """The largest seq that is known of the stream."""
        return max(self.received.last, self.declared.last)

    def account(self, stream: str) -> StreamAccount:
        """The stream in numbers."""
        declared_lost = self.declared.size - self.received.common(self.declared.spans)
        held = self.received.size
        last = self.last
        spans = (*self.received.spans[:1], *self.declared.spans[:1])
        return StreamAccount(
            stream=stream,
            first=min((first for first, _ in spans), default=0),
            last=last,
            received=held - self.written_off,
            missing=last - held - declared_lost + self.written_off,
            declared_lost=declared_lost,
        )


def _kept_small(ledger: StreamLedger) -> StreamLedger:
    if len(ledger.received.spans) <= MAX_SPANS:
        return ledger
    (first, end), (start, last), *rest = ledger.received.spans
    closed = ledger.written_off + start - end - 1
    return StreamLedger(Ranges(((first, last), *rest)), ledger.declared, ledger.duplicates, closed)


Key = tuple[str, str]
"""(gateway, stream)."""


class AccountingPlan(msgspec.Struct, frozen=True):
    """What receipts change: the ledgers as they will be, and the streams to close, with their gateways' new sums."""

    ledgers: dict[Key, StreamLedger]
    closing: tuple[Key, ...]
    closed: dict[str, Account]
    duplicates: int
    uncounted: Counter[str]


class Accounts:
    """The ledgers of all gateways, in memory as they are in the database."""

    def __init__(self) -> None:
        self._ledgers: dict[str, dict[str, StreamLedger]] = {}
        self._closed: dict[str, Account] = {}
        self._uncounted: Counter[str] = Counter()

    def gateways(self) -> list[str]:
        """Every gateway that has an account."""
        return sorted({*self._ledgers, *self._closed})

    def account(self, gateway_id: str) -> Account:
        """The gateway in numbers; all are 0 before its first batch."""
        ledgers = self._ledgers.get(gateway_id, {})
        streams = tuple(ledger.account(stream) for stream, ledger in ledgers.items())
        closed = self._closed.get(gateway_id, Account())
        return Account(
            received=closed.received + sum(stream.received for stream in streams),
            duplicates=closed.duplicates + sum(ledger.duplicates for ledger in ledgers.values()),
            missing=closed.missing + sum(stream.missing for stream in streams),
            declared_lost=closed.declared_lost + sum(stream.declared_lost for stream in streams),
            uncounted=self._uncounted[gateway_id],
            streams=streams,
        )

    def has(self, receipt: Receipt) -> bool:
        """Whether every reading of a receipt was received before."""
        ledger = self._ledgers.get(receipt.gateway, {}).get(receipt.stream)
        first = max(1, receipt.first)
        return ledger is not None and ledger.received.within(first, receipt.last) == receipt.last - first + 1

    def plan(self, receipts: Iterable[Receipt]) -> AccountingPlan:
        """What `receipts` change, without changing it yet."""
        ledgers: dict[Key, StreamLedger] = {}
        duplicates, uncounted = 0, Counter[str]()
        for receipt in receipts:
            before = self._ledger(ledgers, receipt.gateway, receipt.stream)
            if before.can_receive(receipt.first, receipt.last):
                after = before.receive(receipt.first, receipt.last)
                duplicates += after.duplicates - before.duplicates
                ledgers[receipt.gateway, receipt.stream] = after
            else:
                uncounted[receipt.gateway] += 1
            for loss in receipt.lost:
                ledger = self._ledger(ledgers, receipt.gateway, loss.stream)
                if ledger.can_declare(loss.last):
                    ledgers[receipt.gateway, loss.stream] = ledger.declare(loss.first, loss.last)
                else:
                    uncounted[receipt.gateway] += 1
        touched = {gateway for gateway, _ in ledgers}
        closing = tuple(key for gateway in touched for key in self._oldest(gateway, ledgers))
        return AccountingPlan(ledgers, closing, self._sums(closing, ledgers), duplicates, uncounted)

    def apply(self, plan: AccountingPlan) -> None:
        """Take into memory what is now in the database."""
        for (gateway, stream), ledger in plan.ledgers.items():
            streams = self._ledgers.setdefault(gateway, {})
            streams.pop(stream, None)  # to the end: the newest last
            streams[stream] = ledger
        for gateway, stream in plan.closing:
            del self._ledgers[gateway][stream]
        self._closed.update(plan.closed)
        for gateway, count in plan.uncounted.items():
            if not self._uncounted[gateway]:
                _log.warning("gateway %s counts its readings in a way that cannot be; look who uses its login", gateway)
            self._uncounted[gateway] += count

    def write(self, connection: Connection, plan: AccountingPlan, *, now_ms: int) -> None:
        """Keep `plan` in the database, in the transaction of `connection`."""
        known = [key for key in plan.ledgers if key[1] in self._ledgers.get(key[0], {})]
        new = [key for key in plan.ledgers if key[1] not in self._ledgers.get(key[0], {})]
        if known:
            connection.execute(_UPDATE_LEDGER, [_row(key, plan.ledgers[key], now_ms) for key in known])
        if new:
            connection.execute(_INSERT_LEDGER, [_unbound(_row(key, plan.ledgers[key], now_ms)) for key in new])
        for gateway, stream in plan.closing:
            connection.execute(_DELETE_LEDGER, {"b_gateway": gateway, "b_stream": stream})
        for gateway, account in plan.closed.items():
            connection.execute(delete(ClosedStreams).where(ClosedStreams.gateway == gateway))
            connection.execute(insert(ClosedStreams), [_closed_row(gateway, account)])

    def load(self, connection: Connection) -> None:
        """Load all that the database has, at the start."""
        for row in connection.execute(select(StreamAccounts.__table__).order_by(StreamAccounts.touched_ms)).mappings():
            received, declared = (_SPANS.decode(row[name]) for name in ("received", "declared"))
            ledger = StreamLedger(received, declared, row["duplicates"], row["written_off"])
            self._ledgers.setdefault(row["gateway"], {})[row["stream"]] = ledger
        for row in connection.execute(select(ClosedStreams.__table__)).mappings():
            counts = {name: row[name] for name in ("received", "duplicates", "missing", "declared_lost")}
            self._closed[row["gateway"]] = Account(**counts)

    def _ledger(self, changed: dict[Key, StreamLedger], gateway: str, stream: str) -> StreamLedger:
        return changed.get((gateway, stream)) or self._ledgers.get(gateway, {}).get(stream) or StreamLedger()

    def _oldest(self, gateway: str, changed: dict[Key, StreamLedger]) -> list[Key]:
        held = [stream for stream in self._ledgers.get(gateway, {}) if (gateway, stream) not in changed]
        touched = [stream for owner, stream in changed if owner == gateway]
        return [(gateway, stream) for stream in (held + touched)[: -MAX_STREAMS or None]]

    def _sums(self, closing: Sequence[Key], changed: dict[Key, StreamLedger]) -> dict[str, Account]:
        sums: dict[str, Account] = {}
        for gateway, stream in closing:
            ledger = self._ledger(changed, gateway, stream)
            before = sums.get(gateway) or self._closed.get(gateway, Account())
            sums[gateway] = _with(before, ledger.account(stream), ledger.duplicates)
        return sums


def _with(account: Account, stream: StreamAccount, duplicates: int) -> Account:
    return Account(
        account.received + stream.received,
        account.duplicates + duplicates,
        account.missing + stream.missing,
        account.declared_lost + stream.declared_lost,
    )


_SPANS = msgspec.json.Decoder(Ranges)
_OURS = (StreamAccounts.gateway == bindparam("b_gateway"), StreamAccounts.stream == bindparam("b_stream"))
_COLUMNS = ("gateway", "stream", "received", "declared", "duplicates", "written_off", "touched_ms")
_UPDATE_LEDGER = update(StreamAccounts.__table__).where(*_OURS).values({c: bindparam(f"b_{c}") for c in _COLUMNS[2:]})  # type: ignore[arg-type]
_INSERT_LEDGER = insert(StreamAccounts.__table__)  # type: ignore[arg-type]
_DELETE_LEDGER = delete(StreamAccounts.__table__).where(*_OURS)  # type: ignore[arg-type]


def _row(key: Key, ledger: StreamLedger, now_ms: int) -> dict[str, object]:
    spans = [msgspec.json.encode(ranges).decode() for ranges in (ledger.received, ledger.declared)]
    values = (*key, *spans, ledger.duplicates, ledger.written_off, now_ms)
    return {f"b_{column}": value for column, value in zip(_COLUMNS, values, strict=True)}


def _unbound(row: dict[str, object]) -> dict[str, object]:
    return {name.removeprefix("b_"): value for name, value in row.items()}


def _closed_row(gateway: str, account: Account) -> dict[str, object]:
    row = {
        name: value for name, value in msgspec.structs.asdict(account).items() if name not in ("streams", "uncounted")
    }
    return {"gateway": gateway, **row}
