"""What is published: archives are added and withdrawn, and what would end is signed again. One change each.

publish(archives) ─► targets, snapshot, timestamp          renew ─► root, targets: as the given keys may

Each reads what is published, makes the next state of it, and lets gateways see that as a whole, or nothing.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from securesystemslib.signer import CryptoSigner
from tuf.api.metadata import Root, TargetFile, Targets

from cloud.updates.archive import Archive
from cloud.updates.keys import KeyRefused, signers_for
from cloud.updates.metadata import RepositoryState, parsed, signed_root, signed_targets, with_online_parts
from cloud.updates.repository import RepositoryFolder
from wire.gateway_update import version_key

Now = Callable[[], datetime]


class PublishRefused(Exception):
    """What is wanted of the repository cannot be; the text is one sentence."""


def utc_now() -> datetime:
    """Now, as metadata has it: whole seconds of UTC."""
    return datetime.now(UTC).replace(microsecond=0)


def existing(repository: RepositoryFolder) -> RepositoryState:
    """What is published; PublishRefused where nothing is yet."""
    state = repository.state()
    if state is None:
        raise PublishRefused(f"{repository.folder} has no repository yet; begin one: siaga-cloud fleet keys make")
    return state


def versions_in(state: RepositoryState) -> dict[str, list[str]]:
    """The architectures of each version that is published, the newest version first."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for entry in state.archives.values():
        found[entry.custom["version"]].append(entry.custom["arch"])
    return {version: sorted(found[version]) for version in sorted(found, key=version_key, reverse=True)}


def publish(
    repository: RepositoryFolder, archives: Sequence[Archive], signers: Sequence[CryptoSigner], online: CryptoSigner,
    *, now: Now = utc_now,
) -> None:  # fmt: skip
    """Let gateways have `archives`; PublishRefused where one of other content has a name already."""
    with repository.changing():
        before = existing(repository)
        targets = parsed(before.targets, Targets)
        for archive in archives:
            known = targets.targets.get(archive.name)
            if known is not None and known.hashes["sha256"] != archive.sha256:
                raise PublishRefused(f"{archive.name} is published with other content; build another version")
            targets.targets[archive.name] = _entry_of(archive)
        state = _with_targets(before, targets, signers, online, now())
        for archive in archives:
            repository.add_archive(archive)
        repository.publish(state)


def withdraw(
    repository: RepositoryFolder, version: str, signers: Sequence[CryptoSigner], online: CryptoSigner,
    *, now: Now = utc_now,
) -> list[str]:  # fmt: skip
    """Let no gateway install `version` any more; the names that went. PublishRefused where there is none."""
    with repository.changing():
        before = existing(repository)
        targets = parsed(before.targets, Targets)
        gone = [name for name, entry in targets.targets.items() if entry.custom["version"] == version]
        if not gone:
            listed = ", ".join(versions_in(before)) or "none"
            raise PublishRefused(f"version {version} is not published; these are: {listed}")
        for name in gone:
            del targets.targets[name]
        repository.publish(_with_targets(before, targets, signers, online, now()))
        return gone


def renew(
    repository: RepositoryFolder, signers: Sequence[CryptoSigner], online: CryptoSigner, *, now: Now = utc_now
) -> list[str]:
    """Sign again what `signers` may, so that it holds as long as a new one; what was signed, in words."""
    with repository.changing():
        before = existing(repository)
        roots, targets, root = list(before.roots), before.targets, before.root
        done = []
        if _may(root, Root.type, signers):
            roots.append(signed_root(before.root, before.root, signers, now=now()))
            done.append(Root.type)
        if _may(root, Targets.type, signers):
            targets = signed_targets(root, parsed(targets, Targets), signers, now=now())
            done.append(Targets.type)
        repository.publish(with_online_parts(roots, targets, before, online, now=now()))
        return done


def sign_of_now(repository: RepositoryFolder, online: CryptoSigner, *, now: Now = utc_now) -> RepositoryState:
    """Say that what is published is the newest of now."""
    with repository.changing():
        before = existing(repository)
        state = with_online_parts(before.roots, before.targets, before, online, now=now())
        repository.publish(state)
        return state


def _entry_of(archive: Archive) -> TargetFile:
    entry = TargetFile(archive.file.stat().st_size, {"sha256": archive.sha256}, archive.name)
    entry.unrecognized_fields["custom"] = {"version": archive.version, "arch": archive.architecture}
    return entry


def _with_targets(
    before: RepositoryState, targets: Targets, signers: Sequence[CryptoSigner], online: CryptoSigner, now: datetime
) -> RepositoryState:
    listed = signed_targets(before.root, targets, signers, now=now)
    return with_online_parts(before.roots, listed, before, online, now=now)


def _may(root: Root, role: str, signers: Sequence[CryptoSigner]) -> bool:
    try:
        signers_for(root, role, signers)
    except KeyRefused:
        return False
    return True
