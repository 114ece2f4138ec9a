"""Is it the machine that goes down, or this service alone?  systemctl is-system-running: stopping ─► the machine."""

import asyncio
import contextlib
from pathlib import Path

from wire import Leaving

ANSWER_S = 0.5
"""The whole stop has less than two seconds."""
_SYSTEMD = Path("/run/systemd/system")


_ASK = ("systemctl", "is-system-running")


async def why_stopped(command: tuple[str, ...] = _ASK, systemd: Path = _SYSTEMD) -> Leaving:
    """Why a signal to stop came, as far as systemd says; nobody else sends the service one before the machine stops."""
    if not systemd.is_dir():
        return Leaving.STOPPED
    said = b""
    with contextlib.suppress(OSError, TimeoutError):
        process = await asyncio.create_subprocess_exec(
            *command, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        try:
            async with asyncio.timeout(ANSWER_S):
                said, _ = await process.communicate()
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
    return Leaving.SHUTTING_DOWN if said.strip() == b"stopping" else Leaving.STOPPED
