"""Builds what judges readings, warns, and speaks with gateways.

foundation ─► evaluator, derivations ─► changed ─► notifier, reports        config publisher, commands ─► gateways
"""

from functools import partial

from cloud.alarms.evaluator import RuleEvaluator
from cloud.alarms.listening_time import ListeningTime
from cloud.alarms.local_reports import LocalReports
from cloud.alarms.silent_outputs import SilentOutputs
from cloud.care.commands import GatewayCommands
from cloud.care.configs import GatewayConfigs
from cloud.care.enrolments import Enrolments
from cloud.care.gateway_care import GatewayCare
from cloud.core.wiring import AllOf, Broadcast
from cloud.derived.gauges import gauges_of
from cloud.derived.service import Derivations
from cloud.ingest.manual.rows import values_since
from cloud.notify.notifier import Notifier
from cloud.process.foundation import is_own_gateway
from cloud.process.parts import Alarms, Foundation, Updates
from cloud.process.settings import CloudSettings
from cloud.readings.influx import InfluxStore
from cloud.reports.service import Reports
from cloud.rulebook.config_publisher import ConfigPublisher
from wire import Status


def alarms_of(settings: CloudSettings, base: Foundation, updates: Updates | None) -> Alarms:
    """Build what judges readings and notifies; `updates` hears of each gateway that speaks."""
    changed, can_receive = Broadcast(), AllOf()
    notifier = Notifier(base.database, base.registry, settings.notify, base.session.publish, *base.clock)
    changed.subscribe(notifier.nudge)
    reports = _reports(settings, base)
    if reports is not None:
        changed.subscribe(reports.nudge)
    evaluator = RuleEvaluator(
        database=base.database,
        rule_store=base.rule_store,
        newest=base.newest,
        store=base.store,
        shards=settings.ingest.shard_range,
        can_receive=can_receive,
        last_packet_s=lambda: base.session.last_packet_s,
        rejected_series=base.rejections.series,
        listening_time=ListeningTime(grace_ms=int(settings.rules.silence_grace_s * 1_000), boot_ms=base.clock.boot_ms),
        on_change=changed,
        check_lease=base.confirm,
        manual_values=values_since,
        clock=base.clock.wall_ms,
    )
    derivations = Derivations(
        base.registry,
        base.store,
        base.newest,
        gauges=gauges_of(base.rule_store),
        observe=evaluator.observe_derived,
        facts=base.facts,
        is_own=partial(is_own_gateway, settings.ingest.shard_range),
        reevaluate=evaluator.reevaluate,
        clock=base.clock.wall_ms,
    )
    local_reports = LocalReports(base.database, evaluator, confirm=base.confirm, clock=base.clock.wall_ms)
    publisher = ConfigPublisher(
        base.database,
        base.rule_store,
        is_own=evaluator.own.has_gateway,
        publish=partial(base.session.publish, retain=True),
        connected_since_s=lambda: base.session.connected_since_s,
        update_offer=base.update_offer,
        confirm=base.confirm,
        clock=base.clock.wall_ms,
    )
    silent_outputs = SilentOutputs()
    base.statuses.on_live = partial(_on_live_status, (local_reports, publisher, silent_outputs), updates)
    care = _gateway_care(settings, base, publisher)
    return Alarms(
        changed, can_receive, evaluator, local_reports, silent_outputs, publisher, care, derivations, notifier, reports
    )


def _on_live_status(
    parts: tuple[LocalReports, ConfigPublisher, SilentOutputs], updates: Updates | None, gateway: str, status: Status
) -> None:
    for part in parts:
        part.on_status(gateway, status)
    if updates is not None:
        updates.runner.on_status(status)


def _gateway_care(settings: CloudSettings, base: Foundation, publisher: ConfigPublisher) -> GatewayCare:
    clock = base.clock.wall_ms
    offer = base.update_offer
    configs = GatewayConfigs(base.database, base.rule_store, changed=publisher.nudge, update_offer=offer, clock=clock)
    return GatewayCare(
        configs=configs,
        enrolments=Enrolments(
            base.database,
            configs,
            broker=settings.broker,
            enrol=settings.enrol,
            changed=publisher.nudge,
            clock=clock,
        ),
        commands=GatewayCommands(
            base.database,
            publish=base.session.publish,
            clock=clock,
            forward=None if base.followed is None else base.followed.command,
        ),
        reports=base.config_reports,
    )


def _reports(settings: CloudSettings, base: Foundation) -> Reports | None:
    """Build what writes for dashboards, which read InfluxDB; each ingester reports on its own gateways."""
    if not isinstance(base.store, InfluxStore) or not settings.ingest.enabled:
        return None
    return Reports(
        store=base.store,
        registry=base.registry,
        newest=base.newest,
        accounts=base.accounts,
        statuses=base.statuses,
        database=base.database,
        rule_store=base.rule_store,
        dead_letters=base.dead_letters,
        metrics=base.metrics,
        refused=base.rejections.series,
        shards=settings.ingest.shard_range,
    )
