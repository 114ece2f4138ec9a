"""A device's answer to a command:  it has sounded, or says why not.

siaga/v1/2f/gw-daruba/cmd        {"v":1,"command":"alarm","key":"9c41…:siren:0","on":true, …}
siaga/v1/2f/gw-daruba/cmd/reply  {"v":1,"key":"9c41…:siren:0"}       or   {…,"ok":false,"problem":"no air pressure"}
siaga/notify/tower  ─►  siaga/notify/tower/reply
"""

from typing import Annotated

import msgspec

from wire.printable import printable

REPLY = "/reply"
"""What is added to a command's topic for the topic of its answer."""
LONGEST = 4_096
"""Bytes of an answer that are looked at."""


class DeviceAnswer(msgspec.Struct, frozen=True):
    """What a device says of the command with `key`."""

    key: Annotated[str, msgspec.Meta(min_length=1, max_length=128)]
    ok: bool = True
    problem: Annotated[str, msgspec.Meta(max_length=400)] = ""


def read_answer(payload: bytes) -> DeviceAnswer | None:
    """Return the answer in `payload`; None where it is none: anybody may publish there."""
    if len(payload) > LONGEST:
        return None
    try:
        answer = msgspec.json.decode(payload, type=DeviceAnswer)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    return msgspec.structs.replace(answer, problem=printable(answer.problem))
