"""An archive of a gateway's version, looked at before it is signed:  siaga-edge-1.2.0-aarch64.tar.gz

siaga-edge-1.2.0-aarch64/VERSION  ARCH  SHA256SUMS  install.sh  wheels/…        as deploy/wheelhouse/make makes it
"""

import gzip
import hashlib
import tarfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import msgspec

from wire import WireError
from wire.gateway_update import ARCHITECTURES, archive_name, version_key

MOST_BYTES = 400 * 2**20
"""Of an archive, and of what is in it: ten times what one of today has."""
MOST_FILES = 3_000
_MOST_SHORT_BYTES = 2**20
_SHORT = ("VERSION", "ARCH", "SHA256SUMS")
_CHUNK_BYTES = 2**20


class ArchiveRefused(Exception):
    """An archive that no gateway should get; the text is one sentence."""


class Archive(msgspec.Struct, frozen=True):
    """An archive that is whole: which version it is of, for which gateways, and the digest of its bytes."""

    file: Path
    version: str
    architecture: str
    sha256: str

    @property
    def name(self) -> str:
        """What it is called in the repository."""
        return archive_name(self.version, self.architecture)


def read_archive(file: Path) -> Archive:
    """Look through an archive, all of its bytes; ArchiveRefused where something in it does not fit."""
    try:
        if file.stat().st_size > MOST_BYTES:
            raise ArchiveRefused(f"{file} has more than {MOST_BYTES // 2**20} MB")
        digest = _digest_of(file)
        with gzip.open(file) as unpacked:
            with tarfile.open(fileobj=unpacked, mode="r|") as tar:
                folder, short, sums = _read(file, tar)
            unpacked.read(_MOST_SHORT_BYTES)  # to the end, where its check sum is
    except (OSError, EOFError, zlib.error, tarfile.TarError) as error:
        raise ArchiveRefused(f"{file} is no whole archive: {str(error)[:200]}; make it again") from None
    version, architecture = (short.get(name, b"").decode(errors="replace").strip() for name in ("VERSION", "ARCH"))
    _check_names(file, folder, version, architecture)
    _check_sums(file, short.get("SHA256SUMS", b""), sums)
    return Archive(file, version, architecture, digest)


def _digest_of(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _read(file: Path, tar: tarfile.TarFile) -> tuple[str, dict[str, bytes], dict[str, str]]:
    """The one folder of the archive, the short files in it that say what it is, and the digest of each file."""
    folders: set[str] = set()
    short: dict[str, bytes] = {}
    sums: dict[str, str] = {}
    size = 0
    for member in tar:
        path = PurePosixPath(member.name)
        size += member.size
        if not member.isfile() or path.is_absolute() or ".." in path.parts or len(path.parts) < 2:
            raise ArchiveRefused(f"{file} has {member.name[:100]!r}, which is no file in its folder; make it again")
        if size > MOST_BYTES or len(sums) >= MOST_FILES:
            raise ArchiveRefused(f"{file} has more than {MOST_FILES} files, or {MOST_BYTES // 2**20} MB in them")
        name = str(path.relative_to(path.parts[0]))
        folders.add(path.parts[0])
        sums[name], kept = _content_of(tar, member, keep=name in _SHORT)
        if name in _SHORT:
            short[name] = kept
    if len(folders) != 1:
        raise ArchiveRefused(f"{file} has {len(folders)} folders; an archive of a gateway has one")
    return folders.pop(), short, sums


def _content_of(tar: tarfile.TarFile, member: tarfile.TarInfo, *, keep: bool) -> tuple[str, bytes]:
    digest, kept = hashlib.sha256(), b""
    for chunk in _chunks(tar, member):
        digest.update(chunk)
        if keep and len(kept) < _MOST_SHORT_BYTES:
            kept += chunk
    return digest.hexdigest(), kept


def _chunks(tar: tarfile.TarFile, member: tarfile.TarInfo) -> Iterator[bytes]:
    opened = tar.extractfile(member)
    while opened is not None and (chunk := opened.read(_CHUNK_BYTES)):
        yield chunk


def _check_names(file: Path, folder: str, version: str, architecture: str) -> None:
    if architecture not in ARCHITECTURES:
        raise ArchiveRefused(f"{file}: ARCH in it is {architecture[:40]!r}; gateways are {', '.join(ARCHITECTURES)}")
    try:
        version_key(version)
    except WireError as error:
        raise ArchiveRefused(f"{file}: VERSION in it: {error}") from None
    expected = archive_name(version, architecture)
    if file.name != expected or f"{folder}.tar.gz" != expected:
        raise ArchiveRefused(f"{file} holds {expected} by its VERSION and ARCH, and is named otherwise; make it again")


def _check_sums(file: Path, listed: bytes, found: dict[str, str]) -> None:
    pairs = [line.split("  ", 1) for line in listed.decode(errors="replace").splitlines() if "  " in line]
    expected = {name: digest for digest, name in pairs}
    actual = {name: digest for name, digest in found.items() if name != "SHA256SUMS"}
    wrong = sorted(name for name in expected.keys() | actual.keys() if expected.get(name) != actual.get(name))
    if wrong or not expected:
        raise ArchiveRefused(f"{file}: {(wrong or ['SHA256SUMS'])[0]} in it is damaged or missing; make it again")
