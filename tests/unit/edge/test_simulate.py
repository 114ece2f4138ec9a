"""siaga-edge simulate: a device on a pseudo-terminal that a gateway's line reads, and what cannot be simulated."""

import os
import select
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from edge.cli import main
from edge.commands import MISTAKES
from edge.sources.line import open_line, read_some
from firmware_bridge import SERIAL_FAMILIES, Frame
from firmware_bridge.families import sds011


def frames_at(path: Path, count: int) -> list[Frame]:
    """So many frames of an SDS011, as a gateway would read them."""
    decoder, found = SERIAL_FAMILIES["sds011"].decoder({}, {}), list[Frame]()
    with open_line(str(path), 9_600) as descriptor:
        os.write(descriptor, sds011.encode(sds011.PERIOD))
        while len(found) < count:
            assert select.select([descriptor], [], [], 30)[0], "the device says nothing"
            found += [one for one in decoder.feed(read_some(descriptor, str(path))) if isinstance(one, Frame)]
    return found


def test_a_simulated_device_answers_and_writes_and_leaves_nothing_behind(tmp_path: Path):
    path = tmp_path / "air"
    command = [sys.executable, "-m", "edge.cli", "--language", "en", "simulate", "sds011", str(path)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        try:
            said = process.stderr.readline()
            assert (
                said == f"a simulated sds011 is at '{path}': write port = '{path}' in edge.toml; it ends with Ctrl-C\n"
            )
            frames = frames_at(path, 6)
        finally:
            process.send_signal(signal.SIGTERM)
    assert process.returncode == 0
    assert not path.is_symlink()
    assert "reply to a command, not a measurement" in {frame.note for frame in frames}
    assert {sample.quantity for frame in frames for sample in frame.samples} == {"pm2_5", "pm10"}


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("json", "PATH"), "json comes over MQTT; only serial families are simulated"),
        (("sdso11", "PATH"), "'sdso11' is no family or dialect; did you mean sds011?"),
        (("sds011", "FILE"), "is there already, and no tty; name another path"),
        (("sds011", "NOWHERE"), "cannot be made: No such file or directory"),
        (("sds011", "PATH", "--option", "mode=loud"), "mode: 'loud': write one of: listen, active, query"),
    ],
)
def test_what_cannot_be_simulated_is_one_sentence(capsys, tmp_path: Path, arguments, sentence):
    (tmp_path / "FILE").touch()
    places = {"PATH": tmp_path / "tty", "FILE": tmp_path / "FILE", "NOWHERE": tmp_path / "no" / "where"}
    given = [str(places.get(one, one)) for one in arguments]
    assert main(["--language", "en", "simulate", *given]) == MISTAKES
    output = capsys.readouterr()
    assert sentence in output.err
    assert output.out == ""
