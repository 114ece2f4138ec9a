"""What is declared lost."""

import pytest

from edge.spool.losses import FILE_DAMAGED, MOST_COPIED, SPOOL_FULL, Losses, copy_of, losses_in
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


def test_the_copy_of_losses_says_the_same_and_is_bounded():
    losses = [Lost("s", 10 * number, 10 * number + 3, SPOOL_FULL) for number in range(MOST_COPIED + 9)]
    assert losses_in(copy_of(losses)) == losses[:MOST_COPIED]
    assert losses_in(copy_of([])) == []


@pytest.mark.parametrize("text", ["x", "s 1 x full", "s 1 2 full\nno", "\0"])
def test_what_is_no_copy_of_losses_declares_nothing(text: str):
    assert losses_in(text) == []
