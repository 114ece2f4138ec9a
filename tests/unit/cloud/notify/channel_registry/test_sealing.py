"""Secrets of channels under the key of a file: what opens, what does not, and what the file is."""

import stat
from pathlib import Path

import pytest

from cloud.notify.channel_registry.sealing import KEY_BYTES, KeyUnusable, SecretSealer

TOKEN = "8023:AAFxQ7rZmt"


def test_a_secret_opens_for_what_it_was_sealed_for_also_after_a_restart(tmp_path: Path):
    file = tmp_path / "notify.key"
    sealed = SecretSealer(file).seal(TOKEN, of="phone.token")
    assert TOKEN not in sealed
    assert SecretSealer(file).unseal(sealed, of="phone.token") == TOKEN
    assert (stat.S_IMODE(file.stat().st_mode), len(file.read_bytes())) == (0o600, KEY_BYTES)
    assert [each.name for each in tmp_path.iterdir()] == ["notify.key"]


def test_the_same_secret_is_never_sealed_alike(tmp_path: Path):
    sealer = SecretSealer(tmp_path / "notify.key")
    assert sealer.seal(TOKEN, of="phone.token") != sealer.seal(TOKEN, of="phone.token")


@pytest.mark.parametrize(
    ("lose", "sentence"),
    [
        (lambda file: file.unlink(), "No such file or directory; put the file back"),
        (lambda file: file.write_bytes(b"1" * KEY_BYTES), "was sealed with another key"),
        (lambda file: file.write_bytes(b"short"), "is no key"),
    ],
    ids=["lost", "another", "damaged"],
)
def test_without_its_key_a_secret_stays_shut_and_says_why(tmp_path: Path, lose, sentence: str):
    file = tmp_path / "notify.key"
    sealed = SecretSealer(file).seal(TOKEN, of="phone.token")
    lose(file)
    with pytest.raises(KeyUnusable, match=sentence):
        SecretSealer(file).unseal(sealed, of="phone.token")


def test_what_was_sealed_for_one_channel_opens_for_no_other(tmp_path: Path):
    sealer = SecretSealer(tmp_path / "notify.key")
    sealed = sealer.seal(TOKEN, of="phone.token")
    with pytest.raises(KeyUnusable, match="another key"):
        sealer.unseal(sealed, of="other.token")


def test_where_no_file_can_be_made_no_secret_is_taken(tmp_path: Path):
    with pytest.raises(KeyUnusable, match=r"set notify\.key_file"):
        SecretSealer(tmp_path / "nowhere" / "notify.key").seal(TOKEN, of="phone.token")


def test_of_two_processes_that_make_the_key_at_once_both_use_one(tmp_path: Path):
    one, other = SecretSealer(tmp_path / "notify.key"), SecretSealer(tmp_path / "notify.key")
    sealed = one.seal(TOKEN, of="phone.token"), other.seal(TOKEN, of="phone.token")
    assert [SecretSealer(tmp_path / "notify.key").unseal(each, of="phone.token") for each in sealed] == [TOKEN, TOKEN]
