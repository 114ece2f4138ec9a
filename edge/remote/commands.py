"""What the city asks this gateway to do:  …/cmd ─► done once ─► …/cmd/reply

ping             it answers                              read_now         asked sources are asked, what waits is sent
diagnostics      its status, configuration and link      restart_source   one source is closed and opened again

What is for sirens and signs, on the same topic, is theirs: the agent does not answer it.
"""

import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping

import msgspec

from wire import WireError
from wire.gateway_command import (
    COMMAND_VERSION,
    CommandReply,
    GatewayCommand,
    decode_command,
    encode_reply,
)

_log = logging.getLogger(__name__)

MOST_REMEMBERED = 64
MOST_WAITING = 8
"""CityCommands under way at once; more are refused."""

Answer = Mapping[str, object]


class NotDone(Exception):
    """A command cannot be done; one sentence says why."""


Doing = Callable[[GatewayCommand], Awaitable[Answer]]
"""Does a command and says what came of it; NotDone where it cannot."""


class CityCommands:
    """Does commands by `table`, each key once; replies go to `publish`.

    `now_ms` is UTC by the gateway's clock; None while that is unknown: then nothing is known to have expired.
    """

    def __init__(
        self, table: Mapping[str, Doing], *, publish: Callable[[bytes], object], now_ms: Callable[[], int | None]
    ) -> None:
        self._table = table
        self._publish = publish
        self._now_ms = now_ms
        self._replies: OrderedDict[str, bytes | None] = OrderedDict()

    async def answer(self, payload: bytes) -> None:
        """Do what `payload` asks, and answer."""
        try:
            command = decode_command(payload)
        except WireError as error:
            _log.warning("a command is let go: %s", error)
            return
        if command is None:
            return
        if command.key in self._replies:
            done = self._replies[command.key]
            if done is not None:  # else it is being done
                self._publish(done)
            return
        if sum(reply is None for reply in self._replies.values()) >= MOST_WAITING:
            self._publish(_refusal(command, f"{MOST_WAITING} commands are being done; ask again when they are"))
            return
        self._replies[command.key] = None
        while len(self._replies) > MOST_REMEMBERED:
            self._replies.popitem(last=False)
        reply = await self._reply(command)
        self._replies[command.key] = reply
        self._publish(reply)

    async def _reply(self, command: GatewayCommand) -> bytes:
        now_ms = self._now_ms()
        doing = self._table.get(command.command)
        if now_ms is not None and now_ms > command.expires_ms:
            late_s = (now_ms - command.expires_ms) / 1_000
            return _refusal(command, f"{command.command} came {late_s:.0f} s after it had expired; ask again")
        if doing is None:
            known = ", ".join(self._table)
            return _refusal(command, f"{command.command} is not known to this version of the gateway; it knows {known}")
        try:
            answer = await doing(command)
        except NotDone as error:
            return _refusal(command, str(error))
        except Exception:
            _log.exception("command %s broke", command.command)
            return _refusal(command, f"{command.command} broke off by an error of the agent; its log has more")
        _log.info("command %s of the city is done", command.command)
        return encode_reply(
            CommandReply(COMMAND_VERSION, command.key, answer=msgspec.Raw(msgspec.json.encode(dict(answer))))
        )


def _refusal(command: GatewayCommand, problem: str) -> bytes:
    _log.warning("a command of the city is not done: %s", problem)
    return encode_reply(CommandReply(COMMAND_VERSION, command.key, ok=False, problem=problem[:400]))
