"""siaga-edge detect on pseudo-terminals: what it prints can be put into edge.toml, what it says is for people."""

import os
import threading
import time
import tomllib
import tty
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from edge.cli import main
from edge.commands import BROKEN, WELL
from edge.detect import run as edge_detect_run
from edge.detect.ports import PortHolder
from edge.sources.line import open_line


@contextmanager
def writing(data: bytes) -> Iterator[str]:
    """A pseudo-terminal on which somebody writes `data` again and again."""
    master, slave = os.openpty()
    tty.setraw(slave)
    ended = threading.Event()

    def write() -> None:
        while not ended.wait(0.02):
            os.write(master, data)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        yield os.ttyname(slave)
    finally:
        ended.set()
        writer.join()
        os.close(master)
        os.close(slave)


@pytest.fixture(autouse=True)
def seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(edge_detect_run, "holders_of", lambda _port: [])  # a pty's other end is this process


def detected(port: str, *more: str) -> int:
    return main(["--language", "en", "detect", port, "--seconds", "0.4", *more])


def test_a_device_is_named_and_its_lines_are_printed_alone(capsys: pytest.CaptureFixture[str]):
    with writing(b"R1234\r") as port:
        assert detected(port) == WELL
    said = capsys.readouterr()
    (source,) = tomllib.loads(said.out)["sources"]
    assert source == {"name": "maxbotix", "family": "maxbotix", "port": port, "sensor": "level-1"}
    assert "MaxBotix" in said.err
    assert "certain" in said.err


def test_text_that_names_its_values_is_read_by_generic(capsys: pytest.CaptureFixture[str]):
    with writing(b"T=23.4 H=55\r\n") as port:
        assert detected(port) == WELL
    assert tomllib.loads(capsys.readouterr().out)["sources"][0]["family"] == "generic"


def test_what_nobody_reads_is_said_and_nothing_is_printed(capsys: pytest.CaptureFixture[str]):
    with writing(b"\x00\x80\xf8\xe0" * 8) as port:
        assert detected(port) == BROKEN
    said = capsys.readouterr()
    assert said.out == ""
    assert "bytes came that are no frames at any rate" in said.err


def test_a_port_that_another_program_reads_is_left_alone(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    port = "/dev/null"
    config = tmp_path / "edge.toml"
    config.write_text(f'[[sources]]\nname = "river"\nport = "{port}"\n')
    monkeypatch.setattr(edge_detect_run, "holders_of", lambda _port: [PortHolder(7, "siaga-edge", True)])
    assert detected(port, "--config", str(config)) == BROKEN
    assert "which reads its source 'river' there" in capsys.readouterr().err.replace("\n  ", " ")


def test_a_port_that_does_not_open_is_one_sentence(capsys: pytest.CaptureFixture[str]):
    assert detected("/dev/nowhere") == BROKEN
    assert "/dev/nowhere does not exist" in capsys.readouterr().err


def test_a_port_that_is_locked_is_one_sentence(capsys: pytest.CaptureFixture[str]):
    with writing(b"R1234\r") as port, open_line(port, 9_600):
        assert detected(port) == BROKEN
    assert "in use by another process" in capsys.readouterr().err.replace("\n  ", " ")


def test_the_time_is_bounded():
    began_s = time.monotonic()
    with writing(b"") as port:
        assert detected(port) == BROKEN
    assert time.monotonic() - began_s < 30
