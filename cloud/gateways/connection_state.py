"""How a gateway's connection does, from what it said of itself and when it was heard.

never_seen     online ──── late: a status is overdue ──── offline: it said so, or was not heard for OFFLINE_AFTER_S
"""

from enum import StrEnum

from cloud.gateways.freshness import Freshness, freshness
from wire import Status

STATUS_EVERY_S = 30.0
"""How often a gateway repeats its status (docs/edge.md)."""


class ConnectionState(StrEnum):
    """From what needs somebody most."""

    OFFLINE = "offline"
    LATE = "late"
    NEVER_SEEN = "never_seen"
    ONLINE = "online"


WORST_FIRST = list(ConnectionState)


def connection_state(status: Status | None, silent_s: float | None) -> ConnectionState:
    """The state of a gateway whose newest status this is, and of which nothing was heard for `silent_s` (None: we
    cannot hear, so its silence means nothing)."""
    if status is None:
        return ConnectionState.NEVER_SEEN
    if not status.online:
        return ConnectionState.OFFLINE
    is_late = silent_s is not None and freshness(silent_s, STATUS_EVERY_S) is not Freshness.FRESH
    return ConnectionState.LATE if is_late else ConnectionState.ONLINE
