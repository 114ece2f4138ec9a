"""What `siaga-cloud fleet list | update | stop` do: the registry is told, the running cloud does it, this looks on.

gw-daruba   1.2.0   asked since 10:42, on trial since 10:44
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from typing import TypeVar

from cloud.broker.retained_statuses import retained_statuses
from cloud.cli.command import one_sentence, print_text
from cloud.cli.fleet_keys import update_settings_of
from cloud.cli.known_city import names_of_kind
from cloud.cli.people import operator, table_of
from cloud.core.times import rfc_3339
from cloud.database.engine import Database, DatabaseUnavailable
from cloud.process.settings import CloudSettings
from cloud.updates.metadata import RepositoryBroken
from cloud.updates.repository import RepositoryFolder
from cloud.updates.rollout import (
    Member,
    MemberState,
    Rollout,
    RolloutProgress,
    RolloutRefused,
    RolloutState,
    Seen,
    next_batch,
)
from cloud.updates.rollouts import Rollouts
from wire import Clock, Status

T = TypeVar("T")
FOLLOW_EVERY_S = 2.0
_MOST_NAMED = 20
_IN_WORDS = {
    RolloutState.RUNNING: "is running", RolloutState.DONE: "is done", RolloutState.FAILED: "has stopped",
    RolloutState.STOPPED: "was stopped",
}  # fmt: skip


def listed(settings: CloudSettings) -> str:
    """Each gateway with its version, what it is to have, how far that is, and since when."""

    async def read(rollouts: Rollouts) -> str:
        progress = await rollouts.newest()
        members = [] if progress is None else await rollouts.members(progress.rollout.id)
        statuses = await retained_statuses(settings.broker)
        rows = list(_rows(_gateways(settings), statuses, progress, {each.gateway: each for each in members}))
        return "\n".join(filter(None, [table_of(rows), "" if progress is None else said_of(progress)]))

    return _with_rollouts(settings, read)


def planned(
    settings: CloudSettings, version: str, *, batch: int, gateways: Sequence[str], skip_offline: bool, again: bool
) -> str:
    """What a rollout would begin with, by what gateways say now; nothing is changed."""

    async def plan(rollouts: Rollouts) -> str:
        rollout, wanted = rollouts.planned(
            version, batch=batch, actor=operator(), gateways=gateways, skip_offline=skip_offline, again=again
        )
        statuses = await retained_statuses(settings.broker)
        seen = {gateway: _seen(status) for gateway, status in statuses.items()}
        waiting = [Member(gateway) for gateway in wanted]
        after = {each.gateway: each for each in next_batch(rollout, waiting, seen, now_ms=0, is_listening=True)}
        offline = [each for each in wanted if not seen.get(each, Seen()).online]
        unknown = [each for each in wanted if each in seen and not seen[each].architecture and each not in offline]
        left = [f"{each.gateway} ({each.reason})" for each in after.values() if each.state is MemberState.LEFT_OUT]
        first = [each.gateway for each in after.values() if each.state is MemberState.ASKED]
        there = [each.gateway for each in after.values() if each.state is MemberState.CONFIRMED]
        return "\n".join(
            f"{what}: {_named(names)}"
            for what, names in (
                ("asked first", first), ("there already", there), ("left out", left),
                ("offline, waited for" if not skip_offline else "offline", offline),
                ("do not say what their machine is", unknown),
            )
            if names
        )  # fmt: skip

    return _with_rollouts(settings, plan)


def started(
    settings: CloudSettings, version: str, *, batch: int, gateways: Sequence[str], skip_offline: bool, again: bool,
    limit_s: float | None, follow: bool,
) -> RolloutState:  # fmt: skip
    """Begin a rollout, and look on until it ends; how it ended, or that it runs."""

    async def start(rollouts: Rollouts) -> RolloutState:
        progress = await rollouts.start(
            version, batch=batch, actor=operator(), gateways=gateways, skip_offline=skip_offline, again=again,
            limit_s=limit_s,
        )  # fmt: skip
        print_text(
            f"rollout {progress.rollout.id} begins; the running cloud carries it out, whether or not this looks on"
        )
        return await _follow(rollouts, progress.rollout.id) if follow else RolloutState.RUNNING

    return _with_rollouts(settings, start)


def stopped(settings: CloudSettings) -> str:
    """Ask nobody else."""

    async def stop(rollouts: Rollouts) -> str:
        rollout = await rollouts.stop(actor=operator())
        return f"the rollout of {rollout.version} asks nobody else; who was asked goes on"

    return _with_rollouts(settings, stop)


def said_of(progress: RolloutProgress) -> str:
    """A rollout in a sentence."""
    rollout, counts = progress.rollout, progress.counts
    numbers = ", ".join(f"{state.replace('_', ' ')} {counts[state]}" for state in MemberState if counts.get(state))
    reason = f"; {rollout.reason}" if rollout.reason else ""
    return f"rollout {rollout.id} of {rollout.version} {_IN_WORDS[rollout.state]}: {numbers}{reason}"


async def _follow(rollouts: Rollouts, number: int) -> RolloutState:
    """Say what changes until it ends."""
    said: dict[str, Member] = {}
    while True:
        progress = await rollouts.find(number)
        for member in await rollouts.members(number):
            before, said[member.gateway] = said.get(member.gateway), member
            if member.state is not (MemberState.WAITING if before is None else before.state):
                reason = f": {member.reason}" if member.reason else ""
                print_text(f"{member.gateway}  {member.state.replace('_', ' ')}{reason}")
        if progress.rollout.state is not RolloutState.RUNNING:
            print_text(said_of(progress))
            return progress.rollout.state
        await asyncio.sleep(FOLLOW_EVERY_S)


def _rows(
    gateways: Sequence[str], statuses: Mapping[str, Status], progress: RolloutProgress | None,
    members: Mapping[str, Member],
) -> Iterator[tuple[str, ...]]:  # fmt: skip
    for gateway in gateways:
        status, member = statuses.get(gateway), members.get(gateway)
        version = "never seen" if status is None else f"{status.version}{'' if status.online else ' (offline)'}"
        wanted = "" if progress is None or member is None else progress.rollout.version
        yield gateway, version, wanted, _state_of(status, progress.rollout if progress else None, member)


def _state_of(status: Status | None, rollout: Rollout | None, member: Member | None) -> str:
    """How far it is: its own word on the update where there is one, and since when."""
    update = None if status is None else status.update
    if rollout is not None and member is not None and member.state is not MemberState.CONFIRMED and update is None:
        return f"{member.state.replace('_', ' ')}{f': {member.reason}' if member.reason else ''}"
    if update is None:
        return "" if member is None else member.state.replace("_", " ")
    since = "" if update.time_ms is None else f" since {rfc_3339(update.time_ms)}"
    reason = f": {update.reason}" if update.reason else ""
    return f"{update.version} {update.state.replace('_', ' ')}{since}{reason}"


def _seen(status: Status) -> Seen:
    is_known = status.clock is not Clock.UNKNOWN
    return Seen(status.online, status.version, status.arch, status.update, knows_time=is_known)


def _named(names: Sequence[str]) -> str:
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    return f"{len(names)}: {', '.join(names[:_MOST_NAMED])}{more}"


def _gateways(settings: CloudSettings) -> list[str]:
    return sorted(names_of_kind(settings, "gateways"))


def _with_rollouts(settings: CloudSettings, work: Callable[[Rollouts], Awaitable[T]]) -> T:
    updates = update_settings_of(settings)

    async def run() -> T:
        database = Database(settings.registry.url)
        try:
            await database.open()
            rollouts = Rollouts(
                database,
                published=RepositoryFolder(updates.folder).state,
                gateways=lambda: _gateways(settings),
                limit_s=updates.limit_min * 60,
            )
            return await work(rollouts)
        finally:
            await database.close()

    with one_sentence(RolloutRefused, RepositoryBroken, DatabaseUnavailable):
        return asyncio.run(run())
