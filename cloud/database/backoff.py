"""How long to wait before asking a store or a database again: 0.5 s, 1 s, 2 s … 8 s; 30 s where somebody must act.

await retry(write, passing=(DatabaseUnavailable, StoreUnavailable), wait_s=wait_s, on_failure=log)
"""

from cloud.readings.contract import StoreRejected
from runtime.backoff import Backoff

PASSING = Backoff(first_s=0.5, longest_s=8.0)
REFUSED_S = 30.0
LONGEST_ASKED_S = 300.0
"""A longer Retry-After is cut to this."""


def wait_s(error: Exception, attempt: int) -> float:
    """Return the pause after `attempt` failures in a row (from 1), the last of which was `error`."""
    asked_s = getattr(error, "retry_after_s", None)
    if asked_s is not None:
        return float(min(max(asked_s, PASSING.first_s), LONGEST_ASKED_S))
    if isinstance(error, StoreRejected):
        return REFUSED_S
    return PASSING.after(attempt)
