from cloud.console.view_models.rule_versions import SHOWN, versions_of
from cloud.database.audit_log import Actor
from i18n.catalog import catalog_of
from tests.unit.cloud.api.morotai import Morotai
from tests.unit.cloud.console.alarms_made import RIVER, WIT
from tests.unit.cloud.console.served import RIVER_RULE as WHOLE
from wire import BUILT_IN

EN = catalog_of("en")
ANI = Actor("ani")


async def test_versions_stand_side_by_side_with_who_and_why(city: Morotai):
    rule_store = city.rule_store
    await rule_store.save("river-level", "all", WHOLE, actor=ANI, reason="the beginning")
    await rule_store.save("river-level", "sensor:river", {"for_s": 120.0}, actor=ANI, reason="waves")
    less = {"for_s": 60.0, "hysteresis": 3.0}
    await rule_store.save("river-level", "sensor:river", less, actor=ANI, reason="less")
    await rule_store.undo("river-level", "sensor:river", actor=Actor("budi"), reason="too nervous")
    versions = rule_store.versions("river-level", "sensor:river")
    undone, second, first = versions_of(EN, BUILT_IN, RIVER, versions, zone=WIT)
    assert (undone.author, undone.reason, undone.version) == ("budi", "too nervous", 3)
    assert [(change.name, change.before, change.after) for change in second.changes] == [
        ("Must last", "2 min", "1 min"), ("Must go back by", "inherited", "3 cm"),
    ]  # fmt: skip
    assert [(change.before, change.after) for change in first.changes] == [("inherited", "2 min")]
    assert [(change.before, change.after) for change in undone.changes] == [
        ("1 min", "2 min"), ("3 cm", "inherited"),
    ]  # fmt: skip


async def test_of_many_versions_the_newest_are_shown_each_beside_the_one_before(city: Morotai):
    await city.rule_store.save("river-level", "all", WHOLE, actor=ANI, reason="the beginning")
    for number in range(SHOWN + 2):
        await city.rule_store.save("river-level", "site:daruba", {"for_s": 60.0 * number}, actor=ANI, reason="a try")
    shown = versions_of(EN, BUILT_IN, RIVER, city.rule_store.versions("river-level", "site:daruba"), zone=WIT)
    assert [version.version for version in shown] == list(range(SHOWN + 2, 2, -1))
    assert [(one.before, one.after) for one in shown[-1].changes] == [("1 min", "2 min")]
