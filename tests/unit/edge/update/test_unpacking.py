"""An archive is unpacked as if nobody had signed it."""

import io
import tarfile
from pathlib import Path

import pytest

from edge.update import unpacking
from edge.update.outcome import UpdateRefused
from edge.update.unpacking import unpack
from tests.tiny_archive import pack

NAME = "siaga-edge-1.2.0-vax"
WHOLE = {"install.sh": b"", "VERSION": b"1.2.0\n", "ARCH": b"vax\n", "wheels/a.whl": b"x"}


def unpacked(archive: Path) -> Path:
    return unpack(archive, archive.parent / "into", version="1.2.0", architecture="vax")


def test_files_and_folders_are_unpacked_into_an_empty_folder(tmp_path: Path):
    (tmp_path / "into").mkdir()
    (tmp_path / "into" / "old").touch()
    folder = unpacked(pack(tmp_path / f"{NAME}.tar.gz", WHOLE))
    assert folder == tmp_path / "into" / NAME
    assert (folder / "wheels" / "a.whl").read_bytes() == b"x"
    assert not (tmp_path / "into" / "old").exists()


@pytest.mark.parametrize(
    ("name", "kind", "link", "said"),
    [
        (f"{NAME}/../../evil", tarfile.REGTYPE, "", "cannot be unpacked"),
        ("/evil", tarfile.REGTYPE, "", "which is not in"),
        ("other/evil", tarfile.REGTYPE, "", "which is not in"),
        (f"{NAME}/link", tarfile.SYMTYPE, "/etc", "no plain file"),
        (f"{NAME}/link", tarfile.LNKTYPE, "/etc/shadow", "no plain file"),
        (f"{NAME}/device", tarfile.CHRTYPE, "", "no plain file"),
        (f"{NAME}/pipe", tarfile.FIFOTYPE, "", "no plain file"),
    ],
)
def test_what_leads_out_of_the_folder_is_refused(tmp_path: Path, name: str, kind: bytes, link: str, said: str):
    archive = tmp_path / f"{NAME}.tar.gz"
    with tarfile.open(archive, "w:gz") as packed:
        member = tarfile.TarInfo(name)
        member.type, member.linkname = kind, link
        packed.addfile(member, io.BytesIO())
    with pytest.raises(UpdateRefused, match=said):
        unpacked(archive)
    assert not (tmp_path / "evil").exists()


def test_what_is_too_much_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    archive = pack(tmp_path / f"{NAME}.tar.gz", WHOLE)
    for limit in ("MOST_FILES", "MOST_BYTES"):
        with monkeypatch.context() as patched:
            patched.setattr(unpacking, limit, 3)
            with pytest.raises(UpdateRefused, match="more than"):
                unpacked(archive)


@pytest.mark.parametrize("lacks", ["install.sh", "VERSION", "ARCH"])
def test_what_is_no_archive_of_that_version_is_refused(tmp_path: Path, lacks: str):
    with pytest.raises(UpdateRefused, match="publish what is in its name"):
        unpacked(pack(tmp_path / f"{NAME}.tar.gz", {key: WHOLE[key] for key in WHOLE if key != lacks}))


def test_one_that_is_cut_off_is_refused(tmp_path: Path):
    archive = pack(tmp_path / f"{NAME}.tar.gz", WHOLE | {"wheels/b.whl": bytes(range(256)) * 400})
    archive.write_bytes(archive.read_bytes()[:-40])
    with pytest.raises(UpdateRefused, match="cannot be unpacked"):
        unpacked(archive)
