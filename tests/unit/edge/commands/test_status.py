"""siaga-edge status: its exit codes, and what it says where no agent answers."""

import json
import os
import sqlite3
import time
from pathlib import Path

import msgspec
import pytest

from edge.cli import main
from edge.commands import MISTAKES, NO_AGENT, WELL
from edge.commands.status import NOT_WELL, coloured
from edge.control.client import AgentUnreachable
from edge.control.snapshot import AgentSnapshot, CloudNow
from edge.lock import locked, process_that_holds
from edge.spool.file import SpoolFile
from edge.spool.on_disk import spool_on_disk
from edge.spool.spans import Spans
from edge.spool.write_batch import DiskProblem, WriteBatch
from edge.status_screen import ScreenLine
from i18n.message import LocalizedMessage
from tests.unit.edge.control.snapshots import NOW_MS, snapshot
from wire import Clock, Reading

WELL_GATEWAY = snapshot(cloud=CloudNow(NOW_MS, 10))


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SIAGA_LANGUAGE", "en")
    monkeypatch.delenv("NO_COLOR", raising=False)
    (tmp_path / "edge.toml").write_text("[gateway]\nid = 7 and a mistake")
    return tmp_path / "edge.toml"


def answering(monkeypatch: pytest.MonkeyPatch, answer: AgentSnapshot | AgentUnreachable) -> None:
    def snapshot_at(_path: Path) -> AgentSnapshot:
        if isinstance(answer, AgentUnreachable):
            raise answer
        return answer

    monkeypatch.setattr("edge.commands.status.snapshot_at", snapshot_at)


@pytest.mark.parametrize(("answer", "code"), [(WELL_GATEWAY, WELL), (snapshot(), NOT_WELL)])
@pytest.mark.parametrize("how", [["--once"], ["--line"], ["--json"], []])
def test_a_script_learns_from_the_exit_code_whether_all_is_well(
    config: Path, monkeypatch: pytest.MonkeyPatch, answer: AgentSnapshot, code: int, how: list[str]
):
    answering(monkeypatch, answer)
    assert main(["status", "--config", str(config), *how]) == code


def test_json_has_the_whole_snapshot_and_the_word(
    config: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    answering(monkeypatch, snapshot())
    main(["status", "--config", str(config), "--json"])
    said = json.loads(capsys.readouterr().out)
    assert (said["running"], said["condition"]) == (True, "refused")
    assert msgspec.convert(said, AgentSnapshot) == snapshot()


def test_no_settings_are_a_mistake_and_broken_ones_are_none(tmp_path: Path, config: Path):
    assert main(["status", "--line", "--config", str(tmp_path / "other.toml")]) == MISTAKES
    assert main(["status", "--line", "--config", str(config)]) == NO_AGENT


def spool_with(path: Path, count: int) -> None:
    file = SpoolFile(path)
    file.open()
    readings = [Reading("air", "pm2_5", NOW_MS + n, 1.0, Clock.SYNCED) for n in range(count)]
    file.commit(WriteBatch("s1", "boot", 0, count, [(1, readings)], [], (), 3, {}, [], [], {"s1": Spans([(1, count)])}))
    file.close()


def test_without_an_agent_the_file_of_the_spool_says_what_waits(
    config: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("TZ", "WIT-9")
    time.tzset()
    spool_with(config.parent / "spool.db", 51)
    before = sorted(each.name for each in config.parent.iterdir())
    assert main(["status", "--config", str(config)]) == NO_AGENT
    said = capsys.readouterr().out
    assert "siaga-edge does not run with this spool" in said
    assert "its spool holds 51 readings since 2025-11-29 11:32:33" in said
    assert "3 readings were lost ever" in said
    assert sorted(each.name for each in config.parent.iterdir()) == before
    monkeypatch.undo()
    time.tzset()


def test_a_spool_is_read_with_what_a_killed_agent_has_left_in_its_wal(tmp_path: Path):
    path = tmp_path / "spool.db"
    spool_with(path, 5)
    writer = sqlite3.connect(path)
    writer.execute("PRAGMA journal_mode = WAL")
    writer.execute("DELETE FROM reading WHERE seq <= 2")
    writer.commit()
    found = spool_on_disk(path)
    assert found is not None
    assert (found.depth, found.oldest_ms, found.lost, found.is_whole) == (3, NOW_MS + 2, 3, True)
    writer.close()


def test_no_spool_is_nothing_and_a_file_that_is_none_is_said(tmp_path: Path):
    assert spool_on_disk(tmp_path / "spool.db") is None
    (tmp_path / "spool.db").write_bytes(b"no database at all, but long enough to be looked at" * 20)
    with pytest.raises(DiskProblem, match="not a database"):
        spool_on_disk(tmp_path / "spool.db")


def test_an_agent_that_does_not_answer_is_told_from_one_that_does_not_run(
    config: Path, capsys: pytest.CaptureFixture[str]
):
    spool = config.parent / "spool.db"
    assert process_that_holds(spool) is None
    with locked(spool):
        assert process_that_holds(spool) == os.getpid()
        assert main(["status", "--line", "--config", str(config)]) == NO_AGENT
    assert f"siaga-edge runs (process {os.getpid()}) and does not serve its control socket" in capsys.readouterr().out


def test_the_words_of_an_agent_that_refuses_are_passed_on(
    config: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    answering(monkeypatch, AgentUnreachable(LocalizedMessage("the agent says: {sentence}", sentence="stop it")))
    assert main(["status", "--json", "--config", str(config)]) == NO_AGENT
    assert json.loads(capsys.readouterr().out) == {
        "sentence": "the agent says: stop it",
        "running": False,
        "spool": None,
    }


def test_a_colour_is_left_out_where_nobody_wants_one(config: Path, monkeypatch: pytest.MonkeyPatch):
    assert coloured(ScreenLine("x", "trouble")) == "\x1b[31mx\x1b[0m"
    assert coloured(ScreenLine("x")) == "x"
    monkeypatch.setenv("NO_COLOR", "1")
    assert coloured(ScreenLine("x", "trouble")) == "x"
