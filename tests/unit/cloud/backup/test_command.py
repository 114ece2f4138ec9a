"""A command in a process of its own: the sentence with which it failed, and nothing left of one that is given up."""

import asyncio
import contextlib
import os
from pathlib import Path

import pytest

from cloud.backup import command
from cloud.backup.command import LONGEST_SENTENCE, run_command


async def test_a_command_that_fails_says_its_sentence(tmp_path: Path):
    assert "is no whole backup" in await run_command("backup", "verify", str(tmp_path / "20261125T010000Z"))


async def test_one_that_succeeds_says_nothing():
    assert await run_command("--version") == ""


def stand_in(monkeypatch: pytest.MonkeyPatch, folder: Path, body: str) -> None:
    """Put a program in the place of siaga-cloud."""
    program = folder / "program"
    program.write_text(f"#!/bin/sh\necho $$ > {folder}/pid\n{body}\n")
    program.chmod(0o700)
    monkeypatch.setattr("sys.executable", str(program))


async def test_a_flood_of_words_is_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    stand_in(monkeypatch, tmp_path, "head -c 300000 /dev/zero | tr '\\0' x >&2; exit 2")
    assert await run_command() == "x" * LONGEST_SENTENCE


async def test_a_command_that_ends_without_a_word_is_still_a_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    stand_in(monkeypatch, tmp_path, "kill -9 $$")
    assert await run_command() == "it ended without a word, with code -9"


@pytest.mark.parametrize("end", ["cancelled", "too-long"])
async def test_a_command_that_is_given_up_leaves_no_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, end: str):
    stand_in(monkeypatch, tmp_path, "exec sleep 600")
    if end == "too-long":
        monkeypatch.setattr(command, "MOST_S", 0.3)
        assert "was stopped" in await run_command()
    else:
        task = asyncio.create_task(run_command())
        async with asyncio.timeout(10):
            while not (tmp_path / "pid").exists() or not (tmp_path / "pid").read_text():
                await asyncio.sleep(0.01)
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
    if (tmp_path / "pid").exists():
        with pytest.raises(ProcessLookupError):
            os.kill(int((tmp_path / "pid").read_text()), 0)
