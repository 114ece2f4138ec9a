import msgspec

from cloud.console.pages.gateways.dead_letter_table import discarded_words
from cloud.console.snapshots import Snapshots
from cloud.ingest.dead_letter_records import Discarded
from i18n.catalog import catalog_of
from tests.unit.cloud.api.morotai import Morotai

EN = catalog_of("en")


async def test_what_found_no_room_is_told_gateway_by_gateway_in_both_languages(city: Morotai):
    rows = [Discarded("gw-east", "fault", 1_200, 3, 0, 9), Discarded("gw-east", "not_a_batch", 4, 4, 0, 9)]
    assert discarded_words(EN, []) == ""
    assert "gw-east: 1,204" in discarded_words(EN, rows)
    assert "gateway tidak dikenal: 7" in discarded_words(
        catalog_of("id"), [*rows, Discarded("", "unknown_gateway", 7, 7, 0, 9)]
    )

    picture = await Snapshots(city.platform).current()
    picture = msgspec.structs.replace(picture, discarded=tuple(rows))
    assert len(picture.of_sites(frozenset({"sangowo"})).discarded) == 2
    assert picture.of_sites(frozenset({"daruba"})).discarded == ()
