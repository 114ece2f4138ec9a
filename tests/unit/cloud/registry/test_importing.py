"""City files and tables, imported into a registry that people own, and exported from it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from cloud.registry.city_export import exported
from cloud.registry.city_file import city_of
from cloud.registry.importing import import_city, import_rows
from cloud.registry.records import Contact
from cloud.registry.rows import save_registry
from runtime.settings import document_in
from tests.registries import on_each_registry
from tests.unit.cloud.examples import GATEWAY, T0
from tests.unit.cloud.registry.houses import ANI, MUARA, House, house_in, owned_by_people, refused, snapshot

pytestmark = on_each_registry()


@pytest_asyncio.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with house_in(tmp_path) as house:
        yield house


async def test_what_is_exported_imports_to_the_same(house: House):
    contacts = [{"name": 'Siti "Ti" Ä', "phone": "+62 812"}, {"name": "Budi", "role": "neighbour"}]
    await house.editing.add("sites", MUARA | {"contacts": contacts, "zone": "Asia/Tokyo"}, by=ANI)
    polygon = [[2, 128], [2.1, 128], [2.1, 128.1]]
    await house.editing.amend("sites", "daruba", {"capacity": 50, "polygon": polygon}, by=ANI)
    changes = {"mounting_height_cm": 450, "stamped": "end", "interval_s": 60}
    await house.editing.amend("sensors", "river", changes, by=ANI, valid_from_ms=T0 - 5_001)
    await house.facts.record("sensor:river", "mounting_height_cm", 420, actor=ANI.actor, reason="a")
    await house.editing.retire("sensors", "people-pier", by=ANI)
    text = exported(house.registry)
    outcome = await import_city(house.editing, text, "city.toml", by=ANI, dry_run=False)
    assert (list(outcome.edits), outcome.change) == ([], None)
    assert snapshot(city_of(document_in(text, "city.toml"), "city.toml"))["sites"] == snapshot(house.registry)["sites"]
    assert house.record("sites", "muara").contacts[0] == Contact('Siti "Ti" Ä', phone="+62 812")


async def test_a_dry_run_shows_each_difference_and_only_applying_makes_it(house: House):
    before = snapshot(house.registry)
    text = exported(house.registry).replace('name = "River"', 'name = "Bridge"')
    text += '[[sensors]]\nid = "mouth"\nname = "Mouth"\nsite = "daruba"\ngateway = "gw-daruba"\nquantities = ["pm10"]\n'
    text = text.replace('id = "people-pier"', 'id = "people-gate"')
    for dry_run in (True, False):
        outcome = await import_city(house.editing, text, "new.toml", by=ANI, dry_run=dry_run)
        what = {edit.id: "retire" if edit.after.retired else "edit" if edit.before else "add" for edit in outcome.edits}
        assert what == {"river": "edit", "mouth": "add", "people-gate": "add", "people-pier": "retire"}
        assert (outcome.change is None) == dry_run
        assert (snapshot(house.registry) == before) == dry_run
    assert outcome.change is not None
    assert outcome.change.action == "import"
    await house.editing.undo(outcome.change.id, by=ANI)
    assert snapshot(house.registry) == before


async def test_a_kind_that_a_file_does_not_list_is_left_alone_and_one_that_it_lists_empty_is_retired(house: House):
    head = '[city]\nname = "Morotai"\nzone = "Asia/Jayapura"\n'
    assert (await import_city(house.editing, head, "c.toml", by=ANI, dry_run=False)).change is None
    error = await refused(import_city(house.editing, f"gateways = []\n{head}", "c.toml", by=ANI, dry_run=False))
    assert "gateway: 'gw-daruba': there is none of that id" in str(error)
    await import_city(house.editing, f"sensors = []\n{head}", "c.toml", by=ANI, dry_run=False)
    assert snapshot(house.registry)["sensors"] == {}


@pytest.mark.parametrize(
    ("text", "kind", "words"),
    [
        ("[city", "refused", "c.toml: is not TOML"),
        ('[city]\nname = "M"\n', "refused", "c.toml: city.zone: is missing"),
        ('[city]\nname = "Other"\nzone = "Asia/Jayapura"\n', "owned", "[city]: says otherwise than the registry"),
        ('[city]\nname = "Morotai"\nzone = "Asia/Jayapura"\n[[domains]]\nid = "noise"\nname = "N"\nname_id = "N"\n',
         "owned", "are changed in city.toml itself"),
        ('[city]\nname = "Morotai"\nzone = "Asia/Jayapura"\n[[gateways]]\nid = "x"\nname = "X"\nsite = "daruba"\n',
         "refused", "gateways[0].site: 'daruba': there is none"),
    ],
)  # fmt: skip
async def test_a_file_with_a_mistake_changes_nothing(house: House, text: str, kind: str, words: str):
    error = await refused(import_city(house.editing, text, "c.toml", by=ANI, dry_run=False))
    assert (error.kind, words in str(error)) == (kind, True), str(error)


async def test_the_file_of_the_cloud_leaves_alone_what_it_does_not_own_and_is_read_while_there_is_no_city(house: House):
    await house.editing.amend("sensors", "river", {"name": "Bridge"}, by=ANI)
    before = snapshot(house.registry)
    await house.database.run(lambda connection: save_registry(connection, owned_by_people(), now_ms=T0))
    await house.facts.load()
    assert snapshot(house.registry) == before
    assert house.registry.file_owns == ()


async def test_rows_of_a_table_add_and_change_and_a_bad_one_costs_itself(house: House):
    table = (
        "id;name;site;gateway;quantities;interval_s\n"
        "river;;;;;30\n"
        "mouth;Mouth;daruba;gw-daruba;water_level temperature;60\n"
        "lost;Lost;nowhere;gw-daruba;water_level;60\n"
        "slow;Slow;daruba;gw-daruba;water_level;now and then\n"
        "mouth;Mouth;daruba;gw-daruba;water_level;60\n"
        "long;L;daruba;gw-daruba;pm10;1;more\n"
        "\n"
        "few;Few\n"
    )
    outcome = await import_rows(house.editing, "sensors", table, by=ANI, dry_run=False)
    assert [edit.id for edit in outcome.edits] == ["river", "mouth"]
    assert (house.record("sensors", "river").interval_s, house.record("sensors", "river").name) == (30, "River")
    assert house.record("sensors", "mouth").quantities == ("water_level", "temperature")
    assert [(problem.line, problem.id) for problem in outcome.problems] == [
        (4, "lost"), (5, "slow"), (6, "mouth"), (7, "long"), (9, "few"),
    ]  # fmt: skip
    sentences = "\n".join(problem.sentence for problem in outcome.problems)
    for words in ("'nowhere': there is none of that id", "'now and then': write a number", "stands in line 3 already",
                  "is a cell more than the header", "site: is missing; add it"):  # fmt: skip
        assert words in sentences


async def test_a_row_that_rests_on_a_bad_one_is_left_out_with_it(house: House):
    table = (
        f"id,name,site,gateway,quantities,next_downstream\n"
        f"a,A,daruba,{GATEWAY},water_level,b\n"
        f"b,B,daruba,{GATEWAY},water_level,c\n"
        f"c,C,daruba,{GATEWAY},pm10,\n"
        f"d,D,daruba,{GATEWAY},water_level,river\n"
    )
    outcome = await import_rows(house.editing, "sensors", table, by=ANI, dry_run=False)
    assert [edit.id for edit in outcome.edits] == ["c", "d"]
    assert [problem.id for problem in outcome.problems] == ["a", "b"]


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ("", "line 1: has no column id"),
        ("id,nam\n", "line 1: 'nam': no such column; known are id, name, place"),
        ("id,id\n", "line 1: 'id' stands here twice"),
        ('id,name\n"a,b\n', "is no CSV"),
        ("id\n" + "a\n" * 20_001, "a table has at most 20000 rows"),
    ],
)
async def test_what_is_no_table_is_refused_as_a_whole(house: House, table: str, words: str):
    error = await refused(import_rows(house.editing, "sites", table, by=ANI, dry_run=True))
    assert words in str(error)


async def test_what_the_file_owns_no_table_changes(tmp_path: Path, house: House):
    owned = owned_by_people()
    owned.file_owns = ("sites",)
    await house.database.run(lambda connection: save_registry(connection, owned, now_ms=T0))
    await house.facts.load()
    error = await refused(import_rows(house.editing, "sites", "id,name\ndaruba,X\n", by=ANI, dry_run=True))
    assert error.kind == "owned"
    text = exported(house.registry).replace('name = "Daruba river"', 'name = "X"')
    error = await refused(import_city(house.editing, text, "c.toml", by=ANI, dry_run=True))
    assert error.kind == "owned"
