"""The store and the Grafana of one start: chosen, settled in the folder, started in their turn.

EngineParts(folder, store, grafana) ─► .store for cloud.toml ─► start_store(tree) … set_up_store()
                                                             … start_grafana(tree, language)
"""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from dashboards.kit.names import HOME, uid
from demo.engines import StoreWish, choose_grafana, choose_store, needs_influxdb
from demo.folder import SQLITE, DemoCannotStart, DemoFolder
from demo.grafana_part import GrafanaPart, NoGrafana, OthersGrafana, OwnGrafana
from demo.influxdb import DemoInfluxdb, installed_influxdb
from demo.installed_grafana import installed_grafana
from demo.ports import any_free_port, is_free
from demo.processes import Tree
from i18n.catalog import LanguageCode
from i18n.message import LocalizedMessage
from runtime.loopback import is_loopback

GRAFANA_PORT = 3000
"""Grafana's own, while nobody has it."""


class EngineWish(msgspec.Struct, frozen=True):
    """What was asked for: `grafana` is an address, a home path, "none", or empty for what is installed."""

    store: StoreWish = StoreWish.AUTO
    grafana: str = ""
    token_file: Path | None = None


class EngineParts:
    """What the demo runs its readings and screens with; DemoCannotStart where that cannot be."""

    def __init__(self, folder: DemoFolder, wish: EngineWish) -> None:
        self._folder = folder
        self._wish = wish
        influxdb, self.said_of_store = choose_store(folder.path, wish.store, installed_influxdb())
        self._influxdb = None if influxdb is None else DemoInfluxdb(influxdb, folder.path, any_free_port())
        self._grafana, self.why_no_grafana = None, LocalizedMessage("")
        self.grafana_address = ""
        if _is_address(wish.grafana):
            _must_be_pushable(wish.grafana, self._influxdb)
            self.grafana_address = wish.grafana.rstrip("/")
            return
        named = Path(wish.grafana) if wish.grafana not in ("", "none") else None
        found = installed_grafana(named)
        self._grafana, why = choose_grafana(wish.grafana, found, influxdb=influxdb, data=folder.path)
        self.why_no_grafana = self.said_of_store if self.said_of_store and influxdb is None else why
        if self._grafana is not None:
            self._port = GRAFANA_PORT if is_free(GRAFANA_PORT) else any_free_port()
            self.grafana_address = f"http://127.0.0.1:{self._port}"

    @property
    def is_own_grafana(self) -> bool:
        """Whether the demo runs the Grafana at `grafana_address` itself."""
        return self._grafana is not None

    @property
    def has_influxdb(self) -> bool:
        """Whether an InfluxDB keeps the readings."""
        return self._influxdb is not None

    @property
    def store(self) -> str:
        """The table [store] of cloud.toml."""
        return SQLITE if self._influxdb is None else self._influxdb.store

    def start_store(self, tree: Tree) -> None:
        """Start what keeps the readings; nothing to do on SQLite."""
        if self._influxdb is not None:
            tree.start("influxdb", "demo.program", *self._influxdb.command())

    def set_up_store(self) -> Iterator[str]:
        """Set up what was started, as soon as it answers; what it waits for, look by look."""
        if self._influxdb is not None:
            yield from self._influxdb.set_up()

    def start_grafana(self, tree: Tree, language: LanguageCode) -> GrafanaPart:
        """Start Grafana, or bring the dashboards into the one that was named."""
        if self._influxdb is None or not self.grafana_address:
            return NoGrafana()
        influx = ("--influx-url", self._influxdb.url, "--influx-secret", self._influxdb.reader_password)
        if self._grafana is None:
            tokens = () if self._wish.token_file is None else ("--token-file", self._wish.token_file.absolute())
            pushing = tree.start_extra("grafana", "demo.grafana_push", "--url", self.grafana_address, *tokens, *influx)
            return OthersGrafana(pushing, f"{self.grafana_address}/d/{uid(language, HOME)}")
        process = tree.start_extra(
            "grafana", "demo.grafana", "--program", self._grafana.program, "--home", self._grafana.home,
            "--folder", self._folder.path / "grafana", "--port", str(self._port), "--language", language, *influx,
        )  # fmt: skip
        return OwnGrafana(process, self.grafana_address)


def _is_address(wish: str) -> bool:
    return wish.startswith(("http://", "https://"))


def _must_be_pushable(url: str, influxdb: DemoInfluxdb | None) -> None:
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        host = ""
    if not is_loopback(host):
        raise DemoCannotStart(
            LocalizedMessage(
                "--grafana {url}: only a Grafana on this machine can be used, by the name localhost or 127.0.0.1: the"
                " demo's InfluxDB listens on the loopback",
                url=url.rpartition("@")[2],
            )
        )
    if influxdb is None:
        raise DemoCannotStart(LocalizedMessage("--grafana {wish}: {why_not}", wish=url, why_not=needs_influxdb()))
