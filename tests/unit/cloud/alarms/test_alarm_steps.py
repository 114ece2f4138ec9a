"""What became of alarms in the past: the same that somebody would have seen who followed them turn by turn."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from cloud.alarms import alarm_steps
from cloud.alarms.alarm_steps import AlarmStep, PastStep
from cloud.alarms.open_alarms import OpenAlarms
from tests.unit.cloud.alarms.town import Town, level


@pytest_asyncio.fixture
async def town(tmp_path: Path) -> AsyncIterator[Town]:
    async with Town(tmp_path) as town:
        await town.rule()
        yield town


def told(step: AlarmStep) -> tuple[str, int | None, int | None]:
    """Whose step it is, and from which level to which."""
    alarm = step.after or step.before
    assert alarm is not None
    before, after = (None if each is None else each.level for each in (step.before, step.after))
    return alarm.sensor, before, after


async def rise_and_fall(town: Town) -> AsyncIterator[None]:
    """Two rivers, a batch after the other."""
    steps = [("river", 160.0), ("creek", 170.0), ("river", 260.0), ("river", 200.0), ("creek", 100.0), ("creek", 260.0)]
    for at, (sensor, value) in enumerate(steps):
        await town.send(level(value, at=60 * at, sensor=sensor))
        yield


async def test_a_start_finds_what_somebody_saw_who_was_there(town: Town):
    following, seen = OpenAlarms(town.database), list[AlarmStep]()
    await following.turn()
    async for _sent in rise_and_fall(town):
        seen += await following.turn()
    begun = OpenAlarms(town.database)
    await begun.turn()
    past = await begun.past(0)
    assert [told(each.step) for each in past] == [told(step) for step in seen]
    assert len(past) >= 6
    assert past[-1].step.after in begun.all()


async def test_what_comes_after_the_first_turn_is_told_by_the_turns_alone(town: Town):
    begun = OpenAlarms(town.database)
    await town.send(level(160.0, at=0))
    await begun.turn()
    await town.send(level(260.0, at=60))
    assert [told(each.step) for each in await begun.past(0)] == [("river", None, 0)]
    assert [told(step) for step in await begun.turn()] == [("river", 0, 1)]


async def test_a_level_from_before_is_known_and_what_is_older_is_left_out(town: Town, monkeypatch: pytest.MonkeyPatch):
    async for _sent in rise_and_fall(town):
        pass
    begun = OpenAlarms(town.database)
    await begun.turn()
    whole = await begun.past(0)
    assert await begun.past(whole[-1].at_ms + 1) == []
    for most in range(1, 9):
        monkeypatch.setattr(alarm_steps, "MOST_READ", most)
        some = await begun.past(0)
        assert some == whole[len(whole) - len(some) :], most
    assert isinstance(some[0], PastStep)
