"""The archive for an offline installation: as it is packed, and what its install.sh refuses on which machine."""

import importlib.machinery
import importlib.util
import os
import subprocess
import tarfile
from pathlib import Path
from types import ModuleType

import pytest

WHEELHOUSE = Path(__file__).parents[3] / "deploy" / "wheelhouse"


def make() -> ModuleType:
    loader = importlib.machinery.SourceFileLoader("make_wheelhouse", str(WHEELHOUSE / "make"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("make_wheelhouse", loader))  # type: ignore[arg-type]
    loader.exec_module(module)
    return module


@pytest.fixture
def archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    made = make()
    monkeypatch.setattr(made, "BUILD", tmp_path)
    wheels = tmp_path / "armv7l" / "wheels"
    wheels.mkdir(parents=True)
    (wheels / "siaga-1.2.3-py3-none-any.whl").write_bytes(b"a wheel")
    return Path(made._pack(tmp_path / "armv7l", "siaga-edge-1.2.3-armv7l", "1.2.3", "armv7l"))


def installed_on(archive: Path, folder: Path, is_python: str, *, language: str = "en", spoil: str = "") -> str:
    """What install.sh of the archive refuses on a machine whose python3 says that it is `is_python`."""
    with tarfile.open(archive) as packed:
        packed.extractall(folder, filter="data")
    (unpacked,) = (each for each in folder.glob("siaga-edge-*") if each.is_dir())
    if spoil:
        (unpacked / spoil).write_bytes(b"another")
    programs = folder / "programs"
    programs.mkdir()
    for name in ("python3", "python3.11", "python3.13"):
        (programs / name).write_text(f"#!/bin/sh\necho '{is_python}'\n")
    (programs / "id").write_text("#!/bin/sh\necho 0\n")
    (programs / "mkdir").write_text("#!/bin/sh\necho 'it went on to install' >&2\nexit 9\n")
    for program in programs.iterdir():
        program.chmod(0o755)
    ended = subprocess.run(
        ["sh", unpacked / "install.sh"], capture_output=True, text=True, check=False,
        env={"PATH": f"{programs}:{os.environ['PATH']}", "SIAGA_LANGUAGE": language},
    )  # fmt: skip
    assert ended.returncode in (2, 9), ended.stderr
    return ended.stderr.strip()


def test_the_archive_says_what_it_is_and_is_the_same_each_time(
    archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    with tarfile.open(archive) as packed:
        names = {name.split("/", 1)[1] for name in packed.getnames()}
        sums = packed.extractfile("siaga-edge-1.2.3-armv7l/SHA256SUMS")
        assert sums is not None
        summed = {line.split("  ")[1] for line in sums.read().decode().splitlines()}
        assert {member.mtime for member in packed.getmembers()} == {make().SETTLED_S}
        assert packed.getmember("siaga-edge-1.2.3-armv7l/install.sh").mode == 0o755
    assert {"install.sh", "VERSION", "ARCH", "examples/edge.toml", "docs/edge.md", "docs/mulai/teknisi.md"} <= names
    assert summed == names - {"SHA256SUMS"}
    (tmp_path / "siaga-edge-1.2.3-armv7l.tar.gz").rename(tmp_path / "first.tar.gz")
    for name in ("docs", "examples"):
        subprocess.run(["rm", "-r", tmp_path / "armv7l" / name], check=True)
    (tmp_path / "armv7l" / "SHA256SUMS").unlink()
    made = make()
    monkeypatch.setattr(made, "BUILD", tmp_path)
    again = made._pack(tmp_path / "armv7l", "siaga-edge-1.2.3-armv7l", "1.2.3", "armv7l")
    assert again.read_bytes() == (tmp_path / "first.tar.gz").read_bytes()


@pytest.mark.parametrize(
    ("is_python", "english", "indonesian"),
    [
        ("3.9 armv7l 32", "Python 3.11 (Raspberry Pi OS bookworm) or 3.13 (trixie) is needed; this machine has 3.9",
         "Diperlukan Python 3.11"),
        ("3.11 armv6l 32", "This is an ARMv6 board", "Ini papan ARMv6"),
        ("3.11 aarch64 64", "Take siaga-edge-1.2.3-aarch64.tar.gz.", "Pakai siaga-edge-1.2.3-aarch64.tar.gz."),
        ("3.13 riscv64 64", "this machine is riscv64 64, for which none is made", "mesin ini riscv64 64"),
    ],
)  # fmt: skip
def test_a_machine_that_the_archive_is_not_for_is_told_why(
    is_python: str, english: str, indonesian: str, archive: Path, tmp_path: Path
):
    (tmp_path / "en").mkdir()
    (tmp_path / "id").mkdir()
    assert english in installed_on(archive, tmp_path / "en", is_python)
    assert indonesian in installed_on(archive, tmp_path / "id", is_python, language="id")


@pytest.mark.parametrize("is_python", ["3.11 armv7l 32", "3.13 armv8l 32", "3.11 aarch64 32"])
def test_a_32_bit_system_takes_the_archive_below_whatever_kernel(is_python: str, archive: Path, tmp_path: Path):
    (tmp_path / "en").mkdir()
    assert installed_on(archive, tmp_path / "en", is_python) == "it went on to install"


@pytest.mark.parametrize("spoilt", ["wheels/siaga-1.2.3-py3-none-any.whl", "SHA256SUMS", "docs/edge.md"])
def test_a_damaged_archive_is_not_installed(spoilt: str, archive: Path, tmp_path: Path):
    (tmp_path / "en").mkdir()
    assert "damaged" in installed_on(archive, tmp_path / "en", "3.11 armv7l 32", spoil=spoilt)
