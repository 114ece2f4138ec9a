"""What systemd is told of this process, a datagram of lines each:

READY=1            the start is over: units that wait for this one go on
EXTEND_TIMEOUT_USEC=…   the start goes on, and may take so much longer than TimeoutStartSec=
STATUS=waits: …    what `systemctl status` shows
WATCHDOG=1         still at work: without it for WatchdogSec= systemd ends the process and starts it anew
STOPPING=1         the end has begun

Without NOTIFY_SOCKET, which systemd sets where the unit has Type=notify or NotifyAccess=, nothing is sent. Source: man
sd_notify(3), sd_watchdog_enabled(3).
"""

import contextlib
import os
import socket
from collections.abc import Mapping

MOST_STATUS_CHARACTERS = 500


def is_listening() -> bool:
    """Whether systemd wants to be told anything."""
    return bool(os.environ.get("NOTIFY_SOCKET"))


def watchdog_s(environment: Mapping[str, str] = os.environ) -> float | None:
    """Within which time systemd wants a WATCHDOG=1 of this process; None where it waits for none."""
    if environment.get("WATCHDOG_PID", str(os.getpid())) != str(os.getpid()):
        return None  # it was meant for a process that started this one
    try:
        limit_s = int(environment.get("WATCHDOG_USEC", "")) / 1_000_000
    except ValueError:
        return None
    return limit_s if limit_s > 0 else None


def show_ready(text: str) -> None:
    """The start is over, and the process does what `text` says."""
    _notify("READY=1", _status(text))


def extend_start(seconds: float) -> None:
    """The start goes on: systemd is to wait for so long from now at least."""
    _notify(f"EXTEND_TIMEOUT_USEC={round(seconds * 1_000_000)}")


def show_status(text: str) -> None:
    """Let `systemctl status` show `text`, one line."""
    _notify(_status(text))


def feed_watchdog() -> None:
    """The process is at work."""
    _notify("WATCHDOG=1")


def show_stopping() -> None:
    """The process ends, since it was told to."""
    _notify("STOPPING=1", _status("stops"))


def _status(text: str) -> str:
    return f"STATUS={' '.join(text.split())[:MOST_STATUS_CHARACTERS]}"


def _notify(*lines: str) -> None:
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return
    where = f"\0{address[1:]}" if address.startswith("@") else address
    kind = socket.SOCK_DGRAM | socket.SOCK_NONBLOCK
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, kind) as notify:
        notify.sendto("\n".join(lines).encode(), where)
