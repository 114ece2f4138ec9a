"""A device server that speaks RFC 2217, of pyserial's own parts: one client, one serial line.

client ◄─ TCP, telnet, COM-PORT-OPTION ─► PortManager ◄─► a tty (the device's end of a `Wire`)
"""

import contextlib
import socket
import threading
from pathlib import Path
from typing import Self

import serial
from serial.rfc2217 import PortManager

from tests.end_to_end.edge_gateway import Wire


class _Tty(serial.Serial):  # type: ignore[misc]
    """A pseudo-terminal, which has no lines for a modem either way."""

    def _update_rts_state(self) -> None: ...

    def _update_dtr_state(self) -> None: ...


class _WithoutModem(PortManager):  # type: ignore[misc]
    """A pseudo-terminal has no modem lines to ask for."""

    def check_modem_lines(self, force_notification: bool = False) -> None:
        """Nothing to check."""


class PortServer:
    """Serves the line of `wire` on `port` of the loopback."""

    def __init__(self, folder: Path) -> None:
        self.wire = Wire(folder / "tty-served")
        self.line = _Tty(str(folder / "tty-served"), 1_200, timeout=0.05)
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = self._server.getsockname()[1]
        self._client: socket.socket | None = None

    def __enter__(self) -> Self:
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.line.close()

    def write(self, data: bytes) -> None:
        """What the PortManager has to say to the client."""
        assert self._client is not None
        self._client.sendall(data)

    def close(self) -> None:
        """Hang up, and take no further client."""
        if self._client is not None:
            self._client.shutdown(socket.SHUT_RDWR)  # closing alone waits for the thread that reads
            self._client.close()
        self._server.close()

    def _serve(self) -> None:
        self._client, _ = self._server.accept()
        manager = _WithoutModem(self.line, self)
        reader = threading.Thread(target=self._to_the_client, args=(self._client, manager), daemon=True)
        reader.start()
        with contextlib.suppress(OSError):  # the client has gone
            while data := self._client.recv(1_024):
                self.line.write(b"".join(manager.filter(data)))

    def _to_the_client(self, client: socket.socket, manager: _WithoutModem) -> None:
        with contextlib.suppress(OSError, TypeError):  # the client, or the line under pyserial's hands, has gone
            while True:
                if data := self.line.read(self.line.in_waiting or 1):
                    client.sendall(b"".join(manager.escape(data)))
