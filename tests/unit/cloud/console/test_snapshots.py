import asyncio
from typing import Any

from cloud.console.snapshots import Rates, Snapshots
from tests.unit.cloud.api.morotai import Morotai
from wire import Domain


async def test_many_screens_share_one_snapshot_of_a_tick(city: Morotai):
    asked = []
    page = city.dead_letters.page

    async def counted(**narrow: Any) -> object:
        asked.append(narrow)
        return await page(**narrow)

    city.dead_letters.page = counted  # type: ignore[assignment]
    snapshots = Snapshots(city.platform)
    seen = await asyncio.gather(*(snapshots.current() for _ in range(50)))
    assert len(asked) == 1
    assert len({id(snapshot) for snapshot in seen}) == 1


async def test_the_page_lives_on_when_the_registry_database_does_not(city: Morotai):
    await city.database.run(lambda connection: connection.exec_driver_sql("DROP TABLE dead_letters"))
    assert (await Snapshots(city.platform).current()).dead_letters == ()


def test_rates_are_those_of_the_last_minute():
    rates = Rates()
    assert rates.after(0, {Domain.AIR: 100}) == {}
    assert rates.after(10_000, {Domain.AIR: 200}) == {Domain.AIR: 600.0}
    for second in range(20, 200, 10):
        latest = rates.after(second * 1_000, {Domain.AIR: 200})
    assert latest == {Domain.AIR: 0.0}
    assert rates.after(200_000, {Domain.AIR: 50}) == {Domain.AIR: 0.0}, "counters of a new start do not count backwards"
