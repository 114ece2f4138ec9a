"""The command of the gateway: what a shell completes of it."""

import subprocess

import pytest

from edge.cli import main
from edge.commands import WELL
from edge.commands.completion import SHELLS
from tests.servers import require


@pytest.mark.parametrize("shell", SHELLS)
def test_there_is_a_script_for_each_shell(shell: str, capsys: pytest.CaptureFixture[str]):
    assert main(["completion", shell]) == WELL
    script = capsys.readouterr().out
    assert "siaga-edge" in script
    assert all(word in script for word in ("run", "check", "completion", "config", "connect"))


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        (["c"], {"check", "completion"}),
        (["check", "--co"], {"--config", "--connect"}),
        (["run", "--"], {"--help", "--language", "--config", "--verbose"}),
        (["completion", ""], set(SHELLS)),
        (["check", "--config", "edge.to"], {"edge.toml"}),
    ],
    ids=["a command", "an option", "options of a command", "a shell", "a file"],
)
def test_bash_completes_commands_options_and_files(
    typed: list[str], offered: set[str], tmp_path, capsys: pytest.CaptureFixture[str]
):
    bash = require("bash")
    main(["completion", "bash"])
    script = capsys.readouterr().out
    (tmp_path / "edge.toml").touch()
    words = " ".join(f"'{word}'" for word in ["siaga-edge", *typed])
    asked = f"COMP_WORDS=({words}); COMP_CWORD={len(typed)}; _shtab_siaga_edge; printf '%s\\n' \"${{COMPREPLY[@]}}\""
    done = subprocess.run(
        [bash, "--norc", "-c", f"{script}\n{asked}"], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert set(done.stdout.split()) - {"-h"} == offered
