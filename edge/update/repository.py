"""The city's repository of updates, by The Update Framework: what is in it, and an archive of it, signed and whole.

first root (kept) ─► root, rotated ─► timestamp ─► snapshot ─► targets: siaga-edge-1.2.0-aarch64.tar.gz, length, sha256

Who has the server, or the link to it, can withhold an update; none can be forged, none older than what was seen is
taken for the newest, and what has expired is refused: decision 0074.
"""

import contextlib
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from tuf.api.exceptions import (
    DownloadError,
    DownloadHTTPError,
    DownloadLengthMismatchError,
    ExpiredMetadataError,
    LengthOrHashMismatchError,
    RepositoryError,
)
from tuf.api.metadata import TargetFile
from tuf.ngclient import Updater, UpdaterConfig

from edge.sound_file import force_files
from edge.update.fetcher import BoundedFetcher
from edge.update.outcome import NotNow, UpdateRefused
from edge.update.places import UpdatePlaces
from edge.update.trust import TrustDamaged, keep_root, kept_root
from wire.gateway_update import MAX_ROOT_BYTES, UpdateOffer, archive_name

MOST_ARCHIVE_BYTES = 256 * 1024 * 1024
_BUSY = (408, 425, 429)
_BOUNDS = UpdaterConfig(
    max_root_rotations=64,
    max_delegations=4,
    root_max_length=MAX_ROOT_BYTES,
    timestamp_max_length=16 * 1024,
    snapshot_max_length=256 * 1024,
    targets_max_length=2 * 1024 * 1024,
)


class FoundArchive(NamedTuple):
    """An archive of the repository; `digest` is its sha256, `target` what the framework knows of it."""

    name: str
    digest: str
    length: int
    target: TargetFile


class _UpdaterAt(Updater):
    """The framework's updater at a time that is handed in: the system's clock may not have been told it."""

    def __init__(self, places: UpdatePlaces, url: str, root: bytes, fetcher: BoundedFetcher, at: datetime) -> None:
        super().__init__(
            str(places.metadata), f"{url}/metadata", str(places.archive), f"{url}/targets", fetcher, _BOUNDS,
            bootstrap=root,
        )  # fmt: skip
        self._trusted_set.reference_time = at


class UpdateRepository:
    """The repository that `offer` names, as it is at `at_ms` (UTC); `max_kbit_s` 0: as fast as the link is."""

    def __init__(
        self, places: UpdatePlaces, offer: UpdateOffer, *, at_ms: int, ca: Path | None = None, max_kbit_s: float = 0.0
    ) -> None:
        self._places = places
        self._root, self._is_first = _root_for(places, offer)
        tls = ssl.create_default_context()
        if ca is not None:
            with contextlib.suppress(OSError, ssl.SSLError):  # said of the connection, by whom it concerns
                tls.load_verify_locations(ca)
        targets = f"{offer.url}/targets/"
        self._fetcher = BoundedFetcher(targets, places.archive, tls=tls, bytes_s=max_kbit_s * 125)
        if self._is_first:
            for old in (*places.metadata.glob("root_history/*"), *places.metadata.glob("*.json")):
                old.unlink()
        for folder in (places.metadata, places.archive):
            folder.mkdir(parents=True, exist_ok=True)
        with _sentences(offer.url):
            at = datetime.fromtimestamp(at_ms / 1_000, UTC)
            self._updater = _UpdaterAt(places, offer.url, self._root, self._fetcher, at)
        self._url = offer.url

    def find(self, version: str, architecture: str) -> FoundArchive:
        """The archive of `version`; UpdateRefused, NotNow."""
        name = archive_name(version, architecture)
        with _sentences(self._url):
            self._updater.refresh()
            target = self._updater.get_targetinfo(name)
        force_files(self._places.metadata)  # the framework does not, and what was seen must not be forgotten
        if self._is_first:
            keep_root(self._places, self._root)
            self._is_first = False
        if target is None:
            raise UpdateRefused(f"{name} is not among the signed updates at {self._url}; publish it first")
        is_said = {"version": version, "arch": architecture}
        if {key: target.custom.get(key) for key in is_said} != is_said:
            raise UpdateRefused(f"{name} is signed as something else ({target.custom}); publish it again")
        if target.length > MOST_ARCHIVE_BYTES:
            raise UpdateRefused(f"{name} has {target.length} bytes; {MOST_ARCHIVE_BYTES} are taken at most")
        if "sha256" not in target.hashes:
            raise UpdateRefused(f"{name} is signed without its sha256; publish it again")
        return FoundArchive(name, target.hashes["sha256"], target.length, target)

    def fetch(self, found: FoundArchive) -> Path:
        """The archive, whole; UpdateRefused, NotNow."""
        file = self._places.archive / found.name
        if self._updater.find_cached_target(found.target, str(file)):
            return file
        self._forget_all_but(f"{found.digest}.{found.name}.part")
        try:
            self._download(found, file)
        except _WrongBytes:  # a power cut may have damaged what came of it
            try:
                self._download(found, file)
            except _WrongBytes as error:
                raise UpdateRefused(str(error)) from None
        self._forget_all_but(file.name)
        force_files(self._places.archive)
        return file

    def _download(self, found: FoundArchive, file: Path) -> None:
        try:
            with _sentences(self._url):
                self._updater.download_target(found.target, str(file))
        except _WrongBytes:
            self._forget_all_but("")
            raise

    def _forget_all_but(self, *names: str) -> None:
        """Of what was fetched only these are of use."""
        for file in self._places.archive.iterdir():
            if file.name not in names:
                file.unlink()


class _WrongBytes(UpdateRefused):
    """What came is not what was signed."""


def _root_for(places: UpdatePlaces, offer: UpdateOffer) -> tuple[bytes, bool]:
    """The root to trust, and whether it is trusted for the first time."""
    try:
        root = kept_root(places)
    except TrustDamaged as error:
        raise UpdateRefused(str(error)) from None
    if root is None and not offer.root:
        raise UpdateRefused(
            "no root of trust is known: let the city's configuration say it, or sudo siaga-edge update trust FILE"
        )
    return (root, False) if root is not None else (offer.root.encode(), True)


@contextlib.contextmanager
def _sentences(url: str) -> Iterator[None]:
    """What the framework raises, as sentences."""
    try:
        yield
    except ExpiredMetadataError as error:
        raise UpdateRefused(f"the signed lists at {url} have expired ({error}); sign them again") from None
    except (LengthOrHashMismatchError, DownloadLengthMismatchError) as error:
        raise _WrongBytes(f"what {url} sends is not what was signed ({error}); publish it again") from None
    except RepositoryError as error:
        raise UpdateRefused(f"the signed lists at {url} are not to be trusted: {error}") from None
    except DownloadHTTPError as error:
        if error.status_code in _BUSY or error.status_code >= 500:
            raise NotNow(f"{url} answers {error.status_code}") from None
        raise UpdateRefused(f"{error}; look at what the server has there") from None
    except DownloadError as error:
        raise NotNow(f"{url} is not reached: {_cause(error)}") from None
    except OSError as error:
        raise NotNow(f"fetching from {url}: {error.strerror or error}") from None


def _cause(error: BaseException) -> str:
    """What lies below: what the system says it says last."""
    while error.__cause__ is not None:
        error = error.__cause__
    reason = getattr(error, "reason", error)
    return str(getattr(reason, "strerror", None) or reason)[:200]
