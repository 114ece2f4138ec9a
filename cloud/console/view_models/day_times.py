"""Days and times that people choose, as the browser's own field has them, in the time of the city.

moment_text(now_ms, zone) -> "2026-11-24T19:00"      parse_moment(_, "2026-11-24T19:00", zone) -> UTC milliseconds
"""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from cloud.console.view_models.typed_number import InvalidInput
from i18n.catalog import Catalog
from rules.local_time import hour_end_ms

_FORM = "%Y-%m-%dT%H:%M"
_DAY_FORM = "%Y-%m-%d"
_LONGEST = 32


def moment_text(time_ms: int, zone: ZoneInfo) -> str:
    """The minute in `zone` in which `time_ms` (UTC) lies."""
    return datetime.fromtimestamp(time_ms / 1_000, UTC).astimezone(zone).strftime(_FORM)


def parse_moment(_: Catalog, text: str, zone: ZoneInfo) -> int:
    """UTC ms of a day and time in `zone`, of the earlier where a clock is set back; InvalidInput where it is none."""
    try:
        local = datetime.strptime(text.strip()[:_LONGEST], _FORM)  # noqa: DTZ007 - the zone is given in the next line
        return round(local.replace(tzinfo=zone).timestamp() * 1_000)
    except (ValueError, OverflowError):
        raise InvalidInput(_("Choose a day and a time.")) from None


def parse_day(_: Catalog, text: str, zone: ZoneInfo, *, days: int = 0) -> int:
    """UTC ms of the midnight in `zone` at which a day begins, or one `days` later; InvalidInput where it is none."""
    try:
        day = datetime.strptime(text.strip()[:_LONGEST], _DAY_FORM).date() + timedelta(days=days)  # noqa: DTZ007 - as above
        return round(datetime.combine(day, time.min, tzinfo=zone).timestamp() * 1_000)
    except (ValueError, OverflowError):
        raise InvalidInput(_("Choose a day.")) from None


def day_text(time_ms: int, zone: ZoneInfo) -> str:
    """The day in `zone` in which `time_ms` (UTC) lies, as the browser's own field has it."""
    return datetime.fromtimestamp(time_ms / 1_000, UTC).astimezone(zone).strftime(_DAY_FORM)


def next_hour(now_ms: int, zone: ZoneInfo) -> int:
    """The full hour of `zone` that comes next."""
    return hour_end_ms(now_ms, zone)


def site_zone(name: str, otherwise: ZoneInfo) -> ZoneInfo:
    """The zone of a site by the `name` that it has; without one the city's."""
    return ZoneInfo(name) if name else otherwise


def day_start(time_ms: int, zone: ZoneInfo, *, days: int = 0) -> int:
    """Midnight in `zone` of the day of `time_ms`, or of the day that is `days` later."""
    day = datetime.fromtimestamp(time_ms / 1_000, UTC).astimezone(zone).date() + timedelta(days=days)
    return round(datetime.combine(day, time.min, tzinfo=zone).timestamp() * 1_000)
