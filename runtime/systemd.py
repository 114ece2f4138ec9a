"""What systemd shows of this process:  systemctl status siaga-cloud  ->  Status: "waits: PostgreSQL is starting up"

Without NOTIFY_SOCKET, which systemd sets where the unit has NotifyAccess=, nothing is sent.
"""

import contextlib
import os
import socket


def show_status(text: str) -> None:
    """Let `systemctl status` show `text`, one line."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return
    message = f"STATUS={' '.join(text.split())[:500]}".encode()
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
        notify.sendto(message, f"\0{address[1:]}" if address.startswith("@") else address)
