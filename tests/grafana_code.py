"""Grafana's own code under Node.

grafana("five_cases.mjs", file) -> what that program of tests/grafana writes
panel_shown(panel, frames)      -> what a panel shows, by panel.mjs, which stays: it takes two seconds to load
"""

import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.servers import require

HERE = Path(__file__).parent / "grafana"
Rows = list[dict[str, Any]]


def grafana(program: str, *arguments: Path) -> str:
    """Run a program of tests/grafana; where Grafana's code is not installed, skip or fail."""
    made = subprocess.run(_command(program, *arguments), capture_output=True, text=True, timeout=120)
    assert made.returncode == 0, made.stderr[-2000:]
    return made.stdout


class _Panels:
    """One panel.mjs for the tests of this process; it ends with them, at the end of its stdin."""

    process: subprocess.Popen[str] | None = None


def panel_shown(panel: Mapping[str, Any], frames: Mapping[str, Rows]) -> list[dict[str, str]]:
    """The "name", "text" and "color" of each value that a panel shows of these rows, by the letters of its queries."""
    process = _Panels.process
    if process is None or process.poll() is not None:
        pipe = subprocess.PIPE
        _Panels.process = process = subprocess.Popen(_command("panel.mjs"), stdin=pipe, stdout=pipe, text=True)
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(json.dumps({"panel": panel, "frames": frames}) + "\n")
    process.stdin.flush()
    line = process.stdout.readline()
    if not line:
        process.wait()
        pytest.fail("panel.mjs has ended; what it says of it is on stderr")
    shown: list[dict[str, str]] = json.loads(line)
    return shown


def _command(program: str, *arguments: Path) -> list[Path]:
    node = require("node")
    if not (HERE / "node_modules" / "@grafana" / "data").is_dir():
        words = "Grafana's own code is not installed; `npm ci --ignore-scripts` in tests/grafana brings it"
        if os.environ.get("SIAGA_REQUIRE_SERVERS") == "1":
            pytest.fail(words)
        pytest.skip(words)
    return [node, HERE / program, *arguments]
