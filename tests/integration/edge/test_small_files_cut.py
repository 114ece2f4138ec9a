"""The power goes after each write, force and rename of a gateway's small files: it starts, by the old ones or the new.

SIAGA_SEED=7 pytest -m proof tests/integration/edge/test_small_files_cut.py
"""

import os
import random
import ssl
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from edge.kept_login import warning_of_kept_login
from edge.remote.city_config import CityConfig
from edge.settings_in_use import checked_in_use
from tests.power_cuts import Cut, Disk, Operation, record, write_folder
from tests.small_files_at_work import BOOT, password_of
from tests.unit.edge.enrol.cloud_of_a_test import BUNDLE


class Promise(NamedTuple):
    """What was said to be in force; `enrolled`: whether there is an edge.toml at all."""

    enrolled: bool = False
    settings: int = 0
    city: int = 0
    login: int = 0

    def hear(self, line: str) -> "Promise":
        """With a line of `said`."""
        what, _, number = line.partition(" ")
        reached: dict[str, int] = {"enrolled": True} if what == "enrolled" else {what: int(number.rpartition(".")[2])}
        return Promise(*({**self._asdict(), **reached}[name] for name in self._fields))


class Found(NamedTuple):
    """What a start goes by."""

    settings: int
    city: int
    login: int


def at_work(folder: Path, *, times: int) -> list[Operation]:
    """What was done to a folder of small files."""
    files = folder / "files"
    files.mkdir()
    command = [sys.executable, "-m", "tests.small_files_at_work", str(files), str(times)]
    return record(command, files, folder / "trace")


def moments(operations: list[Operation]) -> Iterator[tuple[int, Operation, Disk, Promise]]:
    """The disk after each operation, and what must be on it."""
    disk, promise = Disk(), Promise()
    for number, operation in enumerate(operations):
        if operation.name == "said":
            for line in operation.content.decode().splitlines():
                promise = promise.hear(line)
        else:
            disk.do(operation)
            yield number, operation, disk, promise


def start(folder: Path, files: dict[str, bytes], monkeypatch: pytest.MonkeyPatch) -> Found:
    """What an agent does first on these files."""
    write_folder(folder, files)
    monkeypatch.setattr("edge.remote.city_config.boot_id", lambda: BOOT)
    monkeypatch.setattr(ssl.SSLContext, "load_default_certs", lambda *_: None)  # 65 ms each time; nobody connects
    config = folder / "edge.toml"
    checked = checked_in_use(config)
    assert checked.note == "", "edge.toml itself is whole"
    city = CityConfig(config, checked)
    assert city.note == ""
    settings = city.settings.settings
    assert warning_of_kept_login(settings) is None
    username = str(settings.uplink.username)
    number = 0 if username == BUNDLE.username else int(username.rpartition(".")[2])
    known = BUNDLE.password if username == BUNDLE.username else password_of(username)
    assert settings.uplink.password() == known
    batch_s = round(settings.uplink.batch_s)
    return Found(batch_s, round(settings.health.every_s) - 100 if city.config else 0, number)


def is_old_or_new(found: Found, promise: Promise) -> bool:
    """Whether all is as it was said to be, or as the step that was under way makes it."""
    pairs = zip(found, (promise.settings, promise.city, promise.login), strict=True)
    return all(is_now in (was, was + 1) for is_now, was in pairs)


def check(tmp_path: Path, *, share: float, times: int, monkeypatch: pytest.MonkeyPatch) -> tuple[int, Counter[str]]:
    """Start on what the disk may hold after a `share` of the operations, cut in every way; how often, and on what."""
    dice = random.Random(seed := int(os.environ.get("SIAGA_SEED", random.randrange(10_000))))
    operations = at_work(tmp_path, times=times)
    counts, starts = Counter(operation.kind for operation in operations if operation.name != "said"), 0
    for number, operation, disk, promise in moments(operations):
        for cut in Cut:
            if not promise.enrolled or dice.random() >= share:
                continue
            what = f"seed {seed}, after {number} ({operation.kind} {operation.name}), {cut}"
            found = start(tmp_path / "cut", disk.hold(cut, dice), monkeypatch)
            assert is_old_or_new(found, promise), f"{what}: {found}, and said was {promise}"
            starts += 1
    print(f"seed {seed}: {dict(counts)}; {starts} starts")
    return starts, counts


def test_a_gateway_whose_power_goes_at_any_moment_starts_by_the_old_or_the_new(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    starts, _ = check(tmp_path, share=0.1, times=3, monkeypatch=monkeypatch)
    assert starts > 20


@pytest.mark.proof
@pytest.mark.timeout(3_600)
def test_the_power_may_go_after_each_operation_on_the_small_files_in_every_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    starts, counts = check(tmp_path, share=1.0, times=20, monkeypatch=monkeypatch)
    assert counts["force"] >= 200
    assert starts > 3_000
