"""What a gateway needs to raise alarms by itself, and what it says of those that it has raised.

"alarms": {"zone":"Asia/Jayapura",
  "rules":[{"sensor":"river-daruba-1","site":"daruba","interval_s":60,"family":"river-level","rule":{"quantity":…}}],
  "heights_cm":{"river-daruba-1":450},
  "lines":[{"sensor":"river-daruba-1","quantity":"water_level","scale":1,"offset":2}],
  "outputs":[{"output":"siren","from_severity":"severe","test":"mon 09:00"}]}

…/status  "alarms":[{"family":"river-level","sensor":"river-daruba-1","opened_ms":…,"level":2,…,"sounded_ms":…}]

`rule` are the fields of a rule as it holds for the sensor, all scopes resolved (`rules/rule.py`): whoever reads
it checks it as the city's editor does. An alarm is known by family, sensor and `opened_ms`, in the cloud and here.
"""

from typing import Annotated, Any, Literal

import msgspec

from wire.batch import MAX_INTEGER
from wire.errors import WireError
from wire.names import MAX_NAME_LENGTH
from wire.printable import printable

MOST_RULES, MOST_OUTPUTS = 500, 16
MOST_ALARMS = 40
"""Alarms in a status: those that are open, then those that ended last."""
MAX_LOCAL_ALARMS_BYTES = 96 * 1024
SEVERITIES = ("minor", "moderate", "severe", "extreme")
"""As CAP 1.2 names them, from the mildest; `rules/rule.py` has the same."""

_Name = Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_NAME_LENGTH)]
_Zone = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
_Text = Annotated[str, msgspec.Meta(max_length=400)]
_Time = Annotated[int, msgspec.Meta(ge=-MAX_INTEGER, le=MAX_INTEGER)]
_Severity = Literal["minor", "moderate", "severe", "extreme"]


class LocalRule(msgspec.Struct, frozen=True, omit_defaults=True):
    """A rule on a sensor of this gateway; `zone` (IANA) where it is not that of the whole part."""

    family: _Name
    sensor: _Name
    rule: dict[str, Any]
    site: Annotated[str, msgspec.Meta(max_length=MAX_NAME_LENGTH)] = ""
    zone: Annotated[str, msgspec.Meta(max_length=64)] = ""
    interval_s: Annotated[float, msgspec.Meta(gt=0, le=86_400 * 31)] | None = None


class LocalLine(msgspec.Struct, frozen=True, omit_defaults=True):
    """A calibration: `value * scale + offset` is what the cloud stores of a value, and what the rules look at."""

    sensor: _Name
    quantity: _Name
    scale: float = 1.0
    offset: float = 0.0


class LocalStage(msgspec.Struct, frozen=True, omit_defaults=True):
    """From which severity an output of the gateway is on, and when in the week it is tested silently: "mon 09:00"."""

    output: _Name
    from_severity: _Severity | None = None
    test: Annotated[str, msgspec.Meta(max_length=16)] = ""


class LocalAlarms(msgspec.Struct, frozen=True, omit_defaults=True):
    """The part `alarms` of a gateway's desired configuration; `heights_cm` make levels of distances."""

    zone: _Zone = "UTC"
    rules: Annotated[tuple[LocalRule, ...], msgspec.Meta(max_length=MOST_RULES)] = ()
    heights_cm: Annotated[dict[_Name, float], msgspec.Meta(max_length=MOST_RULES)] = {}
    lines: Annotated[tuple[LocalLine, ...], msgspec.Meta(max_length=MOST_RULES)] = ()
    outputs: Annotated[tuple[LocalStage, ...], msgspec.Meta(max_length=MOST_OUTPUTS)] = ()


class RaisedAlarm(msgspec.Struct, frozen=True, omit_defaults=True):
    """An alarm that a gateway has raised; times in UTC ms, `level` counts the rule's levels from 0.

    `sounded_ms` is when an output had answered that it is on, 0 where none has; `problem` names, while the alarm is
    open, the outputs that should be on and do not say that they are, and why. `texted_ms` is when the first of `texted`
    people was told of it by SMS.
    """

    family: _Name
    sensor: _Name
    opened_ms: _Time
    raised_ms: _Time
    level: Annotated[int, msgspec.Meta(ge=0, le=100)]
    value: float = 0.0
    closed_ms: _Time = 0
    sounded_ms: _Time = 0
    sounded_by: _Text = ""
    problem: _Text = ""
    texted_ms: _Time = 0
    texted: Annotated[int, msgspec.Meta(ge=0, le=1_000)] = 0


_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
WEEK_MINUTES = 7 * 24 * 60


def weekly_minutes(text: str) -> int | None:
    """ "tue 09:30" as minutes since Monday 00:00; None for what is no time of the week."""
    day, _, clock = text.partition(" ")
    hour, _, minute = clock.partition(":")
    if day not in _DAYS or len(clock) != 5 or not (hour.isdecimal() and minute.isdecimal() and clock.isascii()):
        return None
    if int(hour) > 23 or int(minute) > 59:
        return None
    return (_DAYS.index(day) * 24 + int(hour)) * 60 + int(minute)


def encode_local_alarms(alarms: LocalAlarms) -> bytes:
    """The part as JSON."""
    return msgspec.json.encode(alarms)


def decode_local_alarms(payload: bytes) -> LocalAlarms:
    """Parse the part; WireError names what is wrong with it."""
    if len(payload) > MAX_LOCAL_ALARMS_BYTES:
        raise WireError(f"alarms of {len(payload)} bytes; send at most {MAX_LOCAL_ALARMS_BYTES}")
    try:
        alarms = msgspec.json.decode(payload, type=LocalAlarms)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise WireError(f"alarms do not parse: {printable(str(error))[:200]}") from None
    for stage in alarms.outputs:
        if stage.test and weekly_minutes(stage.test) is None:
            raise WireError(
                f"alarms: output {stage.output[:64]!r} is tested at {stage.test!r}; write such as 'mon 09:00'"
            )
    return alarms
