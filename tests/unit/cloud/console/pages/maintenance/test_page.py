from cloud.access.principal import Role
from cloud.console.view_models.day_times import moment_text
from cloud.database.audit_log import Actor
from tests.unit.cloud.api.morotai import Morotai, now_ms
from tests.unit.cloud.console.alarms_made import WIT
from tests.unit.cloud.console.asked import asked

HOUR = 3_600_000


def ahead(hours: float) -> str:
    return moment_text(now_ms() + round(hours * HOUR), WIT)


async def test_a_technician_plans_and_ends_a_window(city: Morotai):
    async with asked(city, Role.TECHNICIAN) as browser:
        page = await browser.open("/console/en/maintenance")
        fields = {"where": "Daruba river bridge · River gauge (river)", "until": ahead(2), "reason": "cleaning"}
        after = await browser.send(page, "plan", **fields)
        assert after.words("said") == ["The window is made: Daruba river bridge · River gauge (river)."]
        (window,) = await city.platform.maintenance.windows()
        assert (window.sensor, window.site, window.reason) == ("river", None, "cleaning")
        assert window.author == "technician"
        assert after.words("window-where") == ["Daruba river bridge · River gauge"]
        ended = await browser.send(after, "end", window=window.id)
        assert ended.words("said") == ["The window has ended."]
        assert await city.platform.maintenance.windows() == []
        gone = await browser.send(ended, "end", window=99)
        assert (gone.status, gone.words("mistake")) == (422, ["This window is gone already."])


async def test_every_problem_of_a_window_is_named_once_in_the_language_of_the_page(city: Morotai):
    async with asked(city, Role.TECHNICIAN) as browser:
        page = await browser.open("/console/id/maintenance")
        refused = await browser.send(page, "plan", where="daruba", until=ahead(-1), reason=" ")
        assert refused.words("mistake") == [
            "sampai: harus di masa depan dan setelah mulai. alasan: masih kosong; tulis apa yang dikerjakan di sana."
        ]
        no_time = await browser.send(page, "plan", where="daruba", until="", reason="coba")
        assert no_time.words("mistake") == ["Pilih hari dan jam."]
    assert await city.platform.maintenance.windows() == []


async def test_a_place_that_is_none_or_several_is_said_so(city: Morotai):
    async with asked(city, Role.TECHNICIAN) as browser:
        page = await browser.open("/console/en/maintenance")
        none = await browser.send(page, "plan", where="river-x", until=ahead(2), reason="r")
        assert none.words("mistake") == ["“river-x” is no place that you may see; write a part of its name."]
        several = await browser.send(page, "plan", where="air station", until=ahead(2), reason="r")
        assert several.words("mistake")[0].startswith("“air station” can be several places: ")
    assert await city.platform.maintenance.windows() == []


async def test_no_window_is_touched_by_a_viewer_or_beyond_ones_sites(city: Morotai):
    window = await city.platform.maintenance.plan(
        sensor="river", until_ms=now_ms() + HOUR, reason="r", actor=Actor("x")
    )
    async with asked(city, Role.VIEWER) as browser:
        page = await browser.open("/console/en/maintenance")
        assert page.words("new-entry") == []
        assert (await browser.send(page, "plan", where="river", until=ahead(2), reason="r")).status == 403
        assert (await browser.send(page, "end", window=window.id)).status == 403
    async with asked(city, Role.TECHNICIAN, sites=["sangowo"]) as browser:
        page = await browser.open("/console/en/maintenance")
        assert page.words("window") == []
        assert (await browser.client.get("/console/en/maintenance/places?q=river")).json() == []
        hidden = await browser.send(page, "plan", where="sensor:river", until=ahead(2), reason="r")
        assert hidden.words("mistake") == ["“sensor:river” is no place that you may see; write a part of its name."]
        refused = await browser.send(page, "end", window=window.id)
        gone = await browser.send(page, "end", window=999)
        assert refused.words("mistake") == gone.words("mistake") == ["This window is gone already."]
    assert await city.platform.maintenance.windows() == [window]
