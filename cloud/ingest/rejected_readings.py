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
from i18n.catalog import N_
from i18n.message import LocalizedMessage
from i18n.units import amount_of
from wire import Column, QuantityTable, Reading
from wire.reading import EARLIEST_MS


class RejectedReadings(msgspec.Struct, frozen=True):
    """Readings that one check rejects, as they came (before calibration)."""

    reason: Reason
    sentence: LocalizedMessage
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


_TIME_SENTENCES = {
    Reason.TIME_TOO_EARLY: N_(
        "{quantity} of sensor {sensor} has time {time}, before 2020; "
        "look at the gateway's clock, or the device's where it stamps its readings itself"
    ),
    Reason.TIME_IN_FUTURE: N_(
        "{quantity} of sensor {sensor} has time {time}, ahead of the cloud's clock; "
        "look at the gateway's clock, or the device's where it stamps its readings itself"
    ),
}


def _sentence(reason: Reason, column: Column, time_ms: int, value: float, table: QuantityTable) -> LocalizedMessage:
    named = {"quantity": column.quantity, "sensor": column.sensor, "time": _when(time_ms)}
    if reason is not Reason.OUT_OF_BOUNDS:
        form = _TIME_SENTENCES[reason]
        return LocalizedMessage(form, **named)
    row = table[column.quantity]
    return LocalizedMessage(
        "{quantity} {value} of sensor {sensor} at {time} is beyond {low} to {high}; "
        "look at the sensor and its calibration",
        **named, value=amount_of(f"{value:g}", row, "en"), low=f"{row.low:g}", high=f"{row.high:g}",
    )  # fmt: skip


def _when(time_ms: int) -> str:
    try:
        return f"{datetime.fromtimestamp(time_ms / 1000, UTC):%Y-%m-%dT%H:%M:%SZ}"
    except (ValueError, OverflowError, OSError):
        return f"{time_ms} ms since 1970"


def without_route(column: Column, gateway: str, registry: Registry, *, backfill: bool) -> RejectedReadings:
    """Reject a column whose sensor the gateway may not speak of, or not of that time."""
    reason, sentence = _why_no_route(column, gateway, registry)
    return RejectedReadings(reason, sentence, list(_readings(column, backfill=backfill)))


def _why_no_route(column: Column, gateway: str, registry: Registry) -> tuple[Reason, LocalizedMessage]:
    name, quantity = column.sensor, column.quantity
    sensor = registry.sensor(name)
    if sensor is None:
        return Reason.UNKNOWN_SENSOR, LocalizedMessage(
            'sensor {sensor} is not in the city file; add it there with gateway = "{gateway}"',
            sensor=name, gateway=gateway,
        )  # fmt: skip
    if sensor.retired:
        return Reason.UNKNOWN_SENSOR, LocalizedMessage(
            "sensor {sensor} was taken out of the city file{since}; put it back, or stop its source",
            sensor=name, since=_since(sensor.retired_ms),
        )  # fmt: skip
    sender = registry.gateway(gateway)
    if sender is not None and sender.retired and max(column.times_ms) >= (sender.retired_ms or 0):
        return Reason.UNKNOWN_GATEWAY, LocalizedMessage(
            "gateway {gateway} was taken out of the city file{since}, and sent {quantity} of sensor {sensor} "
            "of {time}; put it back, or stop it",
            gateway=gateway, since=_since(sender.retired_ms), quantity=quantity, sensor=name,
            time=_when(max(column.times_ms)),
        )  # fmt: skip
    held = registry.history.gateway(sensor)
    if sensor.gateway != gateway and gateway in held.values:
        newest_ms = max(column.times_ms)
        return Reason.FOREIGN_SENSOR, LocalizedMessage(
            "sensor {sensor} has been behind gateway {right} since {since}, and gateway {gateway} sent {quantity} of "
            "it of {time}; take it out of that gateway, or mend the date of the move on the page Facts",
            sensor=name, right=held.at(newest_ms), since=_when(held.starts_ms[held.index(newest_ms)]),
            gateway=gateway, quantity=quantity, time=_when(newest_ms),
        )  # fmt: skip
    if sensor.gateway != gateway:
        return Reason.FOREIGN_SENSOR, LocalizedMessage(
            "sensor {sensor} came from gateway {gateway} and belongs to {right}; "
            "mend its gateway in the city file, or the sensor's name in the gateway's",
            sensor=name, gateway=gateway, right=sensor.gateway,
        )  # fmt: skip
    table = registry.quantities
    if quantity not in table:
        close = difflib.get_close_matches(quantity, table.measured, n=1)
        if close:
            return Reason.UNKNOWN_QUANTITY, LocalizedMessage(
                "quantity {quantity} of sensor {sensor} is unknown; "
                "send {close}, or add it to [[quantities]] of the city file",
                quantity=quantity, sensor=name, close=close[0],
            )  # fmt: skip
        return Reason.UNKNOWN_QUANTITY, LocalizedMessage(
            "quantity {quantity} of sensor {sensor} is unknown; add it to [[quantities]] of the city file",
            quantity=quantity, sensor=name,
        )  # fmt: skip
    if table[quantity].retired:
        return Reason.UNKNOWN_QUANTITY, LocalizedMessage(
            "quantity {quantity} of sensor {sensor} was taken out of the city file; put it back, or stop sending it",
            quantity=quantity, sensor=name,
        )  # fmt: skip
    return Reason.UNDECLARED_QUANTITY, LocalizedMessage(
        "the city file does not give sensor {sensor} quantity {quantity}; add it to the sensor's quantities",
        sensor=name, quantity=quantity,
    )  # fmt: skip


def _since(retired_ms: int | None) -> str:
    return "" if retired_ms is None else LocalizedMessage(" on {time}", time=_when(retired_ms))


def _readings(column: Column, *, backfill: bool) -> Iterator[Reading]:
    for time_ms, value in zip(column.times_ms, column.values, strict=True):
        yield _reading(column, time_ms, value, backfill=backfill)


def _reading(column: Column, time_ms: int, value: float, *, backfill: bool) -> Reading:
    return Reading(column.sensor, column.quantity, time_ms, value, column.clock, backfill)
