"""An archive is looked through before anybody signs it."""

import io
import tarfile
from pathlib import Path

import pytest

from cloud.updates.archive import ArchiveRefused, read_archive
from tests.update_repository import an_archive


def test_an_archive_says_what_it_is_of(tmp_path: Path):
    found = read_archive(an_archive(tmp_path, "1.2.0", "armv7l"))
    assert (found.version, found.architecture, found.name) == ("1.2.0", "armv7l", "siaga-edge-1.2.0-armv7l.tar.gz")


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"wheels/siaga.whl": b"another"}, "wheels/siaga.whl in it is damaged or missing"),
        ({"more": b"x"}, "more in it is damaged or missing"),
        ({"SHA256SUMS": b""}, "in it is damaged or missing"),
        ({"ARCH": b"sparc\n"}, "ARCH in it is 'sparc'; gateways are"),
        ({"VERSION": b"newest\n"}, "VERSION in it: version 'newest' is none"),
        (
            {"VERSION": b"1.3.0\n"},
            "holds siaga-edge-1.3.0-aarch64.tar.gz by its VERSION and ARCH, and is named otherwise",
        ),
    ],
)
def test_an_archive_whose_parts_do_not_fit_is_refused(tmp_path: Path, changed: dict[str, bytes], said: str):
    with pytest.raises(ArchiveRefused, match=said):
        read_archive(an_archive(tmp_path, changed=changed))


def test_an_archive_that_was_cut_is_refused_wherever_it_was(tmp_path: Path):
    file = an_archive(tmp_path)
    whole = file.read_bytes()
    for length in (0, 1, 20, len(whole) // 2, len(whole) - 9):
        file.write_bytes(whole[:length])
        with pytest.raises(ArchiveRefused, match=r"no whole archive|in it is damaged"):
            read_archive(file)
    with pytest.raises(ArchiveRefused, match="no whole archive"):
        read_archive(tmp_path / "away.tar.gz")


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("siaga-edge-1.2.0-aarch64/../../etc/passwd", tarfile.REGTYPE),
        ("/etc/passwd", tarfile.REGTYPE),
        ("alone", tarfile.REGTYPE),
        ("siaga-edge-1.2.0-aarch64/link", tarfile.SYMTYPE),
        ("siaga-edge-1.2.0-aarch64/device", tarfile.CHRTYPE),
    ],
)
def test_an_archive_has_files_in_its_folder_and_nothing_else(tmp_path: Path, name: str, kind: bytes):
    file = tmp_path / "siaga-edge-1.2.0-aarch64.tar.gz"
    with tarfile.open(file, "w:gz") as tar:
        member = tarfile.TarInfo(name)
        member.type = kind
        tar.addfile(member, io.BytesIO(b""))
    with pytest.raises(ArchiveRefused, match="is no file in its folder"):
        read_archive(file)
