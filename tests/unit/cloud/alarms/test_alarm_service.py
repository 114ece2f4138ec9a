"""What people do about alarms: one act, one transaction, one line in the journal."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from cloud.alarms.alarm_service import AlarmActionRejected, AlreadyAcknowledged
from cloud.alarms.maintenance import MaintenanceCalendar, MaintenanceRejected
from cloud.database.audit_log import Actor
from rules.rule import Severity
from tests.registries import on_each_registry
from tests.unit.cloud.alarms.town import ANI, T0, Town, level

pytestmark = on_each_registry(slow=True)

BUDI = Actor("budi", "10.0.0.8")
HOUR_MS = 3_600_000


@asynccontextmanager
async def town_with_alarms(folder: Path) -> AsyncIterator[Town]:
    async with Town(folder) as town:
        await town.rule()
        await town.send(level(160, at=0))
        await town.send(level(260, at=0, sensor="creek"), first=100)
        yield town


async def test_an_alarm_is_acknowledged_once_and_the_second_hears_by_whom(tmp_path: Path):
    async with town_with_alarms(tmp_path) as town:
        alarm = await town.alarm_service.acknowledge(1, " the pump runs ", actor=ANI)
        assert (alarm.acknowledged_by, alarm.acknowledged_word) == ("ani", "the pump runs")
        with pytest.raises(AlreadyAcknowledged, match="by ani already, with the word 'the pump runs'"):
            await town.alarm_service.acknowledge(1, "mine", actor=BUDI)
        (entry,) = await town.alarm_service.journal(subject="alarm:1")
        assert (entry.actor, entry.origin, entry.action, entry.reason) == (
            "ani", "10.0.0.7", "acknowledge", "the pump runs",
        )  # fmt: skip
        assert '"acknowledged_by":null' in entry.before
        assert '"acknowledged_by":"ani"' in entry.after


async def test_of_two_at_the_same_moment_one_is_first(tmp_path: Path):
    async with town_with_alarms(tmp_path) as town:
        outcomes = await asyncio.gather(
            town.alarm_service.acknowledge(1, "a", actor=ANI),
            town.alarm_service.acknowledge(1, "b", actor=BUDI),
            return_exceptions=True,
        )
        assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Alarm", "AlreadyAcknowledged"]
        assert len(await town.alarm_service.journal(subject="alarm:1")) == 1


async def test_an_empty_word_and_an_unknown_alarm_are_refused(tmp_path: Path):
    async with town_with_alarms(tmp_path) as town:
        with pytest.raises(AlarmActionRejected, match="word: is empty"):
            await town.alarm_service.acknowledge(1, "  ", actor=ANI)
        with pytest.raises(LookupError):
            await town.alarm_service.acknowledge(17, "known", actor=ANI)
        assert await town.alarm_service.journal(subject="alarm:1") == []


async def test_an_alarm_is_assigned_and_given_back(tmp_path: Path):
    async with town_with_alarms(tmp_path) as town:
        assert (await town.alarm_service.assign(1, "budi", actor=ANI)).assigned_to == "budi"
        assert (await town.alarm_service.assign(1, "", actor=BUDI)).assigned_to is None
        assert len(await town.alarm_service.journal(subject="alarm:1")) == 2


@pytest.mark.parametrize("until_ms", [T0 - 1, T0, T0 + 8 * 24 * HOUR_MS])
async def test_an_alarm_is_not_shelved_until_a_time_that_is_past_or_a_week_ahead(tmp_path: Path, until_ms: int):
    async with town_with_alarms(tmp_path) as town:
        with pytest.raises(AlarmActionRejected, match="7 days"):
            await town.alarm_service.shelve(1, until_ms, "cleaning", actor=ANI)


async def test_a_shelved_alarm_is_away_until_its_time(tmp_path: Path):
    async with town_with_alarms(tmp_path) as town:
        await town.alarm_service.shelve(1, T0 + HOUR_MS, "cleaning", actor=ANI)
        assert [alarm.id for alarm in await town.alarms(shelved=True)] == [1]
        assert [alarm.id for alarm in await town.alarms(shelved=False)] == [2]
        town.now_ms = T0 + HOUR_MS
        assert await town.alarms(shelved=True) == []
        assert (await town.alarm_service.unshelve(1, "clean", actor=ANI)).shelved_until_ms is None


async def test_alarms_are_found_by_what_is_asked(tmp_path: Path):
    async with town_with_alarms(tmp_path) as town:
        await town.send(level(100, at=60))
        await town.alarm_service.acknowledge(2, "known", actor=ANI)
        asked: list[tuple[dict[str, Any], list[int]]] = [
            ({}, [1, 2]), ({"open": True}, [2]), ({"open": False}, [1]), ({"state": "closed"}, [1]),
            ({"severity": Severity.SEVERE}, [2]), ({"severity": Severity.MINOR}, [1, 2]), ({"site": "daruba"}, [1]),
            ({"sites": frozenset({"wayabula"})}, [2]), ({"sites": frozenset()}, []), ({"sensor": "creek"}, [2]),
            ({"family": "river-level"}, [1, 2]), ({"family": "rain"}, []), ({"from_ms": T0 + 1}, []),
            ({"until_ms": T0 + 1}, [1, 2]), ({"acknowledged": True}, [2]), ({"acknowledged": False}, [1]),
            ({"text": "CREEK"}, [2]), ({"text": "siaga 2"}, [2]), ({"text": "nothing of it"}, []),
            ({"limit": 1}, [2]), ({"before_id": 2}, [1]), ({"late": True}, []),
        ]  # fmt: skip
        for wanted, ids in asked:
            assert [alarm.id for alarm in await town.alarms(**wanted)] == ids, wanted


async def test_a_maintenance_window_is_planned_listed_and_ended_early(tmp_path: Path):
    async with town_with_alarms(tmp_path) as town:
        calendar = MaintenanceCalendar(town.database, town.registry, clock=town.clock)
        window = await calendar.plan(site="daruba", until_ms=T0 + HOUR_MS, reason="cleaning", actor=ANI)
        assert window.holds(T0)
        assert await calendar.windows() == [window]
        town.now_ms = T0 + 1_000
        assert (await calendar.end(window.id, actor=BUDI)).until_ms == T0 + 1_000
        assert await calendar.windows() == []
        assert len(await calendar.windows(ended=True)) == 1
        actions = [entry.action for entry in await town.alarm_service.journal(subject=f"maintenance:{window.id}")]
        assert actions == ["end-maintenance", "plan-maintenance"]


async def test_an_impossible_window_is_refused_with_every_mistake(tmp_path: Path):
    async with town_with_alarms(tmp_path) as town:
        calendar = MaintenanceCalendar(town.database, town.registry, clock=town.clock)
        for wrong, words in (
            ({"site": "nowhere", "until_ms": T0}, ["site 'nowhere'", "until: must be ahead", "reason: is empty"]),
            ({"until_ms": T0 + 1}, ["site, sensor: name one"]),
            ({"sensor": "rivr", "until_ms": T0 + 31 * 24 * HOUR_MS}, ["sensor 'rivr'", "30 days"]),
        ):
            with pytest.raises(MaintenanceRejected) as error:
                await calendar.plan(**wrong, reason=" ", actor=ANI)
            assert all(word in "\n".join(error.value.problems) for word in words), error.value.problems
        assert await calendar.windows() == []
