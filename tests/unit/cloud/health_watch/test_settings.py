"""watch.toml, and what the watch needs to be installed."""

import subprocess
import sys
from pathlib import Path

import pytest

from cloud.health_watch.settings import load_watch_settings
from runtime.settings import SettingsError

HOOK = '[[channels]]\nname = "hook"\nkind = "webhook"\nurl = "http://127.0.0.1:9"\nsecret_file = "secret"\n'


def load(folder: Path, text: str) -> list[str]:
    file = folder / "watch.toml"
    file.write_text(text)
    try:
        load_watch_settings(file)
    except SettingsError as error:
        return error.problems
    return []


def test_paths_are_beside_the_file(tmp_path: Path):
    (tmp_path / "secret").write_text("a long enough secret")
    assert load(tmp_path, HOOK) == []
    assert load_watch_settings(tmp_path / "watch.toml").state == tmp_path / "watch-state.json"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "channels: is missing"),
        ("channels = []", "channels"),
        (HOOK + HOOK, "'hook' stands there twice"),
        (HOOK.replace("secret_file", "secretfile"), "secret_file: is missing"),
        (HOOK, "'{folder}/secret' cannot be read (No such file or directory)"),
        ('[[channels]]\nname = "bot"\nkind = "telegram"\ntoken_file = "t"\n', "chat: is missing"),
    ],
)
def test_a_mistake_is_a_sentence(tmp_path: Path, text: str, said: str):
    (problem,) = {each for each in load(tmp_path, text) if said.format(folder=tmp_path) in each}
    assert problem.startswith("watch.toml: ")


def test_the_watch_needs_little_so_that_a_gateway_can_run_it():
    code = "import sys, cloud.cli.watch; print(*{module.split('.')[0] for module in sys.modules})"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    heavy = {"sqlalchemy", "fastapi", "alembic", "argon2", "lxml", "prometheus_client", "cryptography"}
    assert "httpx" in loaded
    assert not heavy & set(loaded)
