"""manifest.json: what a backup holds, written last, so that a folder without one is no backup.

{"format": 1, "siaga": "0.1.0", "made": "2026-11-25T01:00:00.000Z", "city": "Pulau Morotai", "revision": "0002",
 "wire": 1,
 "registry": {"engine": "sqlite", "file": {"name": "registry.jsonl.gz", "bytes": …, "sha256": "…"},
              "tables": {"alarms": {"count": 12, "digest": "…"}, …}},
 "readings": {"engine": "influxdb", "file": {…}, "domains": {"air": {"count": …, "digest": "…", "first_ms": …}, …}},
 "sum": "…"}
"""

import hashlib
from pathlib import Path
from typing import Annotated

import msgspec

FORMAT = 2
"""With hours that stand for removed readings; a backup without them is of format 1, which older versions read."""
WITHOUT_HOURS = 1
NAME = "manifest.json"
_Count = Annotated[int, msgspec.Meta(ge=0)]


class BackupError(Exception):
    """A backup that cannot be made or used; the text is one sentence."""


class FileSum(msgspec.Struct, frozen=True):
    """A file of the backup as it lies on disk."""

    name: str
    bytes: _Count
    sha256: str


class ContentTally(msgspec.Struct, frozen=True, omit_defaults=True):
    """How much of something there is, and a digest of its contents that no order and no engine changes.

    Of readings also how many series, and the first and last of their times (UTC).
    """

    count: _Count
    digest: str
    series: _Count = 0
    first_ms: int | None = None
    last_ms: int | None = None


class RegistryPart(msgspec.Struct, frozen=True):
    """The registry database, table by table."""

    engine: str
    file: FileSum
    tables: dict[str, ContentTally]


class RolledPart(msgspec.Struct, frozen=True):
    """The hours that stand for removed readings."""

    file: FileSum
    hours: ContentTally


class ReadingsPart(msgspec.Struct, frozen=True, omit_defaults=True):
    """The readings, domain by domain, and what stands for those that were removed, if any were."""

    engine: str
    file: FileSum
    domains: dict[str, ContentTally]
    rolled: RolledPart | None = None


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What a backup holds; `revision` is the form of its registry tables, `sum` is over the manifest without it."""

    format: int
    siaga: str
    made: str
    city: str
    revision: str
    wire: int
    registry: RegistryPart
    readings: ReadingsPart | None = None
    sum: str = ""

    def files(self) -> list[FileSum]:
        """List the files of the backup besides the manifest."""
        rolled = None if self.readings is None else self.readings.rolled
        return [part.file for part in (self.registry, self.readings, rolled) if part is not None]


class _Format(msgspec.Struct):
    format: int


def encode_manifest(manifest: Manifest) -> bytes:
    """Encode manifest.json, with its sum."""
    summed = msgspec.structs.replace(manifest, sum=_sum(manifest))
    return msgspec.json.format(msgspec.json.encode(summed), indent=1) + b"\n"


def read_manifest(folder: Path) -> Manifest:
    """Read the manifest of the backup in `folder`; BackupError where it is none, is damaged or of a newer format."""
    try:
        text = (folder / NAME).read_bytes()
    except OSError as error:
        raise BackupError(
            f"{folder}: is no whole backup: {NAME} cannot be read ({error.strerror}); it is written last, so one that "
            "was interrupted has none; use another"
        ) from None
    try:
        found = msgspec.json.decode(text, type=_Format).format
        if not WITHOUT_HOURS <= found <= FORMAT:
            raise BackupError(
                f"{folder}: is of format {found}, and this version of Siaga reads up to {FORMAT}; use a newer one"
            )
        manifest = msgspec.json.decode(text, type=Manifest)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise BackupError(f"{folder}: {NAME} is damaged: {error}; use another backup") from None
    if manifest.sum != _sum(manifest):
        raise BackupError(f"{folder}: {NAME} is damaged: its sum is not that of its contents; use another backup")
    return manifest


def _sum(manifest: Manifest) -> str:
    return hashlib.sha256(msgspec.json.encode(msgspec.structs.replace(manifest, sum=""))).hexdigest()
