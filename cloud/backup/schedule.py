"""When the cloud takes the next backup by itself, by what lies in the folder and by a clock that never steps.

newest 23 h old, every 24 h ─► in 1 h        failed 10 min ago ─► in 50 min        none there ─► now
"""

RETRY_S = 3_600.0
"""How long after one that failed the next is tried, where backups are not more often anyway."""


def is_due(*, every_s: float, age_s: float | None, attempted_s: float | None, failed: bool) -> bool:
    """Tell whether a backup is due now.

    `age_s` is how old the newest in the folder is by the calendar, None where there is none. `attempted_s` is how long
    ago this process began its last one by the machine's own time, None where it has begun none: it alone holds where
    the calendar has stepped, so that a wrong date brings no backup after the other.
    """
    if attempted_s is not None and attempted_s < (min(RETRY_S, every_s) if failed else every_s):
        return False
    return age_s is None or age_s >= every_s
