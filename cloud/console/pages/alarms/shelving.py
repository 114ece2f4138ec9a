"""Until when an alarm is put aside: in an hour, in four, until tomorrow at seven, or a time that somebody writes.

until("tomorrow", now_ms, zone) -> 07:00 of the next day there      parse_until("24.11. 17:30") is not guessed: 17:30
"""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from cloud.console.view_models.typed_number import InvalidInput
from i18n.catalog import N_, Catalog
from rules.local_time import next_shown_ms
from wire.durations import HOUR_MS

CHOICES = {
    "1h": N_("1 hour"),
    "4h": N_("4 hours"),
    "tomorrow": N_("until tomorrow 07:00"),
}
"""What there is to choose from, as people read it."""
MORNING_H = 7
_HOURS = {"1h": 1, "4h": 4}
_TIME = re.compile(r"([01]?\d|2[0-3])[:.]([0-5]\d)")


def until(choice: str, now_ms: int, zone: ZoneInfo) -> int:
    """The end (UTC ms) that a choice means at `now_ms` in `zone`; KeyError for a choice that is none."""
    if choice == "tomorrow":
        morning = _local(now_ms, zone).replace(hour=MORNING_H, minute=0, second=0, microsecond=0, fold=0)
        return _ms(morning + timedelta(days=1))
    return now_ms + _HOURS[choice] * HOUR_MS


def parse_until(_: Catalog, text: str, now_ms: int, zone: ZoneInfo) -> int:
    """The next time that it is `text` o'clock in `zone` (UTC ms); InvalidInput in one sentence where it is no time."""
    found = _TIME.fullmatch(text.strip())
    if found is None:
        raise InvalidInput(_("{value} is no time of day; write one such as 08:00.", value=text.strip() or "–"))
    return next_shown_ms(now_ms + 1, int(found[1]), int(found[2]), zone)


def _local(time_ms: int, zone: ZoneInfo) -> datetime:
    return datetime.fromtimestamp(time_ms / 1_000, UTC).astimezone(zone)


def _ms(local: datetime) -> int:
    return round(local.timestamp() * 1_000)
