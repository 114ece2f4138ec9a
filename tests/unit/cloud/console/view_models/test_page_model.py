from typing import Any

import msgspec

from cloud.console.snapshots import Snapshots
from cloud.console.view_models.page_model import page_model_of
from cloud.database.audit_log import Actor
from i18n.catalog import catalog_of
from tests.unit.cloud.api.morotai import Morotai, now_ms
from tests.unit.cloud.console.alarms_made import WIT

EN = catalog_of("en")
HOUR = 3_600_000


async def test_a_window_is_shown_to_those_who_may_see_its_site_alone_and_no_longer_than_it_holds(city: Morotai):
    planned: tuple[dict[str, Any], ...] = ({"site": "daruba"}, {"sensor": "river"}, {"site": "sangowo"})
    for place in planned:
        await city.platform.maintenance.plan(**place, until_ms=now_ms() + HOUR, reason="r", actor=Actor("x"))
    snapshot = await Snapshots(city.platform).current()

    def places(sites: frozenset[str] | None, *, later_ms: int = 0) -> list[str]:
        seen = msgspec.structs.replace(snapshot.of_sites(sites), now_ms=snapshot.now_ms + later_ms)
        return [window.where for window in page_model_of(EN, seen, WIT).windows]

    ours = ["Daruba river bridge", "Daruba river bridge · River gauge"]
    assert places(frozenset({"daruba"})) == ours
    assert places(None) == [*ours, "Sangowo"]
    assert places(None, later_ms=HOUR + 1) == []
