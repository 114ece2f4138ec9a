"""What the run of the tests covered, room by room:  make unit COVERAGE=yes  or  make test COVERAGE=yes

room             statements   branches   covered
alarms                1,204        310     96.1 %
…
A branch is a way out of a condition. Covered is how much of both was run by the tests themselves; what runs in the
processes that they start is not seen.
"""

import json
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from coverage import Coverage


class Coverings(NamedTuple):
    """How many statements and branches there are, and how many of both were run."""

    statements: int = 0
    branches: int = 0
    covered: int = 0

    def __add__(self, other: object) -> "Coverings":
        if not isinstance(other, Coverings):
            return NotImplemented
        return Coverings(*(one + another for one, another in zip(self, other, strict=True)))

    @property
    def percent(self) -> float:
        """Of everything there is."""
        return 100 * self.covered / max(1, self.statements + self.branches)


def room_of(file: str) -> str:
    """The room that a reader would name: alarms for cloud/alarms/rows.py, edge for edge/spool/file.py."""
    top, *rest = Path(file).parts
    return Path(rest[0]).stem if top == "cloud" else top


def by_room(files: Mapping[str, Any]) -> dict[str, Coverings]:
    """The files of coverage's report in JSON, summed up by room."""
    rooms: defaultdict[str, Coverings] = defaultdict(Coverings)
    for file, found in files.items():
        told = found["summary"]
        covered = told["covered_lines"] + told["covered_branches"]
        rooms[room_of(file)] += Coverings(told["num_statements"], told["num_branches"], covered)
    return {room: found for room, found in sorted(rooms.items()) if found.statements}


def table(rooms: Mapping[str, Coverings]) -> Iterable[str]:
    """The lines to print, and under them all rooms together."""
    yield f"{'room':<18}{'statements':>11}{'branches':>11}{'covered':>12}"
    for room, found in (*rooms.items(), ("all", sum(rooms.values(), Coverings()))):
        yield f"{room:<18}{found.statements:>11,}{found.branches:>11,}{found.percent:>10.1f} %"


def _measured() -> Mapping[str, Any]:
    coverage = Coverage()
    coverage.load()
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "coverage.json"
        coverage.json_report(outfile=str(report))
        files: Mapping[str, Any] = json.loads(report.read_text(encoding="utf-8"))["files"]
    return files


if __name__ == "__main__":
    print(*table(by_room(_measured())), sep="\n")
