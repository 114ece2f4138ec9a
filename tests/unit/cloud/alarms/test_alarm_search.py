from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import insert, select

from cloud.alarms import alarm_search
from cloud.alarms.alarm_service import AlarmService
from cloud.alarms.ranks import rank_of
from cloud.alarms.records import AlarmFilter
from cloud.alarms.tables import AlarmRow
from cloud.database.audit_log import Actor
from cloud.database.engine import Database
from rules.rule import Severity
from tests.registries import registry_in
from tests.unit.cloud.api.morotai import Morotai
from tests.unit.cloud.console.alarms_made import RIVER
from tests.unit.cloud.console.rising import let_the_river_rise

TEXT = msgspec.json.encode(RIVER).decode()
COUNT, OPEN = 300, 40


def row_of(number: int) -> dict[str, Any]:
    """Alarm `number`: the last ones are open, each seventh is at another site, each fifth is severe."""
    level, is_open = (1 if number % 5 == 0 else 0), number > COUNT - OPEN
    return {
        "family": "river-level", "sensor": f"s{number}", "quantity": "water_level", "gateway": "gw", "at_ms": 1,
        "site": "dodola" if number % 7 == 0 else "daruba", "opened_ms": number, "value": 1.0, "value_ms": 1,
        "state": "alarming" if is_open else "closed", "level": level, "worst": level, "rank": rank_of(TEXT, level),
        "changed_ms": 1, "closed_ms": None if is_open else 9_999, "late": False, "versions": "all@1", "rule": TEXT,
    }  # fmt: skip


@pytest.fixture
async def service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[AlarmService]:
    """Three hundred alarms, looked through ten at a time, and five times for a page."""
    for name, few in (("SPAN", 10), ("TEXT_SPAN", 10), ("MOST_LOOKS", 5)):
        monkeypatch.setattr(alarm_search, name, few)
    database = Database(registry_in(tmp_path))
    await database.open()
    await database.run(lambda c: c.execute(insert(AlarmRow), [row_of(number) for number in range(1, COUNT + 1)]))
    yield AlarmService(database)
    await database.close()


async def all_pages(service: AlarmService, wanted: AlarmFilter) -> list[int]:
    """The ids of one page after the other, until one says that it is the last."""
    found: list[int] = []
    before_id: int | None = None
    while True:
        page = await service.page(msgspec.structs.replace(wanted, before_id=before_id))
        found += [alarm.id for alarm in page.alarms]
        before_id = page.next_before_id
        if before_id is None:
            return found


@pytest.mark.parametrize(
    ("narrow", "fits"),
    [
        ({}, lambda n: True),
        ({"site": "dodola"}, lambda n: n % 7 == 0),
        ({"severity": Severity.SEVERE}, lambda n: n % 5 == 0),
        ({"text": "S29"}, lambda n: str(n).startswith("29")),
        ({"text": "nowhere"}, lambda n: False),
        ({"text": "x", "named": frozenset({"s7", "dodola"})}, lambda n: n % 7 == 0),
    ],
)
async def test_the_pages_together_have_each_alarm_once_the_newest_first(service: AlarmService, narrow, fits):
    for is_open, ids in ((False, range(COUNT - OPEN, 0, -1)), (True, range(COUNT, COUNT - OPEN, -1))):
        found = await all_pages(service, AlarmFilter(open=is_open, limit=7, **narrow))
        assert found == [number for number in ids if fits(number)]


async def test_a_page_that_finds_little_ends_and_says_from_where_to_go_on(service: AlarmService):
    page = await service.page(AlarmFilter(text="s11", limit=20))
    assert page.alarms == []
    assert page.next_before_id == COUNT - 5 * 10 + 1


async def test_what_is_open_comes_worst_first_and_what_somebody_knows_after_its_like(service: AlarmService):
    await service.acknowledge(300, "known", actor=Actor("ani"))
    first = await service.worst(AlarmFilter(open=True, limit=8))
    assert [alarm.id for alarm in first] == [295, 290, 285, 280, 275, 270, 265, 300]
    rest = await service.worst(AlarmFilter(open=True, limit=100), skip=8)
    assert len(rest) == OPEN - 8
    assert await service.count(AlarmFilter(open=True)) == OPEN
    assert await service.count(AlarmFilter(open=True), most=5) == 5
    assert [alarm.id for alarm in await service.worst(AlarmFilter(open=True, text="s29", limit=2))] == [295, 290]


async def test_a_revision_moves_with_what_people_do(service: AlarmService):
    before = await service.revision()
    await service.assign(300, "ani", actor=Actor("ani"))
    assert await service.revision() != before


async def test_the_rank_of_an_alarm_is_that_of_its_level_and_after_its_end_of_the_worst(tmp_path: Path):
    async with Morotai(tmp_path) as city:
        await let_the_river_rise(city)
        (alarm,) = await city.platform.alarm_service.alarms(AlarmFilter())

        async def rank() -> int:
            return await city.database.run(lambda c: c.execute(select(AlarmRow.rank)).scalar_one())

        assert await rank() == 2 * alarm.severity.rank + 1
        await city.platform.alarm_service.acknowledge(alarm.id, "known", actor=Actor("ani"))
        assert await rank() == 2 * alarm.severity.rank
