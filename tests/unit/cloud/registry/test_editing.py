"""People change the registry: each act is checked, recorded, followed at once, and can be taken back."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import Connection, update

from cloud.database.audit_log import Actor, read_entries
from cloud.registry.editing import Editor, RegistryEditing
from cloud.registry.editing_drafts import revision_of
from cloud.registry.records import Calibration, Sensor, Site
from cloud.registry.rows import read_registry, save_registry
from cloud.registry.tables import FactRow
from tests.registries import on_each_registry
from tests.unit.cloud.examples import GATEWAY, T0
from tests.unit.cloud.registry.houses import ANI, GAUGE, MUARA, House, house_in, owned_by_people, refused, snapshot

pytestmark = on_each_registry()


@pytest_asyncio.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with house_in(tmp_path) as house:
        yield house


async def test_a_site_a_gateway_and_a_sensor_are_added_and_routed_without_a_restart(house: House):
    await house.editing.add("sites", MUARA, by=ANI)
    await house.editing.add("gateways", {"id": "gw-muara", "name": "Muara", "site": "muara"}, by=ANI)
    await house.editing.add("sensors", GAUGE | {"site": "muara", "gateway": "gw-muara"}, by=ANI)
    routes = house.registry.routes("gw-muara")
    assert routes is not None
    assert routes["mouth", "water_level"].site == "muara"
    assert house.registry.site("muara") == Site("muara", "Muara", "", 2.1, 128.3, "Asia/Jayapura")
    again = await house.database.run(read_registry)
    assert snapshot(again) == snapshot(house.registry)


async def test_a_changed_key_leaves_the_others_and_null_takes_one_out(house: House):
    await house.editing.amend("sensors", "river", {"name": "Bridge", "interval_s": 10}, by=ANI)
    await house.editing.amend("sensors", "river", {"interval_s": None}, by=ANI)
    river = house.record("sensors", "river")
    assert (river.name, river.interval_s, river.quantities) == ("Bridge", None, ("water_level", "temperature"))
    assert river.calibration == {"water_level": Calibration(2.0, -10.0)}
    assert (await house.editing.amend("sensors", "river", {"name": "Bridge"}, by=ANI)).change is None


async def test_what_is_dated_becomes_a_fact_of_the_author_and_its_undoing_undoes_the_fact(house: House):
    change = (await house.editing.amend(
        "sensors", "river", {"calibration": {"water_level": {"scale": 1.5}}, "site": "daruba"}, by=ANI,
        valid_from_ms=T0 - 86_400_000,
    )).change  # fmt: skip
    assert change is not None
    (fact,) = (house.registry.facts.fact(number) for number in change.facts)
    assert fact is not None
    assert (fact.what, fact.author, fact.source, fact.valid_from_ms) == (
        "calibration.water_level", "ani", "registry", T0 - 86_400_000,
    )  # fmt: skip
    assert house.record("sensors", "river").calibration == {"water_level": Calibration(1.5, 0.0)}
    await house.database.run(finish_computing)
    await house.facts.load()
    await house.editing.undo(change.id, by=ANI)
    assert house.record("sensors", "river").calibration == {"water_level": Calibration(2.0, -10.0)}
    undone = house.registry.facts.fact(fact.id)
    assert undone is not None
    assert undone.undone_by == "ani"


def finish_computing(connection: Connection) -> None:
    """What an ingester does with the facts that are due."""
    connection.execute(update(FactRow).values(due_ms=None))


async def test_each_act_is_in_the_journal_with_what_was_before_and_after(house: House):
    await house.editing.amend("sites", "daruba", {"capacity": 50}, by=ANI)
    (entry,) = await house.database.run(lambda connection: read_entries(connection, subject="site:daruba"))
    assert (entry.actor, entry.origin, entry.action, entry.reason) == ("ani", "10.0.0.7", "registry-edit", "survey")
    assert '"capacity":null' in entry.before
    assert '"capacity":50' in entry.after


async def test_an_edit_of_an_older_revision_is_refused_and_changes_nothing(house: House):
    seen = revision_of(house.record("sites", "daruba"))
    await house.editing.amend("sites", "daruba", {"name": "First"}, by=ANI, revision=seen)
    error = await refused(house.editing.amend("sites", "daruba", {"name": "Second"}, by=ANI, revision=seen))
    assert (error.kind, house.record("sites", "daruba").name) == ("conflict", "First")
    assert f"since revision {seen}; read it again" in str(error)


async def test_what_another_process_changed_meanwhile_is_seen_before_an_edit_is_written(tmp_path: Path, house: House):
    other = House(tmp_path)
    await other.facts.load()
    await other.editing.amend("sites", "daruba", {"name": "Theirs"}, by=ANI)
    await house.editing.amend("sites", "daruba", {"place": "Ours"}, by=ANI)
    assert (house.record("sites", "daruba").name, house.record("sites", "daruba").place) == ("Theirs", "Ours")
    assert await other.facts.refresh()
    assert snapshot(other.registry) == snapshot(house.registry)
    assert not await other.facts.refresh()
    await other.database.close()


@pytest.mark.parametrize(
    ("kind", "fields", "words"),
    [
        ("sites", MUARA | {"latitude": 200}, "site muara: latitude: 200: write 90 or less"),
        ("sites", MUARA | {"zone": "WIT"}, "write Asia/Jayapura"),
        ("sites", MUARA | {"contacts": [{"name": "Siti", "phone": "call me"}]}, "contacts[0].phone"),
        ("gateways", {"id": "gw-x", "name": "X", "site": "muara"}, "site: 'muara': there is none of that id"),
        ("gateways", {"id": "gw-x", "name": "X", "site": ""}, "gateway gw-x: site: '': "),
        ("sensors", GAUGE | {"gateway": ""}, "sensor mouth: gateway: '': "),
        ("sensors", GAUGE | {"quantities": ["water_levl"]}, "no such quantity; write water_level"),
        ("sensors", GAUGE | {"next_downstream": "air-market"}, "air-market measures no water_level"),
        ("sensors", GAUGE | {"gateway": "gw-old"}, "sensor mouth: gateway: 'gw-old': there is none of that id"),
        ("sensors", GAUGE | {"mounting_height_cm": 4.2}, "4.2 m are 420"),
        ("sensors", {"id": "mouth", "name": "Mouth"}, "quantities: is missing; add it"),
    ],
)  # fmt: skip
async def test_what_city_toml_would_refuse_is_refused_with_its_sentence(house: House, kind, fields, words):
    before = snapshot(house.registry)
    error = await refused(house.editing.add(kind, fields, by=ANI))
    assert error.kind == "refused"
    assert words in str(error)
    assert snapshot(await house.database.run(read_registry)) == before


@pytest.mark.parametrize(("kind", "name"), [("sites", "daruba"), ("gateways", "river"), ("sensors", GATEWAY)])
async def test_an_id_that_is_taken_stays_that_of_its_record(house: House, kind, name):
    tables: dict[str, dict[str, Any]] = {"sites": MUARA, "gateways": {"name": "X", "site": "daruba"}, "sensors": GAUGE}
    error = await refused(house.editing.add(kind, tables[kind] | {"id": name}, by=ANI))
    assert (error.kind, "already; write another id" in str(error)) == ("exists", True)


async def test_what_is_retired_leaves_the_lists_and_comes_back_as_it_was(house: House):
    before = snapshot(house.registry)
    change = (await house.editing.retire("sensors", "river", by=ANI)).change
    assert change is not None
    assert "river" not in {sensor.id for sensor in house.registry.sensors()}
    assert house.registry.sensor("river") is not None
    error = await refused(house.editing.add("sensors", GAUGE | {"id": "river"}, by=ANI))
    assert "is a retired sensor already; bring it back" in str(error)
    error = await refused(house.editing.amend("sensors", "river", {"name": "X"}, by=ANI))
    assert "is retired; bring it back before you change it" in str(error)
    await house.editing.restore("sensors", "river", by=ANI)
    assert snapshot(house.registry) == before


async def test_a_site_is_retired_with_what_stands_there_or_not_at_all_and_one_undo_brings_all_back(house: House):
    await house.editing.add("sites", MUARA, by=ANI)
    await house.editing.add("sensors", GAUGE | {"site": "muara", "gateway": GATEWAY}, by=ANI)
    await house.editing.amend("sensors", "river", {"next_downstream": "mouth"}, by=ANI)
    before = snapshot(house.registry)
    error = await refused(house.editing.retire("sites", "muara", by=ANI))
    assert (error.kind, "sensor mouth stand there; retire them first" in str(error)) == ("conflict", True)
    change = (await house.editing.retire("sites", "muara", by=ANI, along=True)).change
    assert change is not None
    assert house.record("sensors", "mouth").retired
    assert house.record("sensors", "river").next_downstream is None
    await house.editing.undo(change.id, by=ANI)
    assert snapshot(house.registry) == before


async def test_an_undo_is_a_change_that_can_be_undone_and_nothing_is_undone_twice(house: House):
    change = (await house.editing.amend("sensors", "river", {"name": "Bridge"}, by=ANI)).change
    assert change is not None
    undo = (await house.editing.undo(change.id, by=ANI)).change
    assert undo is not None
    assert (undo.undoes, house.record("sensors", "river").name) == (change.id, "River")
    error = await refused(house.editing.undo(change.id, by=ANI))
    assert str(error) == f"change {change.id}: is undone already, by change {undo.id}"
    await house.editing.undo(undo.id, by=ANI)
    assert house.record("sensors", "river").name == "Bridge"


async def test_what_was_changed_since_is_undone_first(house: House):
    first = (await house.editing.amend("sites", "daruba", {"name": "One"}, by=ANI)).change
    second = (await house.editing.amend("sites", "daruba", {"name": "Two"}, by=ANI)).change
    assert first is not None
    assert second is not None
    error = await refused(house.editing.undo(first.id, by=ANI))
    assert "site daruba was changed since; undo what came later first" in str(error)
    await house.editing.undo(second.id, by=ANI)
    await house.editing.undo(first.id, by=ANI)
    assert house.record("sites", "daruba").name == "Daruba river"


async def test_of_two_changes_of_the_same_height_both_are_undone_in_reverse(house: House):
    first = (await house.editing.amend("sensors", "river", {"mounting_height_cm": 300}, by=ANI)).change
    second = (await house.editing.amend("sensors", "river", {"mounting_height_cm": None}, by=ANI)).change
    assert first is not None
    assert second is not None
    error = await refused(house.editing.undo(first.id, by=ANI))
    assert "mounting_height_cm of sensor:river was recorded again since" in str(error)
    for change in (second, first):
        await house.editing.undo(change.id, by=ANI)
    assert house.record("sensors", "river").mounting_height_cm is None
    assert all(fact.undone_ms for fact in house.registry.facts.of("sensor:river", "mounting_height_cm")[1:])


async def test_a_name_taken_back_leaves_where_the_sensor_was_moved_meanwhile(house: House):
    await house.editing.add("sites", MUARA, by=ANI)
    change = (await house.editing.amend("sensors", "river", {"name": "Bridge"}, by=ANI)).change
    assert change is not None
    await house.facts.record("sensor:river", "site", "muara", actor=ANI.actor, reason="moved")
    await house.editing.undo(change.id, by=ANI)
    river = house.record("sensors", "river")
    assert (river.name, river.site) == ("River", "muara")


@pytest.mark.parametrize(
    ("act", "kind"),
    [
        (lambda edit, by: edit.amend("sensors", "river", {"name": "X"}, by=by), "unknown"),
        (lambda edit, by: edit.retire("sites", "daruba", by=by), "unknown"),
        (lambda edit, by: edit.add("sites", MUARA | {"id": "new"}, by=by), "denied"),
        (lambda edit, by: edit.add("sensors", GAUGE, by=by), "denied"),
        (lambda edit, by: edit.add("sensors", GAUGE | {"site": "muara"}, by=by), "refused"),
        (lambda edit, by: edit.amend("sensors", "tide", {"twin": "river"}, by=by), "refused"),
        (lambda edit, by: edit.amend("sensors", "tide", {"site": "daruba"}, by=by), "denied"),
    ],
)
async def test_who_sees_some_sites_edits_and_names_nothing_at_others(
    house: House, act: Callable[[RegistryEditing, Editor], Any], kind: str
):
    await house.editing.add("sites", MUARA, by=ANI)
    await house.editing.add("gateways", {"id": "gw-muara", "name": "M", "site": "muara"}, by=ANI)
    await house.editing.add("sensors", GAUGE | {"id": "tide", "site": "muara", "gateway": "gw-muara"}, by=ANI)
    before = snapshot(house.registry)
    some = Editor(Actor("budi"), frozenset({"muara"}))
    assert (await refused(act(house.editing, some))).kind == kind
    assert snapshot(house.registry) == before
    await house.editing.amend("sensors", "tide", {"name": "Tide"}, by=some)


async def test_changes_of_other_sites_are_neither_listed_nor_undone(house: House):
    change = (await house.editing.amend("sites", "daruba", {"name": "X"}, by=ANI)).change
    assert change is not None
    assert await house.editing.changes(sites=frozenset({"muara"})) == []
    with pytest.raises(LookupError):
        await house.editing.undo(change.id, by=Editor(Actor("budi"), frozenset({"muara"})))
    ((listed, edits),) = await house.editing.changes(sites=frozenset({"daruba"}), kind="sites", record="daruba")
    assert (listed, [edit.id for edit in edits]) == (change, ["daruba"])


async def test_what_city_toml_owns_is_refused_with_where_to_change_it(tmp_path: Path, house: House):
    owned = owned_by_people()
    owned.file_owns = ("sites",)
    await house.database.run(lambda connection: save_registry(connection, owned, now_ms=T0))
    await house.facts.load()
    error = await refused(house.editing.amend("sites", "daruba", {"name": "X"}, by=ANI))
    assert error.kind == "owned"
    assert str(error).startswith("site daruba: city.toml owns sites; change it there and send SIGHUP")
    await house.editing.amend("sensors", "river", {"name": "X"}, by=ANI)
    ((change, _),) = await house.editing.changes(sites=None, limit=1, before_id=None, kind="sensors", record="river")
    assert change.author == "ani"


async def test_a_date_that_is_still_to_come_belongs_to_a_fact(house: House):
    error = await refused(house.editing.amend(
        "sensors", "river", {"mounting_height_cm": 420}, by=ANI, valid_from_ms=T0 + 10**9,
    ))  # fmt: skip
    assert "valid_from: is still to come; record it as a dated fact" in str(error)


def test_a_revision_is_another_one_as_soon_as_anything_is():
    river = Sensor("river", "River", "daruba", GATEWAY, ("water_level",))
    other = Sensor("river", "River", "daruba", GATEWAY, ("water_level",), groups=("a",))
    assert revision_of(river) == revision_of(Sensor("river", "River", "daruba", GATEWAY, ("water_level",)))
    assert revision_of(river) != revision_of(other)
