"""A figure: what was measured, how much, beside what, and the target it must meet.

Figure("ingest into InfluxDB", 512_000, "readings/s", beside="71 % of the limit", target="≥ 60 %", met=True)
"""

import os
from pathlib import Path
from typing import NamedTuple


class Figure(NamedTuple):
    """One row of the table."""

    what: str
    amount: float
    unit: str
    beside: str = ""
    target: str = ""
    met: bool | None = None


def table(figures: list[Figure]) -> str:
    """The figures as a Markdown table."""
    rows = ["| what | measured | beside | target | met |", "|---|---:|---|---|---|"]
    for figure in figures:
        met = {None: "", True: "yes", False: "**no**"}[figure.met]
        rows.append(
            f"| {figure.what} | {_number(figure.amount)} {figure.unit} | {figure.beside} | {figure.target} | {met} |"
        )
    return "\n".join(rows)


def machine() -> str:
    """This machine by cores and memory, the only names that a figure needs."""
    memory_kib = int(Path("/proc/meminfo").read_text().split()[1])
    return f"{os.cpu_count()} cores, {memory_kib / 1024**2:.0f} GiB of memory"


def _number(amount: float) -> str:
    return f"{amount:,.0f}" if amount >= 100 else f"{amount:.2f}"
