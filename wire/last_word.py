"""Why a gateway may soon fall silent, or has: told by itself, in its status, before it happens.

{"reason":"on_battery","at_ms":1764000000000}     the mains is gone; it runs on a battery
{"reason":"stopped","at_ms":1764000000000}        in the status that says offline: somebody stopped it
"""

from enum import StrEnum
from typing import Annotated

import msgspec

from wire.batch import MAX_INTEGER


class Leaving(StrEnum):
    """Why."""

    ON_BATTERY = "on_battery"  # its mains has failed
    GOING_DOWN = "going_down"  # its battery is at its end
    STOPPED = "stopped"  # its service was stopped
    SHUTTING_DOWN = "shutting_down"  # the machine is being shut down, or started again
    OTHER = "other"  # what a newer gateway says

    @classmethod
    def _missing_(cls, value: object) -> "Leaving":
        return cls.OTHER


class LastWord(msgspec.Struct, frozen=True):
    """The reason, and since when (UTC ms) it holds."""

    reason: Leaving
    at_ms: Annotated[int, msgspec.Meta(ge=-MAX_INTEGER, le=MAX_INTEGER)]
