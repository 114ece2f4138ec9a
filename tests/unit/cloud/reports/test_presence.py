"""Who is there now beside what is usual: in words and figures, and no figure where nobody can know."""

from typing import Any

import msgspec
import pytest

from cloud.reports.presence import presence_points
from rules.marks import Mark
from tests.unit.cloud.console.alarms_made import a_reading
from tests.unit.cloud.reports.city import checked, snapshot
from wire.measurements import USUAL_UNKNOWN


def of_dodola(quantity: str, value: float, **more: Any) -> Any:
    return a_reading("dodola", quantity, value, site="dodola", **more)


def usual(median: float = 30, low: float = 25, high: float = 36, weeks: int = 4, **more: Any) -> list[Any]:
    parts = {"": median, "_low": low, "_high": high, "_weeks": weeks}
    return [of_dodola(f"visitors_usual{part}", value, **more) for part, value in parts.items()]


def found(*readings: Any, **parts: Any) -> dict[str, Any]:
    (point,) = [
        each for each in checked(list(presence_points(snapshot(*readings, **parts)))) if each.tags["site"] == "dodola"
    ]
    return dict(point.fields)


@pytest.mark.parametrize(
    ("present", "state", "word"), [(42, 1, "busier"), (36, 0, "as usual"), (25, 0, "as usual"), (3, -1, "quieter")]
)
def test_now_is_told_beside_what_is_usual(present: float, state: int, word: str):
    row = found(of_dodola("visitors_present", present), *usual())
    assert (row["present"], row["usual"], row["difference"], row["weeks"]) == (present, 30, present - 30, 4)
    assert (row["state"], row["text"]) == (state, f"{present} people, usually 30 (25 to 36, of 4 weeks): {word}")


def test_it_is_told_in_indonesian():
    row = found(of_dodola("visitors_present", 42), *usual())
    assert row["text_id"] == "42 orang, biasanya 30 (25 sampai 36, dari 4 minggu): lebih ramai"


def test_without_a_usual_only_those_present_are_told():
    row = found(of_dodola("visitors_present", 17))
    assert (row["present"], row["difference"], row["state"]) == (17, None, USUAL_UNKNOWN)
    assert row["text"] == "17 people; what is usual is not known yet"
    assert found(of_dodola("visitors_present", 17), *usual(age_s=1_000))["usual"] is None, "of the time before"


def test_what_nobody_has_counted_lately_is_not_known():
    old = found(of_dodola("visitors_present", 42, age_s=901), *usual())
    withdrawn = msgspec.structs.replace(of_dodola("visitors_present", 42), marks=int(Mark.WITHDRAWN))
    refused = found(of_dodola("visitors_present", 42), *usual(), refused=frozenset({("ferry", "people_in")}))
    for row in (old, found(withdrawn, *usual()), refused, found()):
        assert (row["present"], row["difference"], row["state"]) == (None, None, USUAL_UNKNOWN)
        assert row["text"] == "not known: no count in the last 15 minutes"


def test_a_site_that_counts_nobody_is_not_told():
    assert {point.tags["site"] for point in presence_points(snapshot())} == {"dodola"}
