"""What is written again keeps what it was written with."""

from rules.marks import Mark
from tests.unit.cloud.derived.examples import Yard, hourly
from tests.unit.cloud.examples import GATEWAY


async def test_marks_and_tags_stay_as_they_were(yard: Yard):
    await yard.send(*hourly("river", "distance", 100), backfill=True)
    await yard.record("sensor:river", "mounting_height_cm", 420, hour=0)
    await yard.corrections.compute()
    (point,) = await yard.workshop.store.history("river", "water_level", start_ms=0, end_ms=2**53)
    assert (point.value, point.marks) == (320, int(Mark.BACKFILL))
    (newest,) = [each for each in await yard.workshop.store.newest() if each.quantity == "water_level"]
    assert (newest.site, newest.gateway) == ("daruba", GATEWAY)
