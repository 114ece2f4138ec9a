"""What a trickle costs the cloud, counted: a ceiling for all gateways together, and nothing for the lone besides.

1,000 readings at 1, 10, 100, 1,000 messages a second of one gateway; 10, 100, 1,000 gateways with ten each second
"""

from collections.abc import Sequence
from pathlib import Path

import pytest

import cloud.ingest.gathering
from cloud.derived.service import PASS_S
from cloud.ingest.gathering import GATHER_S, MUCH_MESSAGES
from cloud.ingest.stages.commit import CommitStage
from cloud.ingest.stages.encode import PreparedWrite
from cloud.readings.contract import EncodedWrite, WriteResult
from cloud.readings.sqlite import SqliteStore
from tests.trickle import LOADS, Counts, Load, counts_of

WRITES_A_SECOND = 1 / GATHER_S
LONE_PER_S = 25
"""So many messages a second, and fewer, have a write for each."""
AT_ONCE = 8
"""Writes beyond that pace: a burst after a rest, the first and the last."""
WRITES_A_PASS = 4
QUESTIONS_A_PASS = 4
"""Of derived series: counters in and out, who is present, gauges; one question each, for forty sensors as for one."""


def exceeded(counts: Counts, load: Load) -> list[str]:
    """Which counts are more than a load may cost."""
    lively = max(int(WRITES_A_SECOND * load.lasts_s), load.messages // MUCH_MESSAGES) + AT_ONCE
    groups = load.messages if load.messages_per_s <= LONE_PER_S else min(load.messages, lively)
    passes = int(load.lasts_s / PASS_S) + 1
    most = Counts(
        store_writes=groups + WRITES_A_PASS * passes,
        commits=groups + WRITES_A_PASS * passes,
        transactions=groups + WRITES_A_PASS * passes,  # of them the rules see
        queries=QUESTIONS_A_PASS * passes,
        acks=min(load.messages, groups * load.gateways),
        pubacks=load.messages,
        stored=load.messages * load.readings_each,
    )
    return [name for name, count in counts._asdict().items() if count > getattr(most, name)]


@pytest.mark.parametrize("load", LOADS, ids=str)
def test_a_trickle_costs_no_more_writes_transactions_packets_and_questions_than_it_must(tmp_path: Path, load: Load):
    counts = counts_of(tmp_path, load)
    assert exceeded(counts, load) == [], counts
    assert counts.stored == load.messages * load.readings_each
    assert counts.pubacks == load.messages


async def _commit_each(self: CommitStage, writes: Sequence[PreparedWrite]) -> list[PreparedWrite]:
    return [safe for write in writes for safe in await self._commit_with_retries([write])]


_WRITE = SqliteStore.write


async def _store_each(self: SqliteStore, writes: Sequence[EncodedWrite]) -> WriteResult:
    for write in writes:
        await _WRITE(self, [write])
    return WriteResult()


MUTANTS = {
    "no gathering": (cloud.ingest.gathering, "GATHER_S", 0.0, {"store_writes", "commits", "transactions", "acks"}),
    "a transaction for each batch": (CommitStage, "_commit", _commit_each, {"transactions"}),
    "a commit of the store for each batch": (SqliteStore, "write", _store_each, {"commits"}),
}


@pytest.mark.parametrize("mutant", MUTANTS)
def test_a_cloud_that_does_not_group_is_found_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mutant: str):
    where, name, instead, found = MUTANTS[mutant]
    monkeypatch.setattr(where, name, instead)
    load = Load(1, 100, 2, 500)
    assert found <= set(exceeded(counts_of(tmp_path, load), load))
