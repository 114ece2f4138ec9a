"""What gateways say of themselves."""

import pytest

import cloud.statuses
from cloud.statuses import Statuses
from wire import Status, encode_status


def status(gateway: str = "gw", *, online: bool = True) -> Status:
    return Status(1, online, gateway, "0.1.0", "boot", "stream", 1_764_000_000_000)


def test_the_last_word_of_a_gateway_is_its_status():
    statuses = Statuses()
    statuses.take("gw", encode_status(status()))
    statuses.take("gw", encode_status(status(online=False)))
    assert statuses.status("gw") == status(online=False)
    assert statuses.status("other") is None


def test_a_status_that_does_not_parse_changes_nothing():
    statuses = Statuses()
    statuses.take("gw", encode_status(status()))
    statuses.take("gw", b"\xff not a status")
    assert statuses.status("gw") == status()


def test_an_empty_payload_takes_the_status_away():
    statuses = Statuses()
    statuses.take("gw", encode_status(status()))
    statuses.take("gw", b"")
    assert statuses.status("gw") is None


def test_gateways_beyond_the_limit_are_not_kept(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(cloud.statuses, "MAX_GATEWAYS", 2)
    statuses = Statuses()
    for name in ("a", "b", "c"):
        statuses.take(name, encode_status(status(name)))
    statuses.take("a", encode_status(status("a", online=False)))
    assert statuses.status("c") is None
    assert statuses.status("a") == status("a", online=False)
