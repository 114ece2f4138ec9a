"""Files that are replaced whole; cuts at each operation: tests/integration/edge/test_small_files_cut.py."""

import os
import re
from pathlib import Path

import pytest

from runtime.whole_files import PRIVATE, READABLE, replace_file

ROOT = Path(__file__).parents[3]
FORCED_ELSEWHERE = {
    "cloud/backup/files.py": "a new file in a folder that has no name yet",
    "cloud/backup/folders.py": "the same",
    "cloud/cli/readings_export.py": "a file too large for memory, which takes its name by `take_name`",
    "cloud/updates/repository.py": "a generation, in a folder that has no name yet",
    "demo/history/folder.py": "a whole history, once",
    "edge/sound_file.py": "a folder of files that have no name yet",
    "edge/spool/file.py": "SQLite's log",
    "runtime/whole_files.py": "the definition",
}


@pytest.mark.parametrize("mode", [PRIVATE, READABLE])
def test_a_file_is_replaced_whole_and_has_its_mode_whatever_it_had(tmp_path: Path, mode: int):
    file = tmp_path / "edge.toml"
    file.write_text("old")
    file.chmod(0o777)
    (tmp_path / ".edge.toml.new").write_text("of a try that broke off")
    replace_file(file, "new\n", mode=mode)
    assert (file.read_text(), file.stat().st_mode & 0o707) == ("new\n", mode & 0o707)
    assert [each.name for each in tmp_path.iterdir()] == ["edge.toml"]


def test_a_disk_that_takes_nothing_leaves_what_was_there_and_keeps_no_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    file = tmp_path / "edge.toml"
    replace_file(file, b"old")
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        replace_file(file, b"new" * 9_000)
    assert file.read_bytes() == b"old"
    assert [each.name for each in tmp_path.iterdir()] == ["edge.toml"]


def test_nobody_else_writes_aside_forces_and_renames():
    rooms = ("cloud", "demo", "deploy", "edge", "firmware_bridge", "runtime", "wire")
    forces = {
        file.relative_to(ROOT).as_posix()
        for room in rooms
        for file in (ROOT / room).rglob("*.py")
        if re.search(r"\bf(data)?sync\(", file.read_text(encoding="utf-8"))
    }
    assert forces == FORCED_ELSEWHERE.keys()
