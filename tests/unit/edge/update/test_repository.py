"""Updates out of a repository that The Update Framework itself has made: what is taken, and what is refused and why."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import pytest
from securesystemslib.signer import CryptoSigner

from edge.architecture import architecture
from edge.update.outcome import NotNow, UpdateRefused
from edge.update.places import UpdatePlaces
from edge.update.repository import FoundArchive, UpdateRepository
from edge.update.trust import kept_root, lay_root
from tests.signed_updates import SignedUpdates
from wire.gateway_update import UpdateOffer, archive_name

CONTENT = bytes(range(256)) * 400


class City(NamedTuple):
    """A repository that is served, and a gateway that has seen nothing of it."""

    updates: SignedUpdates
    url: str
    places: UpdatePlaces
    archive: Path

    def repository(self, *, root: str | None = None, days: float = 0.0) -> UpdateRepository:
        at = datetime.now(UTC) + timedelta(days=days)
        offer = UpdateOffer(self.url, self.updates.root_text if root is None else root)
        return UpdateRepository(self.places, offer, at_ms=int(at.timestamp() * 1_000))

    def find(self, version: str = "1.2.0", *, days: float = 0.0) -> FoundArchive:
        return self.repository(days=days).find(version, architecture())


@pytest.fixture
def city(tmp_path: Path) -> Iterator[City]:
    updates = SignedUpdates(tmp_path / "updates")
    archive = tmp_path / "archive.tar.gz"
    archive.write_bytes(CONTENT)
    updates.publish("1.2.0", archive)
    places = UpdatePlaces(tmp_path / "opt", tmp_path / "asked")
    places.work.mkdir(parents=True)
    with updates.served() as url:
        yield City(updates, url, places, archive)


def test_an_archive_is_found_and_fetched_whole(city: City):
    repository = city.repository()
    found = repository.find("1.2.0", architecture())
    assert (found.length, found.name) == (len(CONTENT), archive_name("1.2.0", architecture()))
    file = repository.fetch(found)
    assert file.read_bytes() == CONTENT
    asked = len(city.updates.requests)
    assert city.repository().fetch(found) == file
    assert not any("targets/" in path for path, _ in city.updates.requests[asked:]), "what is here is not fetched again"
    assert [each.name for each in city.places.archive.iterdir()] == [file.name]


def test_the_first_root_is_kept_and_another_is_not_taken(city: City, tmp_path: Path):
    assert kept_root(city.places) is None
    city.find()
    first = city.updates.root_text.encode()
    assert kept_root(city.places) == first
    foreign = SignedUpdates(tmp_path / "foreign")
    city.repository(root=foreign.root_text).find("1.2.0", architecture())
    assert kept_root(city.places) == first, "what the city offers later changes nothing"
    city.repository(root="").find("1.2.0", architecture())


def test_a_root_under_which_nothing_is_found_is_not_kept(city: City, tmp_path: Path):
    foreign = SignedUpdates(tmp_path / "foreign")
    with pytest.raises(UpdateRefused, match="are not to be trusted"):
        city.repository(root=foreign.root_text).find("1.2.0", architecture())
    assert kept_root(city.places) is None
    city.find()


def test_a_root_that_was_rotated_is_followed(city: City):
    city.find()
    city.updates.rotate_root()
    city.updates.rotate_root()
    city.updates.sign()
    city.find()
    assert sorted(each.name for each in (city.places.metadata / "root_history").iterdir()) == [
        "1.root.json", "2.root.json", "3.root.json",
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["root_history/2.root.json", "timestamp.json", "snapshot.json", "targets.json"])
def test_a_list_that_a_power_cut_has_emptied_is_fetched_again(city: City, name: str):
    city.find()
    city.updates.rotate_root()
    city.find()
    (city.places.metadata / name).write_bytes(b"\0" * 100)
    city.find()


def test_a_root_of_trust_that_is_damaged_is_not_replaced_by_itself(city: City):
    city.find()
    city.places.first_root.write_bytes(b"\0")
    with pytest.raises(UpdateRefused, match=r"cannot be read .*sudo siaga-edge update trust FILE"):
        city.find()
    assert lay_root(city.places, city.updates.root_text.encode()) == ""
    city.find()


@pytest.mark.parametrize("root", [b"", b"[]", b'{"signed":{}}', b"x" * 40_000])
def test_what_is_no_root_is_not_laid(city: City, root: bytes):
    assert lay_root(city.places, root)
    assert lay_root(city.places, city.updates.root_text.replace('"version": 1', '"version": 2').encode())
    assert kept_root(city.places) is None


def test_without_a_root_nothing_is_believed(city: City):
    with pytest.raises(UpdateRefused, match="no root of trust is known"):
        city.repository(root="")
    with pytest.raises(UpdateRefused, match="not to be trusted"):
        city.repository(root="{}")


def test_lists_that_have_expired_are_refused_at_the_time_that_is_handed_in(city: City):
    city.find(days=29)
    with pytest.raises(UpdateRefused, match=r"have expired .*; sign them again"):
        city.find(days=31)
    city.updates.expires += timedelta(days=30)
    city.updates.sign()
    with pytest.raises(UpdateRefused, match=r"have expired .*root"):
        city.find(days=31)  # the root itself


def test_lists_that_somebody_else_has_signed_are_refused(city: City):
    city.updates.signers["targets"] = CryptoSigner.generate_ed25519()
    city.updates.sign()
    with pytest.raises(UpdateRefused, match="are not to be trusted"):
        city.find()


def test_older_lists_than_were_seen_are_refused(city: City):
    kept = {file: file.read_bytes() for file in city.updates.metadata.iterdir()}
    city.updates.sign()
    city.find()
    for file, content in kept.items():
        file.write_bytes(content)
    with pytest.raises(UpdateRefused, match="are not to be trusted"):
        city.find()


def test_what_is_not_published_or_signed_as_something_else_is_refused(city: City):
    with pytest.raises(UpdateRefused, match="is not among the signed updates"):
        city.find("1.3.0")
    for custom in ({"version": "1.3.0", "arch": "vax"}, {"version": "9.9", "arch": architecture()}, {"a": 1}):
        city.updates.publish("1.3.0", city.archive, custom=custom)
        with pytest.raises(UpdateRefused, match="is signed as something else"):
            city.find("1.3.0")


def test_a_download_that_breaks_off_goes_on_where_it_was(city: City):
    found = city.find()
    city.updates.breaks_after = 30_000
    for _ in range(3):
        with pytest.raises(NotNow, match=r"is not reached"):
            city.repository().fetch(found)
    city.updates.breaks_after = None
    repository = city.repository()
    repository.find("1.2.0", architecture())
    assert repository.fetch(found).read_bytes() == CONTENT
    ranges = [asked for path, asked in city.updates.requests if "targets/" in path]
    assert ranges == ["", "bytes=30000-", "bytes=60000-", "bytes=90000-"]


@pytest.mark.parametrize("is_resumed", [True, False])
def test_bytes_that_were_not_signed_are_refused_after_one_more_try(city: City, is_resumed: bool):
    found = city.find()
    if is_resumed:
        part = city.places.archive / f"{found.digest}.{found.name}.part"
        part.write_bytes(b"torn by a power cut")
        assert city.repository().fetch(found).read_bytes() == CONTENT
        return
    (served,) = city.updates.targets.iterdir()
    for content in (CONTENT[::-1], CONTENT + b"more"):
        served.write_bytes(content)
        asked = len(city.updates.requests)
        with pytest.raises(UpdateRefused, match="is not what was signed"):
            city.repository().fetch(found)
        assert len([path for path, _ in city.updates.requests[asked:] if "targets/" in path]) == 2
    assert list(city.places.archive.iterdir()) == []


@pytest.mark.parametrize(("status", "error"), [(500, NotNow), (503, NotNow), (429, NotNow), (403, UpdateRefused)])
def test_a_server_that_may_answer_later_is_told_from_one_that_has_nothing(
    city: City, status: int, error: type[Exception]
):
    city.updates.answers["timestamp.json"] = status
    with pytest.raises(error, match=f"{status}"):
        city.find()


def test_a_server_that_is_not_there_is_no_end(city: City):
    away = city._replace(url="http://127.0.0.1:9/updates")
    with pytest.raises(NotNow, match=r"is not reached: .*refused"):
        away.find()
