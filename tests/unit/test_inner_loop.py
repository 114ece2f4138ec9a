"""What the documents, the hooks and the jobs of CI say about make is true."""

import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests import rooms

ROOT = Path(__file__).parents[2]
TARGETS = re.findall(r"^([a-z-]+):.*?## (.+)$", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE)
NAMES = {name for name, _ in TARGETS}
FOLDERS = ("docs", "tests", ".github")
DOCUMENTS = [
    *ROOT.glob("*.md"),
    *(
        file
        for folder in FOLDERS
        for file in (ROOT / folder).rglob("*.md")
        if "node_modules" not in file.parts  # Grafana's own code for the tests, which brings its own
    ),
]
IN_DOCUMENTS = r"(?:`|^    |^\$ )make ([a-z][a-z-]*(?: [a-z-]+)*)"
"""A command of make in a document: in backticks, or indented as a block."""


def make(*words: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MAKELEVEL")}
    return subprocess.run(["make", *words], cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


def workflow() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8"))
    return found


def targets_of(command: str) -> list[str]:
    """The targets of a command that is nothing but make: ["unit"] of "make unit COVERAGE=yes"."""
    program, *words = command.split()
    assert program == "make", f"{command!r} does not call make"
    return [word for word in words if "=" not in word]


def test_help_lists_every_target_with_its_sentence():
    shown = make("help").stdout
    phony = (ROOT / "Makefile").read_text(encoding="utf-8").partition(".PHONY:")[2].partition("\n\n")[0]
    assert set(phony.replace("\\", "").split()) == NAMES
    assert [line.split(maxsplit=2)[1:] for line in shown.splitlines()] == [[name, told] for name, told in TARGETS]


@pytest.mark.parametrize("name", sorted(NAMES))
def test_every_target_is_one_that_make_can_carry_out(name: str):
    assert make("--dry-run", name).returncode == 0


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_document_names_no_target_that_is_not_there(document: Path):
    named = re.findall(IN_DOCUMENTS, document.read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert {name for command in named for name in command.split()} <= NAMES


def test_the_documents_name_the_targets_of_a_day():
    told = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    assert {"unit", "check", "test", "integration", "proofs"} <= set(re.findall(r"make ([a-z-]+)", told))


def test_what_contributing_points_to_is_there():
    told = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    named = re.findall(r"`([\w.-]+/[\w./-]*|[\w-]+\.(?:py|toml|yml|yaml))`", told)
    linked = re.findall(r"\]\((?!https)([^)]+)\)", told)
    patterns = {"settings.py", "tables.py", "catalog.py", "edge.toml", "docs/decisions/NNNN-title.md"}
    # what others recorded is outside of the checkout, and a new user has none of it
    inside = {path for path in {*named, *linked} - patterns if not path.startswith("../")}
    missing = [path for path in inside if not (ROOT / path.partition("#")[0]).exists()]
    assert missing == []
    assert len(named) > 40


def test_each_step_of_each_job_calls_a_target():
    steps = [step for job in workflow()["jobs"].values() for step in job["steps"]]
    commands = [step["run"] for step in steps if "run" in step]
    assert {name for command in commands for name in targets_of(command)} <= NAMES
    assert all("run" in step or step["uses"].startswith("actions/") for step in steps)


def test_the_jobs_run_every_kind_of_test_and_every_python_that_is_promised():
    jobs = workflow()["jobs"]
    called = {name for job in jobs.values() for step in job["steps"] for name in targets_of(step.get("run", "make"))}
    assert called >= {"lint", "types", "walls", "unit", "property", "integration", "end-to-end", "build"}
    assert jobs["unit"]["strategy"]["matrix"]["python"] == ["3.11", "3.12", "3.13"]
    for job in ("integration", "end-to-end"):
        assert jobs[job]["env"]["SIAGA_REQUIRE_SERVERS"] == "1"


def test_the_jobs_of_a_public_repository_may_only_read_and_end_by_themselves():
    assert workflow()["permissions"] == {"contents": "read"}
    assert all(job["timeout-minutes"] <= 30 for job in workflow()["jobs"].values())


def test_the_hooks_call_targets_and_bring_nothing():
    told = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
    assert [group["repo"] for group in told["repos"]] == ["local"]
    for hook in told["repos"][0]["hooks"]:
        assert hook["language"] == "system"
        assert set(targets_of(hook["entry"])) <= NAMES


def test_the_whole_test_run_of_ci_is_make_test():
    last = (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()[-1]
    assert targets_of(last.removeprefix("exec ")) == ["test"]


def test_every_room_is_found_by_its_name_and_an_unknown_one_is_named_with_those_there_are():
    for name, folder in rooms.rooms().items():
        assert rooms.paths("unit", name) == [f"tests/unit/{folder}"]
        assert rooms.paths("integration", name)[0] == f"tests/unit/{folder}"
    assert rooms.paths("unit", "alarms") == ["tests/unit/cloud/alarms"]
    assert rooms.paths("unit", "") == ["tests/unit"]
    with pytest.raises(rooms.NoSuchRoom, match=r"there is no room 'moon'; ROOM is one of: .*alarms, .*edge, "):
        rooms.paths("unit", "moon")


def test_a_wrong_room_is_one_sentence_of_make():
    refused = make("unit", "ROOM=moon", "-o", ".venv/.dev")
    assert refused.returncode != 0
    assert refused.stderr.startswith("there is no room 'moon'; ROOM is one of: ")
