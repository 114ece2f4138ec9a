"""ARCHITECTURE.md says what is so: its floors of cloud/ are the contract's, and what it names exists."""

import ast
import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def layers() -> list[list[str]]:
    """The floors of cloud/, the highest first."""
    contracts = PROJECT["tool"]["importlinter"]["contracts"]
    found = next(each for each in contracts if each["type"] == "layers" and each["containers"] == ["cloud"])
    assert found["exhaustive"]
    return [re.split(r" [|:] ", floor) for floor in found["layers"]]


def meaning_of(room: str) -> str:
    """What the docstring of a room of cloud/ says first."""
    package, module = ROOT / "cloud" / room / "__init__.py", ROOT / "cloud" / f"{room}.py"
    text = ast.get_docstring(ast.parse((package if package.exists() else module).read_text(encoding="utf-8")))
    assert text, f"cloud/{room} says nothing of itself"
    return text.splitlines()[0].rstrip(".:")


def test_the_floors_of_the_cloud_are_those_of_the_contract():
    rows = [
        f"| {number} | `{room}` | {meaning_of(room)} |"
        for number, floor in zip(range(len(layers()), 0, -1), layers(), strict=True)
        for room in floor
    ]
    written = re.search(r"\| floor \| room \| what lives there \|\n\|---\|---\|---\|\n((?:\|.*\n)+)", PAGE)
    assert written is not None
    assert written[1].splitlines() == rows, "write into ARCHITECTURE.md:\n" + "\n".join(rows)


def test_every_file_that_the_page_names_is_there():
    tops = {path.name for path in ROOT.iterdir() if path.is_dir()}
    named = set(re.findall(r"[`(]((?:\w+/)+[\w.-]+\.\w+)[`)#]", PAGE))
    missing = sorted(name for name in named if name.split("/")[0] in tops and not (ROOT / name).exists())
    assert not missing
