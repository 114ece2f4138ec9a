"""Builds what takes readings in.

broker ─► router ─► runner ─► decoder ─► writer ─► store, evaluator, derivations        review, follow-up: later
"""

from collections.abc import Iterable, Sequence
from functools import partial

from cloud.alarms.evaluator import RuleEvaluator
from cloud.care.gateway_care import GatewayCare
from cloud.derived.service import Derivations
from cloud.ingest.fleet_clock import FleetClock
from cloud.ingest.historical.follow_up import FollowUp
from cloud.ingest.message_router import MessageRouter
from cloud.ingest.offsets import Offsets
from cloud.ingest.pipeline import BatchDecoder, BatchWriter
from cloud.ingest.review import Review
from cloud.ingest.runner import IngestRunner
from cloud.process.foundation import is_own_gateway
from cloud.process.parts import Alarms, Foundation, Ingest, Updates
from cloud.process.settings import CloudSettings
from cloud.readings.blocks import Block
from cloud.readings.contract import Verdict

QUEUES_EMPTY_S = 10.0
"""How long after a connection the broker may still deliver what waited for it."""


def ingest_of(settings: CloudSettings, base: Foundation, alarms: Alarms, updates: Updates | None) -> Ingest:
    """Build what takes readings in; it is there, and stands still, in a process that shows what others ingest."""
    clocks = FleetClock(wall_ms=base.clock.wall_ms, boot_ms=base.clock.boot_ms)
    review = Review(
        base.registry,
        base.store,
        on_verdicts=partial(_reevaluate, base, alarms),
        database=base.database,
        is_own=partial(is_own_gateway, settings.ingest.shard_range),
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


def _on_gateway_reply(care: GatewayCare, updates: Updates | None, gateway: str, payload: bytes) -> None:
    care.commands.on_reply(gateway, payload)
    if updates is not None:
        updates.runner.on_reply(gateway, payload)


def _follow_up(settings: CloudSettings, base: Foundation, alarms: Alarms, review: Review) -> FollowUp:
    return FollowUp(
        registry=base.registry,
        store=base.store,
        database=base.database,
        newest=base.newest,
        review=review,
        derivations=alarms.derivations,
        evaluator=alarms.evaluator,
        is_own=partial(is_own_gateway, settings.ingest.shard_range),
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
