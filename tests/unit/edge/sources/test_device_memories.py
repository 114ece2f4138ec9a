"""What dialects remember of devices, as rows of the spool."""

import json

import pytest

from edge.sources import device_memories
from edge.sources.device_memories import LONGEST_ROW, DeviceMemories


class Parser:
    """Remembers of each device what it is told."""

    def __init__(self) -> None:
        self.known: dict[str, dict[str, int]] = {}
        self.heard: dict[str, dict[str, int]] = {}

    def __call__(self, topic: str, payload: bytes) -> object:
        raise AssertionError("nothing is read here")

    def hear(self, **memory: dict[str, int]) -> None:
        self.known |= memory
        self.heard |= memory

    def news(self) -> dict[str, dict[str, int]]:
        heard, self.heard = self.heard, {}
        return heard

    def recall(self, memory: dict[str, dict[str, int]]) -> None:
        self.known |= memory


def loaded(kept: dict[str, str], source: str = "rain") -> tuple[DeviceMemories, Parser]:
    parser = Parser()
    memories = DeviceMemories(source, parser)  # type: ignore[arg-type]
    assert memories.load(kept) == {}
    return memories, parser


def test_a_row_a_device_holds_what_is_recalled_at_the_next_start():
    memories, parser = loaded({})
    parser.hear(one={"total/x": 1}, two={"total/x": 2})
    kept = memories.changes()
    assert sorted(kept) == ["devices.rain.0000", "devices.rain.0001"]
    parser.hear(two={"total/x": 3})
    assert list(memories.changes()) == ["devices.rain.0001"]
    parser.hear(two={"total/x": 3})
    assert memories.changes() == {}
    assert loaded(kept)[1].known == {"one": {"total/x": 1}, "two": {"total/x": 2}}
    assert loaded(kept, "other")[1].known == {}


def test_a_device_of_which_nothing_is_remembered_takes_no_row():
    memories, parser = loaded({})
    parser.hear(one={})
    assert memories.changes() == {}


def test_the_device_that_changed_longest_ago_gives_up_its_row_also_after_a_restart(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(device_memories, "MOST_ROWS", 2)
    memories, parser = loaded({})
    kept: dict[str, str] = {}
    for device in ("one", "two", "one"):
        parser.hear(**{device: {"total/x": len(kept) + 5}})
        kept |= memories.changes()
    memories, parser = loaded(kept)
    parser.hear(three={"total/x": 3})
    kept |= memories.changes()
    assert sorted(loaded(kept)[1].known) == ["one", "three"]


def test_a_memory_that_is_too_long_leaves_no_older_one_which_would_count_twice(caplog: pytest.LogCaptureFixture):
    memories, parser = loaded({})
    parser.hear(one={"total/x": 1})
    kept = memories.changes()
    parser.hear(one={f"total/{'x' * 100}{number}": 1 for number in range(100)})
    kept |= memories.changes()
    assert all(len(row) < LONGEST_ROW for row in kept.values())
    assert "is not kept" in caplog.text
    assert loaded(kept)[1].known == {"one": {}}


@pytest.mark.parametrize("row", ["", "{", "[]", '{"device": 1, "change": 0, "memory": {}}', '{"device": "a"}'])
def test_a_row_that_cannot_be_read_costs_that_device_alone(row: str, caplog: pytest.LogCaptureFixture):
    good = json.dumps({"device": "one", "change": 4, "memory": {"total/x": 1}})
    kept = {"devices.rain.0000": row, "devices.rain.0001": good, "devices.rain.12345": good, "devices.rain.x": good}
    assert loaded(kept)[1].known == {"one": {"total/x": 1}}
    assert "begins anew" in caplog.text


def test_what_was_read_and_does_not_count_is_undone():
    memories, parser = loaded({})
    parser.hear(one={"total/x": 1})
    memories.changes()
    parser.hear(one={"total/x": 5}, two={"total/x": 2})
    memories.undo()
    assert parser.known == {"one": {"total/x": 1}, "two": {}}
    assert memories.changes() == {}


def test_before_the_spool_is_open_nothing_is_kept_and_then_what_was_heard_goes_before_what_was_kept():
    memories, parser = loaded({})
    parser.hear(one={"total/x": 1}, two={"total/x": 2})
    kept = memories.changes()
    late = Parser()
    memories = DeviceMemories("rain", late)  # type: ignore[arg-type]
    late.hear(two={"total/x": 7})
    memories.undo()
    assert memories.changes() == {}
    rows = memories.load(kept)
    assert list(rows) == ["devices.rain.0001"]
    assert late.known == {"one": {"total/x": 1}, "two": {"total/x": 7}}
