"""What is published, as a gateway's own updater sees it: from its first root on, through every change and kill."""

import os
import signal
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from tuf.api.exceptions import ExpiredMetadataError, RepositoryError

from cloud.updates.archive import read_archive
from cloud.updates.key_change import begin, replace_offline, replace_online
from cloud.updates.keys import KeyRefused, keys_for, new_signer, read_key
from cloud.updates.metadata import RepositoryBroken
from cloud.updates.publishing import (
    PublishRefused,
    existing,
    publish,
    renew,
    sign_of_now,
    utc_now,
    versions_in,
    withdraw,
)
from cloud.updates.repository import RepositoryBusy, RepositoryFolder, _force
from tests.update_repository import PASSPHRASE, GatewaySimulated, Published, an_archive

DAY = timedelta(days=1)


@pytest.fixture
def published(tmp_path: Path) -> Published:
    return Published(tmp_path)


@pytest.fixture
def gateway(published: Published, tmp_path: Path) -> GatewaySimulated:
    return GatewaySimulated(tmp_path / "gateway", published.repository)


def test_a_gateway_gets_what_is_published_and_nothing_that_is_not(published: Published, gateway: GatewaySimulated):
    assert gateway.fetch("1.2.0") is None
    published.publish("1.2.0", "1.10.0")
    published.publish("1.2.0", arch="armv7l")
    assert gateway.fetch("1.2.0") == an_archive(published.folder / "again").read_bytes()
    assert gateway.fetch("1.2.0", "armv7l") is not None
    assert versions_in(existing(published.repository)) == {"1.10.0": ["aarch64"], "1.2.0": ["aarch64", "armv7l"]}


def test_what_is_withdrawn_can_be_fetched_no_more(published: Published, gateway: GatewaySimulated):
    published.publish("1.2.0", "1.3.0")
    gone = withdraw(published.repository, "1.3.0", [published.key("targets")], published.online)
    assert gone == ["siaga-edge-1.3.0-aarch64.tar.gz"]
    assert (gateway.fetch("1.3.0"), gateway.fetch("1.2.0") is None) == (None, False)
    assert len(list(published.repository.targets.iterdir())) == 1
    with pytest.raises(PublishRefused, match=r"version 1\.3\.0 is not published; these are: 1\.2\.0"):
        withdraw(published.repository, "1.3.0", [published.key("targets")], published.online)


def test_a_version_never_changes_its_content(published: Published):
    published.publish("1.2.0")
    published.publish("1.2.0")  # the same again is no change
    archive = read_archive(an_archive(published.folder / "archives"))
    other = msgspec.structs.replace(archive, sha256="0" * 64)
    with pytest.raises(PublishRefused, match="is published with other content; build another version"):
        publish(published.repository, [other], [published.key("targets")], published.online)


def test_only_the_targets_key_publishes(published: Published):
    archive = read_archive(an_archive(published.folder / "archives"))
    with pytest.raises(
        KeyRefused, match="0 of the given keys count for targets, and 1 must; those that count: targets"
    ):
        publish(published.repository, [archive], [published.key("root-1")], published.online)
    with pytest.raises(KeyRefused, match="count for snapshot"):
        publish(published.repository, [archive], [published.key("targets")], new_signer("online"))
    assert not published.repository.targets.exists()


@pytest.mark.parametrize("lost", ["root-1", "root-3"])
def test_a_root_key_can_be_lost(published: Published, gateway: GatewaySimulated, lost: str):
    left = [published.key(name) for name in ("root-1", "root-2", "root-3") if name != lost]
    with pytest.raises(KeyRefused, match="1 of the given keys count for root, and 2 must"):
        replace_offline(published.repository, lost, published.keys, left[:1], published.online, PASSPHRASE)
    made = replace_offline(published.repository, lost, published.keys, left, published.online, PASSPHRASE)
    assert made.name == "root-4.pem"
    assert lost not in keys_for(existing(published.repository).root, "root")
    published.publish("1.2.0")
    assert gateway.fetch("1.2.0") is not None
    again = replace_offline(
        published.repository, "root-2", published.keys, [left[0], published.key("root-2"), published.key("root-4")],
        published.online, PASSPHRASE,
    )  # fmt: skip
    assert again.name == "root-5.pem"
    assert gateway.fetch("1.2.0") is not None
    with pytest.raises(
        KeyRefused, match=r"no key that counts is called 'root-2'; there are .*root-4, root-5, targets, onl"
    ):
        replace_offline(published.repository, "root-2", published.keys, left, published.online, PASSPHRASE)


def test_the_targets_key_can_be_lost_and_the_old_one_signs_no_more(published: Published, gateway: GatewaySimulated):
    published.publish("1.2.0")
    old = published.key("targets")
    roots = [published.key("root-1"), published.key("root-2")]
    new = published.folder / "new"
    replace_offline(published.repository, "targets", new, roots, published.online, PASSPHRASE)
    assert gateway.fetch("1.2.0") is not None
    archive = read_archive(an_archive(published.folder / "archives", "1.3.0"))
    with pytest.raises(KeyRefused, match="count for targets"):
        publish(published.repository, [archive], [old], published.online)
    fresh = read_key(new / "targets.pem", lambda _name: PASSPHRASE)
    publish(published.repository, [archive], [fresh], published.online)
    assert gateway.fetch("1.3.0") is not None


def test_the_online_key_can_be_lost(published: Published, gateway: GatewaySimulated):
    published.publish("1.2.0")
    gateway.fetch("1.2.0")
    old = published.online
    replace_online(
        published.repository, published.settings.online_key, [published.key("root-1"), published.key("root-2")]
    )
    with pytest.raises(KeyRefused, match="count for snapshot"):
        sign_of_now(published.repository, old)
    sign_of_now(published.repository, published.online)
    assert gateway.fetch("1.2.0") is not None


def test_what_nobody_signed_for_days_is_refused_until_it_is_signed_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    with monkeypatch.context() as patched:
        patched.setattr("cloud.updates.repository.check_as_a_gateway", lambda *_, **__: None)
        aged = Published(tmp_path, now=utc_now() - 8 * DAY)
    gateway = GatewaySimulated(tmp_path / "gateway", aged.repository)
    with pytest.raises(ExpiredMetadataError):
        gateway.fetch("1.2.0")
    sign_of_now(aged.repository, aged.online)
    assert gateway.fetch("1.2.0") is None


def test_what_a_gateway_would_refuse_is_not_published(tmp_path: Path):
    with pytest.raises(RepositoryBroken, match=r"a gateway would refuse this: timestamp\.json is expired"):
        Published(tmp_path, now=utc_now() - 8 * DAY)
    assert RepositoryFolder(tmp_path / "updates").state() is None


def test_what_ends_is_signed_again_by_the_keys_that_may(published: Published, gateway: GatewaySimulated):
    later = utc_now() + 300 * DAY
    roots = [published.key("root-2"), published.key("root-3")]
    assert renew(published.repository, roots, published.online, now=lambda: later) == ["root"]
    assert renew(published.repository, [published.key("targets")], published.online, now=lambda: later) == ["targets"]
    assert renew(published.repository, roots[:1], published.online, now=lambda: later) == []
    ends = existing(published.repository).expiries()
    assert (ends["root"] - later, ends["targets"] - later) == (730 * DAY, 365 * DAY)
    assert gateway.fetch("1.2.0") is None


def test_a_clock_that_stands_in_the_past_signs_nothing(published: Published):
    with pytest.raises(KeyRefused, match="clock of this server stands before the last signature"):
        sign_of_now(published.repository, published.online, now=lambda: utc_now() - 2 * DAY)


def test_a_repository_that_was_put_back_from_a_copy_is_believed_again(published: Published, gateway: GatewaySimulated):
    published.publish("1.2.0")
    copy = existing(published.repository).files()
    published.publish("1.3.0", now=utc_now() + timedelta(hours=1))
    gateway.fetch("1.3.0")
    for file in published.repository.metadata.iterdir():
        file.unlink()
    for name, data in copy.items():
        (published.repository.metadata / name).write_bytes(data)
    with pytest.raises(RepositoryError):
        gateway.fetch("1.2.0")
    published.publish("1.2.0", now=utc_now() + timedelta(hours=2))
    assert gateway.fetch("1.2.0") is not None


def test_one_signs_at_a_time(published: Published):
    with published.repository.changing(), pytest.raises(RepositoryBusy, match="another process signs"):
        sign_of_now(RepositoryFolder(published.settings.folder), published.online)


def test_a_repository_begins_once(published: Published):
    with pytest.raises(PublishRefused, match="has a repository already"):
        begin(published.repository, published.keys, published.settings.online_key, PASSPHRASE)
    with pytest.raises(PublishRefused, match="has no repository yet; begin one: siaga-cloud fleet keys make"):
        existing(RepositoryFolder(published.folder / "elsewhere"))


def _killed_at(step: int, work: Callable[[], None], monkeypatch: pytest.MonkeyPatch) -> bool:
    """Do `work` in a process of its own that is killed before its `step`th forcing to disk; whether it was."""
    child = os.fork()
    if child == 0:
        steps = iter(range(10_000))

        def force(path: Path) -> None:
            if next(steps) == step:
                os.kill(os.getpid(), signal.SIGKILL)
            _force(path)

        monkeypatch.setattr("cloud.updates.repository._force", force)
        try:
            work()
        finally:
            os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL


def test_a_kill_at_any_step_leaves_what_was_or_what_is_new(
    published: Published, gateway: GatewaySimulated, monkeypatch: pytest.MonkeyPatch
):
    published.publish("1.0.0")
    archives = [read_archive(an_archive(published.folder / "archives", version)) for version in ("1.1.0", "1.2.0")]
    key, online = published.key("targets"), published.online

    def work() -> None:
        publish(published.repository, archives, [key], online)

    step = 0
    while _killed_at(step, work, monkeypatch):
        assert gateway.fetch("1.0.0") is not None
        assert (gateway.fetch("1.1.0") is None) == (gateway.fetch("1.2.0") is None)
        step += 1
    assert step > 8
    assert gateway.fetch("1.2.0") is not None
    generations = [each.name for each in (published.repository.folder / "generations").iterdir()]
    assert len(generations) == 2
