"""A rule is tried on stored history by the live engine, before it is saved."""

import math
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from itertools import accumulate
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.alarms.preview import Previewer
from cloud.alarms.preview_outcome import MOST_POINTS, PreviewAlarm, PreviewOutcome, difference, thinned
from cloud.readings.blocks import Block
from cloud.readings.contract import Point
from cloud.rulebook.records import RuleRejected
from tests.unit.cloud.alarms.town import RIVER, SILENT, T0, Town
from wire import Domain

DAY_MS = 86_400_000
MINUTE_MS = 60_000


@asynccontextmanager
async def history_in(folder: Path, minutes: Iterable[tuple[int, float]]) -> AsyncIterator[tuple[Town, Previewer]]:
    """A town with the river's readings (minute after T0, value), and a previewer over them."""
    async with Town(folder) as town:
        await town.rule()
        times, values = zip(*((T0 + minute * MINUTE_MS, value) for minute, value in minutes), strict=True)
        block = Block("daruba", "river", "gw", Domain.FLOOD, 0, list(times), (("water_level", list(values)),))
        await town.store.write([town.store.encode([block])])
        town.now_ms = max(times) + MINUTE_MS
        yield town, Previewer(town.rule_store, town.store, clock=town.clock)


async def preview(
    previewer: Previewer, fields: dict[str, Any] | None, *, scope: str = "all", days: int = 30, **kept: Any
):
    family = kept.pop("family", "river-level")
    return await previewer.preview(
        family, scope, fields, sensor="river", start_ms=T0, end_ms=T0 + days * DAY_MS, **kept
    )


def tide(days: int) -> list[tuple[int, float]]:
    """A reading each minute, up to 160 twice a day."""
    return [(n, 100 + 60 * math.sin(n / 720 * 2 * math.pi)) for n in range(days * 1_440)]


async def test_the_saved_and_the_edited_rule_are_compared_over_the_same_readings(tmp_path: Path):
    async with history_in(tmp_path, tide(2)) as (_, previewer):
        lower = [{"name": "Siaga 3", "severity": "moderate", "limit": 130.0}]
        found = await preview(previewer, RIVER | {"levels": lower}, days=2)
        assert found.readings == 2 * 1_440
        assert len(found.saved.alarms) == len(found.edited.alarms) == 4
        assert found.edited.hours > found.saved.hours > 0
        assert found.edited.hours_a_week == pytest.approx(found.edited.hours * 3.5, rel=0.01)
        assert found.difference.hours_a_week == pytest.approx(found.edited.hours_a_week - found.saved.hours_a_week)
        assert (found.difference.more, found.difference.fewer) == ((), ())
        assert [crossing.kind for crossing in found.saved.crossings[:1]] == ["raised"]


async def test_what_only_one_of_the_two_would_raise_is_the_difference(tmp_path: Path):
    async with history_in(tmp_path, tide(2)) as (_, previewer):
        higher = [{"name": "Siaga 3", "severity": "moderate", "limit": 170.0}]
        found = await preview(previewer, RIVER | {"levels": higher}, days=2)
        assert (len(found.difference.more), len(found.difference.fewer)) == (0, 4)
        removed = await preview(previewer, None, days=2)
        assert removed.edited.rule is None
        assert len(removed.difference.fewer) == 4


async def test_nothing_is_saved_and_what_could_not_be_saved_is_refused(tmp_path: Path):
    async with history_in(tmp_path, tide(1)) as (town, previewer):
        await preview(previewer, RIVER | {"for_s": 600.0})
        assert len(town.rule_store.versions()) == 1
        with pytest.raises(RuleRejected, match="hysteresis 500"):
            await preview(previewer, RIVER | {"hysteresis": 500.0})
        with pytest.raises(RuleRejected, match="does not stand in site:wayabula"):
            await preview(previewer, {"for_s": 60.0}, scope="site:wayabula")


async def test_silence_is_tried_on_the_holes_of_the_history(tmp_path: Path):
    async with history_in(tmp_path, [(n, 100.0) for n in (*range(100), *range(200, 300))]) as (_, previewer):
        found = await preview(previewer, SILENT, family="silence", days=1)
        (alarm,) = found.edited.alarms
        assert alarm.opened_ms == T0 + 104 * MINUTE_MS
        assert alarm.closed_ms == T0 + 200 * MINUTE_MS


async def test_a_month_of_one_reading_a_minute_is_tried_whole_and_shown_in_few_points(tmp_path: Path):
    async with history_in(tmp_path, tide(30)) as (_, previewer):
        lower = [{"name": "Siaga 3", "severity": "moderate", "limit": 130.0}]
        found = await preview(previewer, RIVER | {"levels": lower})
        assert found.readings == 43_200
        assert len(found.points) <= MOST_POINTS


def test_thinning_keeps_every_extreme():
    points = [Point(n, math.sin(n / 700)) for n in range(40_000)]
    points[12_345] = Point(12_345, 99.0)
    points[30_001] = Point(30_001, -99.0)
    kept = thinned(points)
    assert len(kept) <= MOST_POINTS
    assert {points[12_345], points[30_001]} <= set(kept)
    assert list(kept) == sorted(kept, key=lambda point: point.time_ms)
    assert thinned(points[:100]) == tuple(points[:100])


@given(st.lists(st.integers(1, 40), max_size=12), st.lists(st.integers(1, 40), max_size=12), st.booleans())
def test_alarms_are_compared_as_if_each_was_held_against_each(steps: list[int], others: list[int], goes_on: bool):
    def alarms(lengths: list[int]) -> tuple[PreviewAlarm, ...]:
        times = list(accumulate(lengths))
        pairs = list(zip(times[::2], times[1::2], strict=False))
        found = [PreviewAlarm(opened, closed, 0, 1.0, False) for opened, closed in pairs]
        if goes_on and found:
            found[-1] = msgspec.structs.replace(found[-1], closed_ms=None)
        return tuple(found)

    def overlaps(one: PreviewAlarm, other: PreviewAlarm) -> bool:
        return other.opened_ms <= (one.closed_ms or 2**62) and one.opened_ms <= (other.closed_ms or 2**62)

    saved, edited = PreviewOutcome(None, alarms(steps)), PreviewOutcome(None, alarms(others))
    found = difference(saved, edited)
    assert found.more == tuple(a for a in edited.alarms if not any(overlaps(a, b) for b in saved.alarms))
    assert found.fewer == tuple(a for a in saved.alarms if not any(overlaps(a, b) for b in edited.alarms))
