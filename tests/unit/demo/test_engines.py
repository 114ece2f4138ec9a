"""Which store and which Grafana the demo runs with."""

from pathlib import Path

import pytest

from demo.engines import NOTHING, StoreWish, choose_grafana, choose_store
from demo.folder import DemoCannotStart
from demo.influxdb import InstalledInfluxdb, folder_of_influxdb
from demo.installed_grafana import InstalledGrafana

INFLUXDB = InstalledInfluxdb("/usr/bin/influxd", 1)
GRAFANA = InstalledGrafana((12, 2), "/usr/bin/grafana", Path("/usr/share/grafana"))
FOLDER = Path("/var/demo")


def begun_on_influxdb(folder: Path, major: int) -> Path:
    folder_of_influxdb(folder, major).mkdir()
    return folder


def begun_on_sqlite(folder: Path) -> Path:
    (folder / "readings.db").touch()
    return folder


def test_a_new_folder_begins_on_what_is_there_or_asked_for(tmp_path: Path):
    assert choose_store(tmp_path, StoreWish.AUTO, INFLUXDB) == (INFLUXDB, NOTHING)
    assert choose_store(tmp_path, StoreWish.AUTO, None) == (None, NOTHING)
    assert choose_store(tmp_path, StoreWish.SQLITE, INFLUXDB) == (None, NOTHING)
    with pytest.raises(DemoCannotStart, match=r"no influxd of 1\.x or 2\.x is on the PATH"):
        choose_store(tmp_path, StoreWish.INFLUXDB, None)


@pytest.mark.parametrize("wish", StoreWish)
def test_a_folder_that_began_on_sqlite_stays_on_it(tmp_path: Path, wish: StoreWish):
    influxdb, said = choose_store(begun_on_sqlite(tmp_path), wish, INFLUXDB)
    assert influxdb is None
    assert said.startswith("" if wish is StoreWish.SQLITE else "This data folder began on SQLite and stays on it")
    assert choose_store(tmp_path, wish, None) == (None, NOTHING)


@pytest.mark.parametrize("wish", StoreWish)
def test_a_folder_that_began_on_influxdb_stays_on_it(tmp_path: Path, wish: StoreWish):
    influxdb, said = choose_store(begun_on_influxdb(tmp_path, 1), wish, INFLUXDB)
    assert influxdb == INFLUXDB
    assert bool(said) == (wish is StoreWish.SQLITE)


@pytest.mark.parametrize("installed", [None, InstalledInfluxdb("/usr/bin/influxd", 2)])
def test_without_the_influxdb_that_it_began_on_it_does_not_start(tmp_path: Path, installed: InstalledInfluxdb | None):
    with pytest.raises(DemoCannotStart, match=r"began on InfluxDB 1\.x, and no influxd of that is on the PATH"):
        choose_store(begun_on_influxdb(tmp_path, 1), StoreWish.AUTO, installed)


def test_grafana_runs_where_it_and_influxdb_are():
    assert choose_grafana("", GRAFANA, influxdb=INFLUXDB, data=FOLDER) == (GRAFANA, NOTHING)
    assert choose_grafana("none", GRAFANA, influxdb=INFLUXDB, data=FOLDER) == (None, NOTHING)


@pytest.mark.parametrize(
    ("grafana", "influxdb", "folder", "said"),
    [
        (None, None, "/var/demo", "grafana.com/grafana/download) and InfluxDB (1.x or 2.x, influxdata.com/downloads)"),
        (None, INFLUXDB, "/var/demo", "Grafana's screens come too where it is installed: 12.0 or newer"),
        (GRAFANA, None, "/var/demo", "Grafana shows nothing without InfluxDB"),
        (InstalledGrafana((9, 5), "g", FOLDER), INFLUXDB, "/var/demo", "Grafana 9.5 is installed"),
        (GRAFANA, INFLUXDB, '/var/"Morotai" $1', "cannot name the data folder"),
        (GRAFANA, INFLUXDB, "/var/a;b", "cannot name the data folder"),
    ],
)
def test_one_sentence_says_why_there_is_no_grafana(
    grafana: InstalledGrafana | None, influxdb: InstalledInfluxdb | None, folder: str, said: str
):
    chosen, sentence = choose_grafana("", grafana, influxdb=influxdb, data=Path(folder))
    assert chosen is None
    assert said in sentence
    with pytest.raises(DemoCannotStart, match="--grafana /opt/grafana: "):
        choose_grafana("/opt/grafana", grafana, influxdb=influxdb, data=Path(folder))
