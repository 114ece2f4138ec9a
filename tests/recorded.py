"""Recorded data of others, in ../shared/data beside the checkout: read where it is, never copied.

@pytest.mark.parametrize("source", [synthetic.levels.flash_flood, recorded("flood/some.csv")])
def test_…(source): rows = csv.DictReader(source().splitlines())

Each recorded series has a synthetic twin of the same shape in tests/synthetic, so that a checkout alone proves every
rule. Where recorded data is missing, its tests are left out, and one line after the run says how many, and of what.
"""

import functools
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

Source = Callable[[], str]
"""Gives the text of a file: recorded, or made up."""
DATA = Path(__file__).parents[2] / "shared" / "data"


def recorded(name: str, *values: Any) -> Any:
    """A parameter of a test: a function that reads the file `name`, and further `values`."""
    return pytest.param(functools.partial(text_of, name), *values, marks=pytest.mark.recorded(name), id=Path(name).stem)


def id_of(source: object) -> str | None:
    """The id of a twin among the parameters: "synthetic_flash_flood"."""
    return f"synthetic_{source.__name__}" if callable(source) and hasattr(source, "__name__") else None


def text_of(name: str) -> str:
    """What the recorded file holds."""
    return (DATA / name).read_text(encoding="utf-8")


def leave_out_what_is_missing(items: list[pytest.Item]) -> Counter[str]:
    """Take the tests whose recorded data is not here out of `items`; how many they were, by their folder of data."""
    missing = {id(item): folder for item in items if (folder := _missing(item)) is not None}
    items[:] = [item for item in items if id(item) not in missing]
    return Counter(missing.values())


def _missing(item: pytest.Item) -> str | None:
    names: Sequence[str] = [name for mark in item.iter_markers("recorded") for name in mark.args]
    return next((Path(name).parts[0] for name in names if not (DATA / name).is_file()), None)


def closing_line(left_out: Counter[str]) -> str:
    """What the recorded data would add: "recorded data is not beside this checkout: with … 61 more tests run"."""
    folders = ", ".join(f"{folder} {count}" for folder, count in sorted(left_out.items()))
    return (
        f"{left_out.total()} more tests run on recorded data where ../shared/data is ({folders});"
        " here their synthetic twins ran"
    )
