"""One state of the repository's metadata, whole and signed: what a gateway may trust at one moment.

root (1 to N) ─► says which keys count      targets ─► which archives there are      snapshot, timestamp ─► of when

Pure but for signing: no file, no clock.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar

import msgspec
from securesystemslib.signer import CryptoSigner
from tuf.api.exceptions import RepositoryError
from tuf.api.metadata import Metadata, MetaFile, Root, Signed, Snapshot, TargetFile, Targets, Timestamp

from cloud.updates.keys import KeyRefused, signers_for

LASTS = {
    Root.type: timedelta(days=730),
    Targets.type: timedelta(days=365),
    Snapshot.type: timedelta(days=14),
    Timestamp.type: timedelta(days=7),
}
"""How long what is signed holds. The last two are signed again each day; a cloud may be down for a week."""
S = TypeVar("S", bound=Signed)


class RepositoryBroken(Exception):
    """The repository cannot be used as it is; the text is one sentence."""


class RepositoryState(msgspec.Struct, frozen=True):
    """What is published: `roots` are all versions from the first, each as its bytes."""

    roots: tuple[bytes, ...]
    targets: bytes
    snapshot: bytes
    timestamp: bytes

    @property
    def root(self) -> Root:
        """The newest root."""
        return parsed(self.roots[-1], Root)

    @property
    def archives(self) -> Mapping[str, TargetFile]:
        """What a gateway may install, by its name."""
        return parsed(self.targets, Targets).targets

    def expiries(self) -> dict[str, datetime]:
        """Until when each part holds (UTC)."""
        parts = {
            Root.type: self.root,
            Targets.type: parsed(self.targets, Targets),
            Snapshot.type: parsed(self.snapshot, Snapshot),
            Timestamp.type: parsed(self.timestamp, Timestamp),
        }
        return {name: part.expires for name, part in parts.items()}

    def files(self) -> dict[str, bytes]:
        """The files of it, by their names in the folder `metadata`."""
        versions = {f"{number}.root.json": data for number, data in enumerate(self.roots, 1)}
        return versions | {
            f"{parsed(self.targets, Targets).version}.targets.json": self.targets,
            f"{parsed(self.snapshot, Snapshot).version}.snapshot.json": self.snapshot,
            "timestamp.json": self.timestamp,
        }


def parsed(data: bytes, kind: type[S]) -> S:
    """One part of the metadata; RepositoryBroken where these bytes are none."""
    try:
        found = Metadata.from_bytes(data).signed
    except (RepositoryError, ValueError, KeyError, TypeError) as error:
        raise RepositoryBroken(f"metadata of {kind.type} does not parse: {str(error)[:200]}") from None
    if not isinstance(found, kind):
        raise RepositoryBroken(f"metadata of {kind.type} is {found.type}")
    return found


def signed_root(root: Root, before: Root | None, signers: Sequence[CryptoSigner], *, now: datetime) -> bytes:
    """Sign a root as the one after `before`: by enough keys of both, so that a gateway follows. KeyRefused: too few."""
    root.version = 1 if before is None else before.version + 1
    root.expires = now + LASTS[Root.type]
    wanted = signers_for(root, Root.type, signers)
    if before is not None:
        wanted += [each for each in signers_for(before, Root.type, signers) if each not in wanted]
    return _signed(root, wanted)


def signed_targets(root: Root, targets: Targets, signers: Sequence[CryptoSigner], *, now: datetime) -> bytes:
    """Sign what may be installed; KeyRefused where none of `signers` may."""
    targets.version = _next_version(targets.version, now)
    targets.expires = now + LASTS[Targets.type]
    return _signed(targets, signers_for(root, Targets.type, signers))


def with_online_parts(
    roots: Sequence[bytes], targets: bytes, before: RepositoryState | None, online: CryptoSigner, *, now: datetime
) -> RepositoryState:
    """Put a state together, and say that it is the newest of `now`; KeyRefused where `online` may not.

    KeyRefused too where the clock stands before what was signed last: gateways would find that ended.
    """
    root = parsed(roots[-1], Root)
    timestamp = Timestamp(1) if before is None else parsed(before.timestamp, Timestamp)
    snapshot = Snapshot(1) if before is None else parsed(before.snapshot, Snapshot)
    if before is not None and now + LASTS[Timestamp.type] < timestamp.expires:
        raise KeyRefused("the clock of this server stands before the last signature; set it, and sign then")
    snapshot.version = _next_version(snapshot.version, now)
    snapshot.expires = now + LASTS[Snapshot.type]
    snapshot.meta = {"targets.json": MetaFile(parsed(targets, Targets).version)}
    signed_snapshot = _signed(snapshot, signers_for(root, Snapshot.type, [online]))
    timestamp.version = _next_version(timestamp.version, now)
    timestamp.expires = now + LASTS[Timestamp.type]
    timestamp.snapshot_meta = MetaFile(snapshot.version)
    signed_timestamp = _signed(timestamp, signers_for(root, Timestamp.type, [online]))
    return RepositoryState(tuple(roots), targets, signed_snapshot, signed_timestamp)


def _next_version(version: int, now: datetime) -> int:
    """Seconds of UTC, so that a repository which was put back from a copy counts on from a later one."""
    return max(version + 1, int(now.timestamp()))


def _signed(part: Signed, signers: Sequence[CryptoSigner]) -> bytes:
    metadata: Metadata[Any] = Metadata(part)
    for signer in signers:
        metadata.sign(signer, append=True)
    return metadata.to_bytes()
