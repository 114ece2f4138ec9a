"""A damaged spool in real processes: killed while it saves what is readable, and on a disk that is full."""

import random
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from edge.spool.disk import make_reserve
from tests.damaged_spool import PAGE_BYTES, drain, fill
from tests.end_to_end.edge_gateway import Cloud, Gateway
from tests.end_to_end.test_edge_spool import _fill, small_disk
from tests.servers import wait_until

__all__ = ["small_disk"]

COUNT = {"river": 60_000}
SALVAGE = """
import sys
from pathlib import Path
from edge.spool import opening, salvage
from edge.spool.file import SpoolFile
salvage.PORTION_PAGES = (16, 16)
if sys.argv[2] == "consume":
    salvage._make_room = lambda path: False
opening.open_or_salvage(SpoolFile(Path(sys.argv[1])))
"""


def damaged(path: Path, streams: dict[str, int]) -> Path:
    """A spool whose small tables and one page in the middle are overwritten."""
    fill(path, streams, at_once=1_000).close()
    with path.open("r+b") as file:
        for page in (2, 4, path.stat().st_size // PAGE_BYTES // 2):
            file.seek((page - 1) * PAGE_BYTES)
            file.write(b"\xa5" * PAGE_BYTES)
    return path


def moved(path: Path, folder: Path) -> Path:
    """The spool at `path`, put into `folder`."""
    for ending in ("", ".mark"):
        shutil.move(f"{path}{ending}", folder / f"{path.name}{ending}")
    return folder / path.name


@pytest.mark.parametrize("room", ["keep", "consume"])
def test_a_salvage_that_is_killed_again_and_again_goes_on_where_it_was(tmp_path: Path, room: str):
    path = damaged(tmp_path / "spool.db", COUNT)
    building, chance = tmp_path / "spool.db.salvage", random.Random(17)
    kills = 0
    while kills < 8:
        process = subprocess.Popen([sys.executable, "-c", SALVAGE, path, room], stderr=subprocess.DEVNULL)
        wait_until(lambda p=process: building.exists() or p.poll() is not None, "the salvage has begun")  # type: ignore[misc]
        time.sleep(chance.uniform(0.0, 0.35))
        process.kill()
        if process.wait() == 0:
            break
        kills += 1
    assert kills, "the salvage was too quick to be killed"
    drained = drain(path)
    assert drained.is_true()
    assert drained.accounts_for(COUNT)
    assert 0 < drained.lost["river"].total < 100
    assert not building.exists()


def test_a_full_disk_with_no_room_for_a_second_copy_costs_only_what_is_damaged(small_disk: Path, tmp_path: Path):
    path = moved(damaged(tmp_path / "spool.db", {"river": 45_000}), small_disk)  # 1.4 of 2 MB
    make_reserve(path)
    _fill(small_disk / "filler")
    drained = drain(path)
    assert drained.is_true()
    assert drained.accounts_for({"river": 45_000})
    assert 0 < drained.lost["river"].total < 100


def test_a_salvage_without_any_room_waits_for_some_and_loses_nothing(small_disk: Path, tmp_path: Path):
    path = moved(damaged(tmp_path / "spool.db", {"river": 30_000}), small_disk)
    filler = small_disk / "filler"
    _fill(filler)
    gateway = Gateway(tmp_path, sources="", spool=f'path = "{path}"\nmin_free_mb = 0')
    with gateway.broker:
        cloud = Cloud(gateway.port)
        with gateway.edge:
            wait_until(lambda: "waits" in _problem(cloud), "the status says what the salvage waits for")
            assert not cloud.lost()
            filler.unlink()
            wait_until(lambda: _came(cloud) + _lost(cloud) == 30_000, "each reading has come or is declared lost")
            assert 0 < _lost(cloud) < 100
            wait_until(lambda: "readings were saved" in _problem(cloud), "the status says what happened")
        cloud.close()


def test_one_damaged_row_makes_no_dead_letter_of_its_batch(tmp_path: Path):
    gateway = Gateway(tmp_path, sources="")
    fill(gateway.spool_file, {"river": 2_000}).close()
    damage = "UPDATE reading SET clock = 7 WHERE seq = 500"
    subprocess.run([sys.executable, "-c", _SQL, gateway.spool_file, damage], check=True)
    with gateway.broker:
        cloud = Cloud(gateway.port)
        with gateway.edge:
            wait_until(lambda: _came(cloud) + _lost(cloud) == 2_000, "each reading has come or is declared lost")
            assert [(loss.first, loss.last) for loss in cloud.lost() if loss.stream == "river"] == [(500, 500)]
            wait_until(lambda: "declared lost: 1" in _problem(cloud), "the status says what happened")
        cloud.close()


_SQL = "import sqlite3, sys; db = sqlite3.connect(sys.argv[1]); db.execute(sys.argv[2]); db.commit()"


def _came(cloud: Cloud) -> int:
    with cloud.lock:
        return len({seq for b in cloud.batches if b.stream == "river" for seq in range(b.first, b.last + 1)})


def _lost(cloud: Cloud) -> int:
    return sum(loss.last - loss.first + 1 for loss in set(cloud.lost()) if loss.stream == "river")


def _problem(cloud: Cloud) -> str:
    status = cloud.status()
    return status.spool.problem if status else ""
