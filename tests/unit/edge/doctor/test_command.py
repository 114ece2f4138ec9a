"""siaga-edge doctor: what is asked of a running agent, what is tried without one, and the exit codes."""

import json
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from edge.cli import main
from edge.commands import BROKEN, MISTAKES, WELL
from edge.control.client import AgentAbsent, AgentUnreachable
from edge.control.snapshot import AgentSnapshot, LinkNow, SourceNow
from edge.doctor import examination
from i18n.message import LocalizedMessage
from runtime.connect_step import ANSWER, ConnectStep
from tests.unit.edge.doctor.test_findings import VALUE, snapshot
from wire import SourceStatus

WELL_SOURCE = SourceNow("river", SourceStatus.OK, "", 9, 9, 90, 0, 0, 0.5, 2.0, (VALUE,))
FILE = '[gateway]\nid = "gw-test"\n[uplink]\nhost = "127.0.0.1"\n[spool]\nmin_free_mb = 0\n'
SOURCE = '[[sources]]\nname = "river"\nfamily = "maxbotix"\nport = "/dev/nowhere"\nsensor = "river-1"\n'


@pytest.fixture
def config(tmp_path: Path) -> Path:
    file = tmp_path / "edge.toml"
    file.write_text(FILE + SOURCE)
    return file


def answering(monkeypatch: pytest.MonkeyPatch, answer: AgentSnapshot | bytes | AgentUnreachable) -> list[str]:
    """An agent that gives this answer; what it was asked, and whether the cloud was tried from here."""
    asked: list[str] = []

    def ask(path: Path, request: str) -> bytes:
        asked.append(f"{path.name} {request}")
        if isinstance(answer, AgentUnreachable):
            raise answer
        return answer if isinstance(answer, bytes) else msgspec.json.encode(answer)

    def tried(_settings: object) -> Iterator[ConnectStep]:
        asked.append("cloud")
        yield ConnectStep(ANSWER, False, LocalizedMessage("no answer"))

    monkeypatch.setattr(examination, "ask_once", ask)
    monkeypatch.setattr("edge.connection.connection_steps", tried)
    return asked


def doctor(config: Path, *more: str) -> int:
    return main(["--language", "en", "doctor", "--config", str(config), "--seconds", "0.1", *more])


def test_a_running_agent_is_asked_and_nothing_is_taken_from_it(
    config: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    asked = answering(monkeypatch, snapshot(sources=(WELL_SOURCE,)))
    assert doctor(config) == WELL
    assert asked == ["control.sock status"]
    said = capsys.readouterr().out
    assert "river: water_level 132.4 cm, 2 s ago" in said
    assert "WARN    settings" in said  # its port is not there


def test_an_agent_without_a_connection_leaves_the_cloud_to_be_tried(config: Path, monkeypatch: pytest.MonkeyPatch):
    asked = answering(monkeypatch, snapshot(link=LinkNow("b", False)))
    assert doctor(config) == BROKEN
    assert asked == ["control.sock status", "cloud"]


def test_without_an_agent_lines_are_opened_and_the_cloud_is_tried(
    config: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    asked = answering(monkeypatch, AgentAbsent(LocalizedMessage("absent")))
    assert doctor(config, "--json") == BROKEN
    assert asked == ["control.sock status", "cloud"]
    document = json.loads(capsys.readouterr().out)
    assert (document["gateway"], document["agent_runs"], document["outcome"]) == ("gw-test", False, "fail")
    found = {one["check"]: one for one in document["findings"]}
    assert "/dev/nowhere does not exist" in found["source"]["said"]
    assert (found["link"]["about"], found["link"]["said"]) == ("answer", "no answer")


@pytest.mark.parametrize("answer", [AgentUnreachable(LocalizedMessage("use sudo")), b'{"gateway":7}'])
def test_an_agent_that_gives_no_answer_keeps_its_lines_and_its_login(
    config: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], answer: bytes | AgentUnreachable
):
    asked = answering(monkeypatch, answer)
    assert doctor(config, "--json") == BROKEN
    assert asked == ["control.sock status"]
    document = json.loads(capsys.readouterr().out)
    assert document["agent_runs"] is True
    assert "source" not in {one["check"] for one in document["findings"]}


def test_a_source_that_has_just_started_is_no_failure(config: Path, monkeypatch: pytest.MonkeyPatch):
    answering(monkeypatch, snapshot(sources=(SourceNow("river", SourceStatus.STARTING),)))
    assert doctor(config) == WELL


def test_mistakes_in_the_settings_end_it(config: Path, capsys: pytest.CaptureFixture[str]):
    config.write_text(FILE + "[[sources]]\n")
    assert doctor(config) == MISTAKES
    assert "sources[0]" in capsys.readouterr().err
