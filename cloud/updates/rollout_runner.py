"""Carries a rollout on while the cloud runs; each process does so for the gateways of its own shards.

each second: the newest rollout ─► who was asked: confirmed, failed? ─► nobody asked any more ─► the next batch ─► …/cmd

All that is decided stands in the registry before anything is sent, so a kill at any point costs a message that is sent
again: a gateway does a command once by its key.
"""

import asyncio
import contextlib
import logging
from collections import OrderedDict
from collections.abc import Callable, Sequence

from sqlalchemy import Connection

from cloud.core.health import Component, Condition
from cloud.database.engine import Database, DatabaseUnavailable
from cloud.database.steady_clock import SteadyClock
from cloud.gateways.statuses import Statuses
from cloud.updates import rollout_rows
from cloud.updates.rollout import (
    LISTENED_S,
    OPEN,
    Member,
    MemberState,
    Rollout,
    RolloutState,
    Seen,
    judged,
    next_batch,
    outcome,
)
from i18n.message import LocalizedMessage
from runtime.clock import boot_s, wall_ms
from wire import Channel, Clock, Status, WireError, topic_of
from wire.gateway_command import COMMAND_VERSION, UPDATE, GatewayCommand, decode_reply, encode_command

POLL_EVERY_S = 5.0
RUNNING_EVERY_S = 1.0
"""While one runs: what was asked is looked at, which is no more than a batch."""
REST_S = 0.2
"""Between two polls at least, however much is said."""
LOOK_EVERY_S = 30.0
"""How often all that wait are looked at while none of them can be asked."""
ASK_EVERY_S = 60.0
"""A gateway that has not answered is asked again, by the same key; a command expires then."""
MOST_REPLIES = 1_000
_log = logging.getLogger(__name__)


class RolloutRunner:
    """`publish(topic, payload)` is False while there is no connection; `is_own` says which gateways are of our shards.

    `confirm` raises LeaseLost in a transaction that is not ours to write.
    """

    def __init__(
        self, database: Database, statuses: Statuses, *, publish: Callable[[str, bytes], bool],
        connected_since_s: Callable[[], float | None], is_own: Callable[[str], bool], steady: SteadyClock,
        confirm: Callable[[Connection], None] = lambda _connection: None, clock: Callable[[], int] = wall_ms,
        boot_s: Callable[[], float] = boot_s,
    ) -> None:  # fmt: skip
        self._database, self._statuses, self._publish = database, statuses, publish
        self._connected_since_s, self._is_own, self._steady = connected_since_s, is_own, steady
        self._confirm, self._clock, self._boot_s = confirm, clock, boot_s
        self._replies: OrderedDict[str, tuple[bool, str]] = OrderedDict()
        self._asked_s: dict[str, float] = {}
        self._looked, self._look_s = 0, 0.0
        self._newest: Rollout | None = None
        self._is_read = False
        self._wake = asyncio.Event()

    async def run(self) -> None:
        """Work until cancelled."""
        while True:
            self._wake.clear()
            try:
                await self.poll()
            except DatabaseUnavailable as error:
                _log.warning("%s; the rollout waits for it", error)
            await asyncio.sleep(REST_S)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._pause_s()):
                    await self._wake.wait()

    def nudge(self) -> None:
        """Something has changed: do not wait for the next poll."""
        self._wake.set()

    async def poll(self) -> None:
        """One step: judge who was asked, and ask whoever is next. DatabaseUnavailable: nothing was decided or sent."""
        if self._connected_since_s() is None:
            return
        asked = await self._database.run(self._step)
        now_s = self._boot_s()
        self._asked_s = {key: at_s for key, at_s in self._asked_s.items() if now_s - at_s < ASK_EVERY_S}
        for rollout, member in asked:
            self._ask(rollout, member, now_s)

    def on_status(self, status: Status) -> None:
        """A gateway says, now, what becomes of an update."""
        rollout, update = self._newest, status.update
        if rollout is not None and update is not None and update.version == rollout.version:
            self.nudge()

    def on_reply(self, gateway: str, payload: bytes) -> None:
        """Take what a gateway answers; what is not for us changes nothing."""
        try:
            reply = decode_reply(payload)
        except WireError:
            return  # a siren's may be any text
        if reply.key.startswith("rollout-") and reply.key.endswith(f"-{gateway}"):
            self.nudge()
            self._replies[reply.key] = (reply.ok, reply.problem)
            while len(self._replies) > MOST_REPLIES:
                self._replies.popitem(last=False)

    def component(self) -> Component:
        """Whether a rollout needs somebody."""
        rollout = self._newest
        if rollout is None or rollout.state in (RolloutState.DONE, RolloutState.STOPPED):
            return Component(Condition.OK, LocalizedMessage("no rollout is running"))
        if rollout.state is RolloutState.FAILED:
            said = LocalizedMessage(
                "the rollout of {version} stopped: {reason}; see fleet list; fleet stop when you have seen it, "
                "or begin another",
                version=rollout.version, reason=rollout.reason,
            )  # fmt: skip
            return Component(Condition.DEGRADED, said)
        return Component(Condition.OK, LocalizedMessage("the rollout of {version} is running", version=rollout.version))

    def _step(self, connection: Connection) -> list[tuple[Rollout, Member]]:
        """What the rows say next, in one transaction that keeps other processes from the rollout."""
        rollout = self._newest = rollout_rows.newest(connection)
        self._is_read = True
        if rollout is None:
            return []
        if rollout.state is not RolloutState.RUNNING and not _asked(connection, rollout):
            return []
        self._confirm(connection)
        rollout = rollout_rows.newest(connection, to_change=True) or rollout
        asked = self._judge(connection, rollout, _asked(connection, rollout))
        if rollout.state is RolloutState.RUNNING:
            self._newest = rollout = self._with_outcome(connection, rollout)
        if rollout.state is RolloutState.RUNNING and not asked:
            asked = self._ask_more(connection, rollout)
        return [(rollout, member) for member in asked if self._is_own(member.gateway)]

    def _judge(self, connection: Connection, rollout: Rollout, asked: Sequence[Member]) -> list[Member]:
        """Those that are still asked, after what became of ours was written."""
        now_ms = self._steady.at(connection).steady_ms
        listening = self._is_listening()
        after = [
            judged(rollout, member, self._seen(rollout, member), now_ms=now_ms, is_listening=listening)
            if self._is_own(member.gateway)
            else member
            for member in asked
        ]
        changed = [new for new, old in zip(after, asked, strict=True) if new != old]
        rollout_rows.save_members(connection, rollout.id, changed)
        for member in changed:
            _log.info("rollout of %s: %s is %s %s", rollout.version, member.gateway, member.state, member.reason)
        return [member for member in after if member.state is MemberState.ASKED]

    def _with_outcome(self, connection: Connection, rollout: Rollout) -> Rollout:
        failed = rollout_rows.members(connection, rollout.id, [MemberState.FAILED], limit=1)
        if not failed and rollout_rows.members(connection, rollout.id, OPEN, limit=1):
            return rollout  # to count them all costs what the city is large
        state, reason = outcome(rollout_rows.counts(connection, rollout.id), failed)
        _log.log(
            logging.WARNING if state is RolloutState.FAILED else logging.INFO,
            "the rollout of %s is %s %s", rollout.version, state, reason,
        )  # fmt: skip
        now_ms = self._steady.at(connection).wall_ms
        rollout_rows.save_state(connection, rollout.id, state, reason, now_ms=now_ms)
        return rollout_rows.find_rollout(connection, rollout.id)

    def _ask_more(self, connection: Connection, rollout: Rollout) -> list[Member]:
        """Place those of ours that wait, and ask the next batch; all of them are looked at only now and then."""
        if self._looked == rollout.id and self._boot_s() - self._look_s < LOOK_EVERY_S:
            return []
        now_ms = self._steady.at(connection).steady_ms
        waiting = [
            each
            for each in rollout_rows.members(connection, rollout.id, [MemberState.WAITING])
            if self._is_own(each.gateway)
        ]
        seen = {each.gateway: self._seen(rollout, each) for each in waiting}
        changed = next_batch(rollout, waiting, seen, now_ms=now_ms, is_listening=self._is_listening())
        rollout_rows.save_members(connection, rollout.id, changed)
        if not changed:
            self._looked, self._look_s = rollout.id, self._boot_s()
        return [each for each in changed if each.state is MemberState.ASKED]

    def _seen(self, rollout: Rollout, member: Member) -> Seen:
        status = self._statuses.status(member.gateway)
        if status is None:
            return Seen()
        ok, problem = self._replies.get(_key(rollout, member), (False, ""))
        return Seen(
            status.online, status.version, status.arch, status.update, knows_time=status.clock is not Clock.UNKNOWN,
            accepted=ok, refusal="" if ok else problem,
        )  # fmt: skip

    def _ask(self, rollout: Rollout, member: Member, now_s: float) -> None:
        key = _key(rollout, member)
        is_answered = member.accepted or key in self._replies
        if is_answered or key in self._asked_s or rollout.state is not RolloutState.RUNNING:
            return
        expires_ms = self._clock() + int(ASK_EVERY_S * 1_000)
        command = GatewayCommand(COMMAND_VERSION, UPDATE, key, expires_ms, version=rollout.version, again=rollout.again)
        if self._publish(topic_of(member.gateway, Channel.CMD), encode_command(command)):
            self._asked_s[key] = now_s

    def _pause_s(self) -> float:
        if self._connected_since_s() is None or not self._is_read:
            return REST_S
        is_running = self._newest is not None and self._newest.state is RolloutState.RUNNING
        return RUNNING_EVERY_S if is_running else POLL_EVERY_S

    def _is_listening(self) -> bool:
        since_s = self._connected_since_s()
        return since_s is not None and self._boot_s() - since_s >= LISTENED_S


def _asked(connection: Connection, rollout: Rollout) -> list[Member]:
    return rollout_rows.members(connection, rollout.id, [MemberState.ASKED])


def _key(rollout: Rollout, member: Member) -> str:
    """The same each time that it is asked, until it is asked anew."""
    return f"rollout-{rollout.id}-{member.since_ms}-{member.gateway}"
