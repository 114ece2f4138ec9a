"""Who asks: a person with a role, or a program with a token, and the sites that they may see.

Principal(name="ani", role=OPERATOR, sites=None, origin="10.0.0.7")
"""

from enum import IntEnum

import msgspec

from cloud.database.audit_log import Actor


class Role(IntEnum):
    """What somebody may do; each role may do all that the ones before it may."""

    VIEWER = 1
    TECHNICIAN = 2
    OPERATOR = 3
    ENGINEER = 4
    ADMINISTRATOR = 5


ROLE_OF_NAME = {role.name.lower(): role for role in Role}


class Principal(msgspec.Struct, frozen=True):
    """Who asks, from which address; `sites` is None for all of them."""

    name: str
    role: Role
    sites: frozenset[str] | None = None
    origin: str = ""

    def may_see(self, site: str) -> bool:
        """Tell whether they may see a site."""
        return self.sites is None or site in self.sites

    @property
    def actor(self) -> Actor:
        """Return who they are for the journal."""
        return Actor(self.name, self.origin)
