from cloud.access.principal import Role
from cloud.console.app import Console
from cloud.console.settings import ConsoleSettings
from cloud.console.snapshots import Snapshots
from i18n.catalog import catalog_of
from tests.unit.cloud.api.morotai import Morotai, now_ms
from tests.unit.cloud.console.visitors import visitor_of
from wire import Reading

EN = catalog_of("en")


async def test_dead_letters_on_the_console_are_for_who_sees_every_sensor_of_their_gateway(city: Morotai):
    await city.deliver("gw-daruba", b"\x00 of the river, and of the ferry")
    (dead_letter,) = await city.dead_letters.page(limit=1)
    picture = await Snapshots(city.platform).current()
    assert dead_letter.id in {each.id for each in picture.of_sites(None).dead_letters}
    console = Console(city.platform, ConsoleSettings())
    for sites, seen in ((["daruba"], False), (["daruba", "dodola"], True)):
        shown = picture.of_sites(frozenset(sites))
        assert (dead_letter.id in {each.id for each in shown.dead_letters}) is seen
        visitor = await visitor_of(city, Role.TECHNICIAN, sites=sites)
        level, _ = await console.dead_letter_actions(EN).try_again(visitor, dead_letter.id)
        assert (level == "warn") is not seen


async def test_refused_readings_are_tried_again_and_discarded_in_bulk_by_who_may_and_with_a_word(city: Morotai):
    for number in range(3):
        await city.send("gw-east", [Reading("air-jetty", "pm2_5", now_ms() + number, 1.0)])
    actions = Console(city.platform, ConsoleSettings()).dead_letter_actions(EN)
    first, second, _ = await city.dead_letters.page()
    technician = await visitor_of(city, Role.TECHNICIAN, sites=["sangowo"])
    assert await actions.try_alike(technician, first.id, "mended") == (
        "bad", "3 tried again: readings stored 0, still refused 3."
    )  # fmt: skip
    assert (await actions.try_alike(technician, first.id, " "))[1].startswith("Write on one line why")
    assert (await actions.discard(technician, first.id, "a test"))[0] == "bad"
    engineer = await visitor_of(city, Role.ENGINEER, sites=["sangowo"])
    elsewhere = await visitor_of(city, Role.ENGINEER, sites=["daruba"])
    assert (await actions.discard(elsewhere, first.id, "a test"))[0] == "warn"
    assert await city.dead_letters.count() == 3
    assert await actions.discard(engineer, first.id, "a test") == ("warn", "1 discarded.")
    assert await actions.discard(engineer, second.id, "a test", alike=True) == ("warn", "2 discarded.")
    assert await city.dead_letters.count() == 0
