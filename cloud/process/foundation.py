"""Builds the foundation: what all other parts use, in a process of any role.

settings, database, registry ─► store, newest values, accounts, statuses, dead letters, rules, the broker's session
"""

from functools import partial
from secrets import token_hex
from typing import TYPE_CHECKING

from cloud.database.engine import Database
from cloud.database.lease import Lease
from cloud.feed.followed_city import FollowedCity
from cloud.gateways.accounting import Accounts
from cloud.gateways.config_reports import ConfigReports
from cloud.gateways.statuses import Statuses
from cloud.ingest.dead_letters import DeadLetters
from cloud.ingest.message_router import topics
from cloud.ingest.recent_rejections import RecentRejections
from cloud.metrics.exposition import Metrics
from cloud.notify.channels.mqtt.settings import DEVICES_REPLIES
from cloud.process.parts import Foundation
from cloud.process.removal import removal_of
from cloud.process.settings import CloudSettings
from cloud.readings.contract import ReadingsStore
from cloud.readings.newest import Newest
from cloud.readings.roller import Roller
from cloud.registry.fact_service import FactService
from cloud.registry.snapshot import Registry
from cloud.rulebook.rule_store import RuleStore
from runtime.clock import Clocks
from runtime.mqtt import MqttSession
from wire import Channel, shard_of, subscription

if TYPE_CHECKING:
    from cloud.updates.refreshing import Refreshing


def foundation_of(
    settings: CloudSettings, database: Database, registry: Registry, clock: Clocks, store: ReadingsStore,
    refreshing: "Refreshing | None", *, follows: bool,
) -> Foundation:  # fmt: skip
    """Build what all others use; where it `follows`, what gateways say is heard by others, and told to it."""
    accounts = Accounts()
    session = _broker_session(settings)
    followed = FollowedCity(now_ms=clock.wall_ms) if follows else None
    is_own = rolls(settings)
    roller = Roller(store, is_own=is_own, clock=clock.wall_ms)
    limits = settings.dead_letters
    return Foundation(
        database=database,
        registry=registry,
        clock=clock,
        facts=FactService(database, registry, clock=clock.wall_ms),
        store=store,
        roller=roller,
        removal=removal_of(settings, store, roller, database, clock, is_own=is_own),
        accounts=accounts,
        newest=Newest(quantities=registry.table),
        metrics=Metrics(accounts),
        session=session,
        statuses=Statuses((lambda: session.connected_since_s) if followed is None else followed.listening_since_s),
        rejections=RecentRejections(interval_s=partial(_interval_s, registry)),
        dead_letters=DeadLetters(
            database,
            max_bytes=limits.max_mb * 2**20,
            gateway_bytes=min(limits.gateway_mb, limits.max_mb) * 2**20,
            known_gateways=registry.gateway_ids,
        ),
        lease=Lease(database, settings.ingest.shard_range) if settings.ingest.enabled else None,
        rule_store=RuleStore(database, registry, clock=clock.wall_ms),
        update_offer=(lambda: b"") if refreshing is None else refreshing.offer,
        config_reports=ConfigReports(lambda gateway: registry.gateway(gateway) is not None),
        followed=followed,
    )


def _broker_session(settings: CloudSettings) -> MqttSession:
    ingest = settings.ingest
    # a broker knows one client by a name, and several processes may serve the API without ingesting
    api_only = f"siaga-cloud-api-{token_hex(4)}"
    said = [
        topic
        for channel in (Channel.CMD_REPLY, Channel.CONFIG_REPORTED)
        for topic in subscription(channel, ingest.shard_range)
    ]
    return MqttSession(
        settings.broker,
        identifier=f"siaga-cloud-{ingest.shards}" if ingest.enabled else api_only,
        subscriptions=topics(ingest.shard_range, ingest=ingest.enabled),
        wishes=[*said, *settings.notify.reply_topics(), DEVICES_REPLIES] if ingest.enabled else said,
        keep_session=ingest.keep_session and ingest.enabled,
    )


def rolls(settings: CloudSettings) -> bool:
    """Say whether this process keeps rollups, removes and makes backups: one of all that share a store does."""
    return settings.ingest.enabled and 0 in settings.ingest.shard_range


def is_own_gateway(shards: range, gateway: str) -> bool:
    """Say whether the readings of `gateway` are taken in by the process of these shards."""
    return shard_of(gateway) in shards


def _interval_s(registry: Registry, sensor: str) -> float | None:
    known = registry.sensor(sensor)
    return None if known is None else known.interval_s
