"""A doubted reading of a sensor that somebody has seen to be right: its doubt is taken back.

level 350 spike at 14:03    staff gauge 347 by ani at 14:05 ─► within what twins may differ ─► confirmed
                            staff gauge 101 by ani at 14:05 ─► the doubt stands
"""

from bisect import bisect_left
from collections.abc import Sequence

from cloud.database.engine import Database
from cloud.ingest.manual.records import CONFIRMS_WITHIN_MS, ManualReading
from cloud.ingest.manual.rows import readings_of
from cloud.readings.contract import Point, Verdict
from rules.marks import Mark
from rules.quality_policies import Policy
from rules.twins import twins_disagree

MOST_SEEN = 10_000
_DOUBTS = int(Mark.SPIKE | Mark.STUCK | Mark.TWINS_DISAGREE | Mark.TWIN_ASTRAY)
_CONFIRMED = int(Mark.CONFIRMED)


def confirmed(
    policy: Policy, points: Sequence[Point], marks: Sequence[int], seen: Sequence[ManualReading]
) -> list[int]:
    """The quality `marks` of a sensor's points where people have `seen` what is there; the nearest in time says it.

    Of two at one moment the one that was entered last does: it corrects the other.
    """
    by_time = {one.time_ms: one.value for one in sorted(seen, key=_order)}
    times_ms = list(by_time)
    return [
        mark & ~_DOUBTS | _CONFIRMED
        if (mark & _DOUBTS or point.marks & _CONFIRMED) and _is_seen(policy, point, by_time, times_ms)
        else mark
        for point, mark in zip(points, marks, strict=True)
    ]


async def without_seen(
    database: Database, policy: Policy, points: Sequence[Point], verdicts: list[Verdict]
) -> list[Verdict]:
    """The verdicts on points of one series, without the doubts that people have taken back; DatabaseUnavailable."""
    doubted_ms = [
        verdict.time_ms
        for verdict, point in zip(verdicts, points, strict=True)
        if verdict.marks & _DOUBTS or point.marks & _CONFIRMED
    ]
    if not doubted_ms:
        return verdicts
    sensor, quantity = verdicts[0].sensor, verdicts[0].quantity
    start_ms, end_ms = min(doubted_ms) - CONFIRMS_WITHIN_MS, max(doubted_ms) + CONFIRMS_WITHIN_MS + 1
    seen = await database.run(
        lambda connection: readings_of(
            connection, [sensor], quantity=quantity, start_ms=start_ms, end_ms=end_ms, most=MOST_SEEN
        )
    )
    seen = [one for one in seen if one.withdrawn_ms is None]
    if not seen:
        return verdicts
    marks = confirmed(policy, points, [verdict.marks for verdict in verdicts], seen)
    return [Verdict(sensor, quantity, each.time_ms, mark) for each, mark in zip(verdicts, marks, strict=True)]


def _is_seen(policy: Policy, point: Point, by_time: dict[int, float], times_ms: Sequence[int]) -> bool:
    place = bisect_left(times_ms, point.time_ms)
    near = min(times_ms[max(0, place - 1) : place + 1], key=lambda each: abs(each - point.time_ms), default=None)
    if near is None or abs(near - point.time_ms) > CONFIRMS_WITHIN_MS:
        return False
    return not twins_disagree(policy, point.value, by_time[near])


def _order(reading: ManualReading) -> tuple[int, int]:
    return reading.time_ms, reading.id
