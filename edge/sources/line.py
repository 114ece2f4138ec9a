"""A line to a device, opened: a descriptor that is read and written without waiting.

/dev/serial/by-id/…            a tty of this machine, for this process alone
socket://10.0.0.7:4001         the bytes of a serial device server, over TCP
rfc2217://10.0.0.7:2217        the same, and it is told baud rate and parity (RFC 2217)

pyserial opens them. Of RFC 2217 it gives no descriptor: two threads carry the bytes between it and a pair of sockets.
"""

import contextlib
import errno
import os
import socket
import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from serial import SerialBase

READ_S = 0.2
_KEEP_ALIVE = {
    socket.TCP_KEEPIDLE: 30, socket.TCP_KEEPINTVL: 10, socket.TCP_KEEPCNT: 3, socket.TCP_USER_TIMEOUT: 60_000,
}  # fmt: skip
"""Seconds of silence, between questions, and questions without an answer; and ms that bytes may stay unconfirmed."""
_PIECE = 4_096


class LineGone(Exception):
    """The port cannot be opened or has gone away; one sentence."""


@contextlib.contextmanager
def open_line(port: str, baud: int, character: str = "8N1") -> Iterator[int]:
    """The descriptor of an open port; LineGone where it does not open. It may wait for a network, so use a thread."""
    line = opened(port, baud, character)
    with contextlib.closing(line):
        if port.startswith("rfc2217:"):
            with _carried(line) as descriptor:
                yield descriptor
        else:
            yield line.fileno()


def is_remote(port: str) -> bool:
    """Whether a port is reached over the network."""
    return "://" in port


def opened(port: str, baud: int, character: str) -> "SerialBase":
    """The open port, which is to be closed; LineGone where it does not open."""
    from serial import serial_for_url  # a gateway without serial lines has no use for it, and 0.2 MB are some

    given: dict[str, Any] = {
        "bytesize": int(character[0]), "parity": character[1], "stopbits": int(character[2]),
        "timeout": READ_S if port.startswith("rfc2217:") else 0,
    }  # fmt: skip
    if not is_remote(port):
        given["exclusive"] = True
    try:
        line = serial_for_url(port, baud, **given)
    except (OSError, ValueError) as error:  # SerialException is an OSError
        raise LineGone(_why_not(port, error)) from None
    if is_remote(port):
        _notice_when_it_dies(line)
    return line


def _notice_when_it_dies(line: "SerialBase") -> None:
    """Let the kernel ask a silent device server whether it is there: one without power says no farewell."""
    connection: socket.socket = line._socket  # pyserial has no word for it
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option, value in _KEEP_ALIVE.items():
        connection.setsockopt(socket.IPPROTO_TCP, option, value)


def _why_not(port: str, error: Exception) -> str:
    number = getattr(error, "errno", None)
    if is_remote(port):
        return f"{port} cannot be reached: {error}; look at its address and whether the device server is on"
    if not os.path.exists(port):  # noqa: PTH110 - a broken symlink counts as missing, a name too long as well
        return f"{port} does not exist; plug the sensor in, or name another port"
    if "exclusively lock" in str(error) or number == errno.EBUSY:
        return f"{port} is in use by another process; stop that one (`fuser {port}` names it)"
    if number == 13:
        return f"{port} may not be opened by this user; add the user to the group dialout"
    return f"{port} cannot be opened: {os.strerror(number) if number else error}"


@contextlib.contextmanager
def _carried(line: "SerialBase") -> Iterator[int]:
    """A descriptor that stands for `line`: its other end is read and written by two threads."""
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    ended = threading.Event()

    def to_us() -> None:
        while not ended.is_set():
            if data := line.read(1):
                theirs.sendall(data + line.read(min(line.in_waiting, _PIECE)))

    def to_the_device() -> None:
        while data := theirs.recv(_PIECE):
            line.write(data)

    threads = [threading.Thread(target=_carry, args=(work, theirs), daemon=True) for work in (to_us, to_the_device)]
    for thread in threads:
        thread.start()
    try:
        yield ours.fileno()
    finally:
        ended.set()
        ours.close()
        for thread in threads:
            thread.join(2 * READ_S)
        theirs.close()


def _carry(work: Callable[[], None], theirs: socket.socket) -> None:
    with contextlib.suppress(OSError, ValueError):
        work()
    with contextlib.suppress(OSError):
        theirs.shutdown(socket.SHUT_RDWR)  # who reads the other end sees the line hang up


def read_some(descriptor: int, port: str) -> bytes:
    """What waits at an open line, BlockingIOError where nothing does; LineGone where it has gone."""
    try:
        data = os.read(descriptor, _PIECE)
    except BlockingIOError:
        raise
    except OSError as error:
        raise LineGone(f"{port} has gone: {error.strerror}; waiting for it to come back") from None
    if not data:  # ready to read and nothing to read: a tty that was hung up
        how = "the connection ended" if is_remote(port) else "unplugged"
        raise LineGone(f"{port} has gone: {how}; waiting for it to come back")
    return data
