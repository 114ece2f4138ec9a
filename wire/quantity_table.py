"""The table of quantities of one city: what every city has, and what this one added; it never changes.

QuantityTable([DomainRow("noise", "Noise", "Kebisingan")], [Quantity("leq", "noise", "dB[SPL]", …)])
  ["leq"]                                            what was declared
  ["leq_hour"]  ["leq_hour_completeness"]            what is computed of it, hour by hour
  ["noise_computation"]                              beside them: by which version of the computation
  .domains["noise"]  .watched  .measured  .own       BUILT_IN: the table of a city that added nothing

Another table takes its place where the city file is read again; so whoever keeps one for long asks for the newest.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from math import inf
from types import MappingProxyType

import msgspec
from msgspec.structs import replace

from wire.quantities import MEASURED, QUANTITIES, Domain, HourOf, Quantity

MOST_DOMAINS, MOST_QUANTITIES = 16, 200
"""Of a city's own: each domain is a measurement and a dashboard, each quantity a statement of every start."""
LONGEST_DOMAIN, LONGEST_QUANTITY = 24, 40
"""Letters of their ids; what is computed of a quantity has a longer name, and 64 are all that travel."""
CATEGORIES = (
    "Geo", "Met", "Safety", "Security", "Rescue", "Fire", "Health", "Env", "Transport", "Infra", "CBRNE", "Other",
)  # fmt: skip
"""Of CAP 1.2, 3.2.2."""
_ID = re.compile(r"[a-z][a-z0-9_]*")


class DomainRow(msgspec.Struct, frozen=True):
    """A domain with its names, and its category in CAP; `retired`: the city has it no more, and its history stays."""

    id: str
    english: str
    indonesian: str
    category: str = "Other"
    retired: bool = False

    def name_in(self, language: str) -> str:
        """What it is called in a language ("id", else English)."""
        return self.indonesian if language == "id" else self.english


BUILT_IN_DOMAINS: Mapping[str, DomainRow] = MappingProxyType({
    Domain.FLOOD: DomainRow(Domain.FLOOD, "Flood", "Banjir", "Met"),
    Domain.AIR: DomainRow(Domain.AIR, "Air", "Udara", "Env"),
    Domain.FOOTFALL: DomainRow(Domain.FOOTFALL, "Visitors", "Pengunjung", "Safety"),
    Domain.GATEWAY: DomainRow(Domain.GATEWAY, "Gateway", "Gateway", "Infra"),
})  # fmt: skip

_OF_AN_HOUR = {
    HourOf.MEAN: ("{}, mean of the hour", "{}, rata-rata per jam"),
    HourOf.SUM: ("{}, sum of the hour", "{}, jumlah per jam"),
    HourOf.LAST: ("{}, last of the hour", "{}, terakhir per jam"),
    HourOf.MAX: ("{}, highest of the hour", "{}, tertinggi per jam"),
}
_READINGS_AN_HOUR = 3_600
"""The most that a sum of an hour can have of the largest reading: one a second."""


class QuantityTable(Mapping[str, Quantity]):
    """All quantities by name. What a city added under a name that every city has is left out: that one holds."""

    __slots__ = ("_rows", "domains", "measured", "own")

    def __init__(self, domains: Iterable[DomainRow] = (), quantities: Iterable[Quantity] = ()) -> None:
        added = {row.id: row for row in domains if row.id not in BUILT_IN_DOMAINS}
        self.domains: Mapping[str, DomainRow] = MappingProxyType({**BUILT_IN_DOMAINS, **added})
        """All domains by id."""
        own = {row.name: row for row in quantities if row.name not in QUANTITIES and row.domain in self.domains}
        self.own: Mapping[str, Quantity] = MappingProxyType(own)
        """What the city added, the retired too: whatever of it is stored has an hour made of it."""
        derived = {row.name: row for row in _derived(own.values()) if row.name not in own}
        self._rows = {**QUANTITIES, **own, **derived}
        self.measured: Mapping[str, Quantity] = MappingProxyType({
            **MEASURED, **{name: row for name, row in own.items() if not row.retired}
        })  # fmt: skip
        """What a sensor can measure now."""

    def __getitem__(self, name: str) -> Quantity:
        return self._rows[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)

    def __contains__(self, name: object) -> bool:
        return name in self._rows

    def row(self, name: str) -> Quantity:
        """A quantity; of a name that is not there, as an old rule may have it, one that says no more than its name."""
        return self._rows.get(name) or Quantity(name, "", "1", 1, -inf, inf, name, name)

    @property
    def watched(self) -> tuple[str, ...]:
        """The domains that a place can have a state of, in the order in which they are told."""
        return tuple(name for name, row in self.domains.items() if name != Domain.GATEWAY and not row.retired)

    @property
    def own_domains(self) -> tuple[DomainRow, ...]:
        """The domains that the city added and still has."""
        return tuple(row for name, row in self.domains.items() if name not in BUILT_IN_DOMAINS and not row.retired)

    def of_domain(self, domain: str) -> tuple[str, ...]:
        """The names of all that belongs to a domain, measured or computed."""
        return tuple(name for name, row in self._rows.items() if row.domain == domain)


TableOf = Callable[[], QuantityTable]
"""Says which table holds now."""


def hour_of(quantity: str) -> str:
    """What is computed, hour by hour, of a quantity that a city added."""
    return f"{quantity}_hour"


def computation_of(domain: str) -> str:
    """What tells by which version of the computation the series of a domain were made."""
    return f"{domain}_computation"


def is_id(text: str, longest: int) -> bool:
    """Whether `text` may be the id of a domain or a quantity that a city adds."""
    return len(text) <= longest and _ID.fullmatch(text) is not None


def names_taken_by(quantity: str) -> tuple[str, ...]:
    """The names that a quantity of a city takes: its own, and what is computed of it."""
    return quantity, hour_of(quantity), f"{hour_of(quantity)}_completeness"


def _derived(own: Iterable[Quantity]) -> Iterator[Quantity]:
    computed_in: set[str] = set()
    for row in own:
        english, indonesian = (text.format(name) for text, name in zip(_OF_AN_HOUR[row.hour], _names(row), strict=True))
        times = _READINGS_AN_HOUR if row.hour is HourOf.SUM else 1
        low, high = min(row.low, row.low * times), max(row.high, row.high * times)
        yield replace(
            row, name=hour_of(row.name), english=english, indonesian=indonesian, low=low, high=high, derived=True
        )
        said = f"Completeness: {row.english}, hour", f"Kelengkapan: {row.indonesian}, jam"
        yield _computed(f"{hour_of(row.name)}_completeness", row.domain, "%", 100.0, said)
        if row.domain not in computed_in and computation_of(row.domain) not in QUANTITIES:
            computed_in.add(row.domain)
            said = f"Version of {row.domain}", f"Versi perhitungan {row.domain}"
            yield _computed(computation_of(row.domain), row.domain, "{version}", 1e6, said)


def _names(row: Quantity) -> tuple[str, str]:
    return row.english, row.indonesian


def _computed(name: str, domain: str, unit: str, high: float, said: tuple[str, str]) -> Quantity:
    return Quantity(name, domain, unit, 0, 0.0, high, *said, derived=True)


BUILT_IN = QuantityTable()


def built_in() -> QuantityTable:
    """The table of a city that added nothing."""
    return BUILT_IN
