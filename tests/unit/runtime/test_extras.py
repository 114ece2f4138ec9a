"""Console scripts on an installation that lacks what they need."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from runtime.extras import MISSING, main_of


@pytest.fixture
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.syspath_prepend(str(tmp_path))
    folder = tmp_path / "some_room"
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    yield folder
    for name in [name for name in sys.modules if name.split(".")[0] == "some_room"]:
        del sys.modules[name]


def test_a_missing_library_is_a_sentence_that_names_the_extra(room: Path, capsys: pytest.CaptureFixture[str]):
    (room / "cli.py").write_text("import a_library_that_nobody_installed.inner\n")
    assert main_of("some_room.cli", program="siaga-demo", extra="demo") == MISSING
    said = capsys.readouterr().err
    assert "siaga-demo: this installation has no a_library_that_nobody_installed" in said
    assert 'the extra "demo"' in said


def test_a_mistake_of_our_own_shows_its_traceback(room: Path):
    (room / "cli.py").write_text("import some_room.not_there\n")
    with pytest.raises(ModuleNotFoundError):
        main_of("some_room.cli", program="siaga-demo", extra="demo")


def test_the_program_gets_the_arguments(room: Path, monkeypatch: pytest.MonkeyPatch):
    (room / "cli.py").write_text("def main(arguments):\n    return len(arguments)\n")
    monkeypatch.setattr(sys, "argv", ["siaga-demo", "--port", "9090"])
    assert main_of("some_room.cli", program="siaga-demo", extra="demo") == 2
