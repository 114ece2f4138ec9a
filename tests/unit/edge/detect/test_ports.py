"""Ports have lasting names, and whoever else has one open is named."""

import os
import stat
from pathlib import Path

from edge.detect.ports import PortHolder, holders_of, lasting_name, named
from edge.detect.tty_line import errors_in
from edge.sources.line import open_line


def test_a_port_is_called_by_its_adapter_else_by_its_socket_else_as_it_is(tmp_path: Path):
    serial, ports = tmp_path / "serial", [tmp_path / f"ttyUSB{at}" for at in range(3)]
    for folder in ("by-id", "by-path"):
        (serial / folder).mkdir(parents=True)
    for port in ports:
        port.touch()
    (serial / "by-id" / "usb-a").symlink_to(ports[0])
    for at in (0, 1):
        (serial / "by-path" / f"socket-{at}").symlink_to(ports[at])
    expected = [serial / "by-id" / "usb-a", serial / "by-path" / "socket-1", ports[2]]
    assert named([ports[2], *ports], serial) == expected
    assert lasting_name(ports[0], tmp_path / "none") == ports[0]


def a_process(proc: Path, number: int, words: str, *opened: str) -> None:
    (proc / str(number) / "fd").mkdir(parents=True)
    (proc / str(number) / "cmdline").write_bytes(words.replace(" ", "\0").encode())
    for at, path in enumerate(opened):
        (proc / str(number) / "fd" / str(at)).symlink_to(path)


def test_whoever_has_a_port_open_is_named(tmp_path: Path):
    master, slave = os.openpty()
    try:
        port = os.ttyname(slave)
        a_process(tmp_path, 7, "/usr/bin/minicom -D", "/dev/null", port)
        a_process(tmp_path, 8, "/opt/siaga/bin/python /opt/siaga/bin/siaga-edge run --config edge.toml", port)
        a_process(tmp_path, 9, "cat", "/dev/null", "/nowhere")
        a_process(tmp_path, 10, "siaga-edge simulate sds011", port, "/dev/ptmx")
        assert holders_of(Path(port), tmp_path) == [
            PortHolder(7, "minicom", False), PortHolder(8, "siaga-edge", True),
        ]  # fmt: skip
    finally:
        os.close(master)
        os.close(slave)


def test_a_lock_names_a_process_of_another_user(tmp_path: Path):
    port = tmp_path / "tty"
    port.touch()
    place = port.stat()
    where = f"{os.major(place.st_dev):02x}:{os.minor(place.st_dev):02x}:{place.st_ino}"
    of_others = "1: POSIX  ADVISORY  WRITE 5 00:01:2 0 EOF"
    (tmp_path / "locks").write_text(f"{of_others}\n2: FLOCK  ADVISORY  WRITE 712 {where} 0 EOF\n")
    assert holders_of(port, tmp_path) == [PortHolder(712, "", False)]


def test_nobody_else_has_what_is_not_there_or_what_this_process_has(tmp_path: Path):
    assert holders_of(tmp_path / "none") == []
    master, slave = os.openpty()
    try:
        with open_line(os.ttyname(slave), 9_600) as descriptor:
            assert stat.S_ISCHR(os.fstat(descriptor).st_mode)
            assert holders_of(Path(os.ttyname(slave))) == []
    finally:
        os.close(master)
        os.close(slave)


def test_framing_errors_are_counted_where_the_driver_counts():
    counts = b"".join(at.to_bytes(4, "little") for at in range(20))
    assert errors_in(counts) == 6 + 8 + 9
    assert errors_in(b"") == 0
