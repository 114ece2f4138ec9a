"""A doubt that a person takes back: by seeing what the sensor says, in whatever order the two arrive."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from cloud.database.audit_log import Actor
from cloud.ingest.historical.imported_ranges import ready_ranges
from cloud.ingest.manual.confirmation import confirmed
from cloud.ingest.manual.manual_readings import ManualReadings
from cloud.ingest.manual.records import CONFIRMS_WITHIN_MS, EnteredReading, ManualReading
from cloud.readings.contract import Point
from rules.marks import Mark
from rules.quality_policies import POLICIES
from tests.unit.cloud.alarms.town import T0, Town, level

SPIKE, STUCK, DISAGREE = int(Mark.SPIKE), int(Mark.STUCK), int(Mark.TWINS_DISAGREE)
CONFIRMED = int(Mark.CONFIRMED)


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Town]:
    async with Town(tmp_path) as town:
        yield town


async def see(town: Town, value: float, *, at: float, key: str = "key-0001") -> None:
    """Ani reads the staff gauge `at` seconds after T0, and what follows from it is noted."""
    town.now_ms = max(town.now_ms, T0 + int(at * 1_000))
    manual = ManualReadings(town.registry, town.newest, town.database, clock=town.clock)
    entry = EnteredReading(key, "river", "water_level", T0 + int(at * 1_000), value, sure=True)
    await manual.enter([entry], actor=Actor("ani"), sent_ms=town.now_ms, may_see=lambda _site: True)
    for each in await town.database.run(lambda connection: ready_ranges(connection, now_ms=town.now_ms, most=10)):
        town.review.request(each.sensor, each.quantity, each.first_ms, each.last_ms)


async def test_what_a_person_sees_takes_the_doubt_back_and_the_rule_counts_on_it(town: Town):
    await town.rule(reject=["spike"])
    await town.send(level(100, at=0), level(100, at=60), level(415, at=120))
    await town.settle()
    assert (await town.marks(), await town.alarms()) == ([0, 0, SPIKE], [])
    await see(town, 412, at=150)
    await town.settle()
    assert await town.marks() == [0, 0, CONFIRMED]
    assert town.newest.series("river", "water_level").marks == CONFIRMED
    assert await town.events() == [("raised", 120.0, 1)]
    town.review.request("river", "water_level", T0, T0)
    await town.settle()
    assert await town.marks() == [0, 0, CONFIRMED]
    await town.send(level(414, at=180))
    await town.settle()
    assert await town.events() == [("raised", 120.0, 1)]


async def test_a_person_who_sees_something_else_takes_no_doubt_back_and_changes_no_alarm(town: Town):
    await town.rule(reject=["spike"], for_s=0)
    await town.send(level(100, at=0), level(100, at=60), level(415, at=120))
    await see(town, 101, at=150)
    await town.settle()
    assert (await town.marks(), await town.alarms()) == ([0, 0, SPIKE], [])


async def test_it_does_not_matter_which_of_the_two_comes_first(town: Town):
    await see(town, 412, at=110)
    await town.send(level(100, at=0), level(100, at=60), level(415, at=120))
    await town.settle()
    assert await town.marks() == [0, 0, CONFIRMED]


@pytest.mark.parametrize("mark", [SPIKE, STUCK, DISAGREE, int(Mark.TWIN_ASTRAY)], ids=lambda mark: Mark(mark).name)
def test_every_doubt_of_quality_can_be_taken_back_and_nothing_else(mark: int):
    policy, withdrawn = POLICIES["water_level"], int(Mark.WITHDRAWN)
    points, seen = [Point(T0, 350.0)], [ManualReading(1, "ani", "river", "water_level", T0, 345.0, T0)]
    assert confirmed(policy, points, [mark | withdrawn], seen) == [withdrawn | CONFIRMED]


@pytest.mark.parametrize(
    ("apart_ms", "value", "holds"),
    [
        (CONFIRMS_WITHIN_MS, 350.0, False),
        (-CONFIRMS_WITHIN_MS, 350.0, False),
        (CONFIRMS_WITHIN_MS + 1, 350.0, True),
        (0, 361.0, True),
    ],
    ids=["just before", "just after", "too long before", "too far off"],
)
def test_it_speaks_of_what_is_near_in_time_and_value(apart_ms: int, value: float, holds: bool):
    points = [Point(T0 + apart_ms, 350.0)]
    seen = [ManualReading(1, "ani", "river", "water_level", T0, value, T0)]
    assert confirmed(POLICIES["water_level"], points, [SPIKE], seen) == [SPIKE if holds else CONFIRMED]


def test_of_two_at_one_moment_the_later_entry_corrects_the_other():
    points = [Point(T0, 350.0)]
    wrong = ManualReading(1, "ani", "river", "water_level", T0, 35.0, T0)
    right = ManualReading(2, "ani", "river", "water_level", T0, 350.0, T0)
    for seen in ([wrong, right], [right, wrong]):
        assert confirmed(POLICIES["water_level"], points, [SPIKE], seen) == [CONFIRMED]
