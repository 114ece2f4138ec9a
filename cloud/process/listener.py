"""The port that API and console are served on: taken before anything else, so that a start that waits answers on it."""

import contextlib
import os
import socket

from cloud.api.settings import ApiSettings


class PortHeld(Exception):
    """Something else has the port; the text is one sentence."""


async def open_listener(
    settings: ApiSettings, *, name: str = "api.port"
) -> contextlib.AbstractContextManager[socket.socket | None]:
    """Listen where the settings say, `name` being that of the port; None where the API is off.

    PortHeld where something else listens there.
    """
    if not settings.enabled:
        return contextlib.nullcontext()
    host, port = settings.host, settings.port
    try:
        return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno and error.errno > 0 else str(error)
        raise PortHeld(f"{name} {port} on {host} cannot be used: {reason}; stop what uses it or set another") from None
