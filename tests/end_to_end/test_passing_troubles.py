"""A cloud whose start meets what passes by itself waits for it, says so, and is up afterwards; never exit code 2."""

import socket
import sqlite3
from pathlib import Path

import httpx

from tests import loopback
from tests.end_to_end.test_alarms import CITY
from tests.servers import Program, free_port, siaga_cloud, wait_until


def cloud_in(folder: Path, *, port: int, more: str = "") -> Program:
    (folder / "city.toml").write_text(CITY)
    (folder / "cloud.toml").write_text(f"[broker]\nport = {free_port()}\n[api]\nport = {port}\n{more}")
    return siaga_cloud(folder, folder / "cloud.toml")


def must_wait_for(cloud: Program, trouble: str) -> None:
    wait_until(lambda: trouble in cloud.tail(), f"the log says {trouble!r}")
    cloud.must_live()


def must_come_up(cloud: Program, port: int) -> None:
    def answers() -> bool:
        cloud.must_live()
        try:
            return "registry" in loopback.get(f"http://127.0.0.1:{port}/api/v1/health", timeout=5).json()["components"]
        except httpx.HTTPError:
            return False

    wait_until(answers, "the cloud answers")
    assert cloud.stop() == 0


def test_a_port_that_is_still_held(tmp_path: Path):
    port = free_port()
    with cloud_in(tmp_path, port=port) as cloud:
        cloud.kill()
        with socket.create_server(("127.0.0.1", port)):
            cloud.start()
            must_wait_for(
                cloud, f"the start waits: api.port {port} on 127.0.0.1 cannot be used: Address already in use"
            )
        must_come_up(cloud, port)


def test_a_registry_that_another_process_has_locked(tmp_path: Path):
    port = free_port()
    cloud = cloud_in(tmp_path, port=port)
    with sqlite3.connect(tmp_path / "registry.db", isolation_level=None) as other:
        other.execute("PRAGMA journal_mode=WAL")
        other.execute("BEGIN IMMEDIATE")
        with cloud:
            must_wait_for(cloud, "database is locked")
            assert loopback.get(f"http://127.0.0.1:{port}/api/v1/health", timeout=5).status_code == 503
            other.execute("COMMIT")
            must_come_up(cloud, port)


def test_a_folder_of_the_registry_that_is_not_mounted_yet(tmp_path: Path):
    port = free_port()
    with cloud_in(tmp_path, port=port, more='[registry]\nurl = "sqlite:///disk/registry.db"\n') as cloud:
        must_wait_for(cloud, "unable to open database file")
        (tmp_path / "disk").mkdir()
        must_come_up(cloud, port)


def test_a_city_file_that_is_away_for_a_moment(tmp_path: Path):
    port = free_port()
    cloud = cloud_in(tmp_path, port=port)
    (tmp_path / "city.toml").unlink()
    with cloud:
        must_wait_for(cloud, "there is no such file")
        (tmp_path / "city.toml").write_text(CITY)
        must_come_up(cloud, port)


def test_a_secret_that_is_not_there_yet(tmp_path: Path):
    port = free_port()
    channel = (
        '[[notify.channels]]\nname = "hook"\nkind = "webhook"\nurl = "http://127.0.0.1:9"\nsecret_file = "secret"\n'
    )
    with cloud_in(tmp_path, port=port, more=channel) as cloud:
        must_wait_for(cloud, "notify.channels[0].secret_file")
        (tmp_path / "secret").write_text("a long enough secret")
        must_come_up(cloud, port)


def test_sigterm_ends_a_start_that_waits(tmp_path: Path):
    cloud = cloud_in(tmp_path, port=free_port())
    (tmp_path / "city.toml").unlink()
    with cloud:
        must_wait_for(cloud, "there is no such file")
        assert cloud.stop() == 0
