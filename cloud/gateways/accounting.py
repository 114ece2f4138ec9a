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
from collections.abc import Iterable, Mapping, Sequence

import msgspec
from sqlalchemy import Connection, bindparam, delete, insert, select, update

from cloud.core.changed_keys import ChangedKeys
from cloud.core.ranges import Ranges
from cloud.gateways.stream_ledger import LedgerRecord, StreamAccount, StreamLedger
from cloud.gateways.tables import ClosedStreams, StreamAccounts
from wire import Lost

MAX_STREAMS = 256
"""Streams kept of one gateway; each start of its agent makes one."""

_log = logging.getLogger(__name__)


class Receipt(msgspec.Struct, frozen=True):
    """A batch that is safe: readings `first` to `last` of `stream`, and the losses that it declared."""

    gateway: str
    stream: str
    first: int
    last: int
    lost: tuple[Lost, ...] = ()


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
        self.changed: ChangedKeys[Key] = ChangedKeys()
        self.changed_closed: ChangedKeys[str] = ChangedKeys()

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
        self.changed.update((*plan.ledgers, *plan.closing))
        self.changed_closed.update(plan.closed)
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
        self.changed.update(self.keys())
        self.changed_closed.update(self._closed)

    def keys(self) -> list[Key]:
        """The (gateway, stream) of every ledger."""
        return [(gateway, stream) for gateway, streams in self._ledgers.items() for stream in streams]

    def ledgers(self, keys: Iterable[Key]) -> list[LedgerRecord]:
        """The ledgers of these streams in their order, for a process that follows this one."""
        wanted = set(keys)
        held = [(gateway, stream) for gateway in dict(wanted) for stream in self._ledgers.get(gateway, ())]
        found = [key for key in held if key in wanted]
        return [
            *(LedgerRecord(*key, self._ledgers[key[0]][key[1]]) for key in found),
            *(LedgerRecord(*key, None) for key in wanted.difference(found)),
        ]

    def put_ledgers(self, told: Iterable[LedgerRecord]) -> None:
        """Take over ledgers that another process keeps; None: the stream is closed."""
        for each in told:
            streams = self._ledgers.setdefault(each.gateway, {})
            streams.pop(each.stream, None)  # to the end, as in `apply`
            if each.ledger is not None:
                streams[each.stream] = each.ledger

    def closed_gateways(self) -> list[str]:
        """The gateways that have closed streams."""
        return list(self._closed)

    def closed(self, gateways: Iterable[str]) -> dict[str, Account]:
        """The sums over the closed streams of these gateways."""
        return {gateway: self._closed[gateway] for gateway in gateways}

    def put_closed(self, closed: Mapping[str, Account]) -> None:
        """Take over sums over closed streams that another process keeps."""
        self._closed.update(closed)

    def uncounted(self) -> dict[str, int]:
        """The ranges that cannot be, by gateway."""
        return dict(self._uncounted)

    def put_uncounted(self, uncounted: Mapping[str, int]) -> None:
        """Take over all such counts of the processes that keep them."""
        self._uncounted = Counter(uncounted)

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
