"""Readings that a check rejects, one by one or a whole column, each with its reason and a sentence of what to do.

pm2_5 9999 µg/m³ of sensor air at 2026-11-24T03:10:00Z is beyond 0 to 1000; look at the sensor and its calibration
"""

import difflib
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import msgspec

from cloud.core.reasons import Reason
from cloud.registry.routes import ReadingRoute
from cloud.registry.snapshot import Registry
from i18n.units import amount_of
from wire import Column, QuantityTable, Reading
from wire.reading import EARLIEST_MS


class RejectedReadings(msgspec.Struct, frozen=True):
    """Readings that one check rejects, as they came (before calibration)."""

    reason: Reason
    sentence: str
    readings: list[Reading]


class _CheckedColumn(msgspec.Struct, frozen=True):
    times_ms: list[int]
    values: list[float]
    rejected: list[RejectedReadings]


def check_each(
    column: Column, sent: Column, route: ReadingRoute, values: Sequence[float], *,
    latest_ms: int, backfill: bool, table: QuantityTable,
) -> _CheckedColumn:  # fmt: skip
    """Check a column reading by reading; `values` are its values after calibration.

    What is rejected is kept as it was `sent`, so that a replay corrects it by the same.
    """
    kept_ms: list[int] = []
    kept: list[float] = []
    faults: dict[Reason, RejectedReadings] = {}
    for time_ms, value, stamp_ms, raw in zip(column.times_ms, values, sent.times_ms, sent.values, strict=True):
        reason = _fault(time_ms, value, route, latest_ms)
        if reason is None:
            kept_ms.append(time_ms)
            kept.append(value)
            continue
        if reason not in faults:
            faults[reason] = RejectedReadings(reason, _sentence(reason, column, time_ms, value, table), [])
        faults[reason].readings.append(_reading(sent, stamp_ms, raw, backfill=backfill))
    return _CheckedColumn(kept_ms, kept, list(faults.values()))


def _fault(time_ms: int, value: float, route: ReadingRoute, latest_ms: int) -> Reason | None:
    if time_ms < EARLIEST_MS:
        return Reason.TIME_TOO_EARLY
    if time_ms > latest_ms:
        return Reason.TIME_IN_FUTURE
    return None if route.low <= value <= route.high else Reason.OUT_OF_BOUNDS


def _sentence(reason: Reason, column: Column, time_ms: int, value: float, table: QuantityTable) -> str:
    if reason is Reason.OUT_OF_BOUNDS:
        row = table[column.quantity]
        measured = amount_of(f"{value:g}", row, "en")
        return (
            f"{column.quantity} {measured} of sensor {column.sensor} at {_when(time_ms)} is beyond "
            f"{row.low:g} to {row.high:g}; look at the sensor and its calibration"
        )
    beyond = "before 2020" if reason is Reason.TIME_TOO_EARLY else "ahead of the cloud's clock"
    return (
        f"{column.quantity} of sensor {column.sensor} has time {_when(time_ms)}, {beyond}; "
        "look at the gateway's clock, or the device's where it stamps its readings itself"
    )


def _when(time_ms: int) -> str:
    try:
        return f"{datetime.fromtimestamp(time_ms / 1000, UTC):%Y-%m-%dT%H:%M:%SZ}"
    except (ValueError, OverflowError, OSError):
        return f"{time_ms} ms since 1970"


def without_route(column: Column, gateway: str, registry: Registry, *, backfill: bool) -> RejectedReadings:
    """Reject a column whose sensor the gateway may not speak of, or not of that time."""
    reason, sentence = _why_no_route(column, gateway, registry)
    return RejectedReadings(reason, sentence, list(_readings(column, backfill=backfill)))


def _why_no_route(column: Column, gateway: str, registry: Registry) -> tuple[Reason, str]:
    name, quantity = column.sensor, column.quantity
    sensor = registry.sensor(name)
    if sensor is None:
        return Reason.UNKNOWN_SENSOR, f'sensor {name} is not in the city file; add it there with gateway = "{gateway}"'
    if sensor.retired:
        return Reason.UNKNOWN_SENSOR, (
            f"sensor {name} was taken out of the city file{_since(sensor.retired_ms)}; put it back, or stop its source"
        )
    sender = registry.gateway(gateway)
    if sender is not None and sender.retired and max(column.times_ms) >= (sender.retired_ms or 0):
        return Reason.UNKNOWN_GATEWAY, (
            f"gateway {gateway} was taken out of the city file{_since(sender.retired_ms)}, and sent {quantity} of "
            f"sensor {name} of {_when(max(column.times_ms))}; put it back, or stop it"
        )
    held = registry.history.gateway(sensor)
    if sensor.gateway != gateway and gateway in held.values:
        newest_ms = max(column.times_ms)
        return Reason.FOREIGN_SENSOR, (
            f"sensor {name} has been behind gateway {held.at(newest_ms)} since "
            f"{_when(held.starts_ms[held.index(newest_ms)])}, and gateway {gateway} sent {quantity} of it of "
            f"{_when(newest_ms)}; take it out of that gateway, or mend the date of the move on the page Facts"
        )
    if sensor.gateway != gateway:
        return Reason.FOREIGN_SENSOR, (
            f"sensor {name} came from gateway {gateway} and belongs to {sensor.gateway}; "
            "mend its gateway in the city file, or the sensor's name in the gateway's"
        )
    table = registry.quantities
    if quantity not in table:
        close = difflib.get_close_matches(quantity, table.measured, n=1)
        sent = f"send {close[0]}, or add it" if close else "add it"
        return Reason.UNKNOWN_QUANTITY, (
            f"quantity {quantity} of sensor {name} is unknown; {sent} to [[quantities]] of the city file"
        )
    if table[quantity].retired:
        return Reason.UNKNOWN_QUANTITY, (
            f"quantity {quantity} of sensor {name} was taken out of the city file; put it back, or stop sending it"
        )
    return Reason.UNDECLARED_QUANTITY, (
        f"the city file does not give sensor {name} quantity {quantity}; add it to the sensor's quantities"
    )


def _since(retired_ms: int | None) -> str:
    return "" if retired_ms is None else f" on {_when(retired_ms)}"


def _readings(column: Column, *, backfill: bool) -> Iterator[Reading]:
    for time_ms, value in zip(column.times_ms, column.values, strict=True):
        yield _reading(column, time_ms, value, backfill=backfill)


def _reading(column: Column, time_ms: int, value: float, *, backfill: bool) -> Reading:
    return Reading(column.sensor, column.quantity, time_ms, value, column.clock, backfill)
