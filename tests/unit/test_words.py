"""The field's words: what was a private vocabulary is no name in the code any more; docs/glossary.md has the words."""

import ast
import io
import re
import tokenize
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = ("wire", "i18n", "firmware_bridge", "rules", "runtime", "edge", "cloud", "dashboards", "demo")

NEVER = {
    "freight": "prepared write", "parcel": "decoded batch", "opener": "batch decoder", "keeper": "batch writer",
    "cargo": "rule input", "spots": "quality flags", "intake": "queue, source manager", "reception": "message router",
    "patience": "backoff, timeout", "patiently": "retry", "condemn": "reject", "condemned": "rejected",
    "unsaid": "pending acks", "launch": "send", "grounded": "requeued", "shelf": "rule versions",
    "posts": "rule bindings", "things": "rule targets", "beat": "tick, heartbeat", "warming": "state recovery",
    "desk": "alarm service", "packer": "notification batcher", "proving": "self-test", "acts": "actions",
    "papers": "enrolment bundle", "dirty": "recompute queue", "sheet": "derived series writer",
    "door": "form page", "anew": "reevaluate, restart, again",
}  # fmt: skip
"""A part of a name, and what it is called instead."""
NO_CALL = {"look": "poll", "hear": "on_message", "take": "pop or apply", "told": "notified"}
"""What no function is called."""
NO_CLASS = {
    "Said": "LocalizedMessage", "Mistake": "ValidationProblem", "Watch": "RuleEvaluator", "Round": "EvaluationPass",
    "Book": "RuleStore", "News": "AlarmEventRecord", "Page": "Notification", "Means": "ChannelContext",
    "Known": "TTLCache, PlatformSnapshot", "Who": "Principal", "Asked": "AuthContext", "Delays": "LoginThrottle",
    "Work": "WriteBatch", "Shift": "TimeCorrection", "Former": "PreviousStream", "Flight": "InFlightBatch",
    "Letters": "DeadLetterTable", "Bar": "Header", "Marks": "ChartAnnotations", "Shown": "PageModel",
    "Arrival": "QueuedMessage", "Portion": "EncodedWrite", "Refused": "Rejected",
}  # fmt: skip


def names_in(file: Path) -> list[tuple[int, str, str]]:
    """(line, name, what stands before it) of each name in a source file."""
    found: list[tuple[int, str, str]] = []
    before = ""
    for token in tokenize.generate_tokens(io.StringIO(file.read_text(encoding="utf-8")).readline):
        if token.type == tokenize.NAME:
            found.append((token.start[0], token.string, before))
        before = token.string
    return found


def files_of(room: str) -> list[Path]:
    """The source files of a room, but the migrations, which are history."""
    return [file for file in (ROOT / room).rglob("*.py") if "versions" not in file.parts]


@pytest.mark.parametrize("room", ROOMS)
def test_no_name_is_of_the_private_vocabulary(room: str):
    found = []
    for file in files_of(room):
        where = str(file.relative_to(ROOT))
        found += [(where, word) for word in NEVER if word in re.split(r"[_/.]", where)]
        for line, name, before in names_in(file):
            parts = {part.lower() for part in re.findall(r"[A-Z]?[a-z]+", name)}
            found += [(f"{where}:{line}", f"{name}: say {NEVER[word]}") for word in parts & NEVER.keys()]
            if before == "def" and name.lstrip("_") in NO_CALL:
                found.append((f"{where}:{line}", f"{name}(): say {NO_CALL[name.lstrip('_')]}"))
            if before == "class" and name in NO_CLASS:
                found.append((f"{where}:{line}", f"class {name}: say {NO_CLASS[name]}"))
    assert not found


@pytest.mark.parametrize("room", ROOMS)
def test_whoever_acts_is_called_the_actor(room: str):
    found = [
        f"{file.relative_to(ROOT)}:{node.lineno}: {node.arg}: say actor"
        for file in files_of(room)
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.arg) and node.annotation is not None
        and ast.unparse(node.annotation) == "Actor" and node.arg.lstrip("_") != "actor"
    ]  # fmt: skip
    assert not found


def test_a_name_of_a_class_stands_once():
    places: dict[str, list[str]] = {}
    for room in ROOMS:
        for file in files_of(room):
            for _, name, before in names_in(file):
                if before == "class" and not name.startswith("_"):
                    places.setdefault(name, []).append(str(file.relative_to(ROOT)))
    assert {name: files for name, files in places.items() if len(files) > 1} == {}
