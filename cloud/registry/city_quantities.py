"""What a city adds to Siaga's own quantities: [[domains]] and [[quantities]] of city.toml.

[[domains]]     id, name, name_id, category?
[[quantities]]  id, domain, name, name_id, unit, low, high, decimals?, sign?, sign_id?, hour?, worse?, step?, …
  ─► QuantityTable: what every city has, and these
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, FiniteFloat

from cloud.core.printable import PrintableText
from cloud.readings.influx_rollup_lines import ROLLUPS
from i18n.message import LocalizedMessage
from runtime.settings import Settings
from wire import QUANTITIES, DomainRow, HourOf, Quantity, QuantityTable, Stamped, Worse
from wire.measurements import EVERYWHERE, MEASUREMENTS
from wire.quantity_table import (
    BUILT_IN_DOMAINS,
    CATEGORIES,
    LONGEST_DOMAIN,
    LONGEST_QUANTITY,
    MOST_DOMAINS,
    MOST_QUANTITIES,
    computation_of,
    is_id,
    names_taken_by,
)
from wire.ucum import is_ucum, meant

DAY_S = 86_400
_COLUMNS = frozenset({"time", "marks", "site", "sensor", "gateway", "quantity", "name", "value"})
"""What stands beside quantities in the readings store."""
_MEASUREMENTS = frozenset({*MEASUREMENTS, EVERYWHERE, *ROLLUPS, "verdict", "probe"})
"""What stands beside domains there."""


def _letters(most: int) -> LocalizedMessage:
    return LocalizedMessage("use 1 to {most} of a-z, 0-9 and '_', starting with a letter", most=most)


def _stands_for_else(other: str) -> LocalizedMessage:
    return LocalizedMessage("the name stands for something else; write another, such as {other}", other=other)


def _domain_id(text: str) -> str:
    if not is_id(text, LONGEST_DOMAIN):
        raise ValueError(_letters(LONGEST_DOMAIN))
    if text in BUILT_IN_DOMAINS:
        raise ValueError(LocalizedMessage("every city has this domain; take it out here, and add quantities to it"))
    if text in _MEASUREMENTS:
        raise ValueError(_stands_for_else(f"{text}_data"))
    return text


def _quantity_id(text: str) -> str:
    if not is_id(text, LONGEST_QUANTITY):
        raise ValueError(_letters(LONGEST_QUANTITY))
    for name in names_taken_by(text):
        if name in QUANTITIES:
            which = "this quantity" if name == text else f"{name}, which would be computed of it"
            raise ValueError(f"every city has {which}; take it out here, or write another id")
    if text in _COLUMNS:
        raise ValueError(_stands_for_else(f"{text}_level"))
    return text


def _ucum(text: str) -> str:
    if not is_ucum(text):
        code = meant(text)
        raise ValueError(
            f"is no UCUM code; write {code!r}"
            if code is not None
            else "is no UCUM code; write one such as 'ug/m3', 'dB[SPL]', '[ppb]' or 'kW.h', or '{anything}' for a count"
        )
    return text


Name = Annotated[PrintableText, Field(min_length=1, max_length=60)]
Sign = Annotated[PrintableText, Field(max_length=16)]


class DomainTable(Settings):
    """`[[domains]]`: `category` is that of CAP."""

    id: Annotated[str, AfterValidator(_domain_id)]
    name: Name
    name_id: Name
    category: Literal[CATEGORIES] = "Other"  # type: ignore[valid-type]  # the tuple is the list of what may stand here

    def row(self) -> DomainRow:
        """The domain."""
        return DomainRow(self.id, self.name, self.name_id, self.category)


class OwnQuantityTable(Settings):
    """`[[quantities]]`: bounds and `step` in `unit`; `sign` is the unit as people read it."""

    id: Annotated[str, AfterValidator(_quantity_id)]
    domain: str
    name: Name
    name_id: Name
    unit: Annotated[str, AfterValidator(_ucum)]
    low: FiniteFloat
    high: FiniteFloat
    sign: Sign = ""
    sign_id: Sign = ""
    decimals: Annotated[int, Field(ge=0, le=6)] = 1
    hour: HourOf = HourOf.MEAN
    worse: Literal["up", "down", "neither"] = "up"
    stamped: Stamped | None = None
    step: Annotated[FiniteFloat | None, Field(gt=0)] = None
    stuck_s: Annotated[FiniteFloat | None, Field(ge=60, le=400 * DAY_S)] = None

    def row(self) -> Quantity:
        """The quantity."""
        return Quantity(
            self.id, self.domain, self.unit, self.decimals, self.low, self.high, self.name, self.name_id,
            hour=self.hour, worse=None if self.worse == "neither" else Worse(self.worse), stamped=self.stamped,
            sign=self.sign, sign_id=self.sign_id, step=self.step, stuck_s=self.stuck_s,
        )  # fmt: skip


def domain_fields(row: DomainRow) -> dict[str, Any]:
    """The keys of the table of a domain that the city added."""
    return {"id": row.id, "name": row.english, "name_id": row.indonesian, "category": row.category}


def quantity_fields(row: Quantity) -> dict[str, Any]:
    """The keys of the table of a quantity that the city added, without those that say nothing."""
    named = {"id": row.name, "name": row.english, "name_id": row.indonesian}
    same = {key: getattr(row, key) for key in OwnQuantityTable.model_fields if key not in (*named, "worse")}
    found = named | same | {"worse": "neither" if row.worse is None else row.worse.value, "hour": row.hour.value}
    found |= {"stamped": row.stamped and row.stamped.value}
    return {key: found[key] for key in OwnQuantityTable.model_fields if found[key] not in (None, "")}


Domains = Annotated[tuple[DomainTable, ...], Field(max_length=MOST_DOMAINS)]
Quantities = Annotated[tuple[OwnQuantityTable, ...], Field(max_length=MOST_QUANTITIES)]


def table_of(domains: Sequence[DomainTable], quantities: Sequence[OwnQuantityTable]) -> QuantityTable:
    """The table of a city whose file has these."""
    return QuantityTable([each.row() for each in domains], [each.row() for each in quantities])


def problems_of_quantities(
    rows: Sequence[tuple[int, Mapping[str, Any]]], domains: Sequence[str]
) -> Iterator[tuple[str, LocalizedMessage]]:
    """Yield key and sentence of what is wrong between the keys of [[quantities]], and between the quantities of a file.

    `rows` are as TOML gives them, by number; `domains` are the ids of [[domains]].
    """
    taken: dict[str, str] = {
        computation_of(domain): LocalizedMessage("the version of domain {domain}", domain=domain) for domain in domains
    }
    for number, row in rows:
        low, high = row.get("low"), row.get("high")
        if isinstance(low, int | float) and isinstance(high, int | float) and not low < high:
            yield (
                f"quantities[{number}].high",
                LocalizedMessage("{high}: is not above low, which is {low}; swap them", high=str(high), low=str(low)),
            )
        name = row.get("id")
        for each in names_taken_by(name) if isinstance(name, str) else ():
            of = taken.setdefault(each, LocalizedMessage("quantity {name}", name=name))
            if of != f"quantity {name}":
                told = LocalizedMessage(
                    "{name!r}: {each} is taken by {of}; write another id", name=name, each=each, of=of
                )
                yield f"quantities[{number}].id", told
