"""Dated facts on their page: read in words, recorded by engineers only, of what they may see."""

from zoneinfo import ZoneInfo

import pytest

from cloud.access.principal import Role
from cloud.console.pages.facts.actions import FactActions
from cloud.console.view_models.facts import fact_views, subjects_of
from i18n.catalog import catalog_of
from tests.unit.cloud.api.morotai import ZONE, Morotai, now_ms
from tests.unit.cloud.console.visitors import visitor_of

EN, ID = catalog_of("en"), catalog_of("id")
WIT = ZoneInfo(ZONE)


def actions_in(city: Morotai, log: list[str] | None = None, _=EN) -> FactActions:
    return FactActions(_, city.platform.facts, WIT, changed=lambda: (log if log is not None else []).append("changed"))


async def test_an_engineer_records_corrects_and_undoes_and_reads_it_in_words(city: Morotai):
    log: list[str] = []
    actions, ani = actions_in(city, log), await visitor_of(city, Role.ENGINEER)
    height = ("sensor:river", "mounting_height_cm")
    assert await actions.record(ani, *height, "420,5", "2026-11-20T09:00", "survey 7", "hung lower") == ""
    (view, ground) = [
        one
        for one in fact_views(EN, city.registry, ani.principal, now_ms(), WIT)
        if (one.where, one.what) == ("Daruba river bridge · River gauge", "Mounting height")
    ]
    assert (view.where, view.value, view.since) == (
        "Daruba river bridge · River gauge", "420.5 cm", "20 Nov 09:00 WIT",
    )  # fmt: skip
    assert view.recorded_by.endswith(": hung lower (survey 7)")
    assert (ground.value, ground.since, ground.state) == ("450 cm", "since ever", "held before")
    assert await actions.correct(ani, view.id, "425", "", "typo") == ""
    fixed = fact_views(EN, city.registry, ani.principal, now_ms(), WIT)[0]
    assert (fixed.value, fixed.since) == ("425 cm", view.since)
    assert await actions.undo(ani, fixed.id, "it was right") == ""
    undone = fact_views(ID, city.registry, ani.principal, now_ms(), WIT)[0]
    assert undone.state.startswith("dibatalkan oleh")
    assert not undone.is_open
    assert log == ["changed"] * 3


async def test_what_cannot_be_is_said_in_the_readers_language(city: Morotai):
    ani = await visitor_of(city, Role.ENGINEER)
    actions = actions_in(city, _=ID)
    said = await actions.record(ani, "sensor:river", "mounting_height_cm", "4.2", "", "", "x")
    assert said.startswith("nilai 4,2: tidak di antara 30 dan 3500 cm (4,2 m adalah 420 cm)")
    assert "alasan: kosong" in await actions.record(ani, "sensor:river", "mounting_height_cm", "420", "", "", " ")
    assert await actions.undo(ani, 99_999, "x") == "Fakta ini sudah tidak ada."
    high = await actions.record(ani, "sensor:river", "mounting_height_cm", "high", "", "", "x")
    assert high == "Tulis sebuah angka."


@pytest.mark.parametrize("role", [Role.VIEWER, Role.TECHNICIAN, Role.OPERATOR])
async def test_no_lesser_role_changes_a_fact(city: Morotai, role: Role):
    budi, actions = await visitor_of(city, role), actions_in(city)
    ground = city.platform.facts.registry.facts.all()
    assert "takes the role Engineer" in await actions.record(budi, "sensor:river", "site", "dodola", "", "", "x")
    assert "takes the role Engineer" in await actions.undo(budi, 1, "x")
    assert city.platform.facts.registry.facts.all() == ground


async def test_who_sees_some_sites_records_and_reads_facts_of_these_alone(city: Morotai):
    await city.platform.facts.load()
    cici, actions = await visitor_of(city, Role.ENGINEER, sites=["daruba"]), actions_in(city)
    places = {subject for subject, _words in subjects_of(EN, city.registry, cici.principal)}
    assert places == {"sensor:river", "sensor:air", "gateway:gw-daruba"}
    assert {view.where.split(" · ")[0] for view in fact_views(EN, city.registry, cici.principal, now_ms(), WIT)} == {
        "Daruba river bridge"
    }
    refusal = "This site is not among those that you may see."
    for subject, what, value in (
        ("sensor:air-east", "site", "daruba"),
        ("sensor:air", "site", "sangowo"),
        ("city", "ispu_table", "klh_2026"),
    ):
        assert await actions.record(cici, subject, what, value, "", "", "x") == refusal
    hidden = next(one for one in city.registry.facts.all() if one.subject == "sensor:air-east")
    assert await actions.undo(cici, hidden.id, "x") == refusal
    assert await actions.correct(cici, hidden.id, "daruba", "", "x") == refusal
