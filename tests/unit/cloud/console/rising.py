"""The river as it passes Siaga 3, so that there is one open alarm."""

from cloud.rulebook.records import RuleVersion
from cloud.rulebook.rule_store import SINCE_EVER_MS
from tests.unit.cloud.api.morotai import Morotai, now_ms
from tests.unit.cloud.console.served import RIVER_RULE
from wire import Reading


async def let_the_river_rise(city: Morotai) -> int:
    """Give the city its first rule, and readings that have just passed its first level; the time of the last."""
    beginning = RuleVersion("river-level", "all", 1, RIVER_RULE, False, SINCE_EVER_MS, 0, "tests", "the beginning")
    await city.rule_store.add_missing([beginning])
    now = now_ms()
    rising = [Reading("river", "water_level", now - 10_000 + step * 1_000, 240.0 + 2 * step) for step in range(9)]
    await city.send("gw-daruba", rising)
    return now
