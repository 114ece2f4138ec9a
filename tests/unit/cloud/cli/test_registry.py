"""siaga-cloud registry, as the person at the server types it."""

import asyncio
from pathlib import Path

import pytest

from cloud.cli.main import main
from cloud.database.engine import Database
from cloud.registry.city_file import read_city_file
from cloud.registry.rows import save_registry

CITY = """owns = []

[city]
name = "Morotai"
zone = "Asia/Jayapura"

[[sites]]
id = "daruba"
name = "Daruba"
latitude = 2.05
longitude = 128.29

[[gateways]]
id = "gw-daruba"
name = "Daruba"
site = "daruba"

[[sensors]]
id = "river"
name = "River"
site = "daruba"
gateway = "gw-daruba"
quantities = ["water_level"]
mounting_height_cm = 450.0
"""


@pytest.fixture
def siaga(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    """Run a command line: exit code, what it said, what it complained of."""
    (tmp_path / "cloud.toml").write_text("")
    (tmp_path / "city.toml").write_text(CITY)

    def run(line: str) -> tuple[int, str, str]:
        code = main([*line.replace("@", f"{tmp_path}/").split(), "--config", str(tmp_path / "cloud.toml")])
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


@pytest.fixture
def started(tmp_path: Path, siaga):
    """The same beside a registry that a cloud has made."""

    async def make() -> None:
        database = Database(f"sqlite:///{tmp_path / 'registry.db'}")
        await database.open()
        await database.run(lambda connection: save_registry(connection, read_city_file(tmp_path / "city.toml")))
        await database.close()

    asyncio.run(make())
    return siaga


def test_the_export_is_a_city_file_that_changes_nothing(started, tmp_path: Path):
    assert started("registry export") == (0, CITY, "")
    assert started("registry export --to @copy.toml") == (0, "", "")
    assert (tmp_path / "copy.toml").read_text() == CITY
    assert started("registry import @copy.toml --yes") == (0, "nothing differs\n", "")


def test_an_import_shows_what_differs_and_changes_it_only_with_yes(started, tmp_path: Path):
    changed = CITY.replace('"River"', '"Bridge"').replace("= 450.0", "= 420.0").replace('"gw-daruba"', '"gw-new"')
    (tmp_path / "new.toml").write_text(changed)
    lines = [
        "add      gateways gw-new",
        "retire   gateways gw-daruba",
        "edit     sensors river",
        '           name: "River" -> "Bridge"',
        '           gateway: "gw-daruba" -> "gw-new"',
        "           mounting_height_cm: 450.0 -> 420.0",
    ]
    for option in ("", " --dry-run"):
        code, said, _ = started(f"registry import @new.toml{option}")
        assert (code, said.splitlines()) == (0, [*lines, "3 changes, none made: say it again with --yes"])
    code, said, _ = started("registry import @new.toml --yes --reason moved")
    assert (code, said.splitlines()) == (0, [*lines, "3 changes made; the cloud follows within seconds"])
    assert started("registry export") == (0, changed, "")


def test_a_table_s_bad_rows_are_told_by_line_and_the_others_are_taken(started, tmp_path: Path):
    (tmp_path / "sensors.csv").write_text(
        "id,name,site,gateway,quantities\npier,Pier,daruba,gw-daruba,pm2_5 pm10\nlost,Lost,nowhere,gw-daruba,pm10\n"
    )
    code, said, complaint = started("registry import-table sensors @sensors.csv --yes")
    assert (code, said) == (1, "add      sensors pier\n1 change made; the cloud follows within seconds\n")
    assert complaint == (
        "sensors.csv: line 3: sensor lost: site: 'nowhere': there is none of that id; add it to [[sites]]\n"
    )
    assert 'quantities = ["pm2_5", "pm10"]' in started("registry export")[1]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("registry import @missing.toml", "missing.toml: cannot be read"),
        ("registry import @city.toml --yes --dry-run", "leave one of them out"),
        ("registry import-table rivers @city.toml", "is no kind of record; choose from sites, gateways, sensors"),
        ("registry import-table sites @city.toml", "no such column"),
    ],
)
def test_what_cannot_be_is_one_sentence(started, line: str, words: str):
    code, _, complaint = started(line)
    assert (code, words in complaint) == (2, True), complaint


def test_before_the_first_start_there_is_nothing_to_export(siaga):
    code, _, complaint = siaga("registry export")
    assert (code, "the registry has no city yet; load a city file" in complaint) == (2, True)


def test_what_the_file_owns_is_changed_there(started, tmp_path: Path):
    (tmp_path / "city.toml").write_text(CITY.replace("owns = []\n", ""))

    async def take() -> None:
        database = Database(f"sqlite:///{tmp_path / 'registry.db'}")
        await database.run(lambda connection: save_registry(connection, read_city_file(tmp_path / "city.toml")))
        await database.close()

    asyncio.run(take())
    (tmp_path / "new.toml").write_text(CITY.replace('"River"', '"Bridge"'))
    code, _, complaint = started("registry import @new.toml --yes")
    assert (code, "city.toml owns sensors; change it there" in complaint) == (2, True)


def test_the_check_warns_of_what_a_file_lists_and_does_not_own(started):
    code, said, complaint = started("check")
    assert (code, "city.toml are fine" in said) == (0, True), complaint
    assert "warning: city.toml: sensors: it does not own them, so the first start alone reads them" in complaint


def test_commands_name_what_the_registry_has_and_the_file_does_not(started, tmp_path: Path):
    (tmp_path / "sites.csv").write_text("id,name,latitude,longitude\nmuara,Muara,2.1,128.3\n")
    started("registry import-table sites @sites.csv --yes")
    assert started("token add wall --role viewer --sites muara")[0] == 0
    code, _, complaint = started("token add wall2 --role viewer --sites muarra")
    assert (code, "did you mean muara?" in complaint) == (2, True)
