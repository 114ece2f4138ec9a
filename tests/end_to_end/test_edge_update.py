"""From the city's word to another version: real agents, the real updater, The Update Framework, the real install.sh.

city (simulated, MQTT) ─► agent 1.1.0 ─► update.request ─► updater ─► repository (HTTP) ─► agent 1.2.0 ─► ack
What systemd does, starting the updater and the agent anew, is simulated (updated_box.py).
"""

import contextlib
import os
import random
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from edge.architecture import architecture
from edge.update.asked import UpdateRequest, write_offer, write_request
from edge.update.kept_update import read_update
from edge.update.places import CURRENT, UPDATER
from edge.update.trial_of_version import UpdateStep
from tests.end_to_end.edge_gateway import Cloud, Gateway
from tests.end_to_end.test_edge_city_config import City
from tests.end_to_end.updated_box import Box
from tests.servers import wait_until
from tests.signed_updates import SignedUpdates
from tests.tiny_archive import ROOT, linked_archive, real_archive
from wire.gateway_update import UpdateOffer, UpdateState, archive_name, encode_offer

DEAF = "import edge.uplink\nedge.uplink.Uplink.on_ack_message = lambda *_: None\n"
"""A version that sends and hears no ack."""


@pytest.fixture
def box(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Box]:
    monkeypatch.setenv("SIAGA_TO", str(tmp_path / "opt"))
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    gateway = Gateway(tmp_path, sources="")
    with running(Box(tmp_path, gateway, linked_archive(tmp_path, "1.1.0"))) as made:
        yield made


@contextlib.contextmanager
def running(box: Box) -> Iterator[Box]:
    """With its broker, and its agent as systemd keeps it."""
    with box.gateway.broker, box.service:
        try:
            yield box
        finally:
            box.stop()


def test_a_version_is_confirmed_by_an_ack_and_one_that_hears_none_is_taken_back(box: Box, tmp_path: Path):
    updates = SignedUpdates(tmp_path / "updates")
    updates.publish("1.2.0", real_archive(tmp_path, "1.2.0"))
    updates.publish("1.3.0", linked_archive(tmp_path, "1.3.0", start=DEAF))
    cloud, city = Cloud(box.gateway.port), City(box.gateway.port)

    def said(state: UpdateState, version: str) -> bool:
        status = cloud.status()
        update = None if status is None else status.update
        return update is not None and (update.state, update.version) == (state, version)

    with updates.served() as url:
        city.wants(1, update=msgspec.Raw(encode_offer(UpdateOffer(url, updates.root_text))))
        city.hears("in_force", 1)
        assert city.asks("update", version="1.2.0").ok
        kept = box.update(confirm_s=60)
        assert (kept.step, kept.reason) == (UpdateStep.CONFIRMED, "")
        wait_until(lambda: said(UpdateState.CONFIRMED, "1.2.0"), "the new version says that it is confirmed")
        status = cloud.status()
        assert status is not None
        assert status.version == "1.2.0"
        assert "runs here already" in city.asks("update", version="1.2.0").problem
        assert "is older" in city.asks("update", version="1.1.0").problem
        assert city.asks("update", version="1.3.0").ok
        kept = box.update(confirm_s=1.5)
        assert kept.step is UpdateStep.ROLLED_BACK
        assert kept.reason == "the cloud acknowledged nothing within 2 s of version 1.3.0"
        wait_until(lambda: said(UpdateState.ROLLED_BACK, "1.3.0"), "the version before says it")
        status = cloud.status()
        assert status is not None
        assert status.version == "1.2.0"
        assert any("was taken back: the cloud acknowledged nothing" in note for note in status.notes)
    versions = {each.name for each in (box.installed / "versions").iterdir()}
    assert versions == {"1.1.0", "1.2.0"}, "of what was taken back nothing stays"
    assert [box.places.version_in(link) for link in (CURRENT, UPDATER)] == ["1.2.0", "1.2.0"]
    city.close()
    cloud.close()


@pytest.mark.proof
@pytest.mark.timeout(3_600)
def test_an_updater_that_is_killed_at_any_moment_leaves_a_gateway_that_is_heard(box: Box, tmp_path: Path):
    """SIGKILL at random moments; each update is killed once or twice, and ends with one version or the other."""
    rounds, chance = int(os.environ.get("SIAGA_KILLS", "100")), random.Random(7)
    updates = SignedUpdates(tmp_path / "updates")
    cloud = Cloud(box.gateway.port)
    ended: Counter[str] = Counter()
    killed: Counter[str] = Counter()
    with updates.served() as url:
        write_offer(box.places.offer, UpdateOffer(url, updates.root_text))
        for number in range(2, rounds + 2):
            before, version = box.places.version_in(CURRENT), f"1.{number}.0"
            updates.publish(version, linked_archive(tmp_path, version))
            write_request(box.places.request, UpdateRequest(version, f"key-{number}"))
            killed.update(_killed_after(box, chance.uniform(0.2, 2.0)) for _ in range(chance.choice((1, 2))))
            step = _finished(box)
            ended[str(step)] += 1
            _must_run(box, version if step is UpdateStep.CONFIRMED else before)
    sys.stdout.write(f"{rounds} updates, killed while: {dict(killed)}; ended: {dict(ended)}\n")
    cloud.close()


def _killed_after(box: Box, seconds: float) -> str:
    """Kill the updater, or let it be done before; in which step that was."""
    updater = box.updater().start()
    assert updater.process is not None
    with contextlib.suppress(subprocess.TimeoutExpired):
        updater.process.wait(seconds)
        return "it was done before"
    updater.kill()
    return str(read_update(box.places.state)[0].step)


def _finished(box: Box) -> UpdateStep:
    """What the update came to, when nobody killed the updater any more."""
    with box.updater() as updater:
        wait_until(updater.is_dead, "the updater is done", patience_s=120)
        assert updater.process is not None
        assert updater.process.returncode == 0, updater.tail()
    return read_update(box.places.state)[0].step


def _must_run(box: Box, version: str) -> None:
    assert [box.places.version_in(link) for link in (CURRENT, UPDATER)] == [version, version]
    assert not box.places.under_way.exists()
    assert not box.places.request.exists()
    wait_until(lambda: box.is_heard(version), f"version {version} runs and is heard", patience_s=30)


@pytest.mark.proof
@pytest.mark.timeout(900)
def test_archives_of_the_wheelhouse_update_a_gateway(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """With all wheels, in environments of their own, as on a Pi; on the machine of the test."""
    monkeypatch.setenv("SIAGA_TO", str(tmp_path / "opt"))
    archives = {version: _of_the_wheelhouse(tmp_path / version, version) for version in ("1.1.0", "1.2.0")}
    gateway = Gateway(tmp_path, sources="")
    updates = SignedUpdates(tmp_path / "updates")
    updates.publish("1.2.0", archives["1.2.0"])
    with running(Box(tmp_path, gateway, archives["1.1.0"])) as box, updates.served() as url:
        cloud = Cloud(gateway.port)
        wait_until(lambda: box.is_heard("1.1.0"), "version 1.1.0 runs and is heard")
        write_offer(box.places.offer, UpdateOffer(url, updates.root_text))
        write_request(box.places.request, UpdateRequest("1.2.0", "key"))
        began_s = time.monotonic()
        assert _finished(box) is UpdateStep.CONFIRMED
        took_s = time.monotonic() - began_s
        _must_run(box, "1.2.0")
        assert "edge/uplink.py" in {
            f"edge/{each.name}" for each in (box.installed / CURRENT).glob("lib/python3*/site-packages/edge/*.py")
        }
        size_mb = archives["1.2.0"].stat().st_size / 1e6
        sys.stdout.write(f"an archive of {size_mb:.1f} MB: {took_s:.0f} s from the request to the ack\n")
        cloud.close()


def _of_the_wheelhouse(folder: Path, version: str) -> Path:
    """What `make wheelhouse` makes of these sources, called `version`."""
    left_out = shutil.ignore_patterns(".*", "build", "node_modules", "__pycache__")
    shutil.copytree(ROOT, folder, ignore=left_out)
    project = (folder / "pyproject.toml").read_text()
    (folder / "pyproject.toml").write_text(project.replace('version = "0.1.0"', f'version = "{version}"', 1))
    subprocess.run([sys.executable, folder / "deploy" / "wheelhouse" / "make", architecture()], check=True, cwd=folder)
    return folder / "build" / "wheelhouse" / archive_name(version, architecture())
