"""{"request":"status"}: how the gateway is doing now, put together when somebody asks.

rate 2/s, 400 MB of room, 36 bytes a reading ─► full in 67 days      40,000 wait, 900/s acknowledged, 2/s come ─► 45 s
"""

import asyncio
import contextlib
import os
from collections.abc import AsyncGenerator
from typing import Any

import msgspec

from edge.control.requests import RunningAgent
from edge.control.snapshot import (
    AgentSnapshot,
    AlarmNow,
    ClockNow,
    CloudNow,
    LinkNow,
    OutputNow,
    RefusedNow,
    SourceNow,
    SpoolNow,
    ValueNow,
)
from edge.settings import table_of
from edge.sources.tally import SourceTally
from runtime.clock import boot_s
from wire import BUILT_IN, QuantityTable
from wire.status import SPOOL_BYTES_A_READING

SHOWN_VALUES = 30
"""Values of one source in an answer; the others are counted."""
SHOWN_REFUSED = 20


async def respond(agent: RunningAgent, _request: dict[str, Any]) -> AsyncGenerator[msgspec.Struct, None]:
    """The one answer."""
    yield await snapshot_of(agent)


async def snapshot_of(agent: RunningAgent) -> AgentSnapshot:
    """How the gateway is doing now; it waits for the spool's thread, where a backlog is on disk."""
    oldest_ms = await agent.spooler.oldest_ms()
    now_s = asyncio.get_running_loop().time()
    quantities = {source.name: source.quantities for source in agent.checked().sources}
    tallies = list(agent.sources.tallies)
    alarms, outputs = _alarms(agent)
    modem = agent.modem()
    return AgentSnapshot(
        agent.gateway, agent.version, agent.stamper.now_ms(), round(now_s - agent.started_s, 1),
        tuple(_source(tally, quantities.get(tally.name, BUILT_IN), now_s) for tally in tallies),
        _spool(agent, oldest_ms, now_s), _link(agent, now_s),
        ClockNow(agent.stamper.clock.state, agent.time.whence, agent.time.note),
        _cloud(agent, oldest_ms, [tally.state().last_ms for tally in tallies], now_s), agent.notes(),
        alarms, outputs, agent.update(), None if modem is None else modem.now(),
    )  # fmt: skip


def _alarms(agent: RunningAgent) -> tuple[tuple[AlarmNow, ...], tuple[OutputNow, ...]]:
    part = agent.alarms()
    if part is None:
        return (), ()
    from edge.control.alarms_now import alarms_now, outputs_now  # few gateways have outputs, or rules of the city

    return alarms_now(part, table_of(agent.checked().settings.quantities)), outputs_now(part)


def _source(tally: SourceTally, quantities: QuantityTable, now_s: float) -> SourceNow:
    newest = sorted(tally.values.items(), key=lambda each: -each[1][1])[:SHOWN_VALUES]
    values = [
        ValueNow(sensor, name, value, quantities[name].unit if name in quantities else "", round(now_s - at_s, 1))
        for (sensor, name), (value, at_s) in sorted(newest)
    ]
    age_s = tally.reading_age_s(now_s=now_s)
    return SourceNow(
        tally.name, tally.status, tally.detail, tally.readings, tally.frames, tally.heard_bytes, tally.noise_bytes,
        tally.refused, tally.rate.per_s(tally.readings, now_s=now_s), None if age_s is None else round(age_s, 1),
        tuple(values), len(tally.values) - len(values),
    )  # fmt: skip


def _spool(agent: RunningAgent, oldest_ms: int | None, now_s: float) -> SpoolNow:
    spool = agent.spooler.spool
    came_s = agent.throughput.came.per_s(spool.ledger.next_seq - 1, now_s=now_s)
    acked_s = agent.throughput.acknowledged.per_s(agent.uplink.acknowledged, now_s=now_s)
    room = spool.limits.max_bytes - spool.used_bytes
    with contextlib.suppress(OSError):  # its disk is gone, which the spool's problem says
        disk = os.statvfs(agent.checked().settings.spool.path.parent)
        room = min(room, disk.f_bavail * disk.f_frsize - spool.limits.min_free_bytes)
    return SpoolNow(
        spool.ledger.depth, spool.used_bytes, spool.limits.max_bytes, max(0, room), spool.losses.ever, oldest_ms,
        came_s, full_in_s(max(0, room), came_s), drained_in_s(spool.ledger.depth, came_s, acked_s), spool.trouble,
    )  # fmt: skip


def full_in_s(room_bytes: int, came_s: float | None) -> float | None:
    """How long `room_bytes` last when `came_s` readings come each second and none leaves; None: nobody can say."""
    return room_bytes / (came_s * SPOOL_BYTES_A_READING) if came_s else None


def drained_in_s(depth: int, came_s: float | None, acked_s: float | None) -> float | None:
    """How long until nothing waits any more; None: it does not become less, or nobody can say yet."""
    if came_s is None or acked_s is None or acked_s <= came_s:
        return None
    return depth / (acked_s - came_s)


def _link(agent: RunningAgent, now_s: float) -> LinkNow:
    session, acked_s = agent.session, agent.uplink.acked_s
    return LinkNow(
        str(session.node), session.connected,
        None if session.connected_since_s is None else round(boot_s() - session.connected_since_s, 1),
        None if acked_s == float("-inf") else round(now_s - acked_s, 1), str(session.problem),
        agent.checked().settings.uplink.batch_s,
        None if agent.uplink.proved_s == float("-inf") else round(now_s - agent.uplink.proved_s, 1),
    )  # fmt: skip


def _cloud(agent: RunningAgent, oldest_ms: int | None, last_ms: list[int | None], now_s: float) -> CloudNow:
    newest_ms = max((each for each in last_ms if each is not None), default=None)
    acknowledged = agent.uplink.acknowledged
    until_ms = newest_ms if oldest_ms is None else oldest_ms - 1
    until_ms = until_ms if acknowledged else None  # before the first ack this agent knows nothing of the cloud
    sensors = agent.refusals.sensors.most_common(SHOWN_REFUSED)
    rows = tuple(RefusedNow(sensor, reason, count) for (sensor, reason), count in sensors)
    refusals = agent.refusals
    age_s = round(now_s - refusals.last_s, 1) if refusals.reasons else None
    return CloudNow(until_ms, acknowledged, rows, sum(refusals.reasons.values()), age_s)
