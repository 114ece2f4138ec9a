from typing import Any

import msgspec
import pytest

from cloud.console.components.chart_annotations import ChartAnnotations
from cloud.console.components.history_cache import SeriesSpan
from cloud.console.view_models.chart import AlarmBand, ChartHistory
from cloud.console.view_models.chart_span import SPANS
from cloud.console.view_models.site_chart import Annotations
from cloud.database.audit_log import Actor
from cloud.database.engine import DatabaseUnavailable
from cloud.ingest.manual.records import EnteredReading
from cloud.readings.contract import Point
from i18n.catalog import catalog_of
from tests.unit.cloud.api.morotai import Morotai
from tests.unit.cloud.console.alarms_made import WIT
from tests.unit.cloud.console.rising import let_the_river_rise

EN = catalog_of("en")
HOUR_MS = 3_600_000


def annotations_of(city: Morotai) -> ChartAnnotations:
    return ChartAnnotations(city.rule_store, city.platform.alarm_service, city.platform.manual_readings)


async def found(
    annotations: ChartAnnotations, start_ms: int, end_ms: int, *, quantity: str = "water_level", span: str = "1h"
) -> Annotations:  # fmt: skip
    history = ChartHistory(start_ms, end_ms, 1_000, ())
    return await annotations.of(EN, SeriesSpan("river", quantity, SPANS[span], WIT), history, ["river"])


async def test_a_sites_chart_has_the_levels_in_force_and_the_alarms_there_were(city: Morotai):
    now = await let_the_river_rise(city)
    annotations = annotations_of(city)
    beside = await found(annotations, now - HOUR_MS, now)
    assert [level.name for level in beside.levels] == ["Siaga 3", "Siaga 2", "Siaga 1"]
    assert beside.bands == (AlarmBand(now - 5_000, None, "#f2c500"),)
    assert await found(annotations, now - HOUR_MS, now, quantity="distance") == Annotations()
    assert (await found(annotations, now - HOUR_MS, now - 60_000, span="24h")).bands == ()


async def test_alarms_are_looked_up_once_for_all_who_look(city: Morotai, monkeypatch: pytest.MonkeyPatch):
    now = await let_the_river_rise(city)
    annotations, asked = annotations_of(city), []
    page = city.platform.alarm_service.page

    async def counted(*wanted: Any) -> Any:
        asked.append(wanted)
        return await page(*wanted)

    monkeypatch.setattr(city.platform.alarm_service, "page", counted)
    both = [await found(annotations, now - HOUR_MS, now) for _ in range(2)]
    assert both[0] == both[1]
    assert len(asked) == 1


async def test_alarms_that_are_not_known_or_not_all_drawn_are_said(city: Morotai, monkeypatch: pytest.MonkeyPatch):
    now = await let_the_river_rise(city)
    page = city.platform.alarm_service.page

    async def more(*wanted: Any) -> Any:
        return msgspec.structs.replace(await page(*wanted), next_before_id=1)

    async def gone(*_: Any) -> Any:
        raise DatabaseUnavailable("gone")

    monkeypatch.setattr(city.platform.alarm_service, "page", more)
    assert (await found(annotations_of(city), now - HOUR_MS, now)).bands_cut
    assert not (await found(annotations_of(city), now, now + 1)).bands_cut, "those before the chart are not missed"
    monkeypatch.setattr(city.platform.alarm_service, "page", gone)
    unknown = await found(annotations_of(city), now - HOUR_MS, now)
    assert (unknown.bands, unknown.bands_known, len(unknown.levels)) == ((), False, 3)


async def test_what_people_read_of_the_quantity_is_given_in_the_order_of_time(city: Morotai):
    now = await let_the_river_rise(city)
    entries = [
        EnteredReading(f"k-{back}", "river", "water_level", now - back * 60_000, 250.0 + back, sure=True)
        for back in (3, 1, 2)
    ]
    await city.platform.manual_readings.enter(entries, actor=Actor("ani"), sent_ms=now, may_see=lambda site: True)
    beside = await found(annotations_of(city), now - HOUR_MS, now)
    assert beside.people == tuple(Point(now - back * 60_000, 250.0 + back) for back in (3, 2, 1))
    assert (await found(annotations_of(city), now - HOUR_MS, now, quantity="distance")).people == ()
