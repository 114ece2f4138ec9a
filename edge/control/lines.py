"""A request and what is answered, each as a line of JSON:

{"request":"status"}⏎                          {"request":"read","source":"river"}⏎
{"gateway":"gw-daruba","version":"0.1.0",…}⏎   {"error":"there is no request 'stauts'; there are: read, status"}⏎
"""

from typing import Any

import msgspec

LONGEST_REQUEST = 4 * 1024
LONGEST_ANSWER = 4 * 1024 * 1024
"""Of one line: 250 sources with all that is said of each stay below half of it."""


class BadLine(Exception):
    """What came is no request, or no answer; one sentence."""


class ErrorAnswer(msgspec.Struct, frozen=True):
    """Why a request gets no other answer."""

    error: str


def encode_request(request: str, **fields: object) -> bytes:
    """The line of a request."""
    return msgspec.json.encode({"request": request, **fields}) + b"\n"


def decode_request(line: bytes) -> dict[str, Any]:
    """What is asked for, under "request", and what it is asked with; BadLine."""
    try:
        found = msgspec.json.decode(line, type=dict[str, Any])
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise BadLine(f"the request does not parse: {str(error)[:200]}") from None
    if not isinstance(found.get("request"), str):
        raise BadLine('the request has no name; write {"request":"status"} on one line')
    return found


def encode_answer(answer: msgspec.Struct) -> bytes:
    """The line of an answer."""
    return msgspec.json.encode(answer) + b"\n"


def error_in(line: bytes) -> str:
    """Why the agent gives no answer; empty where it is one."""
    try:
        return msgspec.json.decode(line, type=ErrorAnswer).error
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        return ""
