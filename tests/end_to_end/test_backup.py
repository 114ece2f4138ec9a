"""A backup under load, the server destroyed, an empty one in its place: lost is what was acknowledged since, no more.

load ─► siaga-edge ─► Mosquitto ─► siaga-cloud ─► store        backup ✓ … ✗ registry and store gone ─► restore ─► cloud
"""

import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from cloud.readings.blocks import Block
from tests.end_to_end.load import Key, begin, dead, stored
from tests.end_to_end.platform import GATEWAY, Platform
from tests.servers import Command, Program, all_of, influxd, siaga_cloud, wait_until
from tests.unit.cloud.backup.house import T0, Machine
from wire import Domain

ENGINES = ["sqlite", pytest.param("influxdb", marks=pytest.mark.proof)]


def siaga(*words: str | Path) -> str:
    """What a command of siaga-cloud says, which must end well."""
    command = [sys.executable, "-m", "cloud.cli.main", *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=Path(__file__).parents[2])
    assert done.returncode == 0, done.stderr
    return done.stdout


def on_sqlite(config: Path) -> None:
    """Let the cloud keep its readings in a file beside its settings."""
    text = re.sub(r"\[store\].*?(?=\n\[)", '[store]\nengine = "sqlite"', config.read_text(), flags=re.DOTALL)
    config.write_text(text)


def stored_in(folder: Path) -> dict[Key, float]:
    """What SQLite's store in `folder` holds of the load."""
    query = "SELECT sensor, quantity, time_ms, value FROM readings JOIN series ON series = id WHERE sensor <> 'probe'"
    with sqlite3.connect(folder / "readings.db") as connection:
        rows = connection.execute(query).fetchall()
    return {tuple(key): value for *key, value in rows if key[1] in ("pm2_5", "pm10")}


def readings_of(platform: Platform, folder: Path, engine: str) -> Callable[[], dict[Key, float]]:
    return (lambda: stored(platform)) if engine == "influxdb" else (lambda: stored_in(folder))


def new_machine(platform: Platform, tmp_path: Path, name: str) -> tuple[Program, Program, Path]:
    """An empty server where the destroyed one was: InfluxDB and cloud, not started yet, and the cloud's folder."""
    folder = tmp_path / name
    folder.mkdir()
    for file in ("cloud.toml", "city.toml"):
        shutil.copy(tmp_path / file, folder)
    return (
        influxd(folder, platform.influx_port),
        siaga_cloud(folder, folder / "cloud.toml", port=platform.api_port),
        folder,
    )


def account(platform: Platform) -> dict[str, int]:
    (gateway,) = [gateway for gateway in platform.api("/gateways") if gateway["id"] == GATEWAY]
    return dict(gateway["account"])


@pytest.mark.parametrize("engine", ENGINES)
def test_a_destroyed_server_loses_what_was_acknowledged_since_its_backup_and_nothing_else(tmp_path: Path, engine: str):
    platform = Platform(tmp_path)
    if engine == "sqlite":
        on_sqlite(tmp_path / "cloud.toml")
    held = readings_of(platform, tmp_path, engine)
    with platform.cluster, all_of(*platform.programs):
        load = begin(platform)
        wait_until(lambda: len(held()) > 1_000, "a thousand readings are stored")

        siaga("backup", "--config", tmp_path / "cloud.toml", "--to", tmp_path / "backups")
        (backup,) = (tmp_path / "backups").iterdir()
        siaga("backup", "verify", backup)
        sent = len(load.good)
        wait_until(lambda: len(held()) > sent + 500, "what came after the backup is stored too")

        platform.cloud.kill()  # from here on nothing is acknowledged
        at_the_crash, letters_at_the_crash = held(), set(load.refused)
        platform.influxd.kill()

        new_influxd, new_cloud, folder = new_machine(platform, tmp_path, "new")
        held = readings_of(platform, folder, engine)
        with new_influxd:
            said = siaga("restore", "--config", folder / "cloud.toml", "--from", backup)
            assert "all of it is there, compared by digest" in said
            backed_up = held()
            assert len(backed_up) > 1_000
            assert backed_up.items() <= load.good.items()

            with new_cloud:  # the token that asks it is one of the backup's
                load.stop()
                sent_all = load.good | load.refused
                may_be_lost = (at_the_crash.keys() - backed_up.keys()) | letters_at_the_crash

                def lost() -> set[Key]:
                    return sent_all.keys() - held().keys() - dead(platform).keys()

                wait_until(lambda: lost() <= may_be_lost, "all that was not acknowledged arrives", patience_s=60)
                wait_until(lambda: account(platform)["missing"] >= len(lost()), "the accounts tell of every loss")
                assert lost(), "the crash came before anything was acknowledged after the backup: nothing was shown"
                assert backed_up.items() <= held().items() <= load.good.items()
                assert account(platform)["declared_lost"] == 0


def test_a_backup_that_is_killed_leaves_nothing_that_looks_whole(tmp_path: Path):
    machine = Machine(tmp_path / "machine").fill()
    times = list(range(T0, T0 + 300_000))
    machine.write(Block("here", "a", "gw", Domain.AIR, 0, times, (("pm10", [n / 7 for n in times]),)))
    to = tmp_path / "backups"
    command: Command = [
        sys.executable,
        "-m",
        "cloud.cli.main",
        "backup",
        "--config",
        machine.config,
        "--to",
        to,
    ]
    program = Program("backup", command, tmp_path).start()
    wait_until(lambda: any(file.stat().st_size for file in to.glob("*/readings.lp.gz")), "readings are being written")
    program.kill()
    (left,) = to.iterdir()
    assert left.name.endswith(".unfinished")
    assert not (left / "manifest.json").exists()

    whole = machine.backup(to)
    assert list(to.iterdir()) == [whole]
    siaga("backup", "verify", whole)
