"""siaga-cloud rules, as the person at the server types it."""

from pathlib import Path

import pytest

from tests.unit.cloud.cli.test_registry import siaga, started

__all__ = ["siaga", "started"]
RULES = """[[rules]]
family = "river-level"
scope = "all"
quantity = "water_level"
kind = "above"
title = "River level"
for_s = 60.0
[[rules.levels]]
name = "Siaga 3"
severity = "moderate"
limit = 150.0

[[rules]]
family = "river-level"
scope = "sensor:river"
without = ["minimum"]
for_s = 120.0
"""


@pytest.fixture
def ruled(started, tmp_path: Path):
    """The same with rules taken over from a file."""
    (tmp_path / "rules.toml").write_text(RULES)
    code, said, complaint = started("rules import @rules.toml --yes --reason begun")
    assert (code, complaint) == (0, "")
    assert said.endswith("2 changes made; the cloud follows within seconds\n")
    return started


def test_the_export_is_a_rules_file_that_changes_nothing(ruled, tmp_path: Path):
    assert ruled("rules export") == (0, RULES, "")
    assert ruled("rules export --to @copy.toml") == (0, "", "")
    assert ruled("rules import @copy.toml --yes --reason again --whole") == (0, "nothing differs\n", "")


def test_an_import_shows_what_differs_and_changes_it_only_with_yes(ruled, tmp_path: Path):
    (tmp_path / "new.toml").write_text(RULES.replace("120.0", "90.0").replace('without = ["minimum"]\n', ""))
    lines = ["change   river-level for sensor:river (line 13)", "           for_s: 120.0 -> 90.0"]
    lines.append("           minimum: none -> inherited")
    for option in ("", " --dry-run"):
        code, said, _ = ruled(f"rules import @new.toml{option}")
        assert (code, said.splitlines()) == (0, [*lines, "1 change, none made: say it again with --yes"])
    code, said, _ = ruled("rules import @new.toml --yes --reason surveyed")
    assert (code, said.splitlines()) == (0, [*lines, "1 change made; the cloud follows within seconds"])
    less = RULES.partition("\n\n")[0] + "\n"
    (tmp_path / "less.toml").write_text(less)
    assert ruled("rules import @less.toml")[1] == "nothing differs\n"
    assert "remove   river-level for sensor:river\n" in ruled("rules import @less.toml --whole")[1]


@pytest.mark.parametrize(
    ("text", "options", "words"),
    [
        (RULES.replace("150.0", '"high"'), "", "bad.toml: line 11: river-level for all: levels[0].limit: is 'high'"),
        (RULES.replace("for_s = 120.0", "for_s = -1"), "", "bad.toml: line 17: river-level for sensor:river: for_s -1"),
        (RULES.replace("120.0", "90.0"), " --yes", "reason: is empty; say in a few words why the rule changes"),
        (RULES, " --yes --dry-run", "leave one of them out"),
    ],
)
def test_what_cannot_be_is_one_sentence_and_changes_nothing(ruled, tmp_path: Path, text: str, options: str, words: str):
    (tmp_path / "bad.toml").write_text(text)
    code, _, complaint = ruled(f"rules import @bad.toml{options}")
    assert (code, words in complaint) == (2, True), complaint
    assert ruled("rules export") == (0, RULES, "")
