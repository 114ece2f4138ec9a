"""Keys are files for one person, and what is kept elsewhere opens by its passphrase alone."""

from pathlib import Path

import pytest

from cloud.updates.keys import KeyRefused, new_signer, read_key, save_key
from tests.update_repository import PASSPHRASE


def test_a_key_opens_by_its_passphrase_and_is_the_same_key(tmp_path: Path):
    signer, file = new_signer("targets"), tmp_path / "targets.pem"
    save_key(file, signer, PASSPHRASE)
    assert read_key(file, lambda name: {"targets.pem": PASSPHRASE}[name]).public_key.keyid == signer.public_key.keyid
    assert file.stat().st_mode & 0o777 == 0o600
    assert signer.private_bytes not in file.read_bytes()


@pytest.mark.parametrize("passphrase", ["wrong wrong wrong", ""])
def test_another_passphrase_is_a_sentence(tmp_path: Path, passphrase: str):
    save_key(tmp_path / "targets.pem", new_signer("targets"), PASSPHRASE)
    with pytest.raises(KeyRefused, match=r"targets\.pem cannot be opened: the passphrase is wrong"):
        read_key(tmp_path / "targets.pem", lambda _name: passphrase)


def test_a_key_is_never_written_over_and_its_passphrase_is_long(tmp_path: Path):
    save_key(tmp_path / "targets.pem", new_signer("targets"), PASSPHRASE)
    with pytest.raises(KeyRefused, match="is there already"):
        save_key(tmp_path / "targets.pem", new_signer("targets"), PASSPHRASE)
    with pytest.raises(KeyRefused, match="has 5 characters; take 12 or more"):
        save_key(tmp_path / "root-1.pem", new_signer("root-1"), "short")


@pytest.mark.parametrize(("content", "said"), [(b"", "is no key in PEM"), (b"\xff" * 99, "is no key in PEM")])
def test_what_is_no_key_is_named(tmp_path: Path, content: bytes, said: str):
    (tmp_path / "online.key").write_bytes(content)
    with pytest.raises(KeyRefused, match=said):
        read_key(tmp_path / "online.key")
    with pytest.raises(KeyRefused, match="No such file"):
        read_key(tmp_path / "away.key")


def test_the_online_key_has_no_passphrase(tmp_path: Path):
    save_key(tmp_path / "online.key", new_signer("online"), PASSPHRASE)
    with pytest.raises(KeyRefused, match="keep the online key without it"):
        read_key(tmp_path / "online.key")
