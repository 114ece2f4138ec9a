"""The running cloud signs each day, and tells in time what only people can sign."""

import re
from datetime import datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from cloud.core.health import Condition
from cloud.updates.offer import update_offer
from cloud.updates.publishing import utc_now
from cloud.updates.refreshing import Refreshing
from tests.update_repository import Published
from wire.gateway_update import decode_offer

DAY = timedelta(days=1)


class _Days:
    """A clock that the test moves."""

    def __init__(self) -> None:
        self.now = utc_now()

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def published(tmp_path: Path) -> Published:
    return Published(tmp_path)


def test_it_is_signed_once_a_day(published: Published):
    days = _Days()
    refreshing = Refreshing(published.settings, now=days)
    editions = []
    for _ in range(48):
        refreshing.poll()
        editions.append(published.repository.edition)
        days.now += timedelta(hours=1)
    assert len(set(editions)) == 3  # as it was made, after 21 hours, after 42
    assert refreshing.component().status is Condition.OK


def test_a_process_that_only_looks_signs_nothing_and_sees_what_another_has_signed(published: Published):
    days = _Days()
    looking, signing = Refreshing(published.settings, signs=False, now=days), Refreshing(published.settings, now=days)
    days.now += 5 * DAY
    looking.poll()
    assert "is not signed: no cloud that may sign has run since" in looking.component().detail
    signing.poll()
    looking.poll()
    assert looking.component().status is Condition.OK


@pytest.mark.parametrize(
    ("after", "said"),
    [
        (timedelta(0), "the repository of updates is of now, and its timestamp ends on"),
        (340 * DAY, "its targets ends on .*; sign it with the targets key: siaga-cloud fleet keys renew"),
        (366 * DAY, "gateways refuse every update: its targets ended on"),
    ],
)
def test_health_tells_in_time_what_only_people_can_sign(
    published: Published, after: timedelta, said: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("cloud.updates.repository.check_as_a_gateway", lambda *_, **__: None)
    days = _Days()
    days.now += after
    refreshing = Refreshing(published.settings, now=days)
    refreshing.poll()
    component = refreshing.component()
    assert re.search(said, component.detail)
    assert (component.status is Condition.OK) == (not after)


def test_health_tells_of_a_key_that_cannot_be_read(published: Published):
    published.settings.online_key.write_bytes(b"")
    days = _Days()
    days.now += 5 * DAY
    refreshing = Refreshing(published.settings, now=days)
    refreshing.poll()
    assert refreshing.component().status is Condition.DEGRADED
    assert "is not signed:" in refreshing.component().detail
    assert "is no key in PEM" in refreshing.component().detail


def test_health_tells_of_a_repository_that_is_not_there_or_not_whole(published: Published, tmp_path: Path):
    away = Refreshing(published.settings.model_copy(update={"folder": tmp_path / "away"}))
    away.poll()
    assert "has no repository yet: siaga-cloud fleet keys make" in away.component().detail
    (published.repository.metadata / "timestamp.json").write_bytes(b"{")
    broken = Refreshing(published.settings)
    broken.poll()
    assert "metadata of timestamp does not parse" in broken.component().detail
    assert update_offer(published.settings) == b""


def test_gateways_are_offered_the_newest_root(published: Published):
    offer = decode_offer(update_offer(published.settings))
    assert offer.url == published.settings.url
    assert msgspec.json.decode(offer.root)["signed"]["version"] == 1
    assert len(offer.root) < 8_000
