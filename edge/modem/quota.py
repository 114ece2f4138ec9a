"""How much of the plan is used in its month: bytes that counters have counted, over restarts and their resets. Pure.

counter     900 ── 950 ── 1,000 ─┤ the modem restarts ├─ 20 ── 60      ─► used 50 + 50 + 20 + 40
period      from day 5: 5 Nov 00:00 ────────────── 5 Dec 00:00, in the zone of the place

A counter that is new, or smaller than it was, counts whole: what was used may be too much by that, never too little.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import msgspec

MOST_COUNTERS = 8
MB = 1_000_000
WRITE_EVERY_S = 600.0
WRITE_EVERY_BYTES = 10 * MB
"""Written to disk after so long or so much: the card is spared, and a power cut forgets no more than that."""


class PlanUse(msgspec.Struct, frozen=True):
    """`used` bytes since `period_ms` (UTC; 0: the time was never known), and of the period before.

    `counters` are what each said last, by a name that no other counter ever has.
    """

    period_ms: int = 0
    used: int = 0
    before_ms: int = 0
    before_used: int = 0
    counters: dict[str, int] = {}


def period_start_ms(now_ms: int, *, from_day: int, zone_min: int) -> int:
    """When the plan's month began (UTC ms) that it is at `now_ms`, `zone_min` minutes before UTC."""
    offset = timedelta(minutes=zone_min)
    local = datetime.fromtimestamp(now_ms / 1_000, UTC) + offset
    start = local.replace(day=from_day, hour=0, minute=0, second=0, microsecond=0)
    if start > local:
        last_month = start.replace(day=1) - timedelta(days=1)
        start = last_month.replace(day=from_day)
    return int((start - offset).timestamp() * 1_000)


def counted(use: PlanUse, counters: Mapping[str, int]) -> PlanUse:
    """With what the counters have counted since."""
    grown = sum(_grown(use.counters.get(name, 0), total) for name, total in counters.items())
    if not grown and counters.items() <= use.counters.items():
        return use
    others = {name: total for name, total in use.counters.items() if name not in counters}
    kept = dict([*others.items(), *counters.items()][-MOST_COUNTERS:])
    return msgspec.structs.replace(use, used=use.used + grown, counters=kept)


def _grown(last: int, total: int) -> int:
    return total - last if last <= total else total


def in_period(use: PlanUse, start_ms: int) -> PlanUse:
    """In the period that began at `start_ms`: a new one begins with nothing.

    A clock that went ahead and comes back takes nothing away: what was counted meanwhile belongs to the period before.
    """
    if start_ms == use.period_ms:
        return use
    if use.period_ms == 0:
        return msgspec.structs.replace(use, period_ms=start_ms)
    if start_ms > use.period_ms:
        return msgspec.structs.replace(use, period_ms=start_ms, used=0, before_ms=use.period_ms, before_used=use.used)
    again = use.before_used if use.before_ms == start_ms else 0
    return msgspec.structs.replace(use, period_ms=start_ms, used=use.used + again, before_ms=0, before_used=0)


def left_percent(use: PlanUse, quota_mb: float) -> float:
    """What is left of the plan, in percent."""
    return round(max(0.0, 100.0 * (1.0 - use.used / (quota_mb * MB))), 1)


def encode_use(use: PlanUse) -> str:
    """As it is kept."""
    return msgspec.json.encode(use).decode()


def decode_use(text: str) -> PlanUse:
    """As it was kept; a damaged one begins anew."""
    try:
        use = msgspec.json.decode(text or "{}", type=PlanUse)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return PlanUse()
    return use if use.used >= 0 and use.before_used >= 0 else PlanUse()
