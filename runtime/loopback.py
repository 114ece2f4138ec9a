"""Whether a host is this machine itself:  localhost, 127.0.0.1, ::1 -> yes     192.168.1.5, siaga.example -> no"""

from ipaddress import ip_address


def is_loopback(host: str) -> bool:
    """Tell whether `host` is a name or an address of the loopback, which no other machine reaches."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
