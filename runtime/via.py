"""A TCP connection over an interface that is named:  wwan0, though the kernel would take wlan0

SO_BINDTODEVICE (socket(7)) lets the kernel use the routes of that interface alone, which an unprivileged process may
ask for since Linux 5.7; before, the interface's own address is taken, and the routes must go by it.
"""

import fcntl
import socket
import struct

_SIOCGIFADDR = 0x8915  # netdevice(7)


def connect_via(host: str, port: int, interface: str, *, timeout_s: float) -> socket.socket:
    """Connect to the first address of `host` that answers; OSError with the last one's reason."""
    problem = OSError(f"{host} has no address")
    for family, kind, protocol, _, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
        wire = socket.socket(family, kind, protocol)
        try:
            _bind(wire, interface)
            wire.settimeout(timeout_s)
            wire.connect(address)
        except OSError as error:
            wire.close()
            problem = OSError(error.errno, f"over {interface}: {error.strerror or error}")
        else:
            return wire
    raise problem


def _bind(wire: socket.socket, interface: str) -> None:
    try:
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, interface.encode())
    except PermissionError:
        if wire.family != socket.AF_INET:
            raise
        wire.bind((address_of(wire, interface), 0))


def address_of(wire: socket.socket, interface: str) -> str:
    """The IPv4 address of an interface; OSError where it has none."""
    asked = struct.pack("256s", interface.encode()[:15])
    return socket.inet_ntoa(fcntl.ioctl(wire.fileno(), _SIOCGIFADDR, asked)[20:24])
