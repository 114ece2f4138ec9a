"""The platform at one time, as the reports need it: one snapshot, from which all points of a sample are made.

take_snapshot(platform, now_ms=…, alarms=(…)) -> PlatformSnapshot ─► situation_points, alarm_points, fleet_points

With several ingesters each knows its own gateways at once and the others' only from the database, so each reports its
own.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

import msgspec

from cloud.alarms.records import Alarm
from cloud.gateways.accounting import Account, Accounts
from cloud.gateways.statuses import Statuses
from cloud.readings.contract import StoredReading
from cloud.readings.newest import Newest
from cloud.registry.records import Gateway, Sensor
from cloud.registry.snapshot import Registry
from wire import Status, shard_of
from wire.topics import SHARDS


class PlatformSnapshot(msgspec.Struct, frozen=True, kw_only=True):
    """The platform at `now_ms` (UTC): the newest `readings` of each series, the open `alarms`.

    `ended` are the alarms that have ended since the sample before. `statuses`, `accounts` and `reading_rates` (readings
    a second that a gateway takes in from its sensors) are by gateway. Only gateways of `shards` are reported.
    Of the `refused` series (sensor, quantity) nothing is known now; of the `limited` ones of the city's own quantities
    somebody has set a limit.
    """

    now_ms: int
    registry: Registry
    shards: range = range(SHARDS)
    readings: Sequence[StoredReading] = ()
    alarms: Sequence[Alarm] = ()
    ended: Sequence[Alarm] = ()
    statuses: Mapping[str, Status] = {}
    accounts: Mapping[str, Account] = {}
    reading_rates: Mapping[str, float] = {}
    refused: frozenset[tuple[str, str]] = frozenset()
    limited: frozenset[tuple[str, str]] = frozenset()

    @property
    def instance(self) -> str:
        """The shards as the tag by which ingesters differ: 0-63."""
        return instance_of(self.shards)

    def is_own(self, gateway_id: str) -> bool:
        """Whether this ingester reports a gateway; what is computed for a site counts as of the gateway ""."""
        return shard_of(gateway_id) in self.shards

    def gateways(self) -> list[Gateway]:
        """Return the gateways that are reported."""
        return [gateway for gateway in self.registry.gateways() if self.is_own(gateway.id)]

    def sensors(self) -> list[Sensor]:
        """Return their sensors; a gateway as the sensor of its own health is none here."""
        return [
            sensor for sensor in self.registry.sensors() if sensor.id != sensor.gateway and self.is_own(sensor.gateway)
        ]


class SnapshotSources(Protocol):
    """The parts of a platform that a snapshot is taken of."""

    @property
    def registry(self) -> Registry:
        """The city."""

    @property
    def newest(self) -> Newest:
        """The newest readings."""

    @property
    def accounts(self) -> Accounts:
        """Who sent what."""

    @property
    def statuses(self) -> Statuses:
        """What gateways said of themselves."""


class SnapshotParts(NamedTuple):
    """The same where there is no whole platform."""

    registry: Registry
    newest: Newest
    accounts: Accounts
    statuses: Statuses


def take_snapshot(
    platform: SnapshotSources,
    *,
    now_ms: int,
    shards: range = range(SHARDS),
    alarms: Sequence[Alarm] = (),
    ended: Sequence[Alarm] = (),
    reading_rates: Mapping[str, float] | None = None,
    refused: frozenset[tuple[str, str]] = frozenset(),
    limited: frozenset[tuple[str, str]] = frozenset(),
) -> PlatformSnapshot:
    """Take a snapshot at `now_ms` (UTC); alarms, which stand in the database, are given."""
    gateways = [gateway.id for gateway in platform.registry.gateways() if shard_of(gateway.id) in shards]
    statuses = ((gateway, platform.statuses.status(gateway)) for gateway in gateways)
    return PlatformSnapshot(
        now_ms=now_ms,
        registry=platform.registry.as_it_is(),  # points are made of it a few at a time
        shards=shards,
        readings=platform.newest.latest(),
        alarms=[alarm for alarm in alarms if shard_of(alarm.gateway) in shards],
        ended=[alarm for alarm in ended if shard_of(alarm.gateway) in shards],
        statuses={gateway: status for gateway, status in statuses if status is not None},
        accounts={gateway: platform.accounts.account(gateway) for gateway in gateways},
        reading_rates=reading_rates or {},
        refused=refused,
        limited=limited,
    )


def instance_of(shards: range) -> str:
    """Return a range of shards as cloud.toml writes it."""
    return f"{shards.start}-{shards.stop - 1}"
