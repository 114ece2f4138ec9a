"""A command of siaga-cloud in a process of its own: it takes a core and a disk for long, and the cloud goes on.

await run_command("backup", "verify", "backups/20261125T010000Z")  -> ""   or the sentence with which it failed
"""

import asyncio
import contextlib
import os
import sys

from wire import printable

MOST_S = 6 * 3_600.0
"""No backup of a size that is backed up in this way takes as long."""
LONGEST_SENTENCE = 1_000
_LEAST_URGENT = 10
_MOST_ERROR_BYTES = 65_536


async def run_command(*arguments: str) -> str:
    """Run `siaga-cloud` with `arguments`; return the sentence with which it failed, empty where it succeeded."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "cloud.cli.main", *arguments,
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    with contextlib.suppress(OSError):  # a unit may let nobody change that; ingest comes first where it may
        os.setpriority(os.PRIO_PROCESS, process.pid, _LEAST_URGENT)
    assert process.stderr is not None  # noqa: S101 - for the type checker: it is a pipe
    try:
        async with asyncio.timeout(MOST_S):
            told = await _end_of(process.stderr)
            code = await process.wait()
    except TimeoutError:
        return f"it took more than {MOST_S / 3_600:g} hours and was stopped"
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
    return "" if code == 0 else _sentence(told, code)


async def _end_of(stream: asyncio.StreamReader) -> bytes:
    """Read all, and keep the end of it."""
    kept = b""
    while part := await stream.read(_MOST_ERROR_BYTES):
        kept = (kept + part)[-_MOST_ERROR_BYTES:]
    return kept


def _sentence(told: bytes, code: int) -> str:
    """Return the last line that the command wrote; a signal ends one without a word."""
    lines = [line for line in told.decode(errors="replace").splitlines() if line.strip()]
    return printable(lines[-1])[:LONGEST_SENTENCE] if lines else f"it ended without a word, with code {code}"
