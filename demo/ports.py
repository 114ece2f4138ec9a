"""Free TCP ports of the loopback."""

import socket

from demo.folder import DemoCannotStart
from i18n.message import LocalizedMessage


def any_free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def is_free(port: int) -> bool:
    """Whether nobody listens on `port`."""
    return _problem_of(port) is None


def must_be_free(port: int) -> None:
    """Make sure that somebody may listen on `port`; else DemoCannotStart."""
    if (problem := _problem_of(port)) is not None:
        raise DemoCannotStart(
            LocalizedMessage(
                "port {port} cannot be used: {reason}; end what uses it, or take another port: siaga-demo --port 8090,"
                " or make demo PORT=8090",
                port=port, reason=problem,
            )
        )  # fmt: skip


def _problem_of(port: int) -> str | None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            return error.strerror
    return None
