from cloud.console.components.chart_annotations import ChartAnnotations
from cloud.console.view_models.chart import AlarmBand
from i18n.catalog import catalog_of
from tests.unit.cloud.api.morotai import Morotai
from tests.unit.cloud.console.rising import let_the_river_rise

EN = catalog_of("en")
HOUR_MS = 3_600_000


async def test_a_sites_chart_has_the_levels_in_force_and_the_alarms_there_were(city: Morotai):
    now = await let_the_river_rise(city)
    annotations = ChartAnnotations(city.rule_store, city.platform.alarm_service)
    levels, bands = await annotations.of(EN, "river", "water_level", now - HOUR_MS, now)
    assert [level.name for level in levels] == ["Siaga 3", "Siaga 2", "Siaga 1"]
    assert bands == (AlarmBand(now - 5_000, None, "#f2c500"),)
    assert await annotations.of(EN, "river", "distance", now - HOUR_MS, now) == ((), ())
    assert (await annotations.of(EN, "river", "water_level", now - HOUR_MS, now - 60_000))[1] == ()
