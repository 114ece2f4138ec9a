"""What the city asks a gateway to do, on `…/cmd`, and its answer, on `…/cmd/reply`; never retained.

{"v":1,"command":"restart_source","key":"9c41…","expires_ms":1764000060000,"source":"river"}
{"v":1,"key":"9c41…","answer":{"source":"river"}}      or   {"v":1,"key":"9c41…","ok":false,"problem":"there is no …"}

Commands to sirens and signs are on the same topic (docs/notifications.md): those have no `expires_ms`, and are for the
devices. A command is done once by its key, and not at all when it has expired.
"""

from typing import Annotated

import msgspec

from wire.batch import MAX_INTEGER
from wire.errors import WireError
from wire.gateway_update import MAX_VERSION_LENGTH
from wire.printable import is_printable, printable

COMMAND_VERSION = 1
MAX_COMMAND_BYTES = 4 * 1024
MAX_REPLY_BYTES = 32 * 1024
PING, READ_NOW, DIAGNOSTICS, RESTART_SOURCE = "ping", "read_now", "diagnostics", "restart_source"
UPDATE = "update"
COMMANDS = (PING, READ_NOW, DIAGNOSTICS, RESTART_SOURCE, UPDATE)
"""What the city asks by these routes."""
NO_ANSWER = msgspec.Raw(b"null")

_Time = Annotated[int, msgspec.Meta(ge=0, le=MAX_INTEGER)]
_Key = Annotated[str, msgspec.Meta(min_length=1, max_length=128)]
_Word = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]


class GatewayCommand(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is to be done, until `expires_ms` (UTC); `source` is the name of one, where it is about one.

    `version` is what to update to; `again` asks for one that was rolled back before.
    """

    v: int
    command: _Word
    key: _Key
    expires_ms: _Time
    source: Annotated[str, msgspec.Meta(max_length=100)] = ""
    version: Annotated[str, msgspec.Meta(max_length=MAX_VERSION_LENGTH)] = ""
    again: bool = False


class CommandReply(msgspec.Struct, frozen=True, omit_defaults=True):
    """What became of the command with `key`; `problem` is a sentence where it was not done, `answer` JSON."""

    v: int
    key: _Key
    ok: bool = True
    problem: Annotated[str, msgspec.Meta(max_length=400)] = ""
    answer: msgspec.Raw = NO_ANSWER


class _Expiring(msgspec.Struct):
    """Whatever is on the topic: only commands to the agent expire by this field."""

    expires_ms: object = None


_COMMAND_DECODER = msgspec.json.Decoder(GatewayCommand)
_EXPIRING_DECODER = msgspec.json.Decoder(_Expiring)
_REPLY_DECODER = msgspec.json.Decoder(CommandReply)
_ACCIDENTS = (msgspec.MsgspecError, RecursionError, UnicodeDecodeError)


def encode_command(command: GatewayCommand) -> bytes:
    """The payload of `…/cmd`."""
    return msgspec.json.encode(command)


def decode_command(payload: bytes) -> GatewayCommand | None:
    """Parse the payload of `…/cmd`; None where it is for a device, WireError where it is a broken one for the agent."""
    if len(payload) > MAX_COMMAND_BYTES:
        return None  # a siren's, which may have a text: the agent's are short
    try:
        if _EXPIRING_DECODER.decode(payload).expires_ms is None:
            return None
        command = _COMMAND_DECODER.decode(payload)
    except _ACCIDENTS as error:
        raise WireError(f"command does not parse: {str(error)[:200]}") from None
    if command.v != COMMAND_VERSION:
        raise WireError(f"command has version {command.v}; this side speaks {COMMAND_VERSION}")
    if not all(map(is_printable, (command.command, command.key, command.source, command.version))):
        raise WireError("command has characters that cannot be printed; take them out")
    return command


def encode_reply(reply: CommandReply) -> bytes:
    """The payload of `…/cmd/reply`; an answer that is too long is left out, and that is said."""
    payload = msgspec.json.encode(reply)
    if len(payload) <= MAX_REPLY_BYTES:
        return payload
    problem = f"the answer has {len(payload)} bytes; {MAX_REPLY_BYTES} are sent at most"
    return msgspec.json.encode(CommandReply(reply.v, reply.key, reply.ok, problem))


def decode_reply(payload: bytes) -> CommandReply:
    """Parse the payload of `…/cmd/reply`; WireError where it is none."""
    if len(payload) > MAX_REPLY_BYTES:
        raise WireError(f"reply of {len(payload)} bytes; send at most {MAX_REPLY_BYTES}")
    try:
        reply = _REPLY_DECODER.decode(payload)
    except _ACCIDENTS as error:
        raise WireError(f"reply does not parse: {str(error)[:200]}") from None
    answer = reply.answer if reply.answer is NO_ANSWER else reply.answer.copy()
    return msgspec.structs.replace(reply, problem=printable(reply.problem), answer=answer)
