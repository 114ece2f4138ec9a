from cloud.access.principal import Role
from cloud.console.pages.maintenance.actions import MaintenanceActions
from cloud.console.view_models.day_times import moment_text
from cloud.database.audit_log import Actor
from i18n.catalog import catalog_of
from tests.unit.cloud.api.morotai import SENSORS, Morotai, now_ms
from tests.unit.cloud.console.alarms_made import WIT
from tests.unit.cloud.console.visitors import visitor_of

EN, ID = catalog_of("en"), catalog_of("id")
HOUR = 3_600_000
BY_ID = {sensor.id: sensor for sensor in SENSORS}


def windows_in(city: Morotai, _=EN, told: list[str] | None = None) -> MaintenanceActions:
    log = told if told is not None else []
    return MaintenanceActions(_, city.platform.maintenance, BY_ID, WIT, changed=lambda: log.append("changed"))


def ahead(hours: float) -> str:
    return moment_text(now_ms() + round(hours * HOUR), WIT)


async def test_a_technician_plans_and_ends_a_window_and_all_pages_show_it(city: Morotai):
    told: list[str] = []
    actions, budi = windows_in(city, told=told), await visitor_of(city, Role.TECHNICIAN)
    assert await actions.plan(budi, "sensor:river", "", ahead(2), "cleaning") == ""
    (window,) = await city.platform.maintenance.windows()
    assert (window.sensor, window.site, window.reason, window.author) == (
        "river",
        None,
        "cleaning",
        budi.principal.name,
    )
    assert await actions.end(budi, window.id) == ""
    assert await city.platform.maintenance.windows() == []
    assert told == ["changed", "changed"]
    assert await actions.end(budi, 99) == "This window is gone already."


async def test_every_problem_of_a_window_is_named_once_in_the_language_of_the_page(city: Morotai):
    budi = await visitor_of(city, Role.TECHNICIAN)
    refusal = await windows_in(city, ID).plan(budi, "site:daruba", "", ahead(-1), " ")
    assert refusal == (
        "sampai: harus di masa depan dan setelah mulai. alasan: masih kosong; tulis apa yang dikerjakan di sana."
    )
    assert await windows_in(city, ID).plan(budi, "site:daruba", "", "", "coba") == "Pilih hari dan jam."
    assert await city.platform.maintenance.windows() == []


async def test_no_window_is_touched_by_a_viewer_or_beyond_ones_sites(city: Morotai):
    actions, far = windows_in(city), await visitor_of(city, Role.TECHNICIAN, sites=["sangowo"])
    window = await city.platform.maintenance.plan(
        sensor="river", until_ms=now_ms() + HOUR, reason="r", actor=Actor("x")
    )
    viewer = await visitor_of(city, Role.VIEWER)
    for visitor, refusal in (
        (viewer, "This takes the role Technician; you are Viewer."),
        (far, "This site is not among those that you may see."),
    ):
        assert await actions.plan(visitor, "sensor:river", "", ahead(2), "cleaning") == refusal
        assert await actions.plan(visitor, "site:daruba", "", ahead(2), "cleaning") == refusal
        assert await actions.end(visitor, window.id) == refusal
    assert await city.platform.maintenance.windows() == [window]
