"""A real `siaga-edge` under a NOTIFY_SOCKET, as systemd starts it: ready, fed, also without its sensor, stopped."""

import socket
from pathlib import Path

import pytest

from firmware_bridge.families import sds011
from tests.end_to_end.edge_gateway import Gateway, Wire
from tests.servers import wait_until

LINE = '[[sources]]\nname = "line"\nfamily = "sds011"\nport = "{port}"\nsensor = "air-line"\n'


def test_systemd_is_told_of_the_start_of_the_work_and_of_the_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    words: list[str] = []
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        systemd.setblocking(False)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        monkeypatch.setenv("WATCHDOG_USEC", "300000")

        def heard(word: str) -> bool:
            try:
                while True:
                    words.append(systemd.recv(2_000).decode())
            except BlockingIOError:
                return any(word in each for each in words)

        wire = Wire(tmp_path / "tty-air")
        gateway = Gateway(tmp_path, sources=LINE.format(port=wire.port))
        with gateway.edge:  # no broker: a gateway without a link is at work
            wait_until(lambda: heard("READY=1"), "it is ready")
            wire.send(sds011.build(pm2_5=1.5, pm10=2.5))
            wait_until(lambda: heard("1 of 1 sources ok, 2 readings wait, without the cloud"), "it says how it is")
            wire.unplug()
            wait_until(lambda: heard("0 of 1 sources ok"), "it says that the sensor is gone")
            words.clear()
            wait_until(lambda: heard("WATCHDOG=1"), "it is fed all the same")
            assert gateway.edge.stop() == 0
        assert heard("STOPPING=1")
