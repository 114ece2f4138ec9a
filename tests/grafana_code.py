"""Grafana's own code under Node: grafana("panel.mjs", given="…") -> what the program of tests/grafana writes."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.servers import require

HERE = Path(__file__).parent / "grafana"


def grafana(program: str, *arguments: Path, given: str = "") -> str:
    """Run a program of tests/grafana with `given` on its stdin; where Grafana's code is not installed, skip or fail."""
    node = require("node")
    if not (HERE / "node_modules" / "@grafana" / "data").is_dir():
        words = "Grafana's own code is not installed; `npm ci --ignore-scripts` in tests/grafana brings it"
        if os.environ.get("SIAGA_REQUIRE_SERVERS") == "1":
            pytest.fail(words)
        pytest.skip(words)
    made = subprocess.run([node, HERE / program, *arguments], input=given, capture_output=True, text=True, timeout=120)
    assert made.returncode == 0, made.stderr[-2000:]
    return made.stdout
