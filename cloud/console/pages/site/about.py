"""What is known of a place besides its readings: whom to call, what to do when its alarms wake, notes and photos.

Contacts   Siti · keeps the key  +62 812 3456 789        Plan of action   ▸ River level  [Siaga 3] limit 150 cm …
"""

import re
from collections.abc import Iterator

import msgspec

from cloud.access.principal import Role
from cloud.console.frame.page import Fragment
from cloud.console.frame.visit import PageVisit
from cloud.console.pages.site.notebook import Notebook
from cloud.console.view_models.action_plan import action_plan
from cloud.platform import Platform
from cloud.registry.records import Site
from rules.scope import Resolved

CONTACTS_FROM = Role.TECHNICIAN
"""Names and numbers of people are for those who go there, and not for every screen; as in the registry."""


class ContactLine(msgspec.Struct, frozen=True):
    """Somebody to call; `dial` is the number as a telephone takes it (RFC 3966), without what people read it by."""

    name: str
    role: str
    phone: str
    dial: str
    email: str


class AboutSite:
    """The parts of the page of a site that are no readings."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._notebook = Notebook(platform)
        self.actions = self._notebook.actions

    async def fragments(self, visit: PageVisit, site: Site) -> list[Fragment]:
        """Give the parts that `visit` may see."""
        registry, rule_store = self._platform.registry, self._platform.rule_store

        def plan() -> dict[str, object]:
            return {"plan": action_plan(visit.words, registry.quantities, self._rules(visit, site), visit.zone)}

        found = [Fragment("site-plan", "site/plan.html", plan, version=(registry.edition, rule_store.edition))]
        if visit.may(CONTACTS_FROM):
            lines, change = _contacts_of(site), self._change_of(visit, site)
            told = {"contacts": lines, "change": change}
            found.append(Fragment("site-contacts", "site/contacts.html", told, version=(lines, change)))
        return [*found, *await self._notebook.fragments(visit, site)]

    def still(self, visit: PageVisit) -> dict[str, object]:
        """What the page says of itself."""
        return {"sees_contacts": visit.may(CONTACTS_FROM), **self._notebook.still(visit)}

    def _rules(self, visit: PageVisit, site: Site) -> Iterator[tuple[str, Resolved]]:
        _, registry, rule_store = visit.words, self._platform.registry, self._platform.rule_store
        for sensor in registry.sensors_at(site.id):
            for resolved in rule_store.resolved(sensor.id):
                yield sensor.name, resolved
        for resolved in rule_store.resolved(site.id):
            yield _("Worked out for the whole place"), resolved

    def _change_of(self, visit: PageVisit, site: Site) -> str:
        """Where whoever may changes the contacts; empty for all others, and where city.toml owns them."""
        may = visit.may(Role.ENGINEER) and "sites" not in self._platform.registry.file_owns
        return visit.href(f"registry/sites/{site.id}") if may else ""


def _contacts_of(site: Site) -> tuple[ContactLine, ...]:
    return tuple(
        ContactLine(one.name, one.role, one.phone, re.sub(r"[^0-9+]", "", one.phone), one.email)
        for one in site.contacts
    )
