"""What is declared lost."""

from edge.spool.losses import FILE_DAMAGED, SPOOL_FULL, Losses
from edge.spool.spans import SeqRange
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
