"""Unix sockets by their path: bound for one user or group, and found however deep their folder is.

/var/lib/siaga/control.sock              an address of a socket has room for 107 bytes, so a longer one goes by the
/proc/self/fd/7/control.sock             open folder

A socket that a killed process has left is replaced; one that another process serves is not.
"""

import contextlib
import os
import socket
import stat
from collections.abc import Iterator
from pathlib import Path

_LONGEST_ADDRESS = 100


@contextlib.contextmanager
def address_of(path: Path) -> Iterator[str]:
    """What to bind or to connect to, while the context lasts; OSError where the folder cannot be opened."""
    if len(os.fsencode(path)) <= _LONGEST_ADDRESS:
        yield str(path)
        return
    folder = os.open(path.parent, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)


def bound(path: Path, *, mode: int, waiting: int, held: str) -> socket.socket:
    """A socket that listens at `path` with this `mode`, for so many `waiting`; OSError.

    `held` is said where another process serves it.
    """
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        with address_of(path) as address:
            _make_way(path, address, held)
            os.fchmod(listening.fileno(), mode)  # before it has a name: nobody else may connect meanwhile
            listening.bind(address)
            path.chmod(mode)  # the umask may have taken the group away
        listening.listen(waiting)
        listening.setblocking(False)
    except BaseException:
        listening.close()
        raise
    return listening


def _make_way(path: Path, address: str, held: str) -> None:
    """Remove the socket that a killed process has left; OSError where something else is there."""
    try:
        if not stat.S_ISSOCK(path.lstat().st_mode):
            raise FileExistsError(17, "a file is in its place; move it away")
    except FileNotFoundError:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as other:
        other.settimeout(0.2)
        try:
            other.connect(address)
        except OSError:
            path.unlink(missing_ok=True)
            return
    raise OSError(98, held)
