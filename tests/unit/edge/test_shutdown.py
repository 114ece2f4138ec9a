"""Why a signal to stop came, as systemd says, or does not."""

from pathlib import Path

import pytest

from edge.shutdown import why_stopped
from wire import Leaving


@pytest.mark.parametrize(
    ("command", "why"),
    [
        (("echo", "stopping"), Leaving.SHUTTING_DOWN),
        (("echo", "running"), Leaving.STOPPED),
        (("false",), Leaving.STOPPED),
        (("no-such-program-anywhere",), Leaving.STOPPED),
    ],
)
async def test_systemd_says_whether_the_machine_goes_down(tmp_path: Path, command: tuple[str, ...], why: Leaving):
    assert await why_stopped(command, tmp_path) is why


async def test_without_systemd_somebody_stopped_it(tmp_path: Path):
    assert await why_stopped(("echo", "stopping"), tmp_path / "absent") is Leaving.STOPPED
