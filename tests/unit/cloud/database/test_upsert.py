"""Rows that may be there already, on each engine."""

from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from cloud.database.engine import Database
from cloud.database.upsert import insert_ignore
from cloud.notify.tables import NoticeRow
from tests.registries import on_each_registry, registry_in

pytestmark = on_each_registry()


def notice(event: int) -> dict[str, Any]:
    return {"event": event, "alarm": 1, "step": 1, "urgency": 1, "made_ms": 1, "at_once": False}


async def test_it_says_how_many_rows_were_not_there_yet(tmp_path: Path) -> None:
    database = Database(registry_in(tmp_path))
    await database.open()

    async def insert(*rows: dict[str, Any]) -> int:
        return await database.run(lambda connection: insert_ignore(connection, NoticeRow, rows))

    assert await insert() == 0
    assert await insert(notice(1)) == 1
    assert await insert(notice(1)) == 0
    assert await insert(notice(1), notice(2)) == 1
    assert await database.run(lambda c: c.execute(select(func.count()).select_from(NoticeRow)).scalar_one()) == 2
    await database.close()
