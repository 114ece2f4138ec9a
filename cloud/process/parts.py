"""The parts of the cloud in frozen groups; whatever needs a part takes it from its group.

Foundation(database, registry, store, session, …) ─► Alarms(evaluator, notifier, reports, …) ─► Ingest(runner, …)
      └────────────────────────────────────────────────────────────────────────────────────────► Services
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from cloud.alarms.evaluator import RuleEvaluator
from cloud.alarms.local_reports import LocalReports
from cloud.alarms.silent_outputs import SilentOutputs
from cloud.care.gateway_care import GatewayCare
from cloud.core.health import Component
from cloud.core.wiring import AllOf, Broadcast
from cloud.database.engine import Database
from cloud.database.lease import Lease
from cloud.derived.service import Derivations
from cloud.feed.followed_city import FollowedCity
from cloud.gateways.accounting import Accounts
from cloud.gateways.config_reports import ConfigReports
from cloud.gateways.statuses import Statuses
from cloud.ingest.dead_letters import DeadLetters
from cloud.ingest.fleet_clock import FleetClock
from cloud.ingest.historical.follow_up import FollowUp
from cloud.ingest.message_router import MessageRouter
from cloud.ingest.pipeline import BatchDecoder, BatchWriter
from cloud.ingest.recent_rejections import RecentRejections
from cloud.ingest.review import Review
from cloud.ingest.runner import IngestRunner
from cloud.metrics.exposition import Metrics
from cloud.monitoring.service import Monitoring
from cloud.notify.notifier import Notifier
from cloud.platform import Platform
from cloud.readings.contract import ReadingsStore
from cloud.readings.newest import Newest
from cloud.readings.removal import Removal
from cloud.readings.roller import Roller
from cloud.registry.fact_service import FactService
from cloud.registry.snapshot import Registry
from cloud.reports.service import Reports
from cloud.rulebook.config_publisher import ConfigPublisher
from cloud.rulebook.rule_store import RuleStore
from runtime.clock import Clocks
from runtime.mqtt import MqttSession

if TYPE_CHECKING:
    from cloud.updates.refreshing import Refreshing
    from cloud.updates.rollout_runner import RolloutRunner
    from cloud.updates.rollouts import Rollouts


@dataclass(frozen=True, slots=True)
class Foundation:
    """The parts that all others use; `lease` is None in a process that does not ingest.

    `update_offer` is what gateways are told of updates, encoded. `followed` are the ingesters that the screens follow.
    """

    clock: Clocks
    database: Database
    registry: Registry
    facts: FactService
    store: ReadingsStore
    roller: Roller
    removal: Removal
    accounts: Accounts
    newest: Newest
    metrics: Metrics
    session: MqttSession
    statuses: Statuses
    rejections: RecentRejections
    dead_letters: DeadLetters
    lease: Lease | None
    rule_store: RuleStore
    update_offer: Callable[[], bytes]
    config_reports: ConfigReports
    followed: FollowedCity | None = None

    def confirm(self, connection: Connection) -> None:
        """Check, in the transaction of `connection`, that the shards are still ours; LeaseLost if not."""
        if self.lease is not None:
            self.lease.confirm(connection)


@dataclass(frozen=True, slots=True)
class Alarms:
    """The parts that judge readings and notify; `reports` is None where no dashboard reads the store."""

    changed: Broadcast
    can_receive: AllOf
    evaluator: RuleEvaluator
    local_reports: LocalReports
    silent_outputs: SilentOutputs
    config_publisher: ConfigPublisher
    care: GatewayCare
    derivations: Derivations
    notifier: Notifier
    reports: Reports | None


@dataclass(frozen=True, slots=True)
class Ingest:
    """The parts that ingest readings."""

    clocks: FleetClock
    review: Review
    decoder: BatchDecoder
    writer: BatchWriter
    runner: IngestRunner
    router: MessageRouter
    follow_up: FollowUp


@dataclass(frozen=True, slots=True)
class Updates:
    """The parts that bring gateways to another version."""

    refreshing: "Refreshing"
    rollouts: "Rollouts"
    runner: "RolloutRunner"


@dataclass(frozen=True, slots=True)
class Services:
    """All parts of the cloud; `components` are the checks of health, `updates` is None where cloud.toml has none."""

    foundation: Foundation
    alarms: Alarms
    ingest: Ingest
    updates: Updates | None
    monitoring: Monitoring
    components: dict[str, Callable[[], Component]]
    platform: Platform
