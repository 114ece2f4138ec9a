"""Keys of the repository: Ed25519, in files of PKCS #8.

root-1.pem root-2.pem root-3.pem   any two of them say which keys count: one may be lost
targets.pem                        says what may be installed                    all of these with a passphrase, offline
online.key                         says daily that this is the newest; without a passphrase, beside the running cloud
"""

from collections.abc import Callable, Sequence
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from securesystemslib.signer import CryptoSigner, Key, SSlibKey
from tuf.api.metadata import Root, Snapshot, Targets, Timestamp

from runtime.whole_files import replace_file

ROOT_KEYS = 3
ROOT_THRESHOLD = 2
SHORTEST_PASSPHRASE = 12
ONLINE_NAME = "online"
ROLES_OF = {"root": (Root.type,), "targets": (Targets.type,), ONLINE_NAME: (Snapshot.type, Timestamp.type)}
"""By the first part of a key's name, what it signs."""
_NAME = "x-siaga-name"
_MOST_BYTES = 16 * 1024

Passphrase = Callable[[str], str]
"""Asks for the passphrase of the key file that is named."""


class KeyRefused(Exception):
    """A key cannot be made, read or used for this; the text is one sentence."""


def new_signer(name: str) -> CryptoSigner:
    """Make a key, of the name by which people know it; it is in no file yet."""
    private = Ed25519PrivateKey.generate()
    public = SSlibKey.from_crypto(private.public_key())
    public.unrecognized_fields[_NAME] = name
    return CryptoSigner(private, public)


def save_key(file: Path, signer: CryptoSigner, passphrase: str | None) -> None:
    """Write a key for its user alone, with a passphrase unless it is None; KeyRefused where a file is there already."""
    if passphrase is not None and len(passphrase) < SHORTEST_PASSPHRASE:
        raise KeyRefused(f"the passphrase has {len(passphrase)} characters; take {SHORTEST_PASSPHRASE} or more")
    if file.exists():
        raise KeyRefused(f"{file} is there already; move it away, or name another folder")
    encryption: KeySerializationEncryption = (
        NoEncryption() if passphrase is None else BestAvailableEncryption(passphrase.encode())
    )
    private = load_pem_private_key(signer.private_bytes, None)
    replace_file(file, private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption))


def read_key(file: Path, passphrase: Passphrase | None = None) -> CryptoSigner:
    """Read a key; `passphrase` is asked where one is needed. KeyRefused: it is no key, or the passphrase is wrong."""
    try:
        pem = file.read_bytes()[:_MOST_BYTES]
    except OSError as error:
        raise KeyRefused(f"{file}: {error.strerror}") from None
    is_open = b"ENCRYPTED" not in pem
    if not is_open and passphrase is None:
        raise KeyRefused(f"{file} has a passphrase, and is to be read without one; keep the online key without it")
    secret = None if is_open or passphrase is None else passphrase(file.name).encode()
    try:
        private = load_pem_private_key(pem, secret)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        what = "is no key in PEM" if is_open else "cannot be opened: the passphrase is wrong, or the file is damaged"
        raise KeyRefused(f"{file} {what}") from None
    if not isinstance(private, Ed25519PrivateKey):
        raise KeyRefused(f"{file} is no Ed25519 key; siaga-cloud fleet keys makes them")
    return CryptoSigner(private)


def name_of(key: Key) -> str:
    """The name by which people know a key of the root."""
    return str(key.unrecognized_fields.get(_NAME, key.keyid[:12]))


def keys_for(root: Root, role: str) -> dict[str, Key]:
    """The keys that count for `role`, by the names that people know."""
    return {name_of(root.keys[keyid]): root.keys[keyid] for keyid in root.roles[role].keyids}


def signers_for(root: Root, role: str, signers: Sequence[CryptoSigner]) -> list[CryptoSigner]:
    """Those of `signers` that count for `role`; KeyRefused where they are too few."""
    wanted = root.roles[role]
    found = list({each.public_key.keyid: each for each in signers if each.public_key.keyid in wanted.keyids}.values())
    if len(found) < wanted.threshold:
        names = ", ".join(sorted(keys_for(root, role)))
        raise KeyRefused(
            f"{len(found)} of the given keys count for {role}, and {wanted.threshold} must; those that count: {names}"
        )
    return found


def next_root_name(root: Root) -> str:
    """The name of the next root key: numbers are not used again."""
    numbers = [int(name.rpartition("-")[2]) for name in keys_for(root, Root.type) if name.rpartition("-")[2].isdigit()]
    return f"root-{max([ROOT_KEYS, *numbers]) + 1}"
