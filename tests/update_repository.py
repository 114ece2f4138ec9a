"""A repository of updates with its keys, archives of a made-up version, and a gateway's updater that reads it.

Archives have the form of deploy/wheelhouse/make, and no wheel in them.
"""

import gzip
import hashlib
import io
import tarfile
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from types import MappingProxyType

from securesystemslib.signer import CryptoSigner
from tuf.api.exceptions import DownloadHTTPError
from tuf.ngclient import FetcherInterface, Updater

from cloud.updates.archive import read_archive
from cloud.updates.key_change import begin
from cloud.updates.keys import read_key
from cloud.updates.publishing import publish, utc_now
from cloud.updates.repository import RepositoryFolder
from cloud.updates.settings import UpdateSettings
from wire.gateway_update import archive_name

PASSPHRASE = "correct horse battery"


def an_archive(
    folder: Path, version: str = "1.2.0", arch: str = "aarch64", *, changed: Mapping[str, bytes] = MappingProxyType({})
) -> Path:
    """Make an archive; `changed` are files in it that differ from what its SHA256SUMS say, by their names."""
    folder.mkdir(parents=True, exist_ok=True)
    files = {
        "VERSION": f"{version}\n".encode(), "ARCH": f"{arch}\n".encode(), "install.sh": b"#!/bin/sh\n",
        "wheels/siaga.whl": f"the wheel of {version}".encode(),
    }  # fmt: skip
    sums = "".join(f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in files.items())
    name = archive_name(version, arch)
    with (
        (folder / name).open("wb") as raw,
        gzip.GzipFile("", "wb", fileobj=raw, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w") as tar,
    ):
        for each, data in (files | {"SHA256SUMS": sums.encode(), **changed}).items():
            member = tarfile.TarInfo(f"{name.removesuffix('.tar.gz')}/{each}")
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    return folder / name


class Published:
    """A repository below `folder`, begun at `now`, and all of its keys."""

    def __init__(self, folder: Path, *, now: datetime | None = None, url: str = "http://127.0.0.1:1/updates") -> None:
        self.folder = folder
        self.keys = folder / "stick"
        self.settings = UpdateSettings(folder=folder / "updates", url=url, online_key=folder / "online.key")
        self.repository = RepositoryFolder(self.settings.folder)
        begin(self.repository, self.keys, self.settings.online_key, PASSPHRASE, now=lambda: now or utc_now())

    @property
    def online(self) -> CryptoSigner:
        """The key of the running cloud."""
        return read_key(self.settings.online_key)

    def key(self, name: str) -> CryptoSigner:
        """A key that is kept elsewhere."""
        return read_key(self.keys / f"{name}.pem", lambda _name: PASSPHRASE)

    def publish(self, *versions: str, arch: str = "aarch64", now: datetime | None = None) -> None:
        """Publish made-up archives of `versions`."""
        found = [read_archive(an_archive(self.folder / "archives", version, arch)) for version in versions]
        publish(self.repository, found, [self.key("targets")], self.online, now=lambda: now or utc_now())


class _FromFolder(FetcherInterface):
    """Reads below a folder what an updater asks of a server."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def _fetch(self, url: str) -> Iterator[bytes]:
        file = self._folder / url.removeprefix("http://updates/")
        if not file.exists():
            raise DownloadHTTPError("it is not there", 404)
        return iter([file.read_bytes()])


class GatewaySimulated:
    """What a gateway keeps of the repository, from its first root on; the updater is the library's own."""

    def __init__(self, kept: Path, repository: RepositoryFolder, *, url: str = "") -> None:
        self._kept, self._url = kept, url or "http://updates"
        self._fetcher = None if url else _FromFolder(repository.folder)
        (kept / "got").mkdir(parents=True)
        (kept / "metadata").mkdir()
        state = repository.state()
        assert state is not None
        self._first: bytes | None = state.roots[0]

    def fetch(self, version: str, arch: str = "aarch64") -> bytes | None:
        """Refresh, and fetch an archive: its bytes, None where it is not published; the library's own exceptions."""
        updater = Updater(
            str(self._kept / "metadata"), f"{self._url}/metadata", str(self._kept / "got"), f"{self._url}/targets",
            fetcher=self._fetcher, bootstrap=self._first,
        )  # fmt: skip
        self._first = None
        target = updater.get_targetinfo(archive_name(version, arch))
        return None if target is None else Path(updater.download_target(target)).read_bytes()
