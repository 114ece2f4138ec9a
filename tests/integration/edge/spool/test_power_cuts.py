"""The power goes after each write, force and rename of a spool at work: it starts, and holds what was forced.

SIAGA_SEED=7 pytest -m proof tests/integration/edge/spool/test_power_cuts.py
"""

import os
import random
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.spool.spans import Spans
from tests.damaged_spool import Drained, drain
from tests.power_cuts import Cut, Disk, Operation, record, write_folder
from tests.spool_at_work import STREAM

SAID = "said"


class Promise:
    """What the spool has said of its readings so far."""

    def __init__(self) -> None:
        self.forced = 0
        self.acked = Spans()

    def hear(self, line: str) -> None:
        """Take a line of `said`."""
        word, *numbers = line.split()
        if word == "forced":
            self.forced = max(self.forced, int(numbers[0]))
        else:
            self.acked.add(int(numbers[0]), int(numbers[1]))

    @property
    def kept(self) -> Spans:
        """What must be there: forced, and not acknowledged."""
        return Spans([(1, self.forced)] if self.forced else []).without(self.acked)


def at_work(folder: Path, *, seed: int, steps: int) -> list[Operation]:
    """What a spool did to its folder."""
    spool = folder / "spool"
    spool.mkdir()
    command = [sys.executable, "-m", "tests.spool_at_work", str(spool), str(seed), str(steps)]
    return record(command, spool, folder / "trace")


def moments(operations: list[Operation]) -> Iterator[tuple[int, Operation, Disk, Promise]]:
    """The disk after each operation, and what must be on it."""
    disk, promise = Disk(), Promise()
    for number, operation in enumerate(operations):
        if operation.name == SAID:
            for line in operation.content.decode().splitlines():
                promise.hear(line)
        else:
            disk.do(operation)
            yield number, operation, disk, promise


def start(folder: Path, files: dict[str, bytes], promise: Promise, what: str) -> Drained:
    """Start a spool on these files; it gives what was promised, and takes new readings."""
    write_folder(folder, files)
    drained = drain(folder / "spool.db")
    came, lost = drained.of(STREAM)
    assert promise.kept.without(came) == Spans(), f"{what}: a forced reading does not come"
    assert promise.kept.without(lost) == promise.kept, f"{what}: a forced reading is declared lost"
    assert drained.is_true(), f"{what}: a reading is not as it was written"
    assert not drained.twice, f"{what}: {drained.twice} came twice"
    return drained


def test_a_spool_whose_power_goes_at_any_moment_holds_what_was_forced(tmp_path: Path):
    dice = random.Random(seed := int(os.environ.get("SIAGA_SEED", random.randrange(10_000))))
    operations = at_work(tmp_path, seed=seed, steps=40)
    for number, operation, disk, promise in moments(operations):
        if dice.random() < 0.12:
            cut = dice.choice(list(Cut))
            what = f"seed {seed}, after {number} ({operation.kind} {operation.name}), {cut}"
            start(tmp_path / "cut", disk.hold(cut, dice), promise, what)


@pytest.mark.proof
@pytest.mark.timeout(3_600)
def test_the_power_may_go_after_each_operation_of_a_spool_and_in_every_way(tmp_path: Path):
    dice = random.Random(seed := int(os.environ.get("SIAGA_SEED", random.randrange(10_000))))
    operations = at_work(tmp_path, seed=seed, steps=400)
    counts, salvaged = Counter(operation.kind for operation in operations if operation.name != SAID), 0
    starts = 0
    for number, operation, disk, promise in moments(operations):
        for cut in Cut:
            what = f"seed {seed}, after {number} ({operation.kind} {operation.name}), {cut}"
            salvaged += bool(start(tmp_path / "cut", disk.hold(cut, dice), promise, what).damage)
            starts += 1
    print(f"seed {seed}: {dict(counts)}; {starts} starts, {salvaged} of them with damage to say")
    assert counts["force"] >= 50
