"""What the city added to Siaga's own quantities, as people read it.

QuantityView("leq", "Noise level", "Noise", "20 to 140 dB(A)", "mean of the hour", in_use=True)
"""

import msgspec

from i18n.catalog import N_, Catalog
from i18n.units import amount_of
from wire import HourOf, Quantity, QuantityTable

WAYS = {
    HourOf.MEAN: N_("by the hour its mean"),
    HourOf.SUM: N_("by the hour its sum"),
    HourOf.LAST: N_("by the hour its last value"),
    HourOf.MAX: N_("by the hour its highest value"),
}


class QuantityView(msgspec.Struct, frozen=True):
    """One quantity; `in_use` is false where the city file names it no more."""

    id: str
    name: str
    domain: str
    bounds: str
    hour: str
    in_use: bool


def own_quantities(_: Catalog, table: QuantityTable) -> tuple[QuantityView, ...]:
    """What the city added, by domain and name; what was taken out again last."""
    rows = sorted(table.own.values(), key=lambda row: (row.retired, row.domain, row.name))
    return tuple(_view(_, table, row) for row in rows)


def _view(_: Catalog, table: QuantityTable, row: Quantity) -> QuantityView:
    code = _.language.code
    high = amount_of(_.number(row.high, row.decimals), row, code)
    return QuantityView(
        id=row.name,
        name=row.name_in(code),
        domain=table.domains[row.domain].name_in(code),
        bounds=_("{low} to {high}", low=_.number(row.low, row.decimals), high=high),
        hour=_(WAYS[row.hour]),
        in_use=not row.retired,
    )
