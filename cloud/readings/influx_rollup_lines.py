"""The lines of rollups in InfluxDB, and what is read back from them.

rollup_hour,quantity=pm10,sensor=air-market count=360i,total=4320.5,min=11.5,max=13.0,…,minutes=0i,made="" 1764000000000
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from cloud.readings.blocks import Block
from cloud.readings.buckets import TimeBucket
from cloud.readings.contract import EncodedWrite, TouchedHours
from cloud.readings.lines import blocks_of, tag, verdict_of
from cloud.readings.rollups import HourRollup, Series, SeriesHour, Sweep, hour_of, hours_of

HOUR = "rollup_hour"
MINUTE = "rollup_minute"
DUE = "rollup_due"
SWEEP = "rollup_sweep"
ROLLUPS = (HOUR, MINUTE, DUE, SWEEP)
"""All measurements of this."""
_BUCKET = (
    "count", "total", "min", "max", "last", "first_ms", "last_ms", "doubted", "doubted_min", "doubted_max", "marks",
)  # fmt: skip
FIELDS_OF = {HOUR: (*_BUCKET, "minutes", "made", "asked"), MINUTE: _BUCKET}


def lines_of_rollup(rollup: HourRollup) -> Iterator[bytes]:
    """The lines of a rollup, without newlines: its minutes, then the hour that says that they are there."""
    place, hour = rollup.place, rollup.hour
    series = place.sensor, place.quantity
    for minute in rollup.minutes:
        yield f"{_head(MINUTE, series)} {_fields(minute)} {minute.time_ms}".encode()
    fields = "count=0i,doubted=0i" if hour is None else _fields(hour)
    made = "" if rollup.token is None else f',made="{rollup.token}"'
    yield f"{_head(HOUR, series)} {fields},minutes={len(rollup.minutes)}i{made} {place.hour_ms}".encode()


def bucket_of(row: Mapping[str, Any]) -> TimeBucket | None:
    """The bucket in a row of hours or minutes; None where there were no readings.

    What a field says of an earlier making is not looked at: a line overwrites only those fields that it has.
    """
    count, doubted = row.get("count"), row.get("doubted")
    if not count and not doubted:
        return None
    believed = {name: row[name] for name in ("min", "max", "last")} if count else dict.fromkeys(("min", "max", "last"))
    apart = (row["doubted_min"], row["doubted_max"]) if doubted else (None, None)
    return TimeBucket(
        row["time"], count or 0, row["total"], **believed, first_ms=row["first_ms"], last_ms=row["last_ms"],
        doubted=doubted or 0, doubted_min=apart[0], doubted_max=apart[1], marks=row["marks"],
    )  # fmt: skip


def asked_lines(hours: Collection[SeriesHour], token: str) -> list[bytes]:
    """The lines that make the rollups of `hours` void until they are made for `token`."""
    return [f'{_head(HOUR, (each.sensor, each.quantity))} asked="{token}" {each.hour_ms}'.encode() for each in hours]


def due_line(series: Series, hours: Sequence[int], noted_ms: int) -> bytes:
    """The line that says which hours of a series were asked for at `noted_ms`."""
    return f'{_head(DUE, series)} hours="{" ".join(map(str, hours))}" {noted_ms}'.encode()


def sweep_line(sweep: Sweep, due_from_ms: int) -> bytes:
    """The line that says how far the database is rolled, and that what was asked for before `due_from_ms` is made."""
    return (
        f"{SWEEP},of=readings swept_from={sweep.swept_from_ms}i,swept_until={sweep.swept_until_ms}i,"
        f"sealed_until={sweep.sealed_until_ms}i,raw_from={sweep.raw_from_ms}i,due_from={due_from_ms}i {sweep.noted_ms}"
    ).encode()


def sweep_of(row: Mapping[str, Any]) -> tuple[Sweep, int]:
    """What `sweep_line` says."""
    swept = Sweep(row["swept_from"], row["swept_until"], row["sealed_until"], row["raw_from"], row["time"])
    return swept, row["due_from"]


def touched_by(blocks: Sequence[Block]) -> list[TouchedHours]:
    """The hours that blocks write to."""
    return [
        (block.sensor, [name for name, _ in block.fields], hours_of(block.times_ms, block.span)) for block in blocks
    ]


def touched_by_write(write: EncodedWrite) -> Sequence[TouchedHours]:
    """The hours that a write in lines, of readings and of verdicts on them, touches."""
    if write.hours is not None:
        return write.hours
    lines = write.form.splitlines(keepends=True)
    found = [(line, verdict_of(line)) for line in lines]
    verdicts = [(one.sensor, (one.quantity,), (hour_of(one.time_ms),)) for _line, one in found if one is not None]
    return [*touched_by(list(blocks_of(line for line, one in found if one is None))), *verdicts]


def _head(measurement: str, series: Series) -> str:
    return f"{measurement},quantity={tag(series[1])},sensor={tag(series[0])}"


def _fields(bucket: TimeBucket) -> str:
    parts = [f"count={bucket.count}i", f"total={float(bucket.total)!r}"]
    if bucket.count:
        parts += [f"min={float(bucket.min or 0)!r}", f"max={float(bucket.max or 0)!r}"]
        parts += [f"last={float(bucket.last or 0)!r}"]
    parts += [f"first_ms={bucket.first_ms}i", f"last_ms={bucket.last_ms}i", f"doubted={bucket.doubted}i"]
    if bucket.doubted:
        parts += [f"doubted_min={float(bucket.doubted_min or 0)!r}", f"doubted_max={float(bucket.doubted_max or 0)!r}"]
    return ",".join([*parts, f"marks={bucket.marks}i"])
