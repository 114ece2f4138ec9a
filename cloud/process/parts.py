"""The parts of the cloud in frozen groups; whatever needs a part takes it from its group.

Foundation(database, registry, store, session, …) ─► Alarms(evaluator, notifier, reports, …) ─► Ingest(runner, …)
      └────────────────────────────────────────────────────────────────────────────────────────► Services
"""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Connection

from cloud.alarms.evaluator import RuleEvaluator
from cloud.core.health import Component
from cloud.core.wiring import AllOf, Broadcast
from cloud.database.engine import Database
from cloud.database.lease import Lease
from cloud.derived.service import Derivations
from cloud.gateways.accounting import Accounts
from cloud.gateways.statuses import Statuses
from cloud.ingest.dead_letters import DeadLetters
from cloud.ingest.fleet_clock import FleetClock
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
from cloud.registry.fact_service import FactService
from cloud.registry.snapshot import Registry
from cloud.reports.service import Reports
from cloud.rulebook.rule_store import RuleStore
from runtime.clock import Clocks
from runtime.mqtt import MqttSession


@dataclass(frozen=True, slots=True)
class Foundation:
    """The parts that all others use; `lease` is None in a process that does not ingest."""

    clock: Clocks
    database: Database
    registry: Registry
    facts: FactService
    store: ReadingsStore
    accounts: Accounts
    newest: Newest
    metrics: Metrics
    session: MqttSession
    statuses: Statuses
    rejections: RecentRejections
    dead_letters: DeadLetters
    lease: Lease | None
    rule_store: RuleStore

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


@dataclass(frozen=True, slots=True)
class Services:
    """All parts of the cloud; `components` are the checks of health."""

    foundation: Foundation
    alarms: Alarms
    ingest: Ingest
    monitoring: Monitoring
    components: dict[str, Callable[[], Component]]
    platform: Platform
