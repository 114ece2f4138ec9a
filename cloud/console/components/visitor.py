"""The person at a page, and what they may do: asked again before every action, never taken from the page.

principal = await visitor.must(Role.OPERATOR, site="daruba")      NotAllowed("… takes the role operator …")
"""

from starlette.requests import Request

from cloud.access.principal import Principal, Role
from cloud.console.components.header import ROLES
from cloud.database.engine import DatabaseUnavailable
from cloud.http.auth import current_principal
from cloud.platform import Platform
from i18n.catalog import Catalog


class NotAllowed(Exception):
    """The visitor may not do it; the text is one sentence for them."""


class Visitor:
    """The person behind one open page. `principal` is who it was when it was opened: to show, never to act."""

    def __init__(self, _: Catalog, platform: Platform, request: Request) -> None:
        self._words, self._platform, self._request = _, platform, request
        self.principal: Principal = current_principal(request)

    @property
    def wanted_alarm(self) -> int | None:
        """The alarm that a message's link names: …/alarms?alarm=17."""
        wanted = self._request.query_params.get("alarm", "")
        return int(wanted) if wanted.isdecimal() and len(wanted) < 19 else None

    def may(self, role: Role) -> bool:
        """Whether the page should offer what takes `role`."""
        return self.principal.role >= role

    async def must(self, role: Role, *, site: str | None = None) -> Principal:
        """Who they are now, if they may do now what takes `role` at `site`; NotAllowed with the reason otherwise."""
        _ = self._words
        try:
            context = await self._platform.access.authenticate(
                self._request.headers, self.principal.origin, self._request.url.scheme
            )
        except DatabaseUnavailable as error:
            raise NotAllowed(str(error)) from None
        if context is None:
            raise NotAllowed(_("You are not logged in any more; log in again."))
        if context.principal.role < role:
            raise NotAllowed(
                _(
                    "This takes the role {role}; you are {own}.",
                    role=_(ROLES[role]),
                    own=_(ROLES[context.principal.role]),
                )
            )
        if site is not None and not context.principal.may_see(site):
            raise NotAllowed(_("This site is not among those that you may see."))
        return context.principal
