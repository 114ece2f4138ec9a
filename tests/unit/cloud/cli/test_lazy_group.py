"""The table of commands: listed without their libraries, imported when called, completed by the shell."""

import subprocess
import sys

import pytest

from cloud.cli.exit_codes import CANNOT_START
from cloud.cli.lazy_group import Row
from cloud.cli.main import COMMANDS, Commands, main

HEAVY = {"sqlalchemy", "fastapi", "alembic", "aiomqtt", "httpx", "argon2", "rich"}


def loaded_by(code: str) -> set[str]:
    """The top packages that a fresh interpreter has loaded after `code`."""
    ended = f"{code}; print(*{{module.split('.')[0] for module in sys.modules}}, file=sys.stderr)"
    said = subprocess.run([sys.executable, "-c", f"import sys; {ended}"], capture_output=True, text=True, check=True)
    return set(said.stderr.split())


def test_the_list_of_commands_loads_none_of_their_libraries():
    loaded = loaded_by("from cloud.cli.main import main; main(['--help'])")
    assert "typer" in loaded
    assert not HEAVY & loaded


def test_the_watch_loads_nothing_of_the_registry_or_the_web():
    loaded = loaded_by("from cloud.cli.main import main; main(['watch', '--help'])")
    assert "httpx" in loaded
    assert not {"sqlalchemy", "alembic", "fastapi", "argon2", "prometheus_client", "cryptography"} & loaded


@pytest.mark.parametrize("name", COMMANDS)
def test_the_list_says_of_a_command_what_its_own_help_says(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setenv("COLUMNS", "120")
    assert main([name, "--help"]) == 0
    said = capsys.readouterr().out
    assert said.startswith(f"Usage: siaga-cloud {name} ")
    assert said.splitlines()[2].strip() == COMMANDS[name].help


def test_a_missing_library_is_one_sentence_that_names_the_extra(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    row = Row("wire_that_nobody_installed.inner", "app", "watch", "Of a library that is not there.")
    monkeypatch.setattr(Commands, "table", {**COMMANDS, "watch": row})
    monkeypatch.setattr("runtime.extras.importlib.import_module", _missing("httpx"))
    assert main(["watch"]) == CANNOT_START
    assert capsys.readouterr().err == (
        'siaga-cloud watch: this installation has no httpx; it needs the extra "watch": see README.md, "Run it"\n'
    )


def _missing(name: str):
    def import_module(_module: str) -> None:
        raise ModuleNotFoundError(f"No module named {name!r}", name=name)

    return import_module


def completed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], line: str) -> list[str]:
    """What bash would offer at the end of `line`."""
    monkeypatch.setenv("_SIAGA_CLOUD_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", line)
    monkeypatch.setenv("COMP_CWORD", str(len(line.split(" ")) - 1))
    main([])
    return capsys.readouterr().out.split()


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("siaga-cloud re", ["restore", "registry", "readings"]),
        ("siaga-cloud gateway re", ["revoke", "read-now", "restart-source"]),
        ("siaga-cloud user add ani --ro", ["--role"]),
        ("siaga-cloud user add ani --role op", ["operator"]),
        ("siaga-cloud backup --wi", ["--without-readings"]),
    ],
)
def test_the_shell_completes_commands_options_and_roles(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], line: str, offered: list[str]
):
    assert completed(monkeypatch, capsys, line) == offered


def test_names_of_commands_are_completed_where_their_library_is_not_installed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setattr("runtime.extras.importlib.import_module", _missing("sqlalchemy"))
    assert completed(monkeypatch, capsys, "siaga-cloud mi") == ["migrate"]
    assert completed(monkeypatch, capsys, "siaga-cloud migrate --lo") == []


def test_the_completion_is_shown_for_copying(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    monkeypatch.setattr("typer.completion._get_shell_name", lambda: "bash")
    assert main(["--show-completion"]) == 0
    assert "_SIAGA_CLOUD_COMPLETE=complete_bash" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("", "Missing command."),
        ("frob", "No such command 'frob'."),
        ("user", "Missing command."),
        ("check", "Missing option '--config'."),
        ("backup --config a --to b --keep 0", "'0' is no number of backups; write 1 or more"),
        ("token add x --role king --config c", "'king' is no role; choose from viewer, technician"),
        ("gateway rotate x --until soon --config c", "'soon': write a day, as in 2026-12-05"),
        ("gateway rotate x --until 2020-01-01 --config c", "is not ahead; to end the old login now, give --now"),
        ("gateway rotate x --until 2999-01-01 --now --config c", "--until and --now exclude each other"),
        ("watch here --config c", 'write an address such as "https://siaga.morotai.go.id"'),
    ],
)
def test_a_mistake_on_the_command_line_is_plain_text(capsys: pytest.CaptureFixture[str], line: str, sentence: str):
    assert main(line.split()) == CANNOT_START
    said = capsys.readouterr().err
    assert sentence in said
    assert said.startswith("Usage: siaga-cloud")
    assert not set("╭│╰\x1b") & set(said)
