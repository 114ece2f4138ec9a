from cloud.console.snapshots import Snapshots
from tests.unit.cloud.api.morotai import Morotai


async def test_who_sees_some_sites_reads_no_sentence_on_the_parts_of_the_whole(city: Morotai):
    picture = await Snapshots(city.platform).current()
    assert picture.health.components["broker"].detail
    assert not picture.of_sites(frozenset({"sangowo"})).health.components["broker"].detail
