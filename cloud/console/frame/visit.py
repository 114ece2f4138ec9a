"""A visit: who looks at what, in which language, and what they have just sent.

PageVisit(words=catalog_of("en"), place="alarms", query={"site": "daruba"}, role=OPERATOR, sites=None, …)
"""

from collections.abc import Mapping
from urllib.parse import quote, urlencode
from zoneinfo import ZoneInfo

import msgspec

from cloud.access.principal import Principal, Role
from cloud.console.frame.rejections import ActionRejected
from cloud.console.view_models.roles import ROLES
from cloud.console.view_models.typed_number import whole_number
from i18n.catalog import Catalog

ROOT = "/console"


class PageVisit(msgspec.Struct, frozen=True, kw_only=True):
    """One look at a page. `names` are the variable parts of its place, `query` what stands behind the question mark.

    `sent` is what a refused form held and `rejected` why it was, so that the page can show both again; `zone` is the
    city's. `root` is the path below which everything is served.
    """

    words: Catalog
    principal: Principal
    zone: ZoneInfo
    place: str
    names: Mapping[str, str]
    query: Mapping[str, str]
    root: str = ""
    theme: str = "dark"
    sent: Mapping[str, tuple[str, ...]] = {}
    rejected: ActionRejected | None = None

    def may(self, role: Role, *, site: str | None = None) -> bool:
        """Tell whether the page should offer what takes `role`, at `site`."""
        return self.principal.role >= role and (site is None or self.principal.may_see(site))

    def may_everywhere(self, role: Role) -> bool:
        """Tell whether the visitor is at least `role`, and of the whole city."""
        return self.may(role) and self.principal.sites is None

    def must(self, role: Role, *, site: str | None = None) -> Principal:
        """Return who asks, if they may do what takes `role` at `site`; ActionRejected with the reason otherwise."""
        _, principal = self.words, self.principal
        if principal.role < role:
            wanted, own = _(ROLES[role]), _(ROLES[principal.role])
            raise ActionRejected(_("This takes the role {role}; you are {own}.", role=wanted, own=own), status=403)
        if site is not None and not principal.may_see(site):
            raise ActionRejected(_("This site is not among those that you may see."), status=403)
        return principal

    def number(self, name: str) -> int | None:
        """Return the whole number that path or query of the address have as `name`; None where there is none."""
        return whole_number(self.names.get(name, self.query.get(name, "")))

    def page(self, *, count: int) -> int:
        """Return which of `count` pages the address asks for, the first where it names none that there is."""
        return max(1, min(self.number("page") or 1, count))

    def href(self, place: str = "", **query: object) -> str:
        """Return the address of a page in this visit's language; empty values of `query` are left out."""
        return address(self.root, self.words.language.code, place, **query)

    def here(self, **query: object) -> str:
        """Return the address of this page with `query` changed: an empty value takes a name out."""
        return self.href(self.place, **{**self.query, **query})


def address(root: str, language: str, place: str, **query: object) -> str:
    """Return the address of the page at `place`; empty values of `query` are left out."""
    asked = urlencode({name: str(value) for name, value in query.items() if value not in ("", None)})
    path = f"{root}{ROOT}/{language}" + (f"/{quote(place)}" if place else "")
    return f"{path}?{asked}" if asked else path
