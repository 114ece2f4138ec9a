"""Every command that a page prints is asked of its program, with every option that the page gives it."""

import contextlib
import io
import os
import re
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import cloud.cli.main
import cloud.cli.watch
import dashboards.cli
import edge.cli

ROOT = Path(__file__).parents[3]
PAGES = sorted([*(ROOT / "docs").rglob("*.md"), *ROOT.glob("*.md")])
PROGRAMS: dict[str, Callable[[list[str]], object]] = {
    "siaga-cloud": cloud.cli.main.main,
    "siaga-edge": edge.cli.main,
    "siaga-dashboards": dashboards.cli.main,
}
_BLOCK = re.compile(r"^ *```(?:sh)?\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
_WRAPPERS = re.compile(r"^(sudo (-u \w+ )?|docker compose run --rm operator |/opt/siaga/bin/|\.venv/bin/)+")
_WORD = re.compile(r"[a-z][a-z-]*")


def commands() -> Iterator[tuple[str, str]]:
    """(page, command), without what follows it on its line for people."""
    for page in PAGES:
        name = str(page.relative_to(ROOT))
        if name.startswith(("docs/decisions", "CHANGELOG")):
            continue
        for block in _BLOCK.findall(page.read_text(encoding="utf-8")):
            for line in block.replace("\\\n", " ").splitlines():
                text = re.split(r"\s{2,}#|\s#\s|\s{4,}", line.strip())[0]
                if "docker compose run --rm operator " in text:
                    text = text.replace("docker compose run --rm operator ", "siaga-cloud ")
                text = _WRAPPERS.sub("", text)
                if text.split(" ")[0] in PROGRAMS or text.startswith(("make ", "deploy/")):
                    yield name, re.sub(r"[\[\]…]", "", text)


COMMANDS = sorted(set(commands()))
OF_PROGRAMS = [each for each in COMMANDS if each[1].split(" ")[0] in PROGRAMS]


def help_of(program: str, words: list[str]) -> str:
    """What a program says of a command."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.suppress(SystemExit):
        PROGRAMS[program]([*words, "--help"])
    return said.getvalue()


@pytest.mark.parametrize(("page", "command"), OF_PROGRAMS)
def test_a_program_knows_the_command_and_its_options(page: str, command: str):
    for each in _alternatives(command):
        program, *words = shlex.split(each)
        options = {word.partition("=")[0] for word in words if word.startswith("--")}
        names = _command_words(program, words)
        said = help_of(program, names)
        is_group = re.search(r"^Commands:", said, re.MULTILINE) is not None
        is_whole = not is_group or all(word.startswith("-") for word in words[len(names) : len(names) + 1])
        assert said, f"{page}: {each}: there is no such command"
        assert is_whole, f"{page}: {each}: there is no such command"
        missing = [option for option in options if not re.search(rf"{option}\b", said + help_of(program, []))]
        assert not missing, f"{page}: {each}: {program} {' '.join(names)} knows no {missing}"


@pytest.mark.parametrize(("page", "command"), [each for each in COMMANDS if each not in OF_PROGRAMS])
def test_a_target_and_a_script_are_there(page: str, command: str):
    first, *words = shlex.split(command)
    if first == "make":
        targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
        assert {word for word in words if _WORD.fullmatch(word)} <= set(targets), page
    else:
        assert os.access(ROOT / first, os.X_OK), page


def test_enough_commands_were_found():
    assert len(OF_PROGRAMS) > 40
    assert {command.split(" ")[0] for _, command in OF_PROGRAMS} == PROGRAMS.keys()


def _alternatives(command: str) -> list[str]:
    """`gateway rotate | revoke gw` is two commands; behind any other bar is another program."""
    found = re.match(r"(\S+ \S+) (\w+(?: \| \w+)+)(.*)", command)
    return [command] if found is None else [f"{found[1]} {word}{found[3]}" for word in found[2].split(" | ")]


def _command_words(program: str, words: list[str]) -> list[str]:
    """The longest beginning of `words` that is a command: user add, check, backup verify."""
    names: list[str] = []
    for word in words:
        if not _WORD.fullmatch(word) or not help_of(program, [*names, word]):
            break
        names.append(word)
    return names
