"""The .tar.gz of a diagnostics archive: siaga-gw-daruba-20261129-1402/settings.json, status.json, …

For its owner alone; one that cannot be finished is not left behind.
"""

import io
import os
import tarfile
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple


class BundledFile(NamedTuple):
    """A file of the archive, and its size in bytes."""

    name: str
    size: int


def write_archive(path: Path, folder: str, files: Iterable[tuple[str, str]], *, now_s: float) -> list[BundledFile]:
    """Write the archive at `path`, which must not be there yet; what is in it. OSError, FileExistsError."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    written = []
    with os.fdopen(descriptor, "wb") as out:
        try:
            with tarfile.open(fileobj=out, mode="w:gz") as archive:
                for name, text in files:
                    data = text.encode("utf-8", "replace")
                    entry = tarfile.TarInfo(f"{folder}/{name}")
                    entry.size, entry.mtime, entry.mode = len(data), int(now_s), 0o600
                    archive.addfile(entry, io.BytesIO(data))
                    written.append(BundledFile(name, len(data)))
        except BaseException:
            path.unlink(missing_ok=True)
            raise
    return written
