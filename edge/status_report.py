"""What the agent says of itself on …/status:  soon after a change, each second at most, and each 30 s at least.

notes: another agent with the same id · the clock · what the cloud refuses · a broker that takes small batches only · …
"""

import asyncio
import logging
from collections.abc import Callable

from edge.architecture import architecture
from edge.control.requests import RunningAgent
from edge.status_payload import encoded_within
from edge.twin import twin_note
from runtime.mqtt_connection import Will
from wire import Channel, LastWord, Leaving, SpoolState, Status, topic_of
from wire.gateway_update import MAX_VERSION_LENGTH
from wire.local_alarms import RaisedAlarm
from wire.status import MAX_STATUS_BYTES, MOST_NOTES, STATUS_VERSION

_log = logging.getLogger(__name__)

STATUS_EVERY_S = 30.0
STATUS_AT_MOST_EVERY_S = 1.0
_SMALL_STATUS_BYTES = 1_024


class StatusReport:
    """The status of the agent whose parts `agent` has; `say_soon` after a change.

    `username` is what it logs in as, `alarms` are those that it has raised by itself, `home_note` is what hinders the
    outlet to Home Assistant, `last_word` why the gateway may soon be silent.
    """

    def __init__(
        self, agent: RunningAgent, changed: asyncio.Event, *, boot: str, username: Callable[[], str],
        alarms: Callable[[], tuple[RaisedAlarm, ...]], home_note: Callable[[], str],
        last_word: Callable[[], LastWord | None],
    ) -> None:  # fmt: skip
        self._agent = agent
        self._changed = changed
        self._boot, self._arch = boot, architecture()[:MAX_VERSION_LENGTH]
        self._username = username
        self._alarms = alarms
        self._home_note = home_note
        self._last_word = last_word
        self._topic = topic_of(agent.gateway, Channel.STATUS)
        self._loop = asyncio.get_running_loop()
        self._twin_said = self._home_said = ""

    async def run(self) -> None:
        """Say it without end."""
        while True:
            try:
                async with asyncio.timeout(STATUS_EVERY_S):
                    await self._changed.wait()
            except TimeoutError:
                _log.debug("nothing changed; saying the status all the same")
            self._changed.clear()
            self._agent.session.publish(self._topic, await self.now(), retain=True)
            await asyncio.sleep(STATUS_AT_MOST_EVERY_S)

    async def now(self, most_bytes: int = MAX_STATUS_BYTES) -> bytes:
        """The status, in `most_bytes` at most."""
        oldest_ms = await self._agent.spooler.oldest_ms()
        return self._payload(online=True, oldest_ms=oldest_ms, most_bytes=most_bytes)

    def say_last(self, oldest_ms: int | None, why: Leaving | None) -> None:
        """Say that the agent is offline, and why; its oldest reading is of `oldest_ms` (UTC).

        Where the machine is shut down since the power goes, that is the reason.
        """
        word = None if why is None else LastWord(why, self._agent.stamper.now_ms())
        if why is Leaving.SHUTTING_DOWN:
            word = self._last_word() or word
        payload = self._payload(online=False, oldest_ms=oldest_ms, last_word=word)
        self._agent.session.publish(self._topic, payload, retain=True)

    def will(self) -> Will:
        """What the broker says when the connection breaks."""
        return Will(self._topic, self._payload(online=False, oldest_ms=None))

    def poll(self) -> None:
        """Notice another agent with this id, and a Home Assistant that is away; to be called each second."""
        self._twin_said = self._compared(self._twin_said, self.twin_note(), "the connection holds again")
        self._home_said = self._compared(self._home_said, self._home_note(), "Home Assistant is given readings again")

    def twin_note(self) -> str:
        """A sentence on another agent with this id; empty where none seems to be."""
        agent = self._agent
        strange_ack_s = agent.uplink.strange_acks.last_s
        return twin_note(agent.gateway, agent.session, strange_ack_s=strange_ack_s, now_s=self._loop.time())

    def _compared(self, said: str, note: str, over: str) -> str:
        if bool(note) != bool(said):
            _log.log(logging.WARNING if note else logging.INFO, "%s", note or over)
            self._changed.set()
        return note

    def _payload(
        self, *, online: bool, oldest_ms: int | None, most_bytes: int = MAX_STATUS_BYTES,
        last_word: LastWord | None = None,
    ) -> bytes:  # fmt: skip
        agent, spool = self._agent, self._agent.spooler.spool
        state = SpoolState(
            depth=spool.ledger.depth,
            oldest_ms=oldest_ms,
            lost=spool.losses.ever,
            bytes=spool.used_bytes,
            max_bytes=spool.limits.max_bytes,
            problem=spool.trouble[:400],
        )
        status = Status(
            STATUS_VERSION, online, agent.gateway, agent.version, self._boot, spool.origin.stream,
            agent.stamper.now_ms(), agent.stamper.clock.state, state,
            tuple(tally.state() for tally in agent.sources.tallies),
            login=self._username(), notes=agent.notes()[:MOST_NOTES], alarms=self._alarms(),
            update=agent.update(), arch=self._arch, last_word=last_word or self._last_word(),
        )  # fmt: skip
        return encoded_within(status, min(most_bytes, self._most_bytes()))

    def _most_bytes(self) -> int:
        """A broker that takes small batches only takes small statuses only."""
        size = self._agent.uplink.size
        if size.refused is not None or self._agent.session.is_thrown_out:
            return min(MAX_STATUS_BYTES, size.limit, _SMALL_STATUS_BYTES)
        return MAX_STATUS_BYTES
