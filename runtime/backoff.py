"""How long to wait before trying again: 0.5 s, 1 s, 2 s, 4 s … up to the longest.

doubled_s(3, first_s=0.5, longest_s=8.0) -> 2.0      whoever must not come back with all others spreads it by chance
"""

_MOST_DOUBLINGS = 32
"""A float is exact far beyond, and every longest wait is reached long before."""


def doubled_s(attempt: int, *, first_s: float, longest_s: float) -> float:
    """The wait after `attempt` failures in a row (from 1), in seconds: twice as long each time."""
    return min(first_s * 2.0 ** min(max(attempt, 1) - 1, _MOST_DOUBLINGS), longest_s)
