"""How often a trickle makes the disk write, as the kernel sees it: once for each commit, and no commit without it."""

import json
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from tests.servers import Command, require
from tests.trickle import LOADS, Load

AT_THE_START = 12
"""Of each database: its tables, the shards' lease, the write-ahead log's own beginning, a checkpoint."""
OFTEN = (LOADS[0], LOADS[3], LOADS[-1])
"""For each day: the rarest, the densest of one gateway, that of a thousand gateways."""
_FORCED = re.compile(r"fdatasync\(\d+<.*/(\S+)>|fsync\(\d+<.*/(\S+)>")


@pytest.mark.parametrize(
    "load", [pytest.param(load, marks=() if load in OFTEN else pytest.mark.proof) for load in LOADS], ids=str
)
def test_each_commit_of_a_trickle_is_forced_to_disk_once(tmp_path: Path, load: Load):
    trace = tmp_path / "trace"
    watch: Command = [require("strace"), "-f", "-qq", "-y", "--seccomp-bpf", "-e", "trace=fsync,fdatasync", "-o", trace]
    command: Command = [*watch, sys.executable, "-m", "tests.trickle", tmp_path, *map(str, load)]
    counts = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    forced = Counter(first or second for first, second in _FORCED.findall(trace.read_text()))
    assert counts["commits"] <= forced["readings.db-wal"] <= counts["commits"] + AT_THE_START
    assert counts["transactions"] <= forced["registry.db-wal"] <= counts["transactions"] + AT_THE_START
    assert sum(forced.values()) <= counts["commits"] + counts["transactions"] + 3 * AT_THE_START
