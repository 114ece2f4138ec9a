"""Recorded data beside the repository: read where it exists, else the test skips in plain words."""

import json
from pathlib import Path
from typing import Any

import pytest

SHARED = Path(__file__).parents[4] / "shared"


def recorded(name: str) -> Path:
    path = SHARED / name
    if not path.exists():
        pytest.skip(f"recorded data ../shared/{name} is not on this machine")
    return path


def vectors(area: str) -> list[dict[str, Any]]:
    cases = json.loads(recorded("domain/vectors_open.json").read_text(encoding="utf-8"))
    return [case for case in cases if case["area"] == area]
