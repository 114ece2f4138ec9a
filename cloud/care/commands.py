"""What gateways are asked over the cloud's own connection, and what they answer.

ask ─► journal ─► …/cmd ─► …/cmd/reply ─► the answer, for whoever waits or comes back for it
                               └─► none until it expires: no_answer

Kept in memory, so many and the newest: what was asked, by whom, stands in the journal.
"""

import asyncio
import contextlib
import secrets
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable
from enum import StrEnum

import msgspec

from cloud.care.allowance import Allowance
from cloud.care.refused import CareRefused
from cloud.core.changed_keys import ChangedKeys
from cloud.database.audit_log import Actor, write_entry
from cloud.database.engine import Database
from i18n.message import LocalizedMessage
from runtime.clock import boot_s, wall_ms
from wire import Channel, WireError, is_printable, topic_of
from wire.gateway_command import COMMAND_VERSION, GatewayCommand, decode_reply, encode_command

EXPIRES_S = 15.0
"""After so long a gateway does a command no more, and nobody waits for its answer."""
MOST_KEPT = 500
MOST_WAITING = 3
"""Commands that one gateway has not answered yet."""
DEEPEST_ANSWER = 16
_AT_ONCE, _EVERY_S = 20, 3.0


class CommandState(StrEnum):
    """What became of a command."""

    WAITING = "waiting"
    DONE = "done"
    REFUSED = "refused"  # the gateway says why
    NO_ANSWER = "no_answer"


class AskedCommand(msgspec.Struct, frozen=True):
    """A command, who asked it when (UTC ms), and the answer: JSON, with a sentence where something is to be said."""

    key: str
    gateway: str
    command: str
    source: str
    asked_by: str
    asked_ms: int
    state: CommandState = CommandState.WAITING
    problem: str = ""
    answer: bytes = b"null"
    answered_ms: int | None = None


class _Kept(msgspec.Struct):
    asked: AskedCommand
    end_s: float
    answered: asyncio.Event


Forward = Callable[[str, str, Actor, str], Awaitable[AskedCommand]]
"""Has another process ask: (gateway, command, actor, source); CareRefused as it says."""


class GatewayCommands:
    """Asks gateways by `publish(topic, payload)`, which is False while there is no connection.

    Where there is `forward`, another process has the connection: it asks, and what it was answered is `put` here.
    """

    def __init__(
        self, database: Database, *, publish: Callable[[str, bytes], bool], clock: Callable[[], int] = wall_ms,
        clock_s: Callable[[], float] = boot_s, forward: Forward | None = None,
    ) -> None:  # fmt: skip
        self.changed: ChangedKeys[str] = ChangedKeys()
        self._forward = forward
        self._database = database
        self._publish = publish
        self._clock, self._clock_s = clock, clock_s
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._allowance = Allowance(_AT_ONCE, every_s=_EVERY_S, clock_s=clock_s)

    async def ask(self, gateway: str, command: str, *, actor: Actor, source: str = "") -> AskedCommand:
        """Send a command, and return at once; CareRefused where that cannot be, or is too often."""
        if self._forward is not None:
            forwarded = await self._forward(gateway, command, actor, source)
            self.put([forwarded])
            return forwarded
        self._check_room(gateway, actor)
        now_ms, key = self._clock(), f"siaga-{secrets.token_hex(8)}"
        asked = AskedCommand(key, gateway, command, source, actor.name, now_ms)
        payload = encode_command(GatewayCommand(COMMAND_VERSION, command, key, now_ms + int(EXPIRES_S * 1_000), source))
        entry = {"command": command, **({"source": source} if source else {})}
        await self._database.run(
            lambda connection: write_entry(connection, actor, "ask", f"gateway:{gateway}", now_ms=now_ms, after=entry)
        )
        self._kept[key] = _Kept(asked, self._clock_s() + EXPIRES_S, asyncio.Event())  # an answer may come at once
        if not self._publish(topic_of(gateway, Channel.CMD), payload):
            del self._kept[key]
            said = LocalizedMessage("the broker is not connected, so no gateway can be asked; try again soon")
            raise CareRefused("broker-away", said)
        self._bound()
        self.changed.add(key)
        return asked

    async def answered(self, key: str, *, within_s: float) -> AskedCommand:
        """The command once it is answered, or as it stands after `within_s`; LookupError where it is not kept."""
        kept = self._kept[key]
        wait_s = min(within_s, kept.end_s - self._clock_s())
        if wait_s > 0:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait_s):
                    await kept.answered.wait()
        return self._now(kept)

    def of_gateway(self, gateway: str) -> list[AskedCommand]:
        """What a gateway was asked, the newest first."""
        return [self._now(kept) for kept in reversed(self._kept.values()) if kept.asked.gateway == gateway]

    def find(self, gateway: str, key: str) -> AskedCommand:
        """A command of a gateway; LookupError where none of that key is kept."""
        kept = self._kept[key]
        if kept.asked.gateway != gateway:
            raise KeyError(key)
        return self._now(kept)

    def on_reply(self, gateway: str, payload: bytes) -> None:
        """Take what a gateway answers; what is not for us, or comes twice, changes nothing."""
        try:
            reply = decode_reply(payload)
        except WireError:
            return  # a siren's may be any text
        kept = self._kept.get(reply.key)
        if kept is None or kept.asked.gateway != gateway or kept.answered.is_set():
            return
        answer, problem = bytes(reply.answer), reply.problem
        if not _is_flat(answer):
            answer, problem = b"null", problem or "the answer is one that cannot be shown"
        kept.asked = msgspec.structs.replace(
            kept.asked, state=CommandState.DONE if reply.ok else CommandState.REFUSED, problem=problem, answer=answer,
            answered_ms=self._clock(),
        )  # fmt: skip
        kept.answered.set()
        self.changed.add(kept.asked.key)

    def keys(self) -> list[str]:
        """The keys of all that are kept, the oldest first."""
        return list(self._kept)

    def records(self, keys: Iterable[str]) -> list[AskedCommand]:
        """Those of these commands that are kept, the oldest first."""
        wanted = set(keys)
        return [self._now(kept) for key, kept in self._kept.items() if key in wanted]

    def put(self, asked: Iterable[AskedCommand]) -> None:
        """Take over commands that another process asked, and what became of them."""
        for each in asked:
            kept = self._kept.get(each.key)
            if kept is None:
                kept = self._kept[each.key] = _Kept(each, self._clock_s() + EXPIRES_S, asyncio.Event())
            if not kept.answered.is_set():
                kept.asked = each
            if each.answered_ms is not None:
                kept.answered.set()
        self._bound()

    def _bound(self) -> None:
        while len(self._kept) > MOST_KEPT:
            self._kept.popitem(last=False)

    def _now(self, kept: _Kept) -> AskedCommand:
        if kept.asked.state is CommandState.WAITING and self._clock_s() >= kept.end_s:
            return msgspec.structs.replace(kept.asked, state=CommandState.NO_ANSWER)
        return kept.asked

    def _check_room(self, gateway: str, actor: Actor) -> None:
        waiting = [one for one in self.of_gateway(gateway) if one.state is CommandState.WAITING]
        if len(waiting) >= MOST_WAITING:
            said = LocalizedMessage(
                "{gateway} has not answered {n} commands yet; wait for it", gateway=gateway, n=len(waiting)
            )
            raise CareRefused("too-many-changes", said, retry_after_s=int(EXPIRES_S))
        if (wait_s := self._allowance.wait_s(actor.name)) > 0:
            said = LocalizedMessage("wait {seconds} s before the next command", seconds=wait_s)
            raise CareRefused("too-many-changes", said, retry_after_s=wait_s)


def _is_flat(answer: bytes) -> bool:
    """Whether an answer is nested no deeper than a page can show, and has only texts that one can."""
    try:
        parts: list[tuple[int, object]] = [(0, msgspec.json.decode(answer))]
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        return False
    while parts:
        depth, part = parts.pop()
        if depth > DEEPEST_ANSWER or (isinstance(part, str) and not is_printable(part)):
            return False
        if isinstance(part, dict):
            parts += [(depth + 1, each) for each in (*part, *part.values())]
        elif isinstance(part, list):
            parts += [(depth + 1, each) for each in part]
    return True
