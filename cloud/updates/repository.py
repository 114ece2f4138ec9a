"""The folder of the repository, changed as a whole: a kill or a power cut leaves the one before, or the new one.

metadata ─► generations/00000007/   1.root.json … N.root.json  V.targets.json  V.snapshot.json  timestamp.json
targets/    DIGEST.siaga-edge-1.2.0-aarch64.tar.gz             `metadata` is a link, and its rename is the change

What the last generation named stays in the next, for gateways that are reading.
"""

import contextlib
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tuf.api.exceptions import DownloadError, DownloadHTTPError, RepositoryError
from tuf.api.metadata import Snapshot, Targets, Timestamp
from tuf.ngclient import FetcherInterface, Updater

from cloud.updates.archive import Archive
from cloud.updates.metadata import RepositoryBroken, RepositoryState, parsed

_METADATA, _TARGETS, _GENERATIONS = "metadata", "targets", "generations"
_FOLDER_MODE, _FILE_MODE = 0o755, 0o644
"""All of it is public: a web server of another user may hand it out."""
_KEPT = 2


class RepositoryBusy(Exception):
    """Another process changes the repository now; the text is one sentence."""


class RepositoryFolder:
    """The repository in `folder`; whoever changes it does so within `changing()`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def metadata(self) -> Path:
        """The folder of what is published now."""
        return self.folder / _METADATA

    @property
    def targets(self) -> Path:
        """The folder of the archives."""
        return self.folder / _TARGETS

    @property
    def edition(self) -> str:
        """Tells one state from the next, at the cost of reading a link; empty where nothing is published."""
        try:
            return os.readlink(self.metadata)  # noqa: PTH115 - a Path of it would be made for nothing
        except OSError:
            return ""

    @contextlib.contextmanager
    def changing(self) -> Iterator[None]:
        """Keep others from changing it meanwhile; RepositoryBusy where one does."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=_FOLDER_MODE)
        with (self.folder / ".lock").open("a") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise RepositoryBusy(f"another process signs in {self.folder} now; try again when it is done") from None
            yield

    def state(self) -> RepositoryState | None:
        """What is published now; None where nothing is yet. RepositoryBroken where it is not whole."""
        folder = self.metadata
        if not folder.is_symlink():
            return None
        try:
            folder = folder.resolve(strict=True)  # the next change takes nothing away from this one
            numbers = range(1, 1 + len(list(folder.glob("*.root.json"))))
            roots = tuple((folder / f"{number}.root.json").read_bytes() for number in numbers)
            timestamp = (folder / "timestamp.json").read_bytes()
            snapshot_version = parsed(timestamp, Timestamp).snapshot_meta.version
            snapshot = (folder / f"{snapshot_version}.snapshot.json").read_bytes()
            targets_version = parsed(snapshot, Snapshot).meta["targets.json"].version
            targets = (folder / f"{targets_version}.targets.json").read_bytes()
        except (OSError, KeyError) as error:
            raise RepositoryBroken(f"{self.metadata} is not whole: {error}; put it back from a copy") from None
        if not roots:
            raise RepositoryBroken(f"{self.metadata} has no root; put it back from a copy")
        return RepositoryState(roots, targets, snapshot, timestamp)

    def holds(self, archive: Archive) -> bool:
        """Whether the archive is there, by its name and size: its bytes were checked when it came."""
        kept = self._place_of(archive)
        return kept.exists() and kept.stat().st_size == archive.file.stat().st_size

    def add_archive(self, archive: Archive) -> None:
        """Put an archive where gateways will find it once it is signed for; OSError where there is no room."""
        if self.holds(archive):
            return
        kept = self._place_of(archive)
        self.targets.mkdir(exist_ok=True, mode=_FOLDER_MODE)
        fresh = kept.with_name(f".{kept.name}.part")
        try:
            shutil.copyfile(archive.file, fresh)
            fresh.chmod(_FILE_MODE)
            _force(fresh)
            fresh.replace(kept)
        finally:
            fresh.unlink(missing_ok=True)
        _force(self.targets)

    def publish(self, state: RepositoryState) -> None:
        """Let gateways see `state`, once a gateway's own check has passed it; RepositoryBroken where it does not."""
        before = self.state()
        check_as_a_gateway(state, trusted=(before or state).roots[0])
        generations = self.folder / _GENERATIONS
        generations.mkdir(exist_ok=True, mode=_FOLDER_MODE)
        number = max((int(each.name) for each in generations.iterdir() if each.name.isdigit()), default=0) + 1
        fresh = generations / f"{number:08}"
        shutil.rmtree(generations / "part", ignore_errors=True)
        files = ({} if before is None else before.files()) | state.files()
        _write_folder(generations / "part", files)
        (generations / "part").rename(fresh)
        _force(generations)
        link = self.folder / f".{_METADATA}.new"
        link.unlink(missing_ok=True)
        link.symlink_to(f"{_GENERATIONS}/{fresh.name}")
        link.replace(self.metadata)
        _force(self.folder)
        self._forget_what_is_over(state, keep=range(number - _KEPT + 1, number + 1))

    def _place_of(self, archive: Archive) -> Path:
        return self.targets / f"{archive.sha256}.{archive.name}"

    def _forget_what_is_over(self, state: RepositoryState, *, keep: range) -> None:
        for generation in (self.folder / _GENERATIONS).iterdir():
            if generation.name.isdigit() and int(generation.name) not in keep:
                shutil.rmtree(generation, ignore_errors=True)
        named = {f"{target.hashes['sha256']}.{name}" for name, target in state.archives.items()}
        for kept in self.targets.iterdir() if self.targets.is_dir() else ():
            if kept.name not in named:
                kept.unlink(missing_ok=True)


class _State(FetcherInterface):
    """Gives a gateway's updater the files of a state that nobody has seen yet."""

    def __init__(self, state: RepositoryState) -> None:
        self._files = state.files()

    def _fetch(self, url: str) -> Iterator[bytes]:
        data = self._files.get(url.rpartition("/")[2])
        if data is None:
            raise DownloadHTTPError("it is not there", 404)
        return iter([data])


def check_as_a_gateway(state: RepositoryState, *, trusted: bytes) -> None:
    """Let the updater that gateways have judge `state`, by the root `trusted`; RepositoryBroken where it refuses."""
    with tempfile.TemporaryDirectory() as folder:
        updater = Updater(folder, "http://state/", fetcher=_State(state), bootstrap=trusted)
        try:
            updater.refresh()
        except (RepositoryError, DownloadError) as error:
            raise RepositoryBroken(f"a gateway would refuse this: {error}") from None
    if parsed(state.targets, Targets).delegations is not None:
        raise RepositoryBroken("targets delegate to others, which is not foreseen here")


def _write_folder(folder: Path, files: dict[str, bytes]) -> None:
    folder.mkdir(mode=_FOLDER_MODE)
    for name, data in files.items():
        file = folder / name
        file.write_bytes(data)
        file.chmod(_FILE_MODE)
        _force(file)
    _force(folder)


def _force(path: Path) -> None:
    """To the disk, so that no power cut shows less of it than what comes after."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
