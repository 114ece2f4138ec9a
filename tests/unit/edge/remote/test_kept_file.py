"""The kept configuration on disk: sound after a cut at any write, and after a file of zeros."""

import os
from pathlib import Path

import pytest

from edge.remote import kept_file
from edge.remote.kept_file import kept_path, read_kept, write_kept
from edge.remote.trial import KeptConfig

OLD, NEW, NEWER = (KeptConfig(good=f"{n}" * 500, good_revision=n, desired=n) for n in (1, 2, 3))


class Cut(Exception):
    """The power goes."""


def test_it_is_read_as_it_was_written_and_is_the_users_alone(tmp_path: Path):
    path = kept_path(tmp_path / "spool.db")
    assert read_kept(path).kept == KeptConfig()
    for kept in (OLD, NEW, NEWER):
        write_kept(path, kept)
        assert (read_kept(path).kept, read_kept(path).problem) == (kept, "")
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("at", range(6))
@pytest.mark.parametrize("torn", [0, 1, 300, 10_000])
def test_a_power_cut_at_any_write_leaves_the_old_or_the_new(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: int, torn: int
):
    path = kept_path(tmp_path / "spool.db")
    write_kept(path, OLD)
    write_kept(path, NEW)
    calls = 0

    def counted(done):
        def call(*arguments, **more):
            nonlocal calls
            calls += 1
            if calls > at:
                raise Cut
            return done(*arguments, **more)

        return call

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", counted(os.fsync))
        patched.setattr(Path, "replace", counted(Path.replace))
        patched.setattr(os, "open", counted(os.open))
        try:
            write_kept(path, NEWER)
            done = True
        except Cut:
            done = False
    fresh = path.with_name(f".{path.name}.new")
    if fresh.exists():  # what was not forced may be there in part
        fresh.write_bytes(fresh.read_bytes()[:torn])
    found = read_kept(path)
    assert found.problem == ""
    assert found.kept in ((NEWER,) if done else (NEW, NEWER))
    write_kept(path, NEWER)
    assert read_kept(path).kept == NEWER


@pytest.mark.parametrize("damage", [b"", b"\0" * 600, b'{"good":1}\ncrc 00000000\n', b"x" * (kept_file.MOST_BYTES + 9)])
def test_a_damaged_file_gives_the_one_before_and_says_so(tmp_path: Path, damage: bytes):
    path = kept_path(tmp_path / "spool.db")
    write_kept(path, OLD)
    write_kept(path, NEW)
    path.write_bytes(damage)
    found = read_kept(path)
    assert found.kept == OLD
    assert found.problem.startswith("spool.db.city is damaged (")
    assert found.problem.endswith("); the city's configuration before it is used")
    path.with_name("spool.db.city.last").write_bytes(damage)
    found = read_kept(path)
    assert found.kept == KeptConfig()
    assert found.problem.endswith("edge.toml alone holds until the city says its configuration again")
    write_kept(path, NEWER)
    assert read_kept(path).kept == NEWER


def test_a_damaged_file_does_not_take_the_place_of_the_sound_one_before_it(tmp_path: Path):
    path = kept_path(tmp_path / "spool.db")
    write_kept(path, OLD)
    write_kept(path, NEW)
    path.write_bytes(b"\0")
    write_kept(path, NEWER)
    path.write_bytes(b"\0")
    assert read_kept(path).kept == OLD
