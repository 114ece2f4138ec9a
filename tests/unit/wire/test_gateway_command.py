"""Commands to a gateway and its replies: bytes, whose a command is, bounds."""

import json

import msgspec
import pytest

from tests.unit.wire.test_version_1 import GOLDEN
from wire import WireError
from wire.gateway_command import (
    MAX_REPLY_BYTES,
    CommandReply,
    GatewayCommand,
    decode_command,
    decode_reply,
    encode_command,
    encode_reply,
)

COMMAND = GatewayCommand(1, "restart_source", "9c41", 1_764_000_060_000, "river")
REPLY = CommandReply(1, "9c41", answer=msgspec.Raw(b'{"source":"river"}'))


def test_a_command_and_its_reply_are_these_bytes():
    assert encode_command(COMMAND) == GOLDEN["command"].encode()
    assert decode_command(GOLDEN["command"].encode()) == COMMAND
    assert encode_reply(REPLY) == GOLDEN["command_reply"].encode()
    assert decode_reply(GOLDEN["command_reply"].encode()) == REPLY
    refusal = CommandReply(1, "9c41", ok=False, problem="there is no source")
    assert encode_reply(refusal) == b'{"v":1,"key":"9c41","ok":false,"problem":"there is no source"}'
    assert decode_reply(encode_reply(refusal)) == refusal


@pytest.mark.parametrize("payload", [b'{"v":1,"command":"alarm","key":"9c41","on":true}', b"{}", b" " * 5_000])
def test_a_command_to_a_siren_is_not_the_gateways(payload: bytes):
    assert decode_command(payload) is None


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"v": 2}, "has version 2"),
        ({"key": ""}, "does not parse"),
        ({"key": "x" * 200}, "does not parse"),
        ({"expires_ms": "soon"}, "does not parse"),
        ({"source": "a\x1bb"}, "cannot be printed"),
    ],
)
def test_a_broken_command_is_refused(changes: dict[str, object], said: str):
    with pytest.raises(WireError, match=said):
        decode_command(json.dumps(json.loads(GOLDEN["command"]) | changes).encode())


@pytest.mark.parametrize("payload", [b"", b"[" * 4_000, b"{}", b" " * (MAX_REPLY_BYTES + 1)])
def test_what_is_no_reply_is_refused(payload: bytes):
    with pytest.raises(WireError, match="reply "):
        decode_reply(payload)


def test_an_answer_that_is_too_long_is_left_out_and_that_is_said():
    reply = decode_reply(encode_reply(msgspec.structs.replace(REPLY, answer=msgspec.Raw(b'"' + b"x" * 40_000 + b'"'))))
    assert (reply.ok, bytes(reply.answer)) == (True, b"null")
    assert "32768 are sent at most" in reply.problem
