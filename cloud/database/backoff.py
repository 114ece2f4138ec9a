"""How long to wait before asking a store or a database again: 0.5 s, 1 s, 2 s … 8 s; 30 s where somebody must act."""

from cloud.readings.contract import StoreRejected
from runtime.backoff import doubled_s

FIRST_S = 0.5
LONGEST_S = 8.0
REFUSED_S = 30.0
LONGEST_ASKED_S = 300.0
"""A Retry-After beyond this is not believed."""


def wait_s(error: Exception, attempt: int) -> float:
    """The pause after `attempt` failures in a row (from 1), the last of which was `error`."""
    asked_s = getattr(error, "retry_after_s", None)
    if asked_s is not None:
        return float(min(max(asked_s, FIRST_S), LONGEST_ASKED_S))
    if isinstance(error, StoreRejected):
        return REFUSED_S
    return doubled_s(attempt, first_s=FIRST_S, longest_s=LONGEST_S)
