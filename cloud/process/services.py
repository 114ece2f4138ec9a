"""Builds the parts of the cloud, once and in order: a part is built after all that it needs.

settings, database, registry ─► Foundation ─► Alarms ─► Ingest ─► monitoring, health ─► platform ─► Services
"""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING

from cloud.access.authenticator import Authenticator
from cloud.alarms.alarm_service import AlarmService
from cloud.alarms.evaluator import RuleEvaluator
from cloud.alarms.listening_time import ListeningTime
from cloud.alarms.local_reports import LocalReports
from cloud.alarms.maintenance import MaintenanceCalendar
from cloud.alarms.preview import Previewer
from cloud.alarms.silent_outputs import SilentOutputs
from cloud.backup.backups import Backups
from cloud.care.commands import GatewayCommands
from cloud.care.configs import GatewayConfigs
from cloud.care.enrolments import Enrolments
from cloud.care.gateway_care import GatewayCare
from cloud.core.health import Component
from cloud.core.wiring import AllOf, Broadcast
from cloud.database.audit_log import Actor
from cloud.database.engine import Database
from cloud.database.lease import Lease
from cloud.derived.gauges import gauges_of
from cloud.derived.service import Derivations
from cloud.feed.followed_city import FollowedCity
from cloud.gateways.accounting import Accounts
from cloud.gateways.config_reports import ConfigReports
from cloud.gateways.statuses import Statuses
from cloud.ingest.dead_letters import DeadLetters
from cloud.ingest.fleet_clock import FleetClock
from cloud.ingest.historical.follow_up import FollowUp
from cloud.ingest.historical.importer import Importer
from cloud.ingest.manual.manual_readings import ManualReadings
from cloud.ingest.manual.rows import values_since
from cloud.ingest.message_router import MessageRouter, topics
from cloud.ingest.offsets import Offsets
from cloud.ingest.pipeline import BatchDecoder, BatchWriter
from cloud.ingest.recent_rejections import RecentRejections
from cloud.ingest.replay import Replay, Replayer
from cloud.ingest.review import Review
from cloud.ingest.runner import IngestRunner
from cloud.metrics.exposition import Metrics
from cloud.metrics.platform_gauges import PlatformGauges
from cloud.monitoring.service import Monitoring
from cloud.notify.channels.mqtt.settings import DEVICES_REPLIES
from cloud.notify.notifier import Notifier
from cloud.platform import Platform
from cloud.process.backups import backups_component, backups_of
from cloud.process.components import components_of
from cloud.process.monitored_paths import growing_folders, named_certificates
from cloud.process.parts import Alarms, Foundation, Ingest, Services, Updates
from cloud.process.removal import removal_of
from cloud.process.settings import CloudSettings
from cloud.process.updates import refreshing_of, updates_of
from cloud.readings.blocks import Block
from cloud.readings.contract import ReadingsStore, Verdict
from cloud.readings.engines import store_of
from cloud.readings.influx import InfluxStore
from cloud.readings.newest import Newest
from cloud.readings.roller import Roller
from cloud.registry.editing import RegistryEditing
from cloud.registry.fact_service import FactService
from cloud.registry.snapshot import Registry
from cloud.reports.service import Reports
from cloud.rulebook.config_publisher import ConfigPublisher
from cloud.rulebook.rule_store import RuleStore
from runtime.clock import MACHINE, Clocks
from runtime.mqtt import MqttSession
from wire import Channel, Status, shard_of, subscription

if TYPE_CHECKING:
    from cloud.updates.refreshing import Refreshing

QUEUES_EMPTY_S = 10.0
"""How long after a connection the broker may still deliver what waited for it."""


def build_services(
    settings: CloudSettings,
    database: Database,
    registry: Registry,
    *,
    files: Callable[[], Component],
    clock: Clocks = MACHINE,
    store: ReadingsStore | None = None,
    follows: bool = False,
    config: Path | None = None,
) -> Services:
    """Build all parts, none of which runs yet; `files` is the health check of the settings.

    Ingest, alarms and what people do about them run on `clock`; `store` is another than the settings describe.
    Where it `follows`, other processes ingest, and tell it what they know. `config` is the file of the
    settings, by which backups are made.
    """
    refreshing = refreshing_of(settings)
    store = store or store_of(settings.store, registry.table)
    foundation = _foundation(settings, database, registry, clock, store, refreshing, follows=follows)
    updates = None if refreshing is None else updates_of(settings, foundation, refreshing)
    alarms = _alarms(settings, foundation, updates)
    ingest = _ingest(settings, foundation, alarms, updates)
    alarms.can_receive.require(
        lambda: not (ingest.writer.store.problem or database.problem or ingest.runner.is_held_up),
        lambda: foundation.session.connected,
    )
    components: dict[str, Callable[[], Component]] = {}
    monitoring = _monitoring(settings, foundation, alarms, components)
    components |= components_of(settings, foundation, alarms, ingest, files=files)
    if updates is not None:
        components |= {"updates": updates.refreshing.component, "rollout": updates.runner.component}
    components |= monitoring.health_checks() | alarms.notifier.health_checks()
    if not follows:  # else the ingester tells how its channels do
        alarms.notifier.on_switched = partial(_renew_channel_checks, alarms.notifier, components)
    backups = backups_of(settings, foundation, config)
    components["backups"] = backups_component(components["backups"], backups)
    foundation.metrics.register(_gauges(foundation, monitoring, components))
    platform = _platform(settings, foundation, alarms, ingest, updates, components, backups)
    if platform.access.sign_on is not None:
        components["single_sign_on"] = platform.access.sign_on.component
    return Services(foundation, alarms, ingest, updates, monitoring, components, platform)


def _renew_channel_checks(notifier: Notifier, components: dict[str, Callable[[], Component]]) -> None:
    """Have health ask the channels that there are now."""
    for name in [name for name in components if name.startswith("channel_")]:
        del components[name]
    components |= notifier.channel_checks(notifier.settings)


def _foundation(
    settings: CloudSettings, database: Database, registry: Registry, clock: Clocks, store: ReadingsStore,
    refreshing: "Refreshing | None", *, follows: bool,
) -> Foundation:  # fmt: skip
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


def _alarms(settings: CloudSettings, base: Foundation, updates: Updates | None) -> Alarms:
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
        is_own=partial(_is_own, settings.ingest.shard_range),
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


def _on_gateway_reply(care: GatewayCare, updates: Updates | None, gateway: str, payload: bytes) -> None:
    care.commands.on_reply(gateway, payload)
    if updates is not None:
        updates.runner.on_reply(gateway, payload)


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


def _ingest(settings: CloudSettings, base: Foundation, alarms: Alarms, updates: Updates | None) -> Ingest:
    clocks = FleetClock(wall_ms=base.clock.wall_ms, boot_ms=base.clock.boot_ms)
    review = Review(
        base.registry,
        base.store,
        on_verdicts=partial(_reevaluate, base, alarms),
        database=base.database,
        is_own=partial(_is_own, settings.ingest.shard_range),
    )
    if alarms.derivations.corrections is not None:
        alarms.derivations.corrections.on_replaced = review.request
    decoder = _decoder(settings, base, alarms, clocks)
    writer = _writer(base, alarms, decoder, review)
    runner = IngestRunner(
        decoder=decoder,
        writer=writer,
        metrics=base.metrics,
        publish=base.session.publish,
        acknowledge=base.session.acknowledge,
        queue_bytes=settings.ingest.queue_mb * 2**20,
        pause=base.session.pause,
        resume=base.session.resume,
    )
    router = MessageRouter(
        statuses=base.statuses,
        metrics=base.metrics,
        offer=runner.offer,
        acknowledge=base.session.acknowledge,
        on_reply=alarms.notifier.on_reply if settings.ingest.enabled else lambda _payload: None,
        reply_topics=settings.notify.reply_topics(),
        on_gateway_reply=partial(_on_gateway_reply, alarms.care, updates),
        on_config_report=base.config_reports.on_message,
    )
    return Ingest(clocks, review, decoder, writer, runner, router, _follow_up(settings, base, alarms, review))


def _follow_up(settings: CloudSettings, base: Foundation, alarms: Alarms, review: Review) -> FollowUp:
    return FollowUp(
        registry=base.registry,
        store=base.store,
        database=base.database,
        newest=base.newest,
        review=review,
        derivations=alarms.derivations,
        evaluator=alarms.evaluator,
        is_own=partial(_is_own, settings.ingest.shard_range),
        clock=base.clock.wall_ms,
    )


def _decoder(settings: CloudSettings, base: Foundation, alarms: Alarms, clocks: FleetClock) -> BatchDecoder:
    decoder = BatchDecoder(
        registry=base.registry,
        store=base.store,
        ahead_s=settings.ingest.ahead_s,
        newest=base.newest,
        rule_input_of=alarms.evaluator.input_of,
        fleet_clock=clocks,
        is_undelayed=partial(_is_undelayed, base, alarms.evaluator),
        offsets=Offsets(base.database),
        on_blocks=partial(_record_corrected, alarms.derivations),
        recent_rejections=base.rejections,
        clock=base.clock,
    )
    # it knows what the fleet says of this server's clock
    base.newest.latest_ms = decoder.latest_ms if base.followed is None else base.followed.latest_ms
    return decoder


def _writer(base: Foundation, alarms: Alarms, decoder: BatchDecoder, review: Review) -> BatchWriter:
    return BatchWriter(
        decoder=decoder,
        store=base.store,
        database=base.database,
        dead_letters=base.dead_letters,
        accounts=base.accounts,
        newest=base.newest,
        metrics=base.metrics,
        evaluator=alarms.evaluator,
        on_stored=alarms.derivations.on_stored,
        review=review,
        recent_rejections=base.rejections,
        confirm=base.confirm,
        clock=base.clock,
    )


def _monitoring(
    settings: CloudSettings, base: Foundation, alarms: Alarms, components: dict[str, Callable[[], Component]]
) -> Monitoring:
    return Monitoring(
        settings.monitoring,
        database=base.database,
        registry=base.registry,
        statuses=base.statuses,
        shards=settings.ingest.shard_range,
        checks=components,
        folders=growing_folders(settings),
        certificates=named_certificates(settings),
        nudge=alarms.changed,
        confirm=base.confirm,
    )


def _gauges(base: Foundation, monitoring: Monitoring, components: dict[str, Callable[[], Component]]) -> PlatformGauges:
    return PlatformGauges(
        components=lambda: {name: check() for name, check in components.items()},
        online=lambda: {gateway.id: base.statuses.is_online(gateway.id) for gateway in base.registry.gateways()},
        figure=monitoring.figure,
    )


def _platform(
    settings: CloudSettings,
    base: Foundation,
    alarms: Alarms,
    ingest: Ingest,
    updates: Updates | None,
    components: dict[str, Callable[[], Component]],
    backups: Backups | None,
) -> Platform:
    followed = base.followed
    replayer = Replayer(
        decoder=ingest.decoder,
        store=base.store,
        dead_letters=base.dead_letters,
        newest=base.newest,
        metrics=base.metrics,
        evaluator=alarms.evaluator if settings.ingest.enabled else None,
        on_stored=alarms.derivations.on_stored,
        review=ingest.review,
    )
    return Platform(
        registry=base.registry,
        store=base.store,
        newest=base.newest,
        accounts=base.accounts,
        statuses=base.statuses,
        dead_letters=base.dead_letters,
        metrics=base.metrics,
        components=components,
        replay=replayer.replay if followed is None else partial(_replay_elsewhere, base.dead_letters, followed),
        importer=Importer(base.registry, base.store, base.database, clock=base.clock.wall_ms),
        manual_readings=ManualReadings(base.registry, base.newest, base.database, clock=base.clock.wall_ms),
        access=Authenticator(base.database, settings.access),
        rule_store=base.rule_store,
        alarm_service=AlarmService(base.database, clock=base.clock.wall_ms),
        previewer=Previewer(base.rule_store, base.store, clock=base.clock.wall_ms),
        maintenance=MaintenanceCalendar(base.database, base.registry, clock=base.clock.wall_ms),
        notifier=alarms.notifier,
        wrong_clocks=ingest.clocks.wrong if followed is None else followed.wrong_clocks,
        facts=base.facts,
        editing=RegistryEditing(base.database, base.facts, clock=base.clock.wall_ms),
        care=alarms.care,
        heights=ingest.decoder.heights,
        refused=base.rejections.series if followed is None else followed.refused,
        collect=None if followed is None else followed.metrics,
        rollouts=None if updates is None else updates.rollouts,
        backups=backups,
    )


async def _replay_elsewhere(
    dead_letters: DeadLetters, followed: FollowedCity, dead_letter_id: int, actor: Actor
) -> Replay:
    """Have the process that ingests its gateway replay it: its rules and hours are in the memory of that one."""
    letter = await dead_letters.get(dead_letter_id)
    return await followed.replay(dead_letter_id, actor, gateway=letter.gateway)


def rolls(settings: CloudSettings) -> bool:
    """Say whether this process keeps rollups, removes and makes backups: one of all that share a store does."""
    return settings.ingest.enabled and 0 in settings.ingest.shard_range


def _interval_s(registry: Registry, sensor: str) -> float | None:
    known = registry.sensor(sensor)
    return None if known is None else known.interval_s


def _is_own(shards: range, gateway: str) -> bool:
    return shard_of(gateway) in shards


def _is_undelayed(base: Foundation, evaluator: RuleEvaluator) -> bool:
    """Say whether what arrives now was delayed neither in the broker nor in this process."""
    since_s = base.session.connected_since_s
    is_connected = since_s is not None and base.clock.boot_ms() / 1_000 - since_s >= QUEUES_EMPTY_S
    return is_connected and evaluator.listening_time.was_on_time(within_ms=int(QUEUES_EMPTY_S * 1_000))


def _record_corrected(derivations: Derivations, blocks: Iterable[Block]) -> None:
    if derivations.corrections is not None:
        derivations.corrections.on_writing(blocks)


async def _reevaluate(base: Foundation, alarms: Alarms, verdicts: Sequence[Verdict]) -> None:
    """Judge again by verdicts on readings that came later: newest values, derived series, alarms."""
    base.newest.apply_verdicts(verdicts)
    for verdict in verdicts:
        alarms.derivations.on_series_changed(verdict.sensor, verdict.quantity, verdict.time_ms, verdict.time_ms)
    await alarms.evaluator.reevaluate(verdicts)
