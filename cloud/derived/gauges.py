"""The Siaga limits in force of each gauge, from the rules that engineers have set.

gauges_of(book)("river-daruba") -> Gauge(siaga_3=Limit(150), …), of its rule with levels named "Siaga 3", "Siaga 2", …
"""

from collections.abc import Callable

from cloud.rulebook.rule_store import Book
from rules.siaga import Gauge, gauge_of


def gauges_of(book: Book) -> Callable[[str], Gauge | None]:
    """Ask `book` for the limits of a gauge by its sensor's id: None where no rule has such levels."""

    def of_sensor(sensor: str) -> Gauge | None:
        found = (gauge_of(resolved.rule) for resolved in book.resolved(sensor))
        return next((gauge for gauge in found if gauge is not None), None)

    return of_sensor
