"""What a city file says otherwise than the one before it, as dated facts."""

import contextlib
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import pytest

from cloud.database.audit_log import Actor
from cloud.database.engine import Database
from cloud.registry.fact_service import FactRejected, FactService
from cloud.registry.records import Calibration, City, Gateway, Sensor, Site
from cloud.registry.rows import read_registry, save_registry
from cloud.registry.snapshot import Registry
from tests.registries import each_registry, registry_in

NOW, DAY = 1_796_000_000_000, 86_400_000
HOUSES = [Site(name, name, "", 2.0, 128.0, "Asia/Jayapura") for name in ("daruba", "pier")]
ANI = Actor("ani")


def river(**changed: object) -> Sensor:
    given = {"site": "daruba", "gateway": "gw-a", "mounting_height_cm": 450.0} | changed
    return Sensor(id="river", name="River", quantities=("distance", "water_level"), **given)  # type: ignore[arg-type]


def city(*sensors: Sensor, gateway_site: str = "daruba") -> Registry:
    gateways = [Gateway("gw-a", "A", gateway_site), Gateway("gw-b", "B", "pier")]
    return Registry(city=City("Morotai", "Asia/Jayapura"), sites=HOUSES, gateways=gateways, sensors=sensors)


@contextlib.asynccontextmanager
async def opened(folder: Path) -> AsyncIterator[Database]:
    database = Database(registry_in(folder))
    await database.open()
    yield database
    await database.close()


async def after(database: Database, *files: tuple[Registry, int]) -> Registry:
    for registry, now_ms in files:
        await database.run(partial(save_registry, registry=registry, now_ms=now_ms))
    return await database.run(read_registry)


def heights(registry: Registry, *times_ms: int) -> list[float | None]:
    sensor = registry.sensor("river")
    assert sensor is not None
    timeline = registry.history.mounting_height_cm(sensor)
    return [timeline.at(time_ms) for time_ms in times_ms]


@each_registry
async def test_a_changed_height_holds_from_the_change_on_and_what_came_before_keeps_its_own(tmp_path: Path):
    async with opened(tmp_path) as database:
        found = await after(database, (city(river()), NOW), (city(river(mounting_height_cm=420.0)), NOW + DAY))
        assert heights(found, 0, NOW + DAY - 1, NOW + DAY) == [450, 450, 420]
        again = await after(database, (city(river(mounting_height_cm=420.0)), NOW + 2 * DAY))
        assert len(again.facts.all()) == len(found.facts.all())


@each_registry
async def test_a_file_may_say_since_when_also_of_what_it_said_before(tmp_path: Path):
    async with opened(tmp_path) as database:
        since = NOW - 10 * DAY
        found = await after(
            database, (city(river()), NOW), (city(river(mounting_height_cm=420.0, valid_from_ms=since)), NOW + DAY)
        )
        assert heights(found, since - 1, since) == [450, 420]
        earlier = await after(database, (city(river(mounting_height_cm=420.0, valid_from_ms=since - DAY)), NOW + DAY))
        assert heights(earlier, since - DAY - 1, since - DAY) == [450, 420]
        assert [fact.due_ms for fact in earlier.facts.due()] == [since, since - DAY]


@each_registry
async def test_what_people_recorded_is_not_taken_back_by_a_file_that_did_not_change(tmp_path: Path):
    async with opened(tmp_path) as database:
        found = await after(database, (city(river()), NOW))
        facts = FactService(database, found, clock=lambda: NOW + DAY)
        await facts.record("sensor:river", "mounting_height_cm", 421.5, actor=ANI, reason="measured")
        again = await after(database, (city(river()), NOW + 2 * DAY))
        assert heights(again, NOW, NOW + 3 * DAY) == [450, 421.5]
        told = ("sensor:river mounting_height_cm 450.0, holds 421.5",)
        assert (
            await database.run(lambda connection: read_registry(connection, now_ms=NOW + 3 * DAY).outdated_entries)
            == told
        )
        assert await database.run(lambda connection: read_registry(connection, now_ms=NOW).outdated_entries) == ()
        changed = await after(database, (city(river(mounting_height_cm=430.0)), NOW + 3 * DAY))
        assert heights(changed, NOW + 2 * DAY, NOW + 3 * DAY) == [421.5, 430]


@each_registry
async def test_site_gateway_and_calibration_are_dated_too_and_the_site_of_a_gateway(tmp_path: Path):
    async with opened(tmp_path) as database:
        moved = river(site="pier", gateway="gw-b", calibration={"distance": Calibration(1.0, -3.0)})
        found = await after(database, (city(river()), NOW), (city(moved, gateway_site="pier"), NOW + DAY))
        sensor, gateway = found.sensor("river"), found.gateway("gw-a")
        assert sensor is not None
        assert gateway is not None
        history = found.history
        assert [history.site(sensor).at(time) for time in (NOW, NOW + DAY)] == ["daruba", "pier"]
        assert [history.gateway(sensor).at(time) for time in (NOW, NOW + DAY)] == ["gw-a", "gw-b"]
        assert [history.site(gateway).at(time) for time in (NOW, NOW + DAY)] == ["daruba", "pier"]
        offsets = [history.calibration(sensor, "distance").at(time).offset for time in (NOW, NOW + DAY)]
        assert offsets == [0, -3]


@each_registry
async def test_a_registry_from_before_dated_facts_keeps_what_its_file_said(tmp_path: Path):
    async with opened(tmp_path) as database:
        found = await after(database, (city(river()), NOW))
        await database.run(lambda connection: connection.exec_driver_sql("DELETE FROM facts"))
        found = await after(database, (city(river(site="pier")), NOW + DAY))
        sensor = found.sensor("river")
        assert sensor is not None
        assert found.history.site_tag(sensor).values == ["daruba", "pier"]


async def _facts(database: Database, now_ms: int = NOW + DAY) -> FactService:
    return FactService(database, await after(database, (city(river()), NOW)), clock=lambda: now_ms)


@each_registry
async def test_an_undone_correction_gives_back_what_it_corrected_and_all_of_it_stays_in_the_list(tmp_path: Path):
    async with opened(tmp_path) as database:
        facts = await _facts(database)
        change = await facts.record("sensor:river", "mounting_height_cm", 420, actor=ANI, reason="x", valid_from_ms=NOW)
        fixed = await facts.correct(change.id, 425, actor=ANI, reason="read off wrongly", source="survey 7")
        assert (fixed.valid_from_ms, fixed.source, heights(facts.registry, NOW)) == (NOW, "survey 7", [425])
        await facts.undo(fixed.id, actor=ANI, reason="it was right")
        assert heights(facts.registry, NOW - 1, NOW) == [450, 420]
        assert [fact.value for fact in facts.registry.facts.of("sensor:river", "mounting_height_cm")] == [450, 420, 425]
        with pytest.raises(FactRejected, match="undone already"):
            await facts.undo(fixed.id, actor=ANI, reason="again")
        (baseline,) = [
            one for one in facts.registry.facts.of("sensor:river", "mounting_height_cm") if not one.valid_from_ms
        ]
        await facts.undo(change.id, actor=ANI, reason="nobody hung it lower")
        with pytest.raises(FactRejected, match="is all that is known; correct it instead"):
            await facts.undo(baseline.id, actor=ANI, reason="x")


@pytest.mark.parametrize(
    ("subject", "what", "value", "words"),
    [
        ("sensor:river", "mounting_height_cm", 4.2, "(4.2 m are 420 cm)"),
        ("sensor:river", "mounting_height_cm", 4_200, "(4200 mm are 420 cm)"),
        ("sensor:river", "mounting_height_cm", "high", "write the height in cm"),
        ("sensor:river", "mounting_height_cm", True, "write the height in cm"),
        ("sensor:river", "mounting_height_cm", float("nan"), "write the height in cm"),
        ("sensor:river", "site", "nowhere", "no such site"),
        ("sensor:river", "gateway", "gw-c", "no such gateway"),
        ("sensor:river", "calibration.distance", {"scale": 0, "offset": 1}, "a scale of 0"),
        ("sensor:river", "calibration.distance", [1, 2], "write {"),
        ("sensor:river", "calibration.pm2_5", {"scale": 1, "offset": 1}, "cannot be recorded of sensor:river"),
        ("sensor:gw-a", "site", "pier", "is nothing that facts are recorded of"),
        ("gateway:gw-a", "mounting_height_cm", 400, "write one of site"),
        ("river", "site", "pier", "write sensor:ID"),
    ],
)
async def test_what_cannot_be_is_refused_in_a_sentence(
    tmp_path: Path, subject: str, what: str, value: object, words: str
):
    database = Database(f"sqlite:///{tmp_path / 'registry.db'}")
    await database.open()
    facts = await _facts(database)
    with pytest.raises(FactRejected) as refusal:
        await facts.record(subject, what, value, actor=ANI, reason="x")
    assert words in str(refusal.value)
    await database.close()


@each_registry
async def test_another_process_sees_what_was_recorded_and_what_begins_to_hold(tmp_path: Path):
    async with opened(tmp_path) as database:
        clock = [NOW + DAY]
        ours = await _facts(database)
        theirs = FactService(database, await database.run(read_registry), clock=lambda: clock[0])
        await theirs.load()
        assert await theirs.refresh() is False
        await ours.record("sensor:river", "site", "pier", actor=ANI, reason="moved", valid_from_ms=NOW + 3 * DAY)
        assert await theirs.refresh() is True
        assert _site_now(theirs) == "daruba"
        clock[0] = NOW + 3 * DAY
        assert await theirs.refresh() is True
        assert _site_now(theirs) == "pier"
        assert await theirs.refresh() is False


def _site_now(facts: FactService) -> str:
    sensor = facts.registry.sensor("river")
    assert sensor is not None
    return sensor.site


async def test_nothing_is_recorded_without_a_word(tmp_path: Path):
    database = Database(f"sqlite:///{tmp_path / 'registry.db'}")
    await database.open()
    facts = await _facts(database)
    for word in ("", " ", "a\nb", "\0", "x" * 401):
        with pytest.raises(FactRejected, match="reason"):
            await facts.record("sensor:river", "site", "pier", actor=ANI, reason=word)
    await database.close()
