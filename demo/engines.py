"""Which store and which Grafana the demo runs with:  what is asked for, what is installed, what its folder began on.

choose_store(folder, "auto", influxdb) -> (influxdb, "")
choose_grafana("", grafana, influxdb=None) -> (None, "Grafana shows nothing without InfluxDB: …")

A data folder stays on the store that it began on: readings do not move by themselves.
"""

import re
from enum import StrEnum
from pathlib import Path

from demo.folder import ANOTHER_FOLDER, DemoCannotStart
from demo.influxdb import InstalledInfluxdb, folder_of_influxdb
from demo.installed_grafana import OLDEST, InstalledGrafana
from i18n.message import LocalizedMessage

NO_GRAFANA = "none"
GET_GRAFANA = "grafana.com/grafana/download"
GET_INFLUXDB = "influxdata.com/downloads"
NOTHING = LocalizedMessage("")
_WRITABLE_IN_SETTINGS = re.compile(r"[\w/. ,+=@~-]+")
"""What of a path Grafana's settings can carry as it is."""


class StoreWish(StrEnum):
    """What may be asked for: InfluxDB where there is one, or one of the two."""

    AUTO = "auto"
    SQLITE = "sqlite"
    INFLUXDB = "influxdb"


def choose_store(
    data: Path, wish: StoreWish, installed: InstalledInfluxdb | None
) -> tuple[InstalledInfluxdb | None, LocalizedMessage]:
    """The InfluxDB for folder `data`, or None for SQLite, and a sentence where that needs one; else DemoCannotStart."""
    begun = [major for major in (1, 2) if folder_of_influxdb(data, major).exists()]
    if (data / "readings.db").exists():
        return None, _stays_on_sqlite(wish, installed)
    if begun:
        return _the_same(data, begun, installed), _stays_on_influxdb(wish)
    if wish is StoreWish.INFLUXDB and installed is None:
        raise DemoCannotStart(
            LocalizedMessage(
                "no influxd of 1.x or 2.x is on the PATH; get InfluxDB ({where}), or leave out --store influxdb",
                where=GET_INFLUXDB,
            )
        )
    return None if wish is StoreWish.SQLITE else installed, NOTHING


def _the_same(data: Path, begun: list[int], installed: InstalledInfluxdb | None) -> InstalledInfluxdb:
    if installed is not None and installed.major in begun:
        return installed
    raise DemoCannotStart(
        LocalizedMessage(
            "the data folder {folder} began on InfluxDB {version}.x, and no influxd of that is on the PATH;"
            " install it, or {another}",
            folder=str(data), version=begun[0], another=ANOTHER_FOLDER,
        )
    )  # fmt: skip


def _stays_on_sqlite(wish: StoreWish, installed: InstalledInfluxdb | None) -> LocalizedMessage:
    if installed is None or wish is StoreWish.SQLITE:
        return NOTHING
    return LocalizedMessage(
        "This data folder began on SQLite and stays on it; a new one (make demo DATA=FOLDER) begins on InfluxDB,"
        " which Grafana can show."
    )


def _stays_on_influxdb(wish: StoreWish) -> LocalizedMessage:
    if wish is not StoreWish.SQLITE:
        return NOTHING
    return LocalizedMessage(
        "This data folder began on InfluxDB and stays on it; a new one (make demo DATA=FOLDER) can be on SQLite."
    )


def choose_grafana(
    wish: str, installed: InstalledGrafana | None, *, influxdb: InstalledInfluxdb | None, data: Path
) -> tuple[InstalledGrafana | None, LocalizedMessage]:
    """The Grafana to run, or None and a sentence on why none is; DemoCannotStart where one was asked for by name."""
    if wish == NO_GRAFANA:
        return None, NOTHING
    why_not = _why_not(installed, influxdb, data)
    if wish and why_not:
        raise DemoCannotStart(LocalizedMessage("--grafana {wish}: {why_not}", wish=wish, why_not=why_not))
    return None if why_not else installed, why_not


def _why_not(grafana: InstalledGrafana | None, influxdb: InstalledInfluxdb | None, data: Path) -> LocalizedMessage:
    if grafana is None and influxdb is None:
        return LocalizedMessage(
            "Grafana's screens come too where it ({oldest} or newer, {grafana}) and InfluxDB (1.x or 2.x, {influxdb})"
            " are installed and the data folder is a new one: make demo DATA=FOLDER.",
            oldest=_version(OLDEST), grafana=GET_GRAFANA, influxdb=GET_INFLUXDB,
        )  # fmt: skip
    if grafana is None:
        return LocalizedMessage(
            "Grafana's screens come too where it is installed: {oldest} or newer, {grafana}.",
            oldest=_version(OLDEST), grafana=GET_GRAFANA,
        )  # fmt: skip
    if not grafana.is_usable:
        return LocalizedMessage(
            "Grafana {version} is installed, and Siaga's dashboards need {oldest} or newer: {grafana}.",
            version=_version(grafana.version), oldest=_version(OLDEST), grafana=GET_GRAFANA,
        )  # fmt: skip
    if influxdb is None:
        return needs_influxdb()
    if _WRITABLE_IN_SETTINGS.fullmatch(str(data)) is None:
        return LocalizedMessage(
            "Grafana's settings cannot name the data folder {folder}; name one of letters, digits and / . - _",
            folder=str(data),
        )
    return NOTHING


def needs_influxdb() -> LocalizedMessage:
    """Why there is no Grafana on SQLite."""
    return LocalizedMessage(
        "Grafana shows nothing without InfluxDB (1.x or 2.x, {influxdb}), on which a new data folder begins where it is"
        " installed: make demo DATA=FOLDER.",
        influxdb=GET_INFLUXDB,
    )


def _version(numbers: tuple[int, int]) -> str:
    return ".".join(map(str, numbers))
