"""Settings: every mistake at once, each a sentence with file, key, value and what to write instead."""

from pathlib import Path
from typing import Annotated, Literal

import pytest
from pydantic import Field, field_validator

from runtime.broker_settings import BrokerSettings
from runtime.settings import Settings, SettingsError, beside, load_settings


class Spool(Settings):
    max_mb: Annotated[int, Field(ge=1)] = 512
    forced: bool = True


class Source(Settings):
    name: str
    family: Literal["sds011", "board"] = "board"

    @field_validator("name")
    @classmethod
    def _is_short(cls, name: str) -> str:
        if len(name) > 5:
            raise ValueError("is too long; write at most 5 letters")
        return name


class Edge(Settings):
    spool: Spool = Spool()
    sources: tuple[Source, ...] = ()


def _problems(folder: Path, text: str) -> list[str]:
    file = folder / "edge.toml"
    file.write_text(text)
    with pytest.raises(SettingsError) as refusal:
        load_settings(file, Edge)
    return refusal.value.problems


def test_a_good_file_is_loaded(tmp_path: Path):
    file = tmp_path / "edge.toml"
    file.write_text('[spool]\nmax_mb = 9\n[[sources]]\nname = "river"\n')
    settings = load_settings(file, Edge)
    assert (settings.spool.max_mb, settings.sources[0].name) == (9, "river")


def test_every_mistake_is_said_at_once(tmp_path: Path):
    problems = _problems(
        tmp_path,
        '[spool]\nmax_md = 9\nmax_mb = 0\nforced = "perhaps"\n'
        '[[sources]]\n[[sources]]\nname = "riverside"\nfamily = "sds"\n[other]\n',
    )
    assert problems == [
        "edge.toml: spool.max_mb: 0: write 1 or more",
        "edge.toml: spool.forced: 'perhaps': write true or false",
        "edge.toml: spool.max_md: unknown key; did you mean max_mb?",
        "edge.toml: sources[0].name: is missing; add it",
        "edge.toml: sources[1].name: 'riverside': is too long; write at most 5 letters",
        "edge.toml: sources[1].family: 'sds': write one of: 'sds011' or 'board'",
        "edge.toml: other: unknown key; known here: sources, spool",
    ]


def test_brackets_are_put_right(tmp_path: Path):
    problems = _problems(tmp_path, '[[spool]]\nmax_mb = 9\n[sources]\nname = "river"\n')
    assert problems == [
        "edge.toml: spool: write [spool], with one bracket, and once",
        "edge.toml: sources: write [[sources]], with two brackets, before each of them",
    ]
    assert _problems(tmp_path, 'sources = "river"\n') == ["edge.toml: sources: 'river': write a list in [ ]"]


def test_a_file_that_is_no_toml_is_said_with_its_line(tmp_path: Path):
    (problem,) = _problems(tmp_path, "[spool\n")
    assert problem.startswith("edge.toml: is not TOML: ")
    assert "line 1" in problem


def test_a_missing_file_is_said(tmp_path: Path):
    with pytest.raises(SettingsError, match="there is no such file; name one with --config"):
        load_settings(tmp_path / "none.toml", Edge)


def test_a_file_that_is_not_text_is_said(tmp_path: Path):
    file = tmp_path / "edge.toml"
    file.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SettingsError, match="cannot be read"):
        load_settings(file, Edge)


def test_relative_paths_start_beside_the_file():
    assert beside(Path("/etc/siaga/edge.toml"), Path("spool.db")) == Path("/etc/siaga/spool.db")
    assert beside(Path("/etc/siaga/edge.toml"), Path("/var/spool.db")) == Path("/var/spool.db")


def test_a_password_without_a_name_is_a_mistake(tmp_path: Path):
    file = tmp_path / "broker.toml"
    file.write_text('password_file = "secret"\n')
    with pytest.raises(SettingsError, match="password_file stands without username"):
        load_settings(file, BrokerSettings)
