"""The sync checkpoint beside the spool."""

from pathlib import Path

from edge.spool.sync_checkpoint import Forced, read_sync_checkpoint, write_sync_checkpoint


def test_a_checkpoint_is_read_as_it_was_written(tmp_path: Path):
    checkpoint = {"9f3c": Forced(12, 90), "a0": Forced(1, 1)}
    write_sync_checkpoint(tmp_path / "checkpoint", checkpoint)
    assert read_sync_checkpoint(tmp_path / "checkpoint") == checkpoint


def test_a_missing_or_damaged_checkpoint_is_none(tmp_path: Path):
    path = tmp_path / "checkpoint"
    assert read_sync_checkpoint(path) == {}
    write_sync_checkpoint(path, {"9f3c": Forced(12, 90)})
    path.write_bytes(path.read_bytes().replace(b"90", b"91"))
    assert read_sync_checkpoint(path) == {}
    path.write_bytes(b"\xff\x00")
    assert read_sync_checkpoint(path) == {}
