"""What systemd is told, on a real socket of datagrams, as a path and as an abstract name."""

import os
import socket
from collections.abc import Iterator

import pytest

from runtime import sd_notify


@pytest.fixture(params=["path", "abstract"])
def systemd(request: pytest.FixtureRequest, tmp_path, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    is_path = request.param == "path"
    name = str(tmp_path / "notify") if is_path else f"@siaga-test-{os.getpid()}-{tmp_path.name}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(name if is_path else f"\0{name[1:]}")
        listening.settimeout(5)
        monkeypatch.setenv("NOTIFY_SOCKET", name)
        yield listening


def test_systemd_hears_each_word(systemd: socket.socket):
    assert sd_notify.is_listening()
    sd_notify.show_ready("gw-1: 2 of 2\nsources ok")
    sd_notify.show_status("x" * 2_000)
    sd_notify.feed_watchdog()
    sd_notify.show_stopping()
    assert systemd.recv(4_000) == b"READY=1\nSTATUS=gw-1: 2 of 2 sources ok"
    assert systemd.recv(4_000) == b"STATUS=" + b"x" * sd_notify.MOST_STATUS_CHARACTERS
    assert systemd.recv(4_000) == b"WATCHDOG=1"
    assert systemd.recv(4_000) == b"STOPPING=1\nSTATUS=stops"


def test_a_systemd_that_does_not_read_holds_nothing_up(systemd: socket.socket):
    for _ in range(5_000):
        sd_notify.feed_watchdog()
    assert systemd.recv(100) == b"WATCHDOG=1"


def test_without_systemd_nothing_is_sent(monkeypatch: pytest.MonkeyPatch, tmp_path):
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    assert not sd_notify.is_listening()
    sd_notify.feed_watchdog()
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "nobody"))
    sd_notify.feed_watchdog()


@pytest.mark.parametrize(
    ("environment", "limit_s"),
    [
        ({}, None),
        ({"WATCHDOG_USEC": "60000000"}, 60.0),
        ({"WATCHDOG_USEC": "60000000", "WATCHDOG_PID": str(os.getpid())}, 60.0),
        ({"WATCHDOG_USEC": "60000000", "WATCHDOG_PID": "1"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
        ({"WATCHDOG_USEC": "0"}, None),
    ],
)
def test_the_time_of_the_watchdog_is_for_this_process(environment: dict[str, str], limit_s: float | None):
    assert sd_notify.watchdog_s(environment) == limit_s
