"""The page of people and programs, for administrators: who may come in, with which role, where.

ani   Ani Malik   Operator   all sites   one-time codes      [Change] [Let in no more]
grafana   Viewer   all sites   until 3 Mar 2027   last used 24 Nov 2026 12:10      [Revoke]
"""

from cloud.access.principal import Role
from cloud.access.tokens import MOST_DAYS
from cloud.access.users import may_give
from cloud.console.frame.page import ConsolePage, Fragment, PageContent
from cloud.console.frame.visit import PageVisit
from cloud.console.pages.people.actions import PeopleActions
from cloud.console.view_models.people import PersonView, TokenView, person_view, token_view
from cloud.console.view_models.roles import ROLES
from cloud.platform import Platform
from runtime.clock import wall_ms

MOST_SHOWN = 50
USUAL_DAYS = 90


def people_page(platform: Platform) -> ConsolePage:
    """The page of people and programs."""
    own, actions = _PeoplePage(platform), PeopleActions(platform)
    names = ("add", "change", "disable", "enable", "reset_totp", "make_token", "revoke_token")
    forms = {name: getattr(actions, name) for name in names}
    return ConsolePage("people", "people/page.html", own.show, actions=forms, styles=("tables.css",), name="people")


class _PeoplePage:
    def __init__(self, platform: Platform) -> None:
        self._access = platform.access

    async def show(self, visit: PageVisit) -> PageContent:
        """Show who the visitor may change, those that are looked for first."""
        _, roles = visit.words, [role for role in Role if role <= visit.principal.role]
        people, tokens = await self._people(visit), await self._tokens(visit)
        named = [(role.name.lower(), _(ROLES[role])) for role in roles]
        return PageContent(
            [
                Fragment("people", "people/people.html", {"people": people, "roles": named}, version=people),
                Fragment("tokens", "people/tokens.html", {"tokens": tokens}, version=tokens),
            ],
            still={"roles": named, "days": USUAL_DAYS, "most_days": MOST_DAYS},
            title=_("People and programs"),
        )

    async def _people(self, visit: PageVisit) -> tuple[PersonView, ...]:
        wanted = visit.query.get("q", "").casefold()
        found = [
            person_view(visit.words, user)
            for user in await self._access.users.all()
            if may_give(visit.principal, user.role, user.sites) and wanted in f"{user.name} {user.full_name}".casefold()
        ]
        return tuple(found[:MOST_SHOWN])

    async def _tokens(self, visit: PageVisit) -> tuple[TokenView, ...]:
        now_ms = wall_ms()
        found = [
            token_view(visit.words, token, now_ms, visit.zone)
            for token in await self._access.tokens.all()
            if may_give(visit.principal, token.role, token.sites)
        ]
        return tuple(found[:MOST_SHOWN])
