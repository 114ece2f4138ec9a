"""What 1,000 readings cost a gateway at a trickle, counted without a clock: ceilings, and mutants that exceed them.

messages a second          1          10         100        1,000
transactions of the spool  one for each          12.5 a second, and one for each 12 messages
"""

from pathlib import Path

import pytest

from edge.spool import spool
from edge.uplink import Uplink
from runtime.trickle import Trickle
from tests.edge_trickle import MESSAGES, WORK_S, Counts, trial

MOST = {
    1: Counts(reads=753, transactions=502, forces=0, batches=500, ack_wake_ups=0, packets=1_506),
    10: Counts(reads=555, transactions=507, forces=0, batches=500, ack_wake_ups=0, packets=1_056),
    100: Counts(reads=70, transactions=67, forces=0, batches=66, ack_wake_ups=1, packets=577),
    1_000: Counts(reads=49, transactions=44, forces=0, batches=43, ack_wake_ups=2, packets=547),
}
"""Reads and packets with the word to the local broker each two seconds. No forces: the cloud has each reading before it
would have to be forced."""


def exceeded(counts: Counts, rate: int) -> set[str]:
    """Which counts are more than they may be."""
    return {name for name, count in counts._asdict().items() if count > getattr(MOST[rate], name)}


@pytest.mark.parametrize("rate", MOST)
def test_the_counts_of_1_000_readings(tmp_path: Path, rate: int):
    counts, waited_s, received = trial(tmp_path, rate)
    assert exceeded(counts, rate) == set(), counts
    assert (len(waited_s), received) == (MESSAGES, 2 * MESSAGES)


@pytest.mark.parametrize("rate", [1, 10])
def test_a_lone_message_is_committed_without_a_wait(tmp_path: Path, rate: int):
    assert max(trial(tmp_path, rate).waited_s) == pytest.approx(WORK_S)


@pytest.mark.parametrize("rate", [20, 100, 1_000])
def test_a_message_of_a_trickle_is_committed_within_a_tenth_of_a_second_of_its_coming(tmp_path: Path, rate: int):
    assert max(trial(tmp_path, rate).waited_s) < 0.1


MUTANTS = {
    "each message is read as it comes": (Trickle, "rest_s", lambda *_, **__: 0.0, {"reads", "transactions", "batches"}),
    "deletions have commits of their own": (spool, "LAZY_S", 0.0, {"transactions"}),
    "acks wake up": (Uplink, "_let_acks_wait", lambda *_: None, {"ack_wake_ups"}),
}


@pytest.mark.parametrize("mutant", MUTANTS)
def test_a_gateway_that_does_not_group_is_found_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mutant: str):
    where, name, instead, found = MUTANTS[mutant]
    monkeypatch.setattr(where, name, instead)
    assert found <= exceeded(trial(tmp_path, 100).counts, 100)


def test_a_gateway_that_forces_each_commit_is_found_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(spool.Spool, "force_due_s", lambda self: 0.0 if self.committed_last > self._forced else None)
    assert "forces" in exceeded(trial(tmp_path, 100).counts, 100)
