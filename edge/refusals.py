"""What the cloud refused of what was sent, from its acks:  air-pier unknown_sensor 12 · river-1 out_of_bounds 3

A refused reading is safe, as a dead letter of the cloud, and can be replayed there; nobody sees it before that.
"""

import logging
from collections import Counter

import msgspec

from i18n.catalog import N_
from i18n.message import LocalizedMessage
from wire import RefusedReadings

_log = logging.getLogger(__name__)

FRESH_S = 600.0
"""The status speaks of refusals for so long after the last one."""
MOST_SENSORS = 200
"""Pairs of sensor and reason that are counted one by one."""
NEXT_STEP = {
    "unknown_gateway": N_("enrol this gateway at the server"),
    "unknown_sensor": N_("add the sensor at the server, or mend its name here"),
    "foreign_sensor": N_("the server has that sensor at another gateway; one of the two names is wrong"),
    "unknown_quantity": N_("add it to [[quantities]] of the city's file at the server, or mend its name here"),
    "undeclared_quantity": N_("give the sensor that quantity at the server"),
    "out_of_bounds": N_("look at the sensor: no working one measures that"),
    "time_too_early": N_("look at the clock, of the device or of this gateway"),
    "time_in_future": N_("look at the clock, of the device or of this gateway"),
    "store_rejected": N_("the server's database never takes them; the server's dead letters have its words"),
    "rejected_by_rules": N_("they are stored, but no alarm rule judges them; look at the clock, and at the sensor"),
}
ASK = N_("the server's dead letters say more")


def sentence(sensor: str, reason: str) -> str:
    """What the cloud refuses, and what to do."""
    return f"the cloud refuses readings of {sensor or 'this gateway'} ({reason}); {NEXT_STEP.get(reason, ASK)}"


def next_step(reason: str) -> LocalizedMessage:
    """What to do about a reason, for whoever stands before the gateway."""
    form = NEXT_STEP.get(reason, ASK)
    return LocalizedMessage(form)


class Refusals:
    """Counts since the agent started; times are monotonic."""

    def __init__(self) -> None:
        self.reasons: Counter[str] = Counter()
        self.sensors: Counter[tuple[str, str]] = Counter()
        """By sensor and reason, of the sensors that acks name: those with most of each batch."""
        self._newest: tuple[str, str] = ("", "")
        self._said: set[str] = set()
        self.last_s = float("-inf")
        """When (monotonic) the cloud refused last."""

    def record(self, refused: RefusedReadings, *, now_s: float) -> bool:
        """Count what an ack says; whether a reason is new, which is logged."""
        self.reasons.update(refused.reasons)
        self.last_s = now_s
        for sensor, reason, count in map(msgspec.structs.astuple, refused.sensors):
            if (sensor, reason) in self.sensors or len(self.sensors) < MOST_SENSORS:
                self.sensors[sensor, reason] += count
        if refused.sensors:
            self._newest = (refused.sensors[0].sensor, refused.sensors[0].reason)
        elif refused.reasons:
            self._newest = ("", next(iter(refused.reasons)))
        fresh = set(refused.reasons) - self._said
        if fresh:
            self._said |= fresh
            _log.warning("%s", sentence(*self._newest))
        return bool(fresh)

    def note(self, *, now_s: float) -> str:
        """A sentence for the status; empty when nothing was refused of late."""
        if now_s - self.last_s > FRESH_S:
            return ""
        counts = ", ".join(f"{count} {reason}" for reason, count in self.reasons.most_common(4))
        return f"{sentence(*self._newest)}; refused since the start: {counts}"
