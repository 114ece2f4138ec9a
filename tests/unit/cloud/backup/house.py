"""Machines for backups, with a full registry and readings or with nothing; commands as an operator gives them."""

import asyncio
import gzip
import shutil
from pathlib import Path

from cloud.backup.manifest import Manifest, encode_manifest, read_manifest
from cloud.cli.main import main
from cloud.process.settings import load_cloud_settings
from cloud.readings.blocks import Block
from cloud.readings.engines import store_of
from cloud.readings.retention import KeptFrom
from cloud.readings.rollups import HourRollup
from rules.marks import Mark
from tests.unit.cloud.backup.full_registry import fill
from wire import Domain, built_in
from wire.durations import HOUR_MS

T0 = 1_764_000_000_000
READINGS = 5_003


class Machine:
    """A folder with a cloud.toml; `url` is its registry's, SQLite's in the folder unless given."""

    def __init__(self, folder: Path, url: str = "") -> None:
        folder.mkdir(exist_ok=True)
        self.folder = folder
        self.url = url or f"sqlite:///{folder / 'registry.db'}"
        self.config = folder / "cloud.toml"
        self.config.write_text(f'[registry]\nurl = "{self.url}"\n')

    def fill(self, *, revision: str | None = None) -> "Machine":
        fill(self.url, revision=revision)
        self.write(
            Block("daruba", "air-market", "gw-daruba", Domain.AIR, 0, [T0 + n for n in range(2_000)],
                  (("pm10", [n / 7 for n in range(2_000)]), ("pm2_5", [float(n) for n in range(2_000)]))),
            Block("daruba", "air-market", "gw-daruba", Domain.AIR, int(Mark.BACKFILL), [T0 - 1], (("pm10", [1e-7]),)),
            Block("daruba", "river", "gw-daruba", Domain.FLOOD, 0, [T0 + 60_000 * n for n in range(1_000)],
                  (("water_level", [250.0] * 1_000),)),
            *([] if revision is not None else [
                Block("daruba", "mic", "gw-daruba", "noise", 0, [T0, T0 + 1], (("leq", [60.5, 61.0]),))
            ]),
        )  # fmt: skip
        return self

    def copy(self, folder: Path) -> "Machine":
        """Make another that holds the same; both must be on SQLite."""
        shutil.copytree(self.folder, folder)
        return Machine(folder)

    def write(self, *blocks: Block) -> None:
        async def written() -> None:
            store = store_of(load_cloud_settings(self.config).store, built_in)
            await store.open()
            await store.write([store.encode(blocks)])
            await store.close()

        asyncio.run(written())

    def keep_hour(self, rollup: HourRollup) -> None:
        """Be one whose readings until the end of an hour were removed."""

        async def kept() -> None:
            store = store_of(load_cloud_settings(self.config).store, built_in)
            await store.open()
            await store.rollups.write([rollup])
            end_ms = rollup.place.hour_ms + HOUR_MS
            await store.retention.note(KeptFrom(admits_ms=end_ms, readings_ms=end_ms))
            await store.close()

        asyncio.run(kept())

    def backup(self, to: Path, *more: str) -> Path:
        """Make a backup and give its folder."""
        assert main(["backup", "--config", str(self.config), "--to", str(to), *more]) == 0
        return max(to.glob("2*Z"))

    def restore(self, backup: Path, *more: str) -> int:
        return main(["restore", "--config", str(self.config), "--from", str(backup), *more])

    def lines(self, to: Path) -> list[bytes]:
        """Its readings, marks and all, as the lines of a backup."""
        with gzip.open(self.backup(to) / "readings.lp.gz") as file:
            return file.readlines()


def rewrite(backup: Path, manifest: Manifest) -> None:
    (backup / "manifest.json").write_bytes(encode_manifest(manifest))


def manifest_of(backup: Path) -> Manifest:
    return read_manifest(backup)
