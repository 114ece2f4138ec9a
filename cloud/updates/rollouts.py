"""Rollouts for whoever begins, follows and stops them: console, API, a command; the running cloud does the rest.

start("1.2.0", batch=5) ─► running ─► done | failed          stop ─► stopped: who was asked goes on, nobody else is
                                                         go_on ─► the rest of it, by a rollout of the same terms
"""

from collections.abc import Callable, Collection, Iterable
from difflib import get_close_matches

import msgspec
from sqlalchemy import Connection

from cloud.database.audit_log import Actor, write_entry
from cloud.database.engine import Database
from cloud.updates import rollout_rows
from cloud.updates.metadata import RepositoryState
from cloud.updates.publishing import versions_in
from cloud.updates.rollout import (
    MOST_IN_A_BATCH,
    OPEN,
    Member,
    MemberState,
    Rollout,
    RolloutProgress,
    RolloutRefused,
    RolloutState,
)
from i18n.message import LocalizedMessage
from runtime.clock import wall_ms


class Rollouts:
    """`published` is what the repository has, `gateways` are the ids of all that the registry knows.

    `changed` is called when there is something to carry out.
    """

    def __init__(
        self, database: Database, *, published: Callable[[], RepositoryState | None],
        gateways: Callable[[], Collection[str]], limit_s: float, changed: Callable[[], None] = lambda: None,
        clock: Callable[[], int] = wall_ms,
    ) -> None:  # fmt: skip
        self._database = database
        self._published = published
        self._gateways = gateways
        self._limit_s = limit_s
        self._changed = changed
        self._clock = clock

    def versions(self) -> dict[str, list[str]]:
        """The architectures of each version that is published, the newest version first."""
        state = self._published()
        return {} if state is None else versions_in(state)

    async def start(
        self, version: str, *, batch: int, actor: Actor, gateways: Iterable[str] = (), skip_offline: bool = False,
        again: bool = False, limit_s: float | None = None, reason: str = "",
    ) -> RolloutProgress:  # fmt: skip
        """Bring `gateways`, or all, to `version`; RolloutRefused where that cannot begin."""
        rollout, wanted = self.planned(
            version,
            batch=batch,
            actor=actor,
            gateways=gateways,
            skip_offline=skip_offline,
            again=again,
            limit_s=limit_s,
        )

        def begin(connection: Connection) -> Rollout:
            rollout_rows.newest(connection, to_change=True)
            before = rollout_rows.newest(connection)  # whoever was first is seen only now
            if before is not None and before.state is RolloutState.RUNNING:
                running = LocalizedMessage(
                    "the rollout of {version} is running; stop it first, or wait for its end", version=before.version
                )
                raise RolloutRefused(running)
            if before is not None:
                left = rollout_rows.members(connection, before.id, OPEN)
                given_up = [
                    msgspec.structs.replace(
                        each, state=MemberState.LEFT_OUT, reason=each.reason or "another rollout began"
                    )
                    for each in left
                ]
                rollout_rows.save_members(connection, before.id, given_up)
            added = rollout_rows.add_rollout(connection, rollout, wanted)
            said = {"version": version, "batch": batch, "gateways": len(wanted)}
            write_entry(
                connection, actor, "start", f"rollout:{added.id}", now_ms=rollout.started_ms, reason=reason, after=said
            )
            return added

        added = await self._database.run(begin)
        self._changed()
        return RolloutProgress(added, {MemberState.WAITING: len(wanted)})

    def planned(
        self, version: str, *, batch: int, actor: Actor, gateways: Iterable[str] = (), skip_offline: bool = False,
        again: bool = False, limit_s: float | None = None,
    ) -> tuple[Rollout, list[str]]:  # fmt: skip
        """What `start` would begin, and its gateways; RolloutRefused as there."""
        versions = self.versions()
        if version not in versions:
            listed = ", ".join(list(versions)[:20]) or "none"
            said = LocalizedMessage(
                "version {version!r} is not published; these are: {listed}", version=version[:64], listed=listed
            )
            raise RolloutRefused(said)
        if not 1 <= batch <= MOST_IN_A_BATCH:
            said = LocalizedMessage("batch: {batch}: write 1 to {most}", batch=batch, most=MOST_IN_A_BATCH)
            raise RolloutRefused(said)
        wanted = self._wanted(gateways)
        now_ms, limit = self._clock(), self._limit_s if limit_s is None else limit_s
        rollout = Rollout(
            0, version, batch, skip_offline, again, limit, tuple(versions[version]), RolloutState.RUNNING, "",
            actor.name, now_ms, now_ms,
        )  # fmt: skip
        return rollout, wanted

    async def stop(self, *, actor: Actor, reason: str = "") -> Rollout:
        """Ask nobody else; who was asked goes on. One that has failed counts as seen. RolloutRefused: none to stop."""

        def stop(connection: Connection) -> Rollout:
            rollout = rollout_rows.newest(connection, to_change=True)
            if rollout is None or rollout.state not in (RolloutState.RUNNING, RolloutState.FAILED):
                raise RolloutRefused(LocalizedMessage("no rollout is running"))
            said = "; ".join(filter(None, (f"stopped by {actor.name}", reason, rollout.reason)))
            now_ms = self._clock()
            rollout_rows.save_state(connection, rollout.id, RolloutState.STOPPED, said, now_ms=now_ms)
            write_entry(connection, actor, "stop", f"rollout:{rollout.id}", now_ms=now_ms, reason=reason)
            return msgspec.structs.replace(rollout, state=RolloutState.STOPPED, reason=said, changed_ms=now_ms)

        return await self._database.run(stop)

    async def go_on(self, *, actor: Actor, with_failed: bool = False) -> RolloutProgress:
        """Bring those to its version that the newest rollout left without, by a rollout of the same terms.

        `with_failed` asks those again that failed. RolloutRefused where it was not stopped, or left nobody without.
        """
        before = await self.newest()
        if before is None or before.rollout.state not in (RolloutState.STOPPED, RolloutState.FAILED):
            raise RolloutRefused(LocalizedMessage("no rollout was stopped that could go on"))
        rollout, known = before.rollout, frozenset(self._gateways())
        states = (*OPEN, MemberState.FAILED) if with_failed else OPEN
        left = [each.gateway for each in await self.members(rollout.id, states) if each.gateway in known]
        if not left:
            raise RolloutRefused(LocalizedMessage("nobody waits for it any more; begin another rollout"))
        return await self.start(
            rollout.version, batch=rollout.batch, actor=actor, gateways=left, skip_offline=rollout.skip_offline,
            again=rollout.again or with_failed, limit_s=rollout.limit_s,
        )  # fmt: skip

    async def newest(self) -> RolloutProgress | None:
        """The newest rollout; None where there never was one."""
        return await self._database.run(_newest)

    async def recent(self, *, limit: int, before_id: int | None = None) -> list[RolloutProgress]:
        """The newest ones, those before `before_id` if asked."""
        return await self._database.run(
            lambda connection: [
                RolloutProgress(rollout, rollout_rows.counts(connection, rollout.id))
                for rollout in rollout_rows.rollouts(connection, limit=limit, before_id=before_id)
            ]
        )

    async def find(self, number: int) -> RolloutProgress:
        """One by its id; LookupError where there is none."""
        return await self._database.run(
            lambda connection: RolloutProgress(
                rollout_rows.find_rollout(connection, number), rollout_rows.counts(connection, number)
            )
        )

    async def members(
        self, number: int, states: Iterable[MemberState] = (), *, limit: int | None = None, after: str = ""
    ) -> list[Member]:
        """The gateways of a rollout that are in one of `states`, or all, by their ids."""
        wanted = tuple(states) or tuple(MemberState)
        return await self._database.run(
            lambda connection: rollout_rows.members(connection, number, wanted, limit=limit, after=after)
        )

    def _wanted(self, named: Iterable[str]) -> list[str]:
        known, wanted = dict.fromkeys(self._gateways()), list(dict.fromkeys(named))
        for name in wanted:
            if name not in known:
                close = get_close_matches(name, known, n=1)
                advice = (
                    LocalizedMessage("did you mean {name}?", name=close[0])
                    if close
                    else LocalizedMessage("see the list of gateways")
                )
                said = LocalizedMessage("there is no gateway {name!r}; {advice}", name=name[:64], advice=advice)
                raise RolloutRefused(said)
        if not (wanted or known):
            raise RolloutRefused(LocalizedMessage("the city has no gateway"))
        return sorted(wanted or known)


def _newest(connection: Connection) -> RolloutProgress | None:
    rollout = rollout_rows.newest(connection)
    return None if rollout is None else RolloutProgress(rollout, rollout_rows.counts(connection, rollout.id))
