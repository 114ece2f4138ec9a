"""docs/quantities.md has every quantity that sensors of any city can measure, as the table of the code has it."""

from pathlib import Path

from wire import MEASURED

DOCUMENT = Path(__file__).parents[3] / "docs" / "quantities.md"


def test_the_document_has_each_quantity_with_its_unit_bounds_and_way_to_an_hour():
    rows = [
        f"| `{row.name}` | {row.english} | {row.domain} | `{row.unit}` | {row.low:g} to {row.high:g} | {row.hour} | "
        f"{row.worse or ''} |".replace("|  |", "|  |")
        for row in MEASURED.values()
    ]
    written = DOCUMENT.read_text(encoding="utf-8").splitlines()
    assert [row for row in rows if row not in written] == []
    assert sum(line.startswith("| `") for line in written) == len(rows)
