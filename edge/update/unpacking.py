"""Unpacks an archive that was signed, as if it had not been:

siaga-edge-1.2.0-aarch64/install.sh · VERSION · ARCH · SHA256SUMS · wheels/…       plain files and folders, bounded
"""

import hashlib
import shutil
import tarfile
from pathlib import Path

from edge.update.outcome import UpdateRefused

MOST_FILES = 2_000
MOST_BYTES = 512 * 1024 * 1024


def unpack(archive: Path, into: Path, *, version: str, architecture: str) -> Path:
    """The folder with install.sh, in `into`, which is emptied first; UpdateRefused, OSError."""
    shutil.rmtree(into, ignore_errors=True)
    into.mkdir(parents=True)
    folder = archive.name.removesuffix(".tar.gz")
    try:
        with tarfile.open(archive, "r:gz") as packed:
            _unpack_files(packed, into, folder)
    except (tarfile.TarError, EOFError, ValueError) as error:
        raise UpdateRefused(f"{archive.name} cannot be unpacked: {error}") from None
    found = into / folder
    said = {name: _said(found / name) for name in ("VERSION", "ARCH")}
    if said != {"VERSION": version, "ARCH": architecture} or not (found / "install.sh").is_file():
        holds = f"{said['VERSION']!r} for {said['ARCH']!r}"
        raise UpdateRefused(f"{archive.name} holds {holds}; publish what is in its name")
    return found


def digest_of(archive: Path) -> str:
    """Its sha256; "" where it cannot be read."""
    try:
        with archive.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""


def _unpack_files(packed: tarfile.TarFile, into: Path, folder: str) -> None:
    """Its files, one after the other: what it says of them is not read at once."""
    total = 0
    for count, member in enumerate(packed, 1):
        total += member.size
        if count > MOST_FILES or total > MOST_BYTES:
            raise UpdateRefused(f"the archive has more than {MOST_FILES} files or {MOST_BYTES} bytes")
        if not (member.isfile() or member.isdir()):
            raise UpdateRefused(f"the archive has {member.name[:100]!r}, which is no plain file")
        if Path(member.name).parts[:1] != (folder,):
            raise UpdateRefused(f"the archive has {member.name[:100]!r}, which is not in {folder}/")
        packed.extract(member, into, filter="data")


def _said(file: Path) -> str:
    try:
        with file.open(encoding="utf-8") as opened:
            return opened.read(200).strip()
    except (OSError, UnicodeDecodeError):
        return ""
