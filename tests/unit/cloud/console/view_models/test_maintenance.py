"""Maintenance and duty: what the pages show of them, and that every deed asks who it is that does it, now."""

from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from cloud.access.principal import Role
from cloud.alarms.records import Maintenance
from cloud.console.pages.duty.actions import DutyActions
from cloud.console.pages.maintenance.actions import MaintenanceActions
from cloud.console.snapshots import Snapshots
from cloud.console.view_models.alarms import alarm_view
from cloud.console.view_models.day_times import day_start, moment_text, next_hour, parse_moment
from cloud.console.view_models.duty import EntryView, OnDutyView, on_duty, week_of
from cloud.console.view_models.maintenance import covering, places_of, window_view
from cloud.console.view_models.page_model import page_model_of
from cloud.console.view_models.typed_number import InvalidInput
from cloud.database.audit_log import Actor
from cloud.notify.duty import Duty
from cloud.notify.settings import NotifySettings
from i18n.catalog import catalog_of
from tests.unit.cloud.api.morotai import SENSORS, SITES, Morotai, now_ms
from tests.unit.cloud.console.alarms_made import NOON_MS, WIT, an_alarm, around
from tests.unit.cloud.console.visitors import visitor_of

EN, ID = catalog_of("en"), catalog_of("id")
HOUR = 3_600_000
BY_ID = {sensor.id: sensor for sensor in SENSORS}
NOTIFY = NotifySettings.model_validate({"people": [{"name": "ani", "email": "ani@siaga.test"}]})


def a_window(**changes: object) -> Maintenance:
    window = Maintenance(3, None, "river", NOON_MS - HOUR, NOON_MS + HOUR, "budi", "the gauge is cleaned")
    return msgspec.structs.replace(window, **changes)


def shown(window: Maintenance, _=EN):
    return window_view(_, window, NOON_MS, WIT, sites={site.id: site for site in SITES}, sensors=BY_ID)


def test_a_window_says_where_when_who_and_whether_it_holds():
    view = shown(a_window())
    assert (view.where, view.times) == ("Daruba river bridge · River gauge", "24 Nov 11:10 – 13:10 WIT")
    assert (view.who, view.reason, view.holds, view.state) == ("budi", "the gauge is cleaned", True, "in force")
    later = shown(a_window(from_ms=NOON_MS + 1, until_ms=NOON_MS + 12 * HOUR, site="dodola", sensor=None), ID)
    assert (later.where, later.times) == ("Dodola island ferry", "24 Nov 12:10 – 25 Nov 00:10 WIT")
    assert (later.holds, later.state) == (False, "akan datang")
    assert shown(a_window(until_ms=NOON_MS)).holds is False, "the end itself is over"
    assert shown(a_window(sensor="gone")).where == "gone"


def test_an_alarm_says_that_somebody_works_there_while_the_window_holds():
    def worked_on(*windows: Maintenance, **changes: object) -> str:
        return alarm_view(EN, an_alarm(**changes), msgspec.structs.replace(around(), windows=windows)).worked_on

    assert worked_on(a_window()) == "maintenance until 24 Nov 13:10: pages nobody"
    assert worked_on(a_window(site="daruba", sensor=None)) != ""
    for other in (a_window(sensor="air"), a_window(from_ms=NOON_MS + 1), a_window(until_ms=NOON_MS)):
        assert worked_on(other) == ""
    assert worked_on(a_window(), closed_ms=NOON_MS, state="closed") == "", "what is over pages nobody anyway"


def test_of_two_windows_the_one_that_ends_last_counts():
    long = a_window(id=4, site="daruba", sensor=None, until_ms=NOON_MS + 2 * HOUR)
    assert covering([a_window(), long, a_window()], "daruba", "river", NOON_MS) == long


def test_windows_can_be_made_at_sites_and_their_sensors():
    assert places_of(SITES[:1], SENSORS) == [
        ("site:daruba", "Daruba river bridge"),
        ("sensor:river", "Daruba river bridge · River gauge"),
        ("sensor:air", "Daruba river bridge · Air station"),
    ]


def test_a_chosen_time_is_that_of_the_city():
    assert moment_text(NOON_MS, WIT) == "2026-11-24T12:10"
    assert parse_moment(EN, "2026-11-24T12:10", WIT) == NOON_MS - 5_000
    assert day_start(NOON_MS, WIT) == parse_moment(EN, "2026-11-24T00:00", WIT)
    assert day_start(NOON_MS, WIT, days=8) == parse_moment(EN, "2026-12-02T00:00", WIT)
    assert moment_text(next_hour(NOON_MS, WIT), WIT) == "2026-11-24T13:00"
    for wrong in ("", "tomorrow", "2026-13-01T00:00", "9" * 5_000):
        with pytest.raises(InvalidInput):
            parse_moment(EN, wrong, WIT)


NIGHT = Duty(1, "ani", 1, NOON_MS - NOON_MS % HOUR + 7 * HOUR, NOON_MS - NOON_MS % HOUR + 19 * HOUR)
"""19:00 to 07:00."""


def test_a_duty_over_midnight_stands_in_both_days():
    backup = Duty(2, "budi", 2, NIGHT.from_ms, NIGHT.until_ms)
    today, tomorrow, *others = week_of(EN, [backup, NIGHT], NOON_MS, NOON_MS, WIT)
    whole = "24 Nov 19:00 – 25 Nov 07:00"
    assert (today.title, today.today, tomorrow.today) == ("Tue 24 Nov", True, False)
    assert today.entries == (
        EntryView(1, "ani", 1, "19:00–24:00", whole),
        EntryView(2, "budi", 2, "19:00–24:00", whole),
    )
    assert [entry.span for entry in tomorrow.entries] == ["00:00–07:00"] * 2
    assert len(others) == 5
    assert not any(day.entries for day in others)
    assert week_of(ID, [], NOON_MS, NOON_MS, WIT)[0].title == "Sel 24 Nov"


def test_who_is_called_first_stands_first():
    second = Duty(3, "budi", 2, NOON_MS - HOUR, NOON_MS + HOUR)
    first, over = Duty(4, "cici", 1, NOON_MS, NOON_MS + 2 * HOUR), Duty(5, "dedi", 1, NOON_MS - HOUR, NOON_MS)
    assert on_duty(EN, [second, first, over, NIGHT], NOON_MS, WIT) == (
        OnDutyView("cici", 1, "until 24 Nov 14:10"),
        OnDutyView("budi", 2, "until 24 Nov 13:10"),
    )


@pytest.fixture
async def city(tmp_path: Path) -> AsyncIterator[Morotai]:
    """A city with one person who can be notified."""
    async with Morotai(tmp_path, notify=NOTIFY) as city:
        yield city


def windows_in(city: Morotai, _=EN, told: list[str] | None = None) -> MaintenanceActions:
    log = told if told is not None else []
    return MaintenanceActions(_, city.platform.maintenance, BY_ID, WIT, changed=lambda: log.append("changed"))


def ahead(hours: float) -> str:
    return moment_text(now_ms() + round(hours * HOUR), WIT)


async def test_a_technician_plans_and_ends_a_window_and_all_pages_look_again(city: Morotai):
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


async def test_every_mistake_of_a_window_is_told_once_in_the_language_of_the_page(city: Morotai):
    budi = await visitor_of(city, Role.TECHNICIAN)
    refusal = await windows_in(city, ID).plan(budi, "site:daruba", "", ahead(-1), " ")
    assert refusal == (
        "sampai: harus di masa depan dan setelah mulai. alasan: masih kosong; tulis apa yang dikerjakan di sana."
    )
    assert await windows_in(city, ID).plan(budi, "site:daruba", "", "", "coba") == "Pilih hari dan jam."
    assert await city.platform.maintenance.windows() == []


async def test_a_window_is_shown_to_those_who_may_see_its_site_alone_and_no_longer_than_it_holds(city: Morotai):
    for place in ({"site": "daruba"}, {"sensor": "river"}, {"site": "sangowo"}):
        await city.platform.maintenance.plan(**place, until_ms=now_ms() + HOUR, reason="r", who=Actor("x"))
    snapshot = await Snapshots(city.platform).current()

    def places(sites: frozenset[str] | None, *, later_ms: int = 0) -> list[str]:
        seen = msgspec.structs.replace(snapshot.of_sites(sites), now_ms=snapshot.now_ms + later_ms)
        return [window.where for window in page_model_of(EN, seen, WIT).windows]

    ours = ["Daruba river bridge", "Daruba river bridge · River gauge"]
    assert places(frozenset({"daruba"})) == ours
    assert places(None) == [*ours, "Sangowo"]
    assert places(None, later_ms=HOUR + 1) == []


async def test_no_window_is_touched_by_a_viewer_or_beyond_ones_sites(city: Morotai):
    actions, far = windows_in(city), await visitor_of(city, Role.TECHNICIAN, sites=["sangowo"])
    window = await city.platform.maintenance.plan(sensor="river", until_ms=now_ms() + HOUR, reason="r", who=Actor("x"))
    viewer = await visitor_of(city, Role.VIEWER)
    for visitor, refusal in (
        (viewer, "This takes the role Technician; you are Viewer."),
        (far, "This site is not among those that you may see."),
    ):
        assert await actions.plan(visitor, "sensor:river", "", ahead(2), "cleaning") == refusal
        assert await actions.plan(visitor, "site:daruba", "", ahead(2), "cleaning") == refusal
        assert await actions.end(visitor, window.id) == refusal
    assert await city.platform.maintenance.windows() == [window]


async def test_an_operator_puts_somebody_on_duty_and_takes_them_out(city: Morotai):
    calendar = city.platform.notifier.duty
    actions, ani = DutyActions(ID, calendar, WIT), await visitor_of(city, Role.OPERATOR)
    assert actions.people == ("ani",)
    assert await actions.add(ani, "ani", 1, ahead(0), ahead(12)) == ""
    (duty,) = await actions.duties(now_ms(), now_ms() + HOUR)
    assert (duty.person, duty.rank) == ("ani", 1)
    again = await actions.add(ani, "ani", 2, ahead(1), ahead(2))
    assert again == f"orang: 'ani' sudah bertugas pada waktu itu, menurut jadwal {duty.id}; hapus dulu jadwal itu."
    nobody = await actions.add(ani, "anni", 1, ahead(20), ahead(21))
    assert nobody == "orang: 'anni' bukan orang yang dapat diberi tahu; maksud Anda 'ani'?"
    assert await actions.remove(ani, duty.id) == ""
    assert await actions.remove(ani, duty.id) == "Jadwal piket ini sudah tidak ada."
    assert await actions.duties(now_ms(), now_ms() + HOUR) == []


@pytest.mark.parametrize("role", [Role.VIEWER, Role.TECHNICIAN])
async def test_the_duty_calendar_is_changed_by_no_lesser_role(city: Morotai, role: Role):
    calendar = city.platform.notifier.duty
    start = now_ms()
    duty = await calendar.add(Duty(0, "ani", 1, start, start + HOUR), who=Actor("x"), now_ms=start)
    actions, budi = DutyActions(EN, calendar, WIT), await visitor_of(city, role)
    refusal = f"This takes the role Operator; you are {role.name.title()}."
    assert await actions.add(budi, "ani", 1, ahead(2), ahead(3)) == refusal
    assert await actions.remove(budi, duty.id) == refusal
    assert await actions.duties(start, start + 5 * HOUR) == [duty]
