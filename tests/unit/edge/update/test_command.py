"""siaga-edge update, as a person types it."""

import os
import socket
from pathlib import Path

import pytest

from edge import settings
from edge.cli import main
from edge.commands import BROKEN, MISTAKES, WELL
from edge.installation.parts import CannotInstall
from edge.update import start
from edge.update.asked import read_request
from edge.update.kept_update import write_update
from edge.update.places import CURRENT, places_of
from edge.update.trial_of_version import KeptUpdate, UpdateStep
from edge.update.trust import kept_root
from edge.update.versions import point
from tests.signed_updates import SignedUpdates


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SIAGA_TO", str(tmp_path / "opt"))
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    file = tmp_path / "edge.toml"
    file.write_text('[gateway]\nid = "gw-test"\n')
    return file


def said(config: Path, capsys: pytest.CaptureFixture[str], *words: str, language: str = "en") -> tuple[int, str]:
    code = main(["update", *words, "--config", str(config), "--language", language])
    captured = capsys.readouterr()
    return code, " ".join((captured.out + captured.err).split())


def test_the_status_says_what_runs_and_what_became_of_the_last(config: Path, capsys: pytest.CaptureFixture[str]):
    assert "was not installed by install.sh" in said(config, capsys)[1]
    places = places_of(config, config.with_name("spool.db"))
    for version in ("1.1.0", "1.0.0"):
        (places.installed / "versions" / version).mkdir(parents=True)
    places.work.mkdir()
    point(places.installed, CURRENT, "1.1.0")
    code, text = said(config, capsys)
    assert code == WELL
    assert text == "version 1.1.0 is in use beside it: 1.0.0 no root of trust is known yet, so no update is taken"
    write_update(places, KeptUpdate(UpdateStep.ROLLED_BACK, "1.2.0", reason="no ack"))
    assert "update to version 1.2.0: was taken back, and the version before runs; no ack" in said(config, capsys)[1]
    assert "pembaruan ke versi 1.2.0: ditarik kembali" in said(config, capsys, language="id")[1]
    places.state.write_bytes(b"\0")
    assert "what became of the last update is not known" in said(config, capsys, "status")[1]


def test_a_version_is_asked_for_on_site(config: Path, capsys: pytest.CaptureFixture[str]):
    assert said(config, capsys, "to", "1.2.0", "--again") == (WELL, "")
    request = read_request(config.with_name("update.request"))
    assert request is not None
    assert (request.version, request.again) == ("1.2.0", True)
    assert said(config, capsys, "to", "newest")[0] == MISTAKES


def test_a_root_of_trust_is_laid_on_site(config: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path):
    places = places_of(config, config.with_name("spool.db"))
    places.work.mkdir(parents=True)
    root = SignedUpdates(tmp_path / "updates").metadata / "1.root.json"
    assert said(config, capsys, "trust", str(root)) == (WELL, "")
    assert kept_root(places) == root.read_bytes()
    assert said(config, capsys, "trust", str(config))[0] == MISTAKES
    assert said(config, capsys, "trust")[0] == MISTAKES
    code, text = said(config, capsys, "trust", "/nowhere")
    assert (code, text) == (BROKEN, "/nowhere: No such file or directory")
    assert kept_root(places) == root.read_bytes()


@pytest.mark.parametrize("words", [["to", "1.2.0"], ["trust", "x"], ["run"]])
def test_without_root_nothing_is_changed(
    config: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, words: list[str]
):
    monkeypatch.setattr(os, "geteuid", lambda: 1_000)
    code, text = said(config, capsys, *words)
    assert (code, "so it needs root" in text) == (MISTAKES, True)
    assert not config.with_name("update.request").exists()


def test_what_is_asked_for_on_site_lies_where_the_service_looks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(settings, "_STATE_OF", {tmp_path: tmp_path / "state"})
    assert places_of(tmp_path / "edge.toml", Path("/ssd/spool.db")).request == tmp_path / "state" / "update.request"
    assert places_of(Path("/srv/edge.toml"), Path("/ssd/spool.db")).request == Path("/ssd/update.request")


def test_the_service_ends_where_nothing_is_asked_for(
    config: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    places = places_of(config, config.with_name("spool.db"))
    places.work.mkdir(parents=True)
    config.unlink()
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(config.parent / "notify"))
        systemd.setblocking(False)
        monkeypatch.setenv("NOTIFY_SOCKET", str(config.parent / "notify"))
        assert said(config, capsys, "run")[0] == WELL, "without settings too: there may be something to take back"
        assert systemd.recv(200).startswith(b"READY=1")


@pytest.mark.parametrize(("script", "problem"), [("exit 0", ""), ("echo no >&2; exit 1", "failed: no"), ("", "")])
def test_the_linked_version_is_started_by_its_own_installation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, problem: str
):
    program = tmp_path / CURRENT / "bin" / "siaga-edge"
    program.parent.mkdir(parents=True)
    program.write_text(f'#!/bin/sh\n[ "$1" = install ] || exit 9\n{script or "sleep 60"}\n')
    program.chmod(0o755)
    monkeypatch.setattr(start, "START_S", 5.0 if script else 0.1)
    if not problem:
        start.start_linked(tmp_path)  # what takes long is looked at by the trial
        return
    with pytest.raises(CannotInstall, match=problem):
        start.start_linked(tmp_path)
