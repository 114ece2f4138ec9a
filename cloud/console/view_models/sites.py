"""What of places every page says alike: the badges of marks, the names of domains, the state of the whole.

BADGES[Mark.SPIKE] -> ("doubted", "A step faster than it can be; …")      StateView("warn", "3 sensors silent", "…")
"""

import msgspec

from i18n.catalog import N_, Catalog
from rules.marks import Mark
from wire import Domain, QuantityTable

BADGES = {
    Mark.BACKFILL: (N_("sent late"), N_("Sent after newer readings, when the connection came back")),
    Mark.CLOCK_ESTIMATED: (N_("time estimated"), N_("The gateway worked out the time when its clock was set")),
    Mark.CLOCK_UNKNOWN: (N_("time uncertain"), N_("The gateway did not know the time")),
    Mark.SPIKE: (N_("doubted"), N_("A step faster than it can be; the next readings will show")),
    Mark.STUCK: (N_("does not move"), N_("The same value for longer than it should be")),
    Mark.TWINS_DISAGREE: (N_("doubted"), N_("The sensor that measures the same says something else")),
    Mark.CONFIRMED: (N_("confirmed"), N_("Somebody has read the same there")),
    Mark.TWIN_ASTRAY: (N_("twin astray"), N_("The sensor that measures the same left what both had said")),
}
"""Marks as people read them: the badge, and what it means."""


DOMAIN_NAMES = {Domain.FLOOD: N_("Flooding"), Domain.AIR: N_("Air quality"), Domain.FOOTFALL: N_("Visitors")}
"""What every city watches, in the words of the console; what a city added goes by the names that it gave."""


def domain_name(_: Catalog, table: QuantityTable, domain: str) -> str:
    """A domain as people call it."""
    own = DOMAIN_NAMES.get(Domain(domain)) if domain in list(Domain) else None
    return table.domains[domain].name_in(_.language.code) if own is None else _(own)


class StateView(msgspec.Struct, frozen=True):
    """The state of the whole: `level` is ok, idle, warn or bad, `text` a few words, `detail` what parts report."""

    level: str
    text: str
    detail: str
