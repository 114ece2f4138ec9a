"""What the alarm engine remembers of a rule on a sensor between two readings, and how that is kept as bytes.

base ├─ recent readings, in order ─┤ head ├─ silence ─┤ silent_head          late: the lane of a hole's late readings

The structs are arrays in MessagePack: a new field comes last, with a default, so that kept states stay readable.
"""

import msgspec

from rules.core import NOTHING_YET, Core
from rules.events import Event, Observed, Phase
from rules.quality import NEVER_MS

Holes = tuple[tuple[int, int], ...]
"""Spans of time (from, to) without a reading, which late readings may fill."""


class Checkpoint(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The core after a reading, and how many of the reported events it had brought by then."""

    core: Core
    reported: int


class LateLane(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The core of the late readings in one hole, which ends at `end_ms`."""

    core: Core
    end_ms: int


FRESH = Checkpoint(NOTHING_YET, 0)
EMPTY_LANE = LateLane(NOTHING_YET, NEVER_MS)


class RuleState(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What the engine remembers of a rule on a sensor.

    `base` is the core before the `recent` readings, `head` the one after them, and `reported` the events between the
    two. `middle` is a checkpoint among them, which becomes the next base. `silent_head` is the head after a tick that
    found silence, `silence_events` what that tick reported. `holes` are the spans of time without a reading.
    """

    head: Core = NOTHING_YET
    base: Core = NOTHING_YET
    middle: Checkpoint = FRESH
    recent: tuple[Observed, ...] = ()
    reported: tuple[Event, ...] = ()
    silent_head: Core | None = None
    silence_events: tuple[Event, ...] = ()
    holes: Holes = ()
    late: LateLane = EMPTY_LANE

    @property
    def newest_core(self) -> Core:
        """The core by all that is known: the readings, and the silence since."""
        return self.silent_head or self.head

    @property
    def phase(self) -> Phase:
        """Where the rule stands."""
        return self.newest_core.phase

    @property
    def opened_ms(self) -> int | None:
        """When the open alarm was opened, if one is."""
        opened_ms = self.newest_core.opened_ms
        return None if opened_ms == NEVER_MS else opened_ms

    @property
    def level(self) -> int:
        """The level of the open alarm, counted from 0; -1 when none is open."""
        return self.newest_core.level

    @property
    def newest_ms(self) -> int | None:
        """The newest time that was observed."""
        return None if self.head.heard_ms == NEVER_MS else self.head.heard_ms


START = RuleState()


def encode_state(state: RuleState) -> bytes:
    """The state as bytes to keep."""
    return _ENCODER.encode(state)


def decode_state(body: bytes) -> RuleState:
    """The state from its bytes; raises msgspec.DecodeError for what no engine wrote."""
    return _DECODER.decode(body)


_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(RuleState)
