"""A rollout from the server's command line to another version of a real agent, and back where that hears nothing:

siaga-cloud fleet update ─► registry ─► cloud ─► …/cmd ─► agent ─► updater ─► /updates of the cloud ─► agent ─► …/status
What systemd does on the gateway is simulated (updated_box.py).
"""

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from cloud.cli.main import main
from cloud.updates.archive import read_archive
from cloud.updates.publishing import publish
from edge.update.trial_of_version import UpdateStep
from tests.end_to_end.edge_gateway import Gateway
from tests.end_to_end.test_edge_city_config import CITY
from tests.end_to_end.test_edge_update import DEAF, running
from tests.end_to_end.updated_box import Box
from tests.servers import free_port, siaga_cloud, wait_until
from tests.tiny_archive import linked_archive
from tests.update_repository import Published

pytestmark = [pytest.mark.proof, pytest.mark.timeout(300)]


def test_the_city_brings_a_gateway_to_another_version_and_a_failure_ends_the_rollout(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setenv("SIAGA_TO", str(tmp_path / "opt"))
    gateway, port = Gateway(tmp_path, sources=""), free_port()
    server = tmp_path / "server"
    server.mkdir()
    published = Published(server, url=f"http://127.0.0.1:{port}/updates")
    archives = [linked_archive(tmp_path, "1.2.0"), linked_archive(tmp_path, "1.3.0", start=DEAF)]
    publish(
        published.repository, [read_archive(each) for each in archives], [published.key("targets")], published.online
    )
    (server / "city.toml").write_text(CITY)
    (server / "cloud.toml").write_text(
        f'[broker]\nport = {gateway.port}\n[api]\nport = {port}\n[updates]\nfolder = "updates"\n'
        f'url = "{published.settings.url}"\nonline_key = "online.key"\n'
    )

    def said(*words: str) -> str:
        main([*words, "--config", str(server / "cloud.toml")])
        captured = capsys.readouterr()
        return captured.out + captured.err

    with (
        running(Box(tmp_path, gateway, linked_archive(tmp_path, "1.1.0"))) as box,
        siaga_cloud(server, server / "cloud.toml", port=port),
    ):
        wait_until(lambda: box.is_heard("1.1.0"), "the agent is heard")
        said("gateway", "config", "gw-test", "--set", "uplink.batch_s=0.1")
        wait_until(box.places.offer.exists, "the agent is told where updates are")
        for version, step, ends in (
            ("1.2.0", UpdateStep.CONFIRMED, "is done: confirmed 1"),
            ("1.3.0", UpdateStep.ROLLED_BACK, "has stopped: failed 1"),
        ):
            said("fleet", "update", "--to", version, "--no-follow")
            wait_until(box.places.request.exists, f"the agent is asked for {version}")
            kept = box.update(confirm_s=60 if step is UpdateStep.CONFIRMED else 2)
            assert kept.step is step, kept
            wait_until(partial(_contains, said, ends), f"the cloud knows: {ends}")
        sys.stdout.write(f"{said('fleet', 'list')}\n")
        wait_until(lambda: box.is_heard("1.2.0"), "the version before is heard")


def _contains(said: Callable[..., str], sentence: str) -> bool:
    return sentence in said("fleet", "list")
