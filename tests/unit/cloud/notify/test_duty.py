"""The duty calendar."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection

from cloud.database.audit_log import Actor, read_entries
from cloud.notify.duty import Duty, DutyCalendar, DutyRejected, on_duty
from cloud.notify.recipients import recipients
from tests.registries import on_each_registry
from tests.unit.cloud.notify.scene import PEOPLE, T0, Scene, settings

pytestmark = on_each_registry(slow=True)

HOUR = 3_600_000
ANI = Actor("ani", "10.0.0.7")


def duty(person: str = "ani", rank: int = 1, *, hours: tuple[float, float] = (0, 12)) -> Duty:
    return Duty(0, person, rank, T0 + round(hours[0] * HOUR), T0 + round(hours[1] * HOUR))


@asynccontextmanager
async def calendar_in(folder: Path) -> AsyncIterator[tuple[Scene, DutyCalendar]]:
    async with Scene(folder, settings(channels=[], steps=[], people=PEOPLE)) as scene:
        yield scene, DutyCalendar(scene.database, scene.settings)


def _on_duty(at_ms: int, connection: Connection) -> Any:
    return on_duty(connection, at_ms)


async def test_who_is_on_duty_is_known_by_rank_from_the_beginning_to_before_the_end(tmp_path: Path):
    async with calendar_in(tmp_path) as (scene, calendar):
        await calendar.add(duty("ani", 1), actor=ANI, now_ms=T0)
        await calendar.add(duty("budi", 2, hours=(0, 24)), actor=ANI, now_ms=T0)
        for hour, expected in ((-1, {}), (0, {1: ["ani"], 2: ["budi"]}), (12, {2: ["budi"]})):
            assert await scene.database.run(partial(_on_duty, T0 + hour * HOUR)) == expected


async def test_adding_and_removing_a_duty_stands_in_the_journal(tmp_path: Path):
    async with calendar_in(tmp_path) as (scene, calendar):
        added = await calendar.add(duty(), actor=ANI, now_ms=T0)
        assert await calendar.duties(from_ms=T0, until_ms=T0 + HOUR) == [added]
        await calendar.remove(added.id, actor=ANI, now_ms=T0)
        assert await calendar.duties(from_ms=T0, until_ms=T0 + HOUR) == []
        entries = await scene.database.run(lambda c: read_entries(c, subject=f"duty:{added.id}"))
        assert [(entry.action, entry.actor, entry.origin) for entry in entries] == [
            ("remove-duty", "ani", "10.0.0.7"),
            ("add-duty", "ani", "10.0.0.7"),
        ]
        with pytest.raises(LookupError, match="there is no duty 1"):
            await calendar.remove(added.id, actor=ANI, now_ms=T0)


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (duty("anni"), "person: 'anni' is nobody that can be told; did you mean 'ani'?"),
        (duty(rank=0), "rank: 0 is none; write 1"),
        (duty(hours=(5, 5)), "until: must be ahead, and after from"),
        (duty(hours=(-9, -1)), "until: must be ahead"),
        (duty(hours=(0, 24 * 63)), "until: is more than 62 days after from"),
        (duty(hours=(11, 13)), "person: 'ani' is on duty then already, by duty 1; remove it first"),
    ],
)
async def test_a_duty_that_cannot_be_is_refused_in_one_sentence(tmp_path: Path, wrong: Duty, sentence: str):
    async with calendar_in(tmp_path) as (_, calendar):
        await calendar.add(duty(), actor=ANI, now_ms=T0)
        with pytest.raises(DutyRejected) as refused:
            await calendar.add(wrong, actor=ANI, now_ms=T0)
        assert sentence in str(refused.value)


@pytest.mark.parametrize(
    ("on", "notified"),
    [
        ({1: ["ani"], 2: ["budi"]}, ["1001"]),
        ({2: ["budi"]}, ["1002"]),
        ({}, ["-100"]),
        ({1: ["ani", "budi"]}, ["1001", "1002"]),
    ],
)
def test_the_first_on_duty_is_told_or_whoever_stands_in(tmp_path: Path, on: dict[int, list[str]], notified: list[str]):
    chat = {"name": "chat", "kind": "telegram", "token_file": tmp_path / "token", "chat": "-100"}
    chosen = settings(channels=[chat], steps=[{"channels": ["chat"], "to": ["duty:1"]}], people=PEOPLE)
    found = recipients(chosen, chosen.steps[0], chosen.channels[0], on)
    assert [recipient.address for recipient in found] == notified
