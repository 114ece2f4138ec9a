"""Keys begin, and are replaced:  two of three root keys say which keys count, so one of each kind may be lost.

begin ─► root-1 root-2 root-3 targets, online          replace "root-2" by root-1 and root-3 ─► root-4 in its place
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

from securesystemslib.signer import CryptoSigner, Key
from tuf.api.metadata import Root, Targets

from cloud.updates.keys import (
    ONLINE_NAME,
    ROLES_OF,
    ROOT_KEYS,
    ROOT_THRESHOLD,
    KeyRefused,
    keys_for,
    name_of,
    new_signer,
    next_root_name,
    save_key,
)
from cloud.updates.metadata import RepositoryState, parsed, signed_root, signed_targets, with_online_parts
from cloud.updates.publishing import Now, PublishRefused, existing, utc_now
from cloud.updates.repository import RepositoryFolder

Save = Callable[[CryptoSigner], Path]


def begin(
    repository: RepositoryFolder, folder: Path, online_file: Path, passphrase: str, *, now: Now = utc_now
) -> list[Path]:
    """Make all keys, and an empty repository that they sign; the files of the keys, the online one last.

    PublishRefused where there is a repository already, KeyRefused where a key's file is.
    """
    with repository.changing():
        if repository.state() is not None:
            raise PublishRefused(f"{repository.folder} has a repository already; fleet keys replace changes its keys")
        roots = [new_signer(f"root-{number}") for number in range(1, ROOT_KEYS + 1)]
        targets, online = new_signer(Targets.type), new_signer(ONLINE_NAME)
        state = _first_state(roots, targets, online, now())
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        made = {folder / f"root-{number}.pem": signer for number, signer in enumerate(roots, 1)}
        made[folder / "targets.pem"] = targets
        for file, signer in made.items():
            save_key(file, signer, passphrase)
        online_file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        save_key(online_file, online, None)
        repository.publish(state)
        return [*made, online_file]


def _first_state(
    roots: Sequence[CryptoSigner], targets: CryptoSigner, online: CryptoSigner, now: datetime
) -> RepositoryState:
    root = Root(consistent_snapshot=True)
    for kind, signers in (("root", roots), ("targets", [targets]), (ONLINE_NAME, [online])):
        for role in ROLES_OF[kind]:
            for signer in signers:
                root.add_key(signer.public_key, role)
    root.roles[Root.type].threshold = ROOT_THRESHOLD
    signed = signed_root(root, None, roots, now=now)
    listed = signed_targets(root, Targets(), [targets], now=now)
    return with_online_parts([signed], listed, None, online, now=now)


def replace_offline(
    repository: RepositoryFolder, name: str, folder: Path, signers: Sequence[CryptoSigner], online: CryptoSigner,
    passphrase: str, *, now: Now = utc_now,
) -> Path:  # fmt: skip
    """Put a new key in the place of the root or targets key `name`, by two root keys; the file of the new one.

    KeyRefused where `signers` are too few, or no such key is called `name`.
    """
    with repository.changing():
        before = existing(repository)
        kind = Targets.type if name == Targets.type else Root.type
        found = _known(before.root, kind, name)
        fresh = new_signer(name if kind == Targets.type else next_root_name(before.root))
        root = _with_key(before.root, kind, found, fresh)
        roots = [*before.roots, signed_root(root, before.root, [*signers, fresh], now=now())]
        targets = before.targets
        if kind == Targets.type:
            targets = signed_targets(root, parsed(targets, Targets), [fresh], now=now())
        state = with_online_parts(roots, targets, before, online, now=now())
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        file = folder / f"{name_of(fresh.public_key)}.pem"
        save_key(file, fresh, passphrase)
        repository.publish(state)
        return file


def replace_online(
    repository: RepositoryFolder, online_file: Path, signers: Sequence[CryptoSigner], *, now: Now = utc_now
) -> None:
    """Put a new online key in the place of one that was lost or seen by others, by two root keys."""
    with repository.changing():
        before = existing(repository)
        fresh = new_signer(ONLINE_NAME)
        root = before.root
        for found in list(keys_for(before.root, ROLES_OF[ONLINE_NAME][0]).values()):
            root = _with_key(root, ONLINE_NAME, found, fresh)
        roots = [*before.roots, signed_root(root, before.root, signers, now=now())]
        state = with_online_parts(roots, before.targets, before, fresh, now=now())
        online_file.unlink(missing_ok=True)
        save_key(online_file, fresh, None)
        repository.publish(state)


def _known(root: Root, kind: str, name: str) -> Key:
    known = keys_for(root, kind)
    if name not in known:
        names = ", ".join([*keys_for(root, Root.type), *keys_for(root, Targets.type), ONLINE_NAME])
        raise KeyRefused(f"no key that counts is called {name!r}; there are {names}")
    return known[name]


def _with_key(root: Root, kind: str, old: Key, fresh: CryptoSigner) -> Root:
    """The root with a key of `kind` in the place of another."""
    for role in ROLES_OF[kind]:
        root.revoke_key(old.keyid, role)
        root.add_key(fresh.public_key, role)
    return root
