"""What a process of the city has in memory alone, in the parts in which it is told and taken over.

ingester: newest.changed ─► KeyedPart("readings").read(keys) ─► Delta ─► screens: FollowedPart("readings").put(readings)

A keyed part is told key by key as its keys change, so it costs what changes; a `View` is small and told whole.
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Any

import msgspec

from cloud.care.commands import AskedCommand, GatewayCommands
from cloud.core.changed_keys import ChangedKeys
from cloud.feed.sentences import ToldComponent
from cloud.gateways.accounting import Account, Accounts
from cloud.gateways.config_reports import ConfigReports
from cloud.gateways.statuses import Statuses, StatusRecord
from cloud.gateways.stream_ledger import LedgerRecord
from cloud.ingest.fleet_clock import WrongClock
from cloud.ingest.heights import Heights
from cloud.ingest.levels import Pair
from cloud.readings.contract import StoredReading
from cloud.readings.newest import Newest
from cloud.registry.snapshot import Registry
from wire import shard_of
from wire.gateway_config import ConfigReport
from wire.measurements import COMPUTED
from wire.topics import SHARDS


class View(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is small, and told whole when something of it has changed; `listening_since_s` is since boot.

    `components` are those of health, `refused` the series of which readings are refused.
    """

    stored: dict[str, int] = {}
    uncounted: dict[str, int] = {}
    refused: frozenset[tuple[str, str]] = frozenset()
    wrong_clocks: dict[str, WrongClock] = {}
    components: dict[str, ToldComponent] = {}
    clock_error_ms: int = 0
    listening_since_s: float | None = None


FORMS: dict[str, Any] = {
    "readings": list[StoredReading],
    "ledgers": list[LedgerRecord],
    "closed": dict[str, Account],
    "statuses": dict[str, StatusRecord | None],
    "heard": dict[str, float],
    "reports": dict[str, ConfigReport | None],
    "heights": list[Pair],
    "commands": list[AskedCommand],
}
"""In which form each keyed part is told."""


@dataclass(frozen=True, slots=True)
class Memory:
    """The objects that hold it, in both processes: one fills them from its work, the other from the feed."""

    registry: Registry
    newest: Newest
    accounts: Accounts
    statuses: Statuses
    reports: ConfigReports
    heights: Heights
    commands: GatewayCommands


@dataclass(frozen=True, slots=True)
class KeyedPart:
    """A part as it is told: `read` gives the newest of some keys of those that are ours, at most so many at once."""

    name: str
    changed: ChangedKeys[Any]
    keys: Callable[[], Iterable[Any]]
    read: Callable[[Collection[Any]], object]
    is_own: Callable[[Any], bool]
    most: int


@dataclass(frozen=True, slots=True)
class FollowedPart:
    """A part as it is taken over: `put` takes what was told, in the form of `decoder`.

    Where keys may go, `keys_of` gives those that were told, `held` all that are here, and `drop` lets go of some.
    """

    decoder: msgspec.msgpack.Decoder[Any]
    put: Callable[[Any], None]
    keys_of: Callable[[Any], Iterable[Any]] = lambda _told: ()
    held: Callable[[], Iterable[Any]] = lambda: ()
    drop: Callable[[Collection[Any]], None] = lambda _keys: None


def keyed_parts(memory: Memory, shards: range) -> list[KeyedPart]:
    """The parts that the ingester of `shards` tells: what it knows of the gateways of others is old."""
    is_all = len(shards) == SHARDS

    def is_ours(gateway: str) -> bool:
        return is_all or shard_of(gateway) in shards

    def is_our_series(key: tuple[str, str]) -> bool:
        sensor = None if is_all else memory.registry.sensor(key[0])
        return sensor is None or sensor.gateway == COMPUTED or is_ours(sensor.gateway)

    def anybodys(_key: str) -> bool:
        return True

    newest, accounts, statuses = memory.newest, memory.accounts, memory.statuses
    reports, heights, commands = memory.reports, memory.heights, memory.commands
    return [
        KeyedPart("readings", newest.changed, newest.keys, newest.held, is_our_series, 5_000),
        KeyedPart("ledgers", accounts.changed, accounts.keys, accounts.ledgers, lambda key: is_ours(key[0]), 500),
        KeyedPart("closed", accounts.changed_closed, accounts.closed_gateways, accounts.closed, is_ours, 5_000),
        KeyedPart("statuses", statuses.changed, statuses.gateways, statuses.records, is_ours, 500),
        KeyedPart("heard", statuses.changed_heard, statuses.heard, statuses.heard_s, is_ours, 5_000),
        KeyedPart("reports", reports.changed, reports.gateways, reports.records, is_ours, 500),
        KeyedPart("heights", heights.changed, heights.sensors, heights.pairs, anybodys, 5_000),
        KeyedPart("commands", commands.changed, commands.keys, commands.records, anybodys, 50),
    ]


def followed_parts(memory: Memory) -> dict[str, FollowedPart]:
    """The same parts by name, for a process that follows."""
    accounts, statuses, reports = memory.accounts, memory.statuses, memory.reports
    return {
        "readings": _part("readings", lambda told: _put_readings(memory, told)),
        "ledgers": _part(
            "ledgers",
            accounts.put_ledgers,
            keys_of=lambda told: ((each.gateway, each.stream) for each in told),
            held=accounts.keys,
            drop=lambda keys: accounts.put_ledgers(LedgerRecord(gateway, stream, None) for gateway, stream in keys),
        ),
        "closed": _part("closed", accounts.put_closed),
        "statuses": _part(
            "statuses",
            statuses.put,
            keys_of=list,
            held=statuses.gateways,
            drop=lambda keys: statuses.put(dict.fromkeys(keys)),
        ),
        "heard": _part("heard", statuses.put_heard),
        "reports": _part(
            "reports",
            reports.put,
            keys_of=list,
            held=reports.gateways,
            drop=lambda keys: reports.put(dict.fromkeys(keys)),
        ),
        "heights": _part("heights", memory.heights.put),
        "commands": _part("commands", memory.commands.put),
    }


def _part(name: str, put: Callable[[Any], None], **of_keys: Any) -> FollowedPart:
    return FollowedPart(msgspec.msgpack.Decoder(FORMS[name]), put, **of_keys)


def _put_readings(memory: Memory, told: Iterable[StoredReading]) -> None:
    """A sensor's are told by one process; what is computed of a site by several, of which the newest counts."""
    for reading in told:
        sensor = memory.registry.sensor(reading.sensor)
        is_of_one = sensor is not None and sensor.gateway != COMPUTED
        (memory.newest.put if is_of_one else memory.newest.load)([reading])
