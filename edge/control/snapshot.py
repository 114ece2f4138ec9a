"""What `status` answers: how a gateway is doing at one moment. Made by `status.py`, shown by `siaga-edge status`.

{"gateway":"gw-daruba","time_ms":…,"sources":[{"name":"river","state":"ok","rate_s":0.5,"values":[{…}]}],
 "spool":{"depth":12,"full_in_s":8035200,…},"link":{…},"clock":{…},"cloud":{"has_until_ms":…,"refused":[…]},
 "alarms":[…],"outputs":[…]}

Ages and durations are seconds on the monotonic clock; times are UTC ms as readings are stamped. None: not known yet.
"""

import msgspec

from i18n.message import Bilingual
from wire import Clock, SourceStatus
from wire.gateway_update import UpdateStatus


class ValueNow(msgspec.Struct, frozen=True):
    """The last value of a sensor's quantity, its unit as a UCUM code, and how long ago it came."""

    sensor: str
    quantity: str
    value: float
    unit: str
    age_s: float


class SourceNow(msgspec.Struct, frozen=True, omit_defaults=True):
    """A source: state and sentence as in the status on the wire, counts since the agent started, readings per second.

    `more_values` of its values are left out here.
    """

    name: str
    state: SourceStatus
    detail: str = ""
    readings: int = 0
    frames: int = 0
    heard_bytes: int = 0
    noise_bytes: int = 0
    refused: int = 0
    rate_s: float | None = None
    reading_age_s: float | None = None
    values: tuple[ValueNow, ...] = ()
    more_values: int = 0


class SpoolNow(msgspec.Struct, frozen=True, omit_defaults=True):
    """The spool: `depth` readings wait, the oldest since `oldest_ms`; `lost` ever.

    `rate_s` readings come each second, `full_in_s` is how long the room lasts at that rate with the link down, and
    `drained_in_s` how long the backlog takes at the present rate of acknowledgements.
    """

    depth: int
    bytes: int
    max_bytes: int
    room_bytes: int
    lost: int = 0
    oldest_ms: int | None = None
    rate_s: float | None = None
    full_in_s: float | None = None
    drained_in_s: float | None = None
    problem: str = ""


class LinkNow(msgspec.Struct, frozen=True, omit_defaults=True):
    """The way to the cloud's broker; `ack_age_s` is how long ago the cloud acknowledged last.

    `proved_age_s` is how long ago the newest batch was sent that it has acknowledged; readings are gathered for
    `gathers_s` before they are sent. An updater of another version reads these two (edge/update/running.py).
    """

    broker: str
    connected: bool
    connected_s: float | None = None
    ack_age_s: float | None = None
    problem: str = ""
    gathers_s: float = 0.0
    proved_age_s: float | None = None


class ClockNow(msgspec.Struct, frozen=True, omit_defaults=True):
    """The gateway's clock; the time comes from "the system", a receiver by name, "the cloud", "nowhere"."""

    state: Clock
    comes_from: str
    note: str = ""


class RefusedNow(msgspec.Struct, frozen=True):
    """So many readings of a sensor were refused by the cloud for a reason, since the agent started."""

    sensor: str
    reason: str
    readings: int


class CloudNow(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the cloud has: every reading that was stamped up to `has_until_ms`, but the `refused` and the lost ones."""

    has_until_ms: int | None = None
    acknowledged: int = 0
    refused: tuple[RefusedNow, ...] = ()
    refused_in_all: int = 0
    refused_age_s: float | None = None


class AlarmNow(msgspec.Struct, frozen=True, omit_defaults=True):
    """An alarm that this gateway has raised and that is open; times in UTC ms.

    `sounded_ms` is when the output `sounded_by` had answered that it is on, 0 where none has; `problem` says why.
    `texted` people were told of it by SMS.
    """

    family: str
    sensor: str
    text: Bilingual
    quantity: str
    value: float
    unit: str
    opened_ms: int
    sounded_ms: int = 0
    sounded_by: str = ""
    problem: str = ""
    texted: int = 0


class SmsNow(msgspec.Struct, frozen=True, omit_defaults=True):
    """SMS since the agent started: those that went out, how many people are not told yet, and what was given up."""

    sent: int = 0
    waiting: int = 0
    given_up: int = 0


class OutputNow(msgspec.Struct, frozen=True, omit_defaults=True):
    """A siren, lamp or relay: whether it has to be on, why it is not as it should be, why it failed its silent test.

    `is_asked`: it has not answered yet for what it has to do now. One that sends SMS has `sms`, and is never on.
    """

    name: str
    on: bool
    is_asked: bool = False
    problem: str = ""
    test_problem: str = ""
    sms: SmsNow | None = None


class ModemNow(msgspec.Struct, frozen=True, omit_defaults=True):
    """The modem: a sentence on what is wrong, quality in percent, and what of the plan is used in its month."""

    problem: str = ""
    model: str = ""
    operator: str = ""
    generation: int = 0
    roaming: bool = False
    quality: float | None = None
    used_mb: float | None = None
    left_percent: float | None = None


class AgentSnapshot(msgspec.Struct, frozen=True):
    """All of it; `notes` and `update` are those of the status on the wire."""

    gateway: str
    version: str
    time_ms: int
    up_s: float
    sources: tuple[SourceNow, ...]
    spool: SpoolNow
    link: LinkNow
    clock: ClockNow
    cloud: CloudNow
    notes: tuple[str, ...] = ()
    alarms: tuple[AlarmNow, ...] = ()
    outputs: tuple[OutputNow, ...] = ()
    update: UpdateStatus | None = None
    modem: ModemNow | None = None


def decode_snapshot(line: bytes) -> AgentSnapshot:
    """The answer to `status`; msgspec.MsgspecError where an agent of another version answers otherwise."""
    return msgspec.json.decode(line, type=AgentSnapshot)
