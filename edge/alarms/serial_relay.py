"""A relay on a serial line, by termios alone: a command, its answer, and how the relay stands.

write on ─► (echo) ─► write read ─► is_on | is_off        a line that is gone is opened again at the next command
"""

import contextlib
import os
import select
import termios
import time

ANSWER_S = 0.5
"""A board answers within some 20 ms at 9600 baud; slow ones are waited for so long."""
_MOST_BYTES = 64


class SerialPort:
    """The line that relays share, 8N1; OSError where it cannot be used."""

    def __init__(self, port: str, baud: int) -> None:
        self._port, self._baud = port, baud
        self._fd = -1

    def exchange(self, frame: bytes, expected: int) -> bytes:
        """Write a frame, and read an answer of `expected` bytes, or what came of it in time."""
        try:
            return self._exchange(frame, expected)
        except (OSError, termios.error) as error:
            self.close()
            raise OSError(f"{self._port}: {error}") from None

    def close(self) -> None:
        """Let the line go."""
        if self._fd >= 0:
            with contextlib.suppress(OSError):
                os.close(self._fd)
        self._fd = -1

    def _exchange(self, frame: bytes, expected: int) -> bytes:
        if self._fd < 0:
            self._fd = os.open(self._port, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK | os.O_CLOEXEC)
            self._make_raw()
        termios.tcflush(self._fd, termios.TCIFLUSH)
        if os.write(self._fd, frame) != len(frame):
            raise OSError("does not take what is written")
        answer, end_s = b"", time.monotonic() + ANSWER_S
        while len(answer) < expected and (left_s := end_s - time.monotonic()) > 0:
            if select.select([self._fd], [], [], left_s)[0]:
                got = os.read(self._fd, _MOST_BYTES)
                if not got:
                    raise OSError("has hung up")
                answer += got
        return answer[:expected]

    def _make_raw(self) -> None:
        speed = getattr(termios, f"B{self._baud}", termios.B9600)
        characters = [b"\0"] * 32
        termios.tcsetattr(
            self._fd, termios.TCSANOW,
            [termios.IGNPAR, 0, termios.CS8 | termios.CREAD | termios.CLOCAL, 0, speed, speed, characters],
        )  # fmt: skip


class SerialRelay:
    """A relay by its `frames` (see relay.py) on a port."""

    def __init__(self, port: SerialPort, frames: dict[str, str | bool]) -> None:
        self._port = port
        self._echoes = bool(frames.get("echoes"))
        self._frames = {
            name: bytes.fromhex(str(frames.get(name, ""))) for name in ("on", "off", "read", "is_on", "is_off")
        }

    def set(self, *, on: bool) -> None:
        """Switch it; OSError where it does not answer as it should."""
        frame = self._frames["on" if on else "off"]
        answer = self._port.exchange(frame, len(frame) if self._echoes else 0)
        if self._echoes and answer != frame:
            raise OSError(f"the relay answered {answer.hex(' ') or 'nothing'} instead of {frame.hex(' ')}")

    def is_on(self) -> bool | None:
        """How it stands; None where it cannot be asked."""
        if not self._frames["read"]:
            return None
        answer = self._port.exchange(self._frames["read"], len(self._frames["is_on"]))
        if answer not in (self._frames["is_on"], self._frames["is_off"]):
            raise OSError(f"the relay answered {answer.hex(' ') or 'nothing'} when asked how it stands")
        return answer == self._frames["is_on"]

    def close(self) -> None:
        """Let its line go."""
        self._port.close()
