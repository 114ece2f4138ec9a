"""The checks of what somebody enters: is there such a series, may they see it, can the time and the value be.

EnteredReading ─► sensor and quantity ─► time within the last seven days ─► bounds of the quantity ─► a likely step?
"""

from collections.abc import Callable, Iterable, Sequence

import msgspec

from cloud.ingest.manual.records import EnteredReading
from cloud.readings.contract import StoredReading
from cloud.registry.records import Sensor
from cloud.registry.snapshot import Registry
from i18n.message import LocalizedMessage
from i18n.units import amount_of
from rules.quality import UNJUDGED, in_reach
from rules.quality_policies import Policy, policy_of
from wire import Domain, Quantity, QuantityTable
from wire.durations import DAY_MS, MINUTE_MS

OLDEST_DAYS = 7
AHEAD_MS = MINUTE_MS
"""A phone's clock is put right to within a journey of its message: so far ahead is now."""
SAME_CLOCK_MS = 2_000
"""A clock that seems wrong by less is right: that is how long a message takes."""
HEAD_COUNT = "occupancy"
"""What people count where a sensor counts who passes."""
_SHOWN = 60


class EntryRejected(Exception):
    """An entry that cannot be kept; `is_unsure` where the person may say that it is right all the same."""

    def __init__(self, sentence: LocalizedMessage, *, is_unsure: bool = False) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.is_unsure = is_unsure


def quantities_by_eye(sensor: Sensor, table: QuantityTable) -> list[Quantity]:
    """What people may read beside a sensor: what it measures itself, and heads where it counts people."""
    rows = [row for name in sensor.quantities if (row := table.get(name)) is not None and not row.derived]
    rows = [row for row in rows if row.domain != Domain.GATEWAY and not row.retired]
    counts_people = any(row.domain == Domain.FOOTFALL for row in rows)
    heads = table.get(HEAD_COUNT) if counts_people and HEAD_COUNT not in sensor.quantities else None
    return rows if heads is None else [*rows, heads]


def checked(
    entry: EnteredReading,
    registry: Registry,
    *,
    now_ms: int,
    offset_ms: int,
    may_see: Callable[[str], bool],
    before: Callable[[str, str], Sequence[tuple[int, float]]],
) -> EnteredReading:
    """The entry with its right time; EntryRejected where it cannot be kept.

    `offset_ms` is added to its time. `before` gives what was read of a series lately, as (UTC ms, value).
    """
    row = _row_of(entry, registry, may_see)
    right = msgspec.structs.replace(entry, stated_ms=_time_ms(entry.stated_ms + offset_ms, now_ms))
    if not row.low <= entry.value <= row.high:
        raise EntryRejected(
            LocalizedMessage(
                "{quantity} {value} is beyond {low} to {high}; look again, and write what you see",
                quantity=row.name, value=_amount(entry.value, row), low=f"{row.low:g}", high=_amount(row.high, row),
            )
        )  # fmt: skip
    if not entry.sure:
        _must_be_likely(right, row, before(entry.sensor, entry.quantity))
    return right


def _row_of(entry: EnteredReading, registry: Registry, may_see: Callable[[str], bool]) -> Quantity:
    sensor = registry.sensor(entry.sensor)
    if sensor is None or sensor.retired or not may_see(sensor.site):
        raise EntryRejected(
            LocalizedMessage(
                "sensor {sensor!r}: there is none of that id; /api/v1/sensors lists them", sensor=entry.sensor[:_SHOWN]
            )
        )
    rows = quantities_by_eye(sensor, registry.quantities)
    for row in rows:
        if row.name == entry.quantity:
            return row
    raise EntryRejected(
        LocalizedMessage(
            "quantity {quantity!r} cannot be read beside sensor {sensor}; it can be: {names}",
            quantity=entry.quantity[:_SHOWN], sensor=sensor.id, names=", ".join(row.name for row in rows) or "-",
        )
    )  # fmt: skip


def _time_ms(time_ms: int, now_ms: int) -> int:
    if time_ms > now_ms + AHEAD_MS:
        minutes = -(-(time_ms - now_ms) // MINUTE_MS)
        raise EntryRejected(
            LocalizedMessage(
                "its time is {minutes} minutes from now; set the clock of the phone, and read again", minutes=minutes
            )
        )
    if time_ms < now_ms - OLDEST_DAYS * DAY_MS:
        raise EntryRejected(
            LocalizedMessage(
                "it is older than {days} days; an administrator can import it as a historical reading",
                days=OLDEST_DAYS,
            )
        )
    return min(time_ms, now_ms)


def _must_be_likely(entry: EnteredReading, row: Quantity, before: Iterable[tuple[int, float]]) -> None:
    """Ask again where a value is further from all that was read lately than the quantity goes in that time."""
    policy = policy_of(row)
    found = sorted(before, key=lambda one: abs(one[0] - entry.stated_ms))
    if policy is not None and found and not any(_is_near(policy, entry, *one) for one in found):
        passed_ms, nearest = abs(entry.stated_ms - found[0][0]), found[0][1]
        raise EntryRejected(
            LocalizedMessage(
                "{value} is far from {before}, {minutes} minutes apart; look again, and say so if you are sure",
                value=_amount(entry.value, row), before=_amount(nearest, row), minutes=passed_ms // MINUTE_MS,
            ),
            is_unsure=True,
        )  # fmt: skip


def _is_near(policy: Policy, entry: EnteredReading, time_ms: int, value: float) -> bool:
    step = entry.value - value if time_ms <= entry.stated_ms else value - entry.value
    return in_reach(policy, UNJUDGED, step, abs(entry.stated_ms - time_ms))


def newest_of(reading: StoredReading | None) -> list[tuple[int, float]]:
    """What a sensor said last, as `checked` takes it."""
    return [] if reading is None else [(reading.time_ms, reading.value)]


def _amount(value: float, row: Quantity) -> str:
    return amount_of(f"{value:g}", row, "en")
