"""Worked cases with their sources: one table for each area, one case a line.

cases("rain")    [{"id": "RAIN-001", "kind": "category_mm_day", "input": …, "expect": …, "source": …}, …]
"""

import json
from pathlib import Path
from typing import Any

TABLES = Path(__file__).parent


def areas() -> list[str]:
    """The areas that have a table."""
    return sorted(table.stem for table in TABLES.glob("*.json"))


def cases(area: str) -> list[dict[str, Any]]:
    """The cases of one area, in the order of their table."""
    found: list[dict[str, Any]] = json.loads((TABLES / f"{area}.json").read_text(encoding="utf-8"))
    return found
