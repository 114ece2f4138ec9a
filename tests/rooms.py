"""Where the tests of a room stand.

python -m tests.rooms unit alarms            tests/unit/cloud/alarms
python -m tests.rooms integration alarms     tests/unit/cloud/alarms tests/integration/cloud/alarms
python -m tests.rooms unit                   tests/unit

A room is a folder of tests/unit or of tests/unit/cloud. The unit tests that run on PostgreSQL too are integration tests
then, so `integration` looks into both trees; the markers choose.
"""

import sys
from pathlib import Path

TESTS = Path(__file__).parent
TREES = {"unit": ("unit",), "integration": ("unit", "integration", "contract")}


class NoSuchRoom(Exception):
    """One sentence that names the rooms there are."""


def rooms() -> dict[str, str]:
    """Each room with its folder below a tree of tests: {"edge": "edge", "alarms": "cloud/alarms", …}."""
    tops = _folders(TESTS / "unit")
    inner = {name: f"cloud/{name}" for name in _folders(TESTS / "unit" / "cloud")}
    return inner | {name: name for name in tops}


def paths(kind: str, room: str) -> list[str]:
    """The folders to give to pytest for the tests of `kind` of one room, or of all rooms where `room` is empty."""
    trees = [TESTS / tree for tree in TREES[kind]]
    if room:
        known = rooms()
        if room not in known:
            raise NoSuchRoom(f"there is no room {room!r}; ROOM is one of: {', '.join(sorted(known))}")
        trees = [tree / known[room] for tree in trees]
    return [str(tree.relative_to(TESTS.parent)) for tree in trees if tree.is_dir()]


def _folders(folder: Path) -> list[str]:
    return sorted(init.parent.name for init in folder.glob("*/__init__.py"))


if __name__ == "__main__":
    try:
        print(*paths(sys.argv[1], "".join(sys.argv[2:])))
    except NoSuchRoom as error:
        sys.exit(str(error))
