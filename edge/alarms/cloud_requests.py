"""What the cloud asks of this gateway's outputs on `…/cmd`: for a while, once, and never against an alarm of our own.

{"v":1,"command":"alarm","key":"9c41…:siren:0","made":"…","expires":"…","on":true,"severity":"extreme","alarms":[…]}
─► its alarms call for the outputs until `expires`; "on": false takes them back        older clouds: MOST_S

Each is done once by its key; one that comes after its time is refused with a sentence. What holds is kept with the
readings, so that an agent that is killed goes on with it: the cloud was told that it sounds. Pure: times are handed in.
"""

from collections import OrderedDict
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

import msgspec

from edge.alarms.duty import Call
from rules.rule import Severity
from wire.printable import printable

MOST_S = 900.0
"""So long at most an output sounds by the cloud's word alone."""
MOST_KEYS = 200
MOST_CALLS = 50
ALARM = "alarm"
_KEPT = "alarms.requests"


class _Part(msgspec.Struct, frozen=True):
    alarm: int | str
    site: Annotated[str, msgspec.Meta(max_length=200)] = ""
    sensor: Annotated[str, msgspec.Meta(max_length=200)] = ""
    on: bool = True


class CloudRequest(msgspec.Struct, frozen=True):
    """A command for sirens and signs, as `cloud/notify/channels/mqtt/send.py` makes it."""

    key: Annotated[str, msgspec.Meta(min_length=1, max_length=128)]
    on: bool
    severity: Severity = Severity.SEVERE
    command: str = ALARM
    made: str = ""
    expires: str = ""
    test: bool = False
    text: dict[str, Annotated[str, msgspec.Meta(max_length=1_000)]] = {}
    alarms: Annotated[tuple[_Part, ...], msgspec.Meta(max_length=MOST_CALLS)] = ()


def read_request(payload: bytes | dict[str, Any]) -> CloudRequest | None:
    """The request in a message; None where it is another command, or none."""
    try:
        if isinstance(payload, bytes):
            return msgspec.json.decode(payload, type=CloudRequest)
        return msgspec.convert(payload, CloudRequest)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None


class _Held(msgspec.Struct, frozen=True):
    """A call that holds until `until_s` (since the machine started), which is for `for_s`, or until `end_ms` (UTC)."""

    call: Call
    until_s: float
    for_s: float
    end_ms: int | None


class _Kept(msgspec.Struct, frozen=True):
    boot: str
    held: tuple[_Held, ...]


class CloudRequests:
    """What the cloud has asked for and still holds; `now_s` is of the clock that runs since the machine started."""

    def __init__(self) -> None:
        self._calls: dict[str, _Held] = {}
        self._seen: OrderedDict[str, None] = OrderedDict()

    def recall(self, kept: Mapping[str, str], *, boot: str, now_s: float, now_ms: int | None) -> None:
        """Go on with what an earlier start has left; over a start of the machine by UTC, if both knew it."""
        try:
            found = msgspec.json.decode(kept.get(_KEPT) or '{"boot":"","held":[]}', type=_Kept)
        except msgspec.MsgspecError:
            return  # damaged: the cloud asks again while its alarm stands
        for held in found.held[:MOST_CALLS]:
            left_s = held.until_s - now_s
            if found.boot != boot:
                left_s = held.for_s if held.end_ms is None or now_ms is None else held.end_ms / 1_000 - now_ms / 1_000
            if left_s > 0:
                until_s = now_s + min(left_s, held.for_s, MOST_S)
                self._calls.setdefault(held.call.alarm, msgspec.structs.replace(held, until_s=until_s))

    def to_keep(self, *, boot: str) -> dict[str, str]:
        """What must be committed of it."""
        return {_KEPT: msgspec.json.encode(_Kept(boot, tuple(self._calls.values()))).decode()}

    def calls(self, *, now_s: float) -> list[Call]:
        """Those that still hold."""
        self._calls = {alarm: held for alarm, held in self._calls.items() if held.until_s > now_s}
        return [held.call for held in self._calls.values()]

    @property
    def due_s(self) -> float | None:
        """When the next one is over."""
        return min((held.until_s for held in self._calls.values()), default=None)

    def apply(self, request: CloudRequest, *, now_s: float, now_ms: int | None) -> str:
        """Do what it asks; why not, or empty. `now_ms` is None while the gateway does not know the time."""
        if request.key in self._seen:
            return ""
        for_s = _for_s(request, now_ms)
        if for_s <= 0 and request.on:
            return f"the request expired at {printable(request.expires or request.made)[:40]}; it was not carried out"
        self._seen[request.key] = None
        if len(self._seen) > MOST_KEYS:
            self._seen.popitem(last=False)
        left_out = 0
        for part in request.alarms or (_Part(request.key),):
            alarm = f"cloud:{part.alarm}"[:100]
            self._calls.pop(alarm, None)
            if request.on and part.on and len(self._calls) >= MOST_CALLS:
                left_out += 1
            elif request.on and part.on:
                site, sensor = printable(part.site), printable(part.sensor)
                call = Call(request.severity, alarm, site, sensor, request.text, from_cloud=True)
                end_ms = None if now_ms is None else now_ms + round(for_s * 1_000)
                self._calls[alarm] = _Held(call, now_s + for_s, for_s, end_ms)
        return f"{left_out} alarms are more than the {MOST_CALLS} that hold here at once" if left_out else ""


def _for_s(request: CloudRequest, now_ms: int | None) -> float:
    """How long it holds from now on, in seconds: by the times that it names, and `MOST_S` at most."""
    made_s, expires_s = _seconds(request.made), _seconds(request.expires)
    if expires_s is None:
        expires_s = None if made_s is None else made_s + MOST_S
    if expires_s is None:
        return MOST_S
    if now_ms is None:  # as long as the cloud meant when it made it
        return MOST_S if made_s is None else min(MOST_S, expires_s - made_s)
    return min(MOST_S, expires_s - now_ms / 1_000)


def _seconds(text: str) -> float | None:
    try:
        return datetime.fromisoformat(text).timestamp()
    except (ValueError, OverflowError, OSError):
        return None
