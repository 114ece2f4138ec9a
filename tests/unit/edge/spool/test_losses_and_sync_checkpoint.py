"""What is declared lost, and the sync checkpoint beside the spool."""

from pathlib import Path

from edge.spool.losses import FILE_DAMAGED, SPOOL_FULL, Losses
from edge.spool.spans import SeqRange
from edge.spool.sync_checkpoint import Forced, read_sync_checkpoint, write_sync_checkpoint
from wire import Lost


def test_neighbouring_losses_are_said_as_one_and_counted_once():
    losses = Losses()
    for first, last in ((1, 3), (4, 9), (2, 5)):
        losses.declare(SeqRange("s", first, last), SPOOL_FULL)
    assert losses.pending() == (Lost("s", 1, 9, SPOOL_FULL),)
    assert losses.ever == 9


def test_an_acknowledged_loss_is_forgotten_and_what_was_added_meanwhile_stays():
    losses = Losses()
    losses.declare(SeqRange("s", 1, 90), SPOOL_FULL)
    said = losses.pending()
    losses.declare(SeqRange("s", 91, 120), SPOOL_FULL)
    losses.declare(SeqRange("t", 1, 2), FILE_DAMAGED)
    losses.confirm(said)
    assert losses.pending() == (Lost("s", 91, 120, SPOOL_FULL), Lost("t", 1, 2, FILE_DAMAGED))
    assert losses.ever == 122


def test_a_mark_is_read_as_it_was_written(tmp_path: Path):
    checkpoint = {"9f3c": Forced(12, 90), "a0": Forced(1, 1)}
    write_sync_checkpoint(tmp_path / "checkpoint", checkpoint)
    assert read_sync_checkpoint(tmp_path / "checkpoint") == checkpoint


def test_a_missing_or_damaged_mark_is_no_mark(tmp_path: Path):
    path = tmp_path / "checkpoint"
    assert read_sync_checkpoint(path) == {}
    write_sync_checkpoint(path, {"9f3c": Forced(12, 90)})
    path.write_bytes(path.read_bytes().replace(b"90", b"91"))
    assert read_sync_checkpoint(path) == {}
    path.write_bytes(b"\xff\x00")
    assert read_sync_checkpoint(path) == {}
